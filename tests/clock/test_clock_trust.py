"""C-14 as a table: what the two clocks say, and whether the wall is believed."""

from datetime import UTC, datetime

import pytest

from gateway.domain.clock_trust import (
    DAY_MS,
    LONGEST_ABSENCE_MS,
    ClockDoubt,
    ClockMemory,
    hear_central,
    look,
)

MIN_MS = 60_000
RELEASED_MS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000
STEADY_MS = 10 * MIN_MS
NOON_MS = RELEASED_MS + 300 * DAY_MS
"""A believable instant; the store's newest wall time in these tests."""
STORED = ClockMemory(latest_wall_ms=NOON_MS)


@pytest.mark.parametrize(
    ("wall_ms", "fresh", "stored"),
    [
        (0, ClockDoubt.BEFORE_RELEASE, ClockDoubt.BEFORE_RELEASE),
        (RELEASED_MS - 1, ClockDoubt.BEFORE_RELEASE, ClockDoubt.BEFORE_RELEASE),
        (RELEASED_MS, None, ClockDoubt.BEFORE_LAST_STORED),
        (NOON_MS - 2 * MIN_MS - 1, None, ClockDoubt.BEFORE_LAST_STORED),
        (NOON_MS - 2 * MIN_MS, None, None),
        (NOON_MS + 100 * 86_400_000, None, None),
        (NOON_MS + 100 * 86_400_000 + 1, None, ClockDoubt.FAR_AHEAD),
        (RELEASED_MS + 1_825 * 86_400_000, None, ClockDoubt.FAR_AHEAD),
        (RELEASED_MS + 1_825 * 86_400_000 + 1, ClockDoubt.FAR_AHEAD, ClockDoubt.FAR_AHEAD),
    ],
)
def test_first_look_without_central(
    wall_ms: int, fresh: ClockDoubt | None, stored: ClockDoubt | None
) -> None:
    assert look(ClockMemory(), wall_ms, 1_000).doubt is fresh
    assert look(STORED, wall_ms, 1_000).doubt is stored


@pytest.mark.parametrize(
    ("ahead_of_central_ms", "doubt"),
    [
        (0, None),
        (5 * MIN_MS, None),
        (-5 * MIN_MS, None),
        (5 * MIN_MS + 1, ClockDoubt.DISAGREES_WITH_CENTRAL),
        (-5 * MIN_MS - 1, ClockDoubt.DISAGREES_WITH_CENTRAL),
    ],
)
def test_central_was_heard_an_hour_ago(ahead_of_central_ms: int, doubt: ClockDoubt | None) -> None:
    memory = hear_central(STORED, NOON_MS, 1_000)
    assert look(memory, NOON_MS + 60 * MIN_MS + ahead_of_central_ms, 1_000 + 60 * MIN_MS).doubt is doubt


def test_central_mends_a_store_written_ahead_of_time() -> None:
    """The clock once ran in the future and was believed; NTP and central agree that it is today."""
    ahead = look(ClockMemory(latest_wall_ms=NOON_MS + 30 * DAY_MS), NOON_MS, 1_000)
    assert ahead.doubt is ClockDoubt.BEFORE_LAST_STORED
    mended = look(hear_central(ahead, NOON_MS, 2_000), NOON_MS + 1_000, 2_000)
    assert (mended.doubt, mended.latest_wall_ms) == (None, NOON_MS + 1_000)


def test_central_confirms_a_gateway_from_the_shelf() -> None:
    later_ms = NOON_MS + LONGEST_ABSENCE_MS + DAY_MS
    assert look(STORED, later_ms, 1_000).doubt is ClockDoubt.FAR_AHEAD
    assert look(hear_central(STORED, later_ms, 1_000), later_ms, 1_000).doubt is None


def test_not_even_central_is_believed_before_the_release() -> None:
    assert look(hear_central(ClockMemory(), 5_000, 1_000), 5_000, 1_000).doubt is ClockDoubt.BEFORE_RELEASE


@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_of_a_year_is_never_believed_without_central_however_long_it_lasts(sign: int) -> None:
    """C-14: no expiry and no price of next year acts; the right time again is believed at once or after ten even minutes."""
    memory = look(STORED, NOON_MS, 1_000)
    for hour in range(1, 48):
        memory = look(memory, NOON_MS + sign * 365 * DAY_MS + hour * 60 * MIN_MS, 1_000 + hour * 60 * MIN_MS)
        assert memory.doubt is (ClockDoubt.FAR_AHEAD if sign > 0 else ClockDoubt.BEFORE_RELEASE)
    back_ms = 1_000 + 48 * 60 * MIN_MS
    assert look(memory, NOON_MS + 48 * 60 * MIN_MS, back_ms + 15 * MIN_MS).doubt in (None, ClockDoubt.STEPPED)
    after = look(memory, NOON_MS + 48 * 60 * MIN_MS, back_ms)
    assert look(after, NOON_MS + 49 * 60 * MIN_MS, back_ms + 60 * MIN_MS).doubt is None


@pytest.mark.parametrize("step_ms", [3 * 60 * MIN_MS, 2 * MIN_MS + 1])
def test_a_believed_clock_that_is_set_is_doubted_until_it_ran_evenly(step_ms: int) -> None:
    memory = look(STORED, NOON_MS, 1_000)
    stepped = look(memory, NOON_MS + step_ms + 1_000, 2_000)
    assert stepped.doubt is ClockDoubt.STEPPED
    almost = look(stepped, NOON_MS + step_ms + STEADY_MS, 1_001 + STEADY_MS)
    assert almost.doubt is ClockDoubt.STEPPED
    assert look(almost, NOON_MS + step_ms + STEADY_MS + 1_000, 2_001 + STEADY_MS).doubt is None


def test_a_second_step_begins_the_wait_anew() -> None:
    memory = look(look(STORED, NOON_MS, 0), NOON_MS + DAY_MS, 1_000)
    again = look(memory, NOON_MS + 2 * DAY_MS, STEADY_MS)
    assert look(again, NOON_MS + 2 * DAY_MS + STEADY_MS - 1, 2 * STEADY_MS - 1).doubt is ClockDoubt.STEPPED


def test_central_ends_the_doubt_of_a_step_at_once() -> None:
    stepped = look(look(STORED, NOON_MS, 0), NOON_MS + DAY_MS, 1_000)
    assert look(hear_central(stepped, NOON_MS + DAY_MS, 1_000), NOON_MS + DAY_MS, 1_000).doubt is None


def test_slewing_is_no_step() -> None:
    memory = look(STORED, NOON_MS, 0)
    for second in range(1, 600):
        memory = look(memory, NOON_MS + second * 1_100, second * 1_000)
        assert memory.doubt is None


def test_waking_in_1970_and_being_set_by_ntp_needs_no_wait() -> None:
    """The step that mends a disbelieved clock is no reason to doubt the mended one."""
    memory = look(STORED, 5_000, 1_000)
    assert memory.doubt is ClockDoubt.BEFORE_RELEASE
    assert look(memory, NOON_MS + 60 * MIN_MS, 60_000).doubt is None


def test_400_days_without_a_restart_are_no_absence() -> None:
    memory = STORED
    for day in range(450):
        memory = look(memory, NOON_MS + day * DAY_MS, day * DAY_MS)
        assert memory.doubt is None


def test_a_doubted_look_leaves_no_trace_in_what_counts_as_latest() -> None:
    memory = look(STORED, NOON_MS + LONGEST_ABSENCE_MS * 3, 1_000)
    assert memory.latest_wall_ms == NOON_MS
