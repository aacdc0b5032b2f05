"""What a register value means beside the last good one: every outcome, and what it may never bill."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.facts import Instant, ReadingOutcome
from gateway.domain.reading import (
    ACCEPTED,
    DLT645_SPAN_WH,
    LONGEST_OUTAGE_MS,
    MeterReading,
    MeterState,
    advance,
    judge,
    rebased,
    wants_reread,
)

HOUR_MS = 3_600_000
THEN = Instant("b1", 0, 1_700_000_000_000, True)
MAX_W = 10_000
MONTH_WH = MAX_W * 31 * 24
EDGE_WH = DLT645_SPAN_WH // 20
LONG_MS = 10_000 * HOUR_MS
"""Long enough for two edges' energy."""


def after(ms: int, boot: str = "b1", trusted: bool = True) -> Instant:
    return Instant(boot, ms, THEN.wall_ms + ms, trusted)


def known(register_wh: int, **more: object) -> MeterState:
    state = MeterState("m", register_wh=register_wh, total_wh=500, at=THEN, identity="ID1")
    return msgspec.structs.replace(state, **more)


@pytest.mark.parametrize(
    ("last_wh", "now_wh", "ms", "outcome", "delta_wh"),
    [
        (1_000, 1_000, HOUR_MS, ReadingOutcome.UNCHANGED, 0),
        (1_000, 1_010, 1_000, ReadingOutcome.ADVANCED, 10),
        (1_000, 11_020, HOUR_MS, ReadingOutcome.ADVANCED, 10_020),
        (1_000, 11_021, HOUR_MS, ReadingOutcome.IMPLAUSIBLE, 0),
        (1_000, 990, HOUR_MS, ReadingOutcome.BACKWARDS, 0),
        (1_000, 0, HOUR_MS, ReadingOutcome.ZERO_GLITCH, 0),
        (999_999_990, 20, HOUR_MS, ReadingOutcome.ROLLOVER, 30),
        (999_999_990, 0, HOUR_MS, ReadingOutcome.ZERO_GLITCH, 0),
        (999_999_990, 90_000, HOUR_MS, ReadingOutcome.BACKWARDS, 0),
        (900_000_000, 20, 40 * 24 * HOUR_MS, ReadingOutcome.BACKWARDS, 0),
        (999_999_990, 10_010, HOUR_MS, ReadingOutcome.ROLLOVER, 10_020),
        (999_999_990, 10_011, HOUR_MS, ReadingOutcome.BACKWARDS, 0),
        # Within a twentieth of the span on both sides of its end, and no further.
        (DLT645_SPAN_WH - EDGE_WH, EDGE_WH, LONG_MS, ReadingOutcome.ROLLOVER, 2 * EDGE_WH),
        (DLT645_SPAN_WH - EDGE_WH - 1, 20, LONG_MS, ReadingOutcome.BACKWARDS, 0),
        (DLT645_SPAN_WH - 10, EDGE_WH + 1, LONG_MS, ReadingOutcome.BACKWARDS, 0),
    ],
)
def test_outcomes(last_wh: int, now_wh: int, ms: int, outcome: ReadingOutcome, delta_wh: int) -> None:
    judged = judge(known(last_wh), MeterReading("m", now_wh), after(ms), MAX_W)
    assert (judged.outcome, judged.delta_wh) == (outcome, delta_wh)


def test_the_first_reading_is_a_baseline() -> None:
    judged = judge(MeterState("m"), MeterReading("m", 777_000), THEN, MAX_W)
    assert (judged.outcome, judged.delta_wh) == (ReadingOutcome.FIRST, 0)


def test_a_register_without_its_instant_is_no_baseline() -> None:
    assert (
        judge(MeterState("m", register_wh=9_000), MeterReading("m", 10), THEN, MAX_W).outcome
        is ReadingOutcome.FIRST
    )


@pytest.mark.parametrize(
    ("register_wh", "bad_readings", "outcome"),
    [
        (0, 0, ReadingOutcome.ZERO_GLITCH),
        (0, 2, ReadingOutcome.ZERO_GLITCH),
        (0, 3, ReadingOutcome.FIRST),
        (1, 0, ReadingOutcome.FIRST),
    ],
)
def test_zero_is_a_first_register_once_three_rereads_repeat_it(
    register_wh: int, bad_readings: int, outcome: ReadingOutcome
) -> None:
    state = MeterState("m", bad_readings=bad_readings)
    assert judge(state, MeterReading("m", register_wh), THEN, MAX_W).outcome is outcome


