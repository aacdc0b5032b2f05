"""What a meter's watch knows and what a reading is worth, number by number; the order that follows is in test_poll_plan."""

import pytest

from gateway.domain.poll_plan import (
    NO_OUTLOOK,
    Outlook,
    PollPlan,
    Watch,
    energy_mwh,
    is_pressing,
    read,
    worth_mwh,
)

BEGAN_MS, BEGAN_WH = 1_000_000, 5_000
STEP_WH = 10


def taught(*readings: tuple[int, int, int | None], outlook: Outlook = NO_OUTLOOK) -> Watch:
    """Read at seconds after the beginning: (second, watt-hours since then, power told)."""
    watch = Watch()
    for second, moved_wh, power_w in readings:
        watch = read(watch, BEGAN_WH + moved_wh, power_w, outlook, BEGAN_MS + second * 1_000, STEP_WH)
    return watch


def test_a_kilowatt_for_an_hour_is_a_kilowatt_hour() -> None:
    assert energy_mwh(1_000, 3_600_000) == 1_000_000


@pytest.mark.parametrize(
    ("readings", "low_w", "high_w"),
    [
        ([(0, 0, None)], 0, 6_000),
        ([(0, 0, 1_000)], 900, 1_110),
        ([(0, 0, -1_000)], 900, 1_110),
        # 30 Wh in 36 s, a step of 10 Wh either way.
        ([(0, 0, None), (36, 30, None)], 2_000, 4_001),
        ([(0, 0, None), (36, 0, None)], 0, 1_001),
    ],
)
def test_the_powers_bounds(readings: list[tuple[int, int, int | None]], low_w: int, high_w: int) -> None:
    watch = taught(*readings)
    assert (watch.low_w, watch.high_w) == (low_w, high_w)


def test_no_bound_lies_above_what_the_account_can_draw() -> None:
    watch = taught((0, 0, 1_000), outlook=Outlook(ceiling_w=950))
    assert (watch.low_w, watch.high_w) == (900, 950)
    assert taught((0, 0, 1_000), outlook=Outlook(ceiling_w=500)).low_w == 500


@pytest.mark.parametrize(("moved_wh", "told_w"), [(79, None), (80, 1_000), (121, 1_000), (122, None)])
def test_a_told_power_is_believed_while_the_register_agrees_within_a_step(
    moved_wh: int, told_w: int | None
) -> None:
    """900 to 1,110 W for six minutes are 90 to 111 Wh."""
    assert taught((0, 0, 1_000), (360, moved_wh, None)).told_w == told_w


def test_a_power_that_changed_has_no_older_readings() -> None:
    watch = taught((0, 0, 1_000), (6, 0, None), (12, 0, None), (18, 900, None))
    assert [moment.at_ms - BEGAN_MS for moment in watch.moments] == [12_000, 18_000]


def test_a_power_told_with_a_register_that_contradicts_is_the_new_one() -> None:
    watch = taught((0, 0, 1_000), (360, 900, 9_000))
    assert (watch.told_w, watch.told_ms) == (9_000, BEGAN_MS + 360_000)


