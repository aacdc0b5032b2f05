"""The rules of receipt books: a page goes out once, in order, good, and every gap has a reason; a check is read exactly."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.receipt_book import (
    ACCOUNTED,
    VOIDS,
    BadLine,
    Finding,
    LineFault,
    Mark,
    PageRefusal,
    PageState,
    fault_of_issue,
    next_page,
    read_findings,
    runs,
    runs_text,
    state_after,
)

SEALS = ("档案馆公章", "财务专用章", "加盖财务专用章生效")
states = st.dictionaries(st.integers(1, 40), st.sampled_from(PageState), min_size=1)


@given(states, st.integers(1, 41))
def test_only_a_good_page_goes_out_and_only_when_every_earlier_one_is_accounted_for(
    book: dict[int, PageState], page: int
) -> None:
    earlier = [state for number, state in book.items() if number < page]
    may_go = book.get(page) is PageState.GOOD and all(state in ACCOUNTED for state in earlier)
    assert (fault_of_issue(page, book) is None) == may_go


@given(states)
def test_the_next_page_is_the_only_one_that_can_go_out(book: dict[int, PageState]) -> None:
    fit = [page for page in book if fault_of_issue(page, book) is None]
    following = next_page(book)
    assert fit in ([], [following])
    assert (following is None) == all(state in ACCOUNTED for state in book.values())


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (PageState.UNCHECKED, PageRefusal.NOT_CHECKED),
        (PageState.LACKS_SEAL, PageRefusal.LACKS_SEAL),
        (PageState.VOID, PageRefusal.VOID),
        (PageState.ISSUED, PageRefusal.ALREADY_ISSUED),
    ],
)
def test_each_refusal_has_its_name(state: PageState, why: PageRefusal) -> None:
    fault = fault_of_issue(7, {7: state})
    assert fault
    assert (fault.why, fault.page) == (why, 7)


def test_a_gap_names_the_page_that_needs_a_reason() -> None:
    book = {1: PageState.ISSUED, 2: PageState.GOOD, 3: PageState.GOOD}
    fault = fault_of_issue(3, book)
    assert fault
    assert (fault.why, fault.page) == (PageRefusal.GAP, 2)
    assert fault_of_issue(3, {**book, 2: PageState.VOID}) is None
    outside = fault_of_issue(4, book)
    assert outside
    assert outside.why is PageRefusal.NOT_IN_BOOK


@given(st.lists(st.sampled_from(Mark)), st.booleans())
def test_void_is_for_good_and_else_the_last_check_counts(marks: list[Mark], issued: bool) -> None:
    state = state_after(marks, issued=issued)
    if issued:
        assert state is PageState.ISSUED
    elif VOIDS & set(marks):
        assert state is PageState.VOID
    elif not marks:
        assert state is PageState.UNCHECKED
    else:
        assert state is (PageState.GOOD if marks[-1] is Mark.GOOD else PageState.LACKS_SEAL)


@given(st.sets(st.integers(1, 60)))
def test_runs_are_the_pages(pages: set[int]) -> None:
    found = runs(pages)
    assert [page for a, b in found for page in range(a, b + 1)] == sorted(pages)
    assert all(b + 1 < c for (_a, b), (c, _d) in pairwise(found))


def test_runs_are_written_short() -> None:
    assert runs_text([3, 4, 5, 9]) == "3-5, 9"


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("17 缺页", Finding(range(17, 18), Mark.MISSING)),
        ("17 1", Finding(range(17, 18), Mark.MISSING)),
        ("１７　错", Finding(range(17, 18), Mark.WRONG)),
        ("18-19 污染 茶水", Finding(range(18, 20), Mark.STAINED, note="茶水")),
        ("18 至 19：多页", Finding(range(18, 20), Mark.EXTRA)),
        ("18污", Finding(range(18, 19), Mark.STAINED)),
        ("23 缺章 财务专用章", Finding(range(23, 24), Mark.LACKS_SEAL, (SEALS[1],))),
        ("23 5 2", Finding(range(23, 24), Mark.LACKS_SEAL, (SEALS[1],))),
        ("23 5 1 3", Finding(range(23, 24), Mark.LACKS_SEAL, (SEALS[0], SEALS[2]))),
        ("23 章 档案馆", Finding(range(23, 24), Mark.LACKS_SEAL, (SEALS[0],))),
        ("23 seal", Finding(range(23, 24), Mark.LACKS_SEAL, SEALS)),
        ("24 Stained", Finding(range(24, 25), Mark.STAINED)),
    ],
)
def test_a_line_is_read_as_it_was_meant(line: str, finding: Finding) -> None:
    assert read_findings(line, 1, 50, SEALS) == ([finding], [])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("x", LineFault.NOT_READ),
        ("17", LineFault.NO_WORD),
        ("17 好", LineFault.NO_WORD),
        ("51 缺", LineFault.OUTSIDE),
        ("0 缺", LineFault.OUTSIDE),
        ("19-18 缺", LineFault.OUTSIDE),
        ("17 5 4", LineFault.UNKNOWN_SEAL),
        ("17 5 校章", LineFault.UNKNOWN_SEAL),
    ],
)
def test_a_line_that_can_not_be_read_is_named(line: str, why: LineFault) -> None:
    assert read_findings(line, 1, 50, SEALS) == ([], [BadLine(line, why)])


def test_a_page_is_named_once() -> None:
    found, bad = read_findings("17-19 缺\n\n18 污\n20 污", 1, 50, SEALS)
    assert [list(one.pages) for one in found] == [[17, 18, 19], [20]]
    assert bad == [BadLine("18 污", LineFault.TWICE)]


@given(st.text(max_size=200))
def test_whatever_is_typed_each_line_is_read_or_named(text: str) -> None:
    found, bad = read_findings(text, 1, 50, SEALS)
    pages = [page for one in found for page in one.pages]
    assert len(pages) == len(set(pages))
    assert all(1 <= page <= 50 for page in pages)
    assert len(found) + len(bad) <= len(text.splitlines())