@pytest.mark.parametrize(
    ("bad_readings", "doubt", "questionable"),
    [(0, "", False), (1, "", True), (0, "replaced", True), (4, "backwards", True)],
)
def test_nothing_is_cut_on_a_strange_reading_or_a_story_in_doubt(
    bad_readings: int, doubt: str, questionable: bool
) -> None:
    """C-16."""
    assert known(1_000, bad_readings=bad_readings, doubt=doubt).questionable is questionable


@pytest.mark.parametrize(
    ("brought", "kept"),
    [
        ({}, (230, 1_100, "ID1")),
        ({"power_w": 0}, (0, 1_100, "ID1")),
        ({"current_ma": 7, "identity": "ID1"}, (230, 7, "ID1")),
    ],
)
def test_an_accepted_reading_keeps_what_was_not_asked_with_it(
    brought: dict[str, Any], kept: tuple[int, int, str]
) -> None:
    state, reading = known(1_000, power_w=230, current_ma=1_100), MeterReading("m", 1_010, b"\x68", **brought)
    now = after(HOUR_MS)
    moved = advance(state, reading, judge(state, reading, now, MAX_W), now)
    assert (moved.power_w, moved.current_ma, moved.identity) == kept
    assert (moved.meter, moved.register_wh, moved.at, moved.raw) == ("m", 1_010, now, b"\x68")


def test_the_first_identity_that_is_read_is_the_meters() -> None:
    reading = MeterReading("m", 1_010, identity="ID7")
    state = known(1_000, identity=None)
    assert (
        advance(state, reading, judge(state, reading, after(HOUR_MS), MAX_W), after(HOUR_MS)).identity
        == "ID7"
    )


def test_a_model_whose_register_does_not_wrap_has_no_rollover() -> None:
    reading = MeterReading("m", 20, span_wh=None)
    assert judge(known(999_999_990), reading, after(HOUR_MS), MAX_W).outcome is ReadingOutcome.BACKWARDS


def test_another_identity_is_a_replacement_until_the_first_one_answers_again() -> None:
    state = known(1_000)
    swapped = MeterReading("m", 1_010, identity="ID2")
    judged = judge(state, swapped, after(HOUR_MS), MAX_W)
    assert judged.outcome is ReadingOutcome.REPLACED
    state = advance(state, swapped, judged, after(HOUR_MS))
    assert (state.doubt, wants_reread(state)) == ("replaced", False)
    nameless = MeterReading("m", 1_020)
    judged = judge(state, nameless, after(HOUR_MS), MAX_W)
    assert judged.outcome is ReadingOutcome.REPLACED
    assert advance(state, nameless, judged, after(HOUR_MS)).foreign_identity == "ID2"
    back = MeterReading("m", 1_020, identity="ID1")
    judged = judge(state, back, after(HOUR_MS), MAX_W)
    assert judged.outcome is ReadingOutcome.ADVANCED
    assert not advance(state, back, judged, after(HOUR_MS)).questionable


def test_an_impossible_jump_does_not_become_possible_by_waiting() -> None:
    state, jumped = known(1_000), MeterReading("m", 50_000)
    judged = judge(state, jumped, after(HOUR_MS), MAX_W)
    state = advance(state, jumped, judged, after(HOUR_MS))
    much_later = after(100 * HOUR_MS)
    assert judge(state, jumped, much_later, MAX_W).outcome is ReadingOutcome.IMPLAUSIBLE
    assert judge(state, MeterReading("m", 50_010), much_later, MAX_W).outcome is ReadingOutcome.IMPLAUSIBLE
    assert judge(state, MeterReading("m", 2_000), much_later, MAX_W).outcome is ReadingOutcome.ADVANCED


@pytest.mark.parametrize("jumps_wh", [(60_000, 50_000), (50_000, 60_000)])
def test_the_lowest_of_the_impossible_registers_stays_impossible(jumps_wh: tuple[int, int]) -> None:
    state = known(1_000)
    for register_wh in jumps_wh:
        reading = MeterReading("m", register_wh)
        state = advance(state, reading, judge(state, reading, after(HOUR_MS), MAX_W), after(HOUR_MS))
    much_later = after(100 * HOUR_MS)
    assert judge(state, MeterReading("m", 49_990), much_later, MAX_W).outcome is ReadingOutcome.ADVANCED
    assert judge(state, MeterReading("m", 50_000), much_later, MAX_W).outcome is ReadingOutcome.IMPLAUSIBLE


def test_a_strange_answer_is_an_answer() -> None:
    """The meter's silence ends with it; nothing else of the good story is forgotten."""
    state, bad = known(1_000, silent_since=THEN), MeterReading("m", 900)
    moved = advance(state, bad, judge(state, bad, after(1_000), MAX_W), after(1_000))
    assert moved == known(1_000, bad_readings=1)