@pytest.mark.parametrize(("second", "told_w"), [(600, 1_000), (601, None)])
def test_a_told_power_is_believed_for_ten_minutes(second: int, told_w: int | None) -> None:
    watch = taught((0, 0, 1_000), (300, 80, None), (second, 160, None))
    assert watch.told_w == told_w
    assert watch.asked_ms == BEGAN_MS + second * 1_000


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        ([0, 4], [0, 4]),
        ([0, 4, 8], [0, 8]),
        ([0, 5, 10], [0, 5, 10]),
        ([0, 60, 179], [0, 60, 179]),
        ([0, 60, 180], [60, 180]),
        ([0, 500], [0, 500]),
        ([*range(0, 50, 5)], [*range(10, 50, 5)]),
    ],
)
def test_readings_are_kept_apart_within_a_window_and_few(seconds: list[int], kept: list[int]) -> None:
    moments = taught(*((second, 0, None) for second in seconds)).moments
    assert [(moment.at_ms - BEGAN_MS) // 1_000 for moment in moments] == kept
    assert {moment.total_wh for moment in moments} == {BEGAN_WH}


@pytest.mark.parametrize(
    ("readings", "beyond_mwh"),
    [
        ([(0, 0, 100)], 10_000),
        # At up to 120 W: 1.2 Wh since the reading before, in which it moved.
        ([(0, 0, 100), (36, 10, 100)], 1_201),
        ([(0, 0, 100), (36, 10, 100), (72, 10, 100)], 2_402),
        ([(0, 0, 100), (36, 10, 100), (72, 20, 100)], 1_201),
        ([(0, 0, 100), (36, 0, 100)], 10_000),
    ],
)
def test_what_the_register_hides(readings: list[tuple[int, int, int | None]], beyond_mwh: int) -> None:
    assert taught(*readings).beyond_mwh == beyond_mwh


@pytest.mark.parametrize(
    ("outlook", "second", "mwh"),
    [
        # 560 W at most and 6 kW that may have been switched on, for 36 s; 10 Wh hidden, 20 Wh left.
        (Outlook(to_cut_wh=20), 36, 65_600 + 10_000 - 20_000),
        (Outlook(to_cut_wh=20, ceiling_w=3_000), 36, 30_000 + 10_000 - 20_000),
        (Outlook(to_cut_wh=20, ceiling_w=99_000), 36, 65_600 + 10_000 - 20_000),
        (Outlook(to_warning_wh=20), 36, (65_600 + 10_000 - 20_000) // 8),
        (Outlook(to_cut_wh=30, to_warning_wh=20), 36, 65_600 + 10_000 - 30_000),
        (Outlook(to_cut_wh=20), -60, 0),
        (Outlook(to_cut_wh=5), -60, 5_000),
        (NO_OUTLOOK, 3_600, 0),
    ],
)
def test_a_reading_is_worth_the_energy_that_may_be_unpaid(outlook: Outlook, second: int, mwh: int) -> None:
    assert worth_mwh(taught((0, 0, 500), outlook=outlook), BEGAN_MS + second * 1_000) == mwh


def test_a_meter_never_read_and_one_that_is_wanted_are_worth_a_little() -> None:
    assert worth_mwh(Watch(), BEGAN_MS) == 10_000
    plan = PollPlan(0)
    plan.read("m", 0, 100, NO_OUTLOOK, 0, STEP_WH)
    plan.want("m")
    assert worth_mwh(plan.watch("m"), 1) == 1_000
    plan.asked("m", 1)
    assert worth_mwh(plan.watch("m"), 2) == 0


def test_unpaid_energy_is_possible_from_the_very_moment() -> None:
    """20 Wh left, 10 of them hidden: 560 W may use the others within 64.28 s."""
    watch = taught((0, 0, 500), outlook=Outlook(to_cut_wh=20))
    assert not is_pressing(watch, BEGAN_MS + 64_279)
    assert is_pressing(watch, BEGAN_MS + 64_280)
    assert not is_pressing(Watch(outlook=Outlook(to_cut_wh=0)), BEGAN_MS)
    assert not is_pressing(taught((0, 0, 500)), BEGAN_MS + 999_999)


def test_the_pressing_are_named_among_the_free() -> None:
    plan = PollPlan(0)
    for meter, to_cut_wh in (("near", 20), ("busy", 20), ("far", 9_000)):
        plan.read(meter, 0, 500, Outlook(to_cut_wh), 0, STEP_WH)
    assert plan.pressing(["far", "near"], 64_280) == ["near"]


@pytest.mark.parametrize(("turns", "rest_s"), [(1, 2), (2, 4), (3, 8), (4, 16)])
def test_a_turn_without_a_reading_doubles_the_rest(turns: int, rest_s: int) -> None:
    plan = PollPlan(0)
    plan.read("near", 0, 5_000, Outlook(10), 0, STEP_WH)
    plan.read("idle", 0, 100, NO_OUTLOOK, 0, STEP_WH)
    for _ in range(turns):
        plan.asked("near", 10_000)
    assert plan.choose(["near", "idle"], 10_000 + rest_s * 1_000 - 1) == "idle"
    assert plan.choose(["near", "idle"], 10_000 + rest_s * 1_000) == "near"


def test_none_waits_longer_than_five_minutes() -> None:
    plan = PollPlan(0)
    plan.read("idle", 0, 100, NO_OUTLOOK, 0, STEP_WH)
    plan.read("near", 0, 5_000, Outlook(10), 1, STEP_WH)
    assert plan.choose(["near", "idle"], 299_999) == "near"
    assert plan.choose(["near", "idle"], 300_000) == "idle"
