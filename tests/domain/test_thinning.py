"""The rule by which readings are thinned: what must stay stays, whatever the rest is."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.facts import ReadingOutcome, ReadingRow
from gateway.domain.thinning import KEPT_EVERY_MS, PLAIN, thinned

ROWS = st.builds(
    ReadingRow,
    meter=st.sampled_from(["m1", "m2"]),
    wall_ms=st.integers(0, 4 * KEPT_EVERY_MS),
    register_wh=st.integers(0, 30),
    power_w=st.none(),
    current_ma=st.none(),
    relay_closed=st.none(),
    outcome=st.sampled_from(ReadingOutcome),
    trusted=st.booleans(),
)
PACKS = st.lists(st.lists(ROWS, max_size=8), max_size=8)
BEHIND = st.frozensets(st.tuples(st.sampled_from(["m1", "m2"]), st.integers(0, 30)), max_size=5)


def row(minute: int, register_wh: int, outcome: ReadingOutcome = ReadingOutcome.ADVANCED) -> ReadingRow:
    return ReadingRow("m1", minute * 60_000, register_wh, None, None, None, outcome)


def test_one_reading_per_quarter_hour_is_left_and_packs_stay() -> None:
    packs = [[row(0, 10), row(5, 20)], [row(14, 30), row(15, 40)], [row(29, 50)]]
    assert thinned(packs, frozenset()) == [[], [row(14, 30)], [row(29, 50)]]


def test_of_two_readings_of_one_moment_the_later_is_left() -> None:
    assert thinned([[row(3, 10), row(3, 20)]], frozenset()) == [[row(3, 20)]]


def test_what_tells_a_story_or_stands_behind_an_entry_stays() -> None:
    odd = row(1, 5, ReadingOutcome.BACKWARDS)
    packs = [[row(0, 10), odd, row(2, 20), row(3, 30)]]
    assert thinned(packs, {("m1", 10), ("m2", 20)}) == [[row(0, 10), odd, row(3, 30)]]


@given(PACKS, BEHIND)
def test_nothing_is_made_up_reordered_or_lost_that_must_stay(
    packs: list[list[ReadingRow]], behind: frozenset[tuple[str, int]]
) -> None:
    left = thinned(packs, behind)
    assert len(left) == len(packs)
    for before, after in zip(packs, left, strict=True):
        remaining = iter(before)
        assert all(any(one is kept for one in remaining) for kept in after)
    kept = [id(one) for pack in left for one in pack]
    for one in (one for pack in packs for one in pack):
        if one.outcome not in PLAIN or (one.meter, one.register_wh) in behind:
            assert id(one) in kept
    quarters = {(o.meter, o.trusted, o.wall_ms // KEPT_EVERY_MS) for pack in packs for o in pack}
    assert quarters == {(o.meter, o.trusted, o.wall_ms // KEPT_EVERY_MS) for pack in left for o in pack}


def test_a_clock_that_was_set_back_does_not_make_two_quarters_one() -> None:
    """The last reading before an hour's step back may stand behind an entry that comes much later."""
    packs = [[row(61, 10), row(62, 20)], [row(1, 30), row(2, 40)], [row(61, 50), row(62, 60)]]
    assert thinned(packs, frozenset()) == [[row(62, 20)], [row(2, 40)], [row(62, 60)]]
    assert thinned([[row(2, 10), row(1, 20)]], frozenset()) == [[row(2, 10), row(1, 20)]]