def test_doubt_begins_after_three_rereads_and_ends_with_one_good_reading() -> None:
    state, bad = known(1_000), MeterReading("m", 900)
    assert not wants_reread(state)
    for reread in (True, True, True, False):
        assert state.doubt == ""
        state = advance(state, bad, judge(state, bad, after(1_000), MAX_W), after(1_000))
        assert wants_reread(state) is reread
    assert state.doubt == "backwards"
    assert (state.register_wh, state.total_wh) == (1_000, 500)
    good = MeterReading("m", 1_010)
    assert not advance(state, good, judge(state, good, after(HOUR_MS), MAX_W), after(HOUR_MS)).questionable


def test_when_the_time_between_is_not_known_a_months_use_is_possible_and_no_more() -> None:
    other_boot = after(5_000, boot="b2", trusted=False)
    assert judge(known(0), MeterReading("m", MONTH_WH), other_boot, MAX_W).accepted
    assert not judge(known(0), MeterReading("m", MONTH_WH + 30), other_boot, MAX_W).accepted


@pytest.mark.parametrize(
    ("first_wh", "again_wh", "boot", "accepted"),
    [
        (50_000, 50_000, "b2", True),
        (50_000, 50_186, "b2", True),  # a minute at 10 kW, and a step at each end
        (50_000, 50_187, "b2", False),
        (50_000, 49_990, "b2", False),
        (50_000, 90_000, "b2", False),
        (MONTH_WH + 20, MONTH_WH + 20, "b2", True),
        (MONTH_WH + 21, MONTH_WH + 21, "b2", False),
        (50_000, 50_000, "b1", False),
    ],
)
def test_after_a_boot_too_much_for_the_clock_counts_once_it_was_read_twice(
    first_wh: int, again_wh: int, boot: str, accepted: bool
) -> None:
    """A Pi without a battery clock wakes at its last shutdown, however long that was; one strange answer proves nothing."""
    awake = after(5_000, boot=boot)
    last_wh = 3_000
    first = MeterReading("m", last_wh + first_wh)
    strange = judge(known(last_wh), first, awake, MAX_W)
    assert strange.outcome is ReadingOutcome.IMPLAUSIBLE
    state = advance(known(last_wh), first, strange, awake)
    assert wants_reread(state)
    assert judge(state, MeterReading("m", last_wh + again_wh), awake, MAX_W).accepted is accepted


def test_one_strange_answer_after_a_boot_is_forgotten_by_the_next_good_one() -> None:
    awake = after(HOUR_MS, boot="b2")
    wrong = MeterReading("m", 500_000)
    state = advance(known(0), wrong, judge(known(0), wrong, awake, MAX_W), awake)
    good = judge(state, MeterReading("m", 100), awake, MAX_W)
    assert (good.outcome, good.delta_wh) == (ReadingOutcome.ADVANCED, 100)


def test_a_known_absence_of_more_than_a_month_allows_for_all_of_it() -> None:
    later = after(2 * LONGEST_OUTAGE_MS, boot="b2")
    assert judge(known(0), MeterReading("m", 2 * MAX_W * LONGEST_OUTAGE_MS // HOUR_MS), later, MAX_W).accepted


def test_a_person_lets_a_meter_begin_anew_and_nothing_in_between_is_billed() -> None:
    state = rebased(known(1_000, doubt="backwards", bad_readings=9))
    reading = MeterReading("m", 40)
    judged = judge(state, reading, after(HOUR_MS), MAX_W)
    state = advance(state, reading, judged, after(HOUR_MS))
    assert (state.register_wh, state.total_wh, state.questionable) == (40, 500, False)


@given(
    last_wh=st.integers(0, DLT645_SPAN_WH - 1),
    now_wh=st.integers(0, DLT645_SPAN_WH - 1),
    ms=st.integers(0, 365 * 24 * HOUR_MS),
)
def test_no_reading_bills_less_than_nothing_or_more_than_was_possible(
    last_wh: int, now_wh: int, ms: int
) -> None:
    state = known(last_wh)
    reading = MeterReading("m", now_wh)
    judged = judge(state, reading, after(ms), MAX_W)
    assert 0 <= judged.delta_wh <= MAX_W * ms / HOUR_MS + 20
    moved = advance(state, reading, judged, after(ms))
    assert moved.total_wh - state.total_wh == judged.delta_wh
    assert judged.accepted == (judged.outcome in ACCEPTED)
    if not judged.accepted:
        assert (judged.delta_wh, moved.register_wh) == (0, last_wh)
    elif judged.delta_wh:
        assert (last_wh + judged.delta_wh) % DLT645_SPAN_WH == now_wh
