"""Every page of a book goes to finance once, whatever the order in which its days are handed in (R-4.1.8)."""

from hypothesis import given
from hypothesis import strategies as st

from central.domain.pages_handed_in import MissingPages, Where, read_missing, share_of, strangers

VOID, LOOSE = "void", "loose"
BOOKS = st.lists(st.one_of(st.integers(0, 4), st.just(VOID)), max_size=30)
"""Each page by its day, or void."""


@given(BOOKS, st.permutations(range(5)), st.integers(0, 5))
def test_each_page_goes_once(book: list[object], order: list[int], unused: int) -> None:
    pages = dict(enumerate([*book, *[LOOSE] * unused], start=1))
    gone: list[int] = []
    for day in order:
        share = share_of({page: _where(had, page in gone, day) for page, had in pages.items()})
        assert share.loose == ()
        assert [pages[page] for page in share.issued] == [day] * len(share.issued)
        assert {pages[page] for page in share.void} <= {VOID}
        gone += [*share.issued, *share.void]
    assert sorted(gone) == [page for page, had in pages.items() if had != LOOSE]


def _where(had: object, is_gone: bool, day: int) -> Where:
    if is_gone:
        return Where.GONE
    if had in (VOID, LOOSE):
        return Where(had)
    return Where.HERE if had == day else Where.LATER


def test_a_void_page_waits_for_the_pages_before_it() -> None:
    book = {1: Where.VOID, 2: Where.LATER, 3: Where.VOID, 4: Where.HERE, 5: Where.VOID}
    assert share_of(book).void == (1,)
    assert share_of(book | {2: Where.GONE}).void == (1, 3, 5)
    assert share_of(book | {2: Where.GONE, 3: Where.LOOSE}).loose == (3,)
    assert share_of({1: Where.HERE, 2: Where.LOOSE}).loose == (), "not used yet"


def test_missing_pages_are_read_a_line_each() -> None:
    assert read_missing("") == []
    assert read_missing(" A-12  17\n\n第 3 本 4-6 \n") == [
        MissingPages("A-12", 17, 17),
        MissingPages("第 3 本", 4, 6),
    ]
    for line in ("A-12", "17", "A-12 x", "A-12 9-3", "A-12 1-2-3"):
        assert read_missing(f"A-1 1\n{line}") == line
    assert read_missing("A-1 1\n" * 51) == "A-1 1"


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_who_names_a_page_that_is_not_there_is_told(first: int, more: int) -> None:
    one = MissingPages("A", first, first + more)
    assert strangers([one], {"A": range(first, first + 20)}) == (None if more < 20 else one)
    assert strangers([one], {"B": (first,)}) == one
