"""Daily checks of an hour (R-4.2.0) and how much of a building a round has seen (R-4.2.4)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.daily_checks import NAMES, Due, Part, Party, Standing, is_owed, minutes_of, standing
from central.domain.round_coverage import Outcome, floors_of, not_seen_for, outcomes, resumes

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DUE = Due(True, 60, 22 * HOUR, DAY + 8 * HOUR)


def part(from_minute: int, minutes: int, told_hour: int = 12) -> Part:
    return Part(from_minute * MINUTE, (from_minute + minutes) * MINUTE, told_hour * HOUR)


@pytest.mark.parametrize(
    ("parts", "now_ms", "how"),
    [
        ([part(600, 60)], DAY, Standing.DONE),
        ([part(600, 30), part(700, 30)], DAY, Standing.DONE),
        ([part(600, 60, 22)], DAY, Standing.DONE),
        ([part(600, 60, 23)], DAY, Standing.LATE),
        ([part(600, 60, 60)], 3 * DAY, Standing.LATE),
        ([part(600, 40), part(700, 20, 23)], DAY, Standing.LATE),
        ([part(600, 60), part(700, 20, 23)], DAY, Standing.DONE),
        ([part(600, 59)], DUE.missing_ms, Standing.SHORT),
        ([part(600, 40), part(620, 30)], DUE.missing_ms, Standing.SHORT),
        ([part(600, 59)], DUE.missing_ms - 1, Standing.TO_COME),
        ([], DUE.missing_ms - 1, Standing.TO_COME),
        ([], DUE.missing_ms, Standing.MISSING),
    ],
)
def test_a_day_is_judged_by_what_was_recorded(parts: list[Part], now_ms: int, how: Standing) -> None:
    assert standing(DUE, parts, now_ms) is how


def test_a_day_on_which_none_is_owed_is_free_and_a_check_made_then_counts() -> None:
    free = Due(False, 60, 22 * HOUR, DAY)
    assert standing(free, [], 2 * DAY) is Standing.FREE
    assert standing(free, [part(600, 60)], 2 * DAY) is Standing.DONE


def test_nobody_owes_on_holidays_and_free_weekends_and_only_who_is_on_the_list() -> None:
    names: list[object] = list(NAMES.values())
    monday, sunday = date(2026, 11, 30), date(2026, 11, 29)
    assert is_owed(Party.FINANCE, monday, names, [], on_weekends=False)
    assert is_owed(Party.FINANCE, sunday, names, [], on_weekends=True)
    assert not is_owed(Party.FINANCE, sunday, names, [], on_weekends=False)
    assert not is_owed(Party.FINANCE, monday, names, [["11-30", "12-02"]], on_weekends=True)
    assert not is_owed(Party.FINANCE, monday, ["楼管员"], [], on_weekends=True)


SPANS = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 30)), max_size=8)


@given(SPANS)
def test_what_overlaps_counts_once(spans: list[tuple[int, int]]) -> None:
    covered = {minute for begin, length in spans for minute in range(begin, begin + length)}
    assert minutes_of(part(begin, length) for begin, length in spans) == len(covered)


ENTRIES = st.lists(st.tuples(st.integers(1, 8), st.sampled_from(Outcome)), max_size=20)
ROOMS = [(room, 1 + room // 4) for room in range(1, 9)]


@given(ENTRIES)
def test_floors_add_up_and_no_order_of_entries_matters(entries: list[tuple[int, Outcome]]) -> None:
    stands = outcomes(entries)
    assert stands == outcomes(reversed(entries))
    floors = floors_of(ROOMS, stands)
    assert sum(floor.rooms for floor in floors) == 8
    assert all(floor.seen + len(floor.left) == floor.rooms for floor in floors)
    seen = {room for room, outcome in entries if outcome is not Outcome.NO_ACCESS}
    assert {room for floor in floors for room in floor.left} == {room for room, _floor in ROOMS} - seen


def test_what_was_found_is_not_tapped_away_and_who_was_let_in_at_last_has_seen_it() -> None:
    found, fine, shut = Outcome.FOUND, Outcome.IN_ORDER, Outcome.NO_ACCESS
    assert outcomes([(1, found), (1, fine), (2, shut), (2, fine)]) == {1: found, 2: fine}


def test_rooms_nobody_saw_for_days_are_named_longest_first() -> None:
    seen = {1: 10 * DAY, 2: 12 * DAY, 3: 6 * DAY}
    assert not_seen_for(3, seen, [1, 2, 3, 4], 13 * DAY) == [(4, None), (3, 7), (1, 3)]


def test_a_round_is_gone_on_with_the_same_day() -> None:
    assert resumes(0, 15 * HOUR)
    assert not resumes(0, DAY)
