"""What is usual is learnt, a tap is not; alarms are states (data notes: 0.5 % within three days)."""

import random
from itertools import pairwise
from statistics import stdev

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.loss_calibration import (
    Calibration,
    Day,
    Fit,
    fit,
    stray,
    with_day,
    with_interval,
)

MS_PER_HOUR = 3_600_000
LEAST_DAYS, MOST_DAYS, WINDOWS = 14, 42, (1, 3, 7)
RAISE_AT_Z, CLEAR_AT_Z = 3.6, 1.5
LOADS_WH = [20_000, 18_000, 30_000, 60_000, 55_000, 90_000]


def day_of(a: float, b: float, *, scale: float = 1.0, extra_wh: float = 0.0, scatter: float = 0.1) -> Day:
    """A day of six intervals whose loss is a*M + b*M^2 and a constant more."""
    day = Day(scatter=scatter)
    for load in LOADS_WH:
        m = load * scale / 1000
        day = with_interval(day, round(m * 1000), round((a * m + b * m * m) * 1000 + extra_wh), MS_PER_HOUR)
    return msgspec.structs.replace(day, scatter=scatter)


def noisy_days(dice: random.Random, count: int, stolen_wh: float = 0.0) -> list[Day]:
    return [
        day_of(
            0.01,
            0.0001,
            scale=dice.uniform(0.8, 1.2),
            extra_wh=dice.gauss(stolen_wh, 100) / len(LOADS_WH),
        )
        for _ in range(count)
    ]


def taught(days: list[Day]) -> Calibration:
    known = Calibration()
    for day in days:
        known, _ = with_day(known, day)
    return known


@given(st.floats(-0.02, 0.1), st.floats(0.00001, 0.001))
def test_the_fit_finds_what_made_the_loss(a: float, b: float) -> None:
    usual = fit([day_of(a, b, scale=0.8 + number / 30) for number in range(LEAST_DAYS)])
    assert usual is not None
    assert usual.a == pytest.approx(a, abs=0.0005)
    assert usual.b == pytest.approx(b, abs=0.00001)
    assert usual.terms == 2


def test_without_different_loads_or_with_a_falling_square_only_the_share_is_fitted() -> None:
    flat = Day()
    for _ in range(6):
        flat = with_interval(flat, 50_000, 1_000, MS_PER_HOUR)
    usual = fit([flat] * LEAST_DAYS)
    assert usual is not None
    assert (usual.a, usual.b, usual.terms) == (pytest.approx(0.02), 0.0, 1)
    falling = fit([day_of(0.05, -0.0002)] * LEAST_DAYS)
    assert falling is not None
    assert (falling.b, falling.terms) == (0.0, 1)


def test_too_few_days_or_no_load_teach_nothing() -> None:
    assert fit([day_of(0.01, 0.0001)] * (LEAST_DAYS - 1)) is None
    assert fit([Day()] * LEAST_DAYS) is None


def test_an_interval_of_two_hours_has_the_square_of_its_power() -> None:
    two = with_interval(Day(), 100_000, 0, 2 * MS_PER_HOUR)
    one = with_interval(Day(), 50_000, 0, MS_PER_HOUR)
    assert two.q == pytest.approx(2 * one.q)


def test_quiet_days_never_scatter_less_than_the_measurement_can_tell() -> None:
    usual = fit([day_of(0.01, 0.0001, scatter=3.0)] * LEAST_DAYS)
    assert usual is not None
    assert usual.sigma_kwh == pytest.approx(3.0)
    assert stray(usual, [day_of(0.01, 0.0001, extra_wh=500)]).z < RAISE_AT_Z


@pytest.mark.parametrize("seed", range(20))
def test_half_a_percent_is_found_within_three_days_and_nothing_before(seed: int) -> None:
    dice = random.Random(seed)
    known = taught(noisy_days(dice, 30))
    assert not known.alarmed
    stolen_wh = 0.005 * 24 / 6 * sum(LOADS_WH)
    found = []
    for day in noisy_days(dice, 3, stolen_wh):
        known, said = with_day(known, day)
        found.append(known.alarmed)
    assert any(found)
    assert said is not None
    assert 0 < abs(said.stray_wh / said.days - stolen_wh) < stolen_wh
    assert said.stray_wh > said.uncertainty_wh


@pytest.mark.parametrize("seed", range(5))
def test_an_alarm_stands_while_the_tap_stays_and_ends_after_it(seed: int) -> None:
    dice = random.Random(seed)
    known = taught(noisy_days(dice, 20))
    learnt = known.quiet
    states = []
    for day in [*noisy_days(dice, 60, 3_000), *noisy_days(dice, 10)]:
        known, _ = with_day(known, day)
        states.append(known.alarmed)
    assert states[:60] == [True] * 60
    changes = [here != there for here, there in pairwise(states)]
    assert sum(changes) == 1
    assert not states[-1]
    assert not any(day.loss > max(known.loss for known in learnt) + 1.5 for day in known.quiet)


def test_what_a_tap_shows_is_never_learnt() -> None:
    dice = random.Random(3)
    known = taught(noisy_days(dice, LEAST_DAYS))
    tapped = noisy_days(dice, 100, 3_000)
    for day in tapped:
        known, _ = with_day(known, day)
    assert not set(known.quiet) & set(tapped)
    assert known.alarmed


def test_less_missing_than_usual_is_no_alarm() -> None:
    dice = random.Random(5)
    known = taught(noisy_days(dice, 30))
    for day in noisy_days(dice, 7, -5_000):
        known, _ = with_day(known, day)
        assert not known.alarmed


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_memory_is_bounded(seed: int) -> None:
    known = taught(noisy_days(random.Random(seed), 120))
    assert len(known.quiet) <= MOST_DAYS
    assert len(known.recent) <= max(WINDOWS)


def test_days_of_one_load_scatter_by_their_standard_deviation() -> None:
    losses_wh = [1_000 + 37 * (number * 5 % 7) for number in range(LEAST_DAYS)]
    days = [with_interval(Day(), 50_000, loss, MS_PER_HOUR) for loss in losses_wh]
    usual = fit(days)
    assert usual is not None
    assert usual.terms == 1
    assert usual.sigma_kwh == pytest.approx(stdev(losses_wh) / 1_000)


def test_nearly_the_same_load_tells_no_square_and_a_small_load_tells_the_share() -> None:
    alike = [with_interval(Day(), 50_000 + 100 * (n % 3), 25 * n, MS_PER_HOUR) for n in range(LEAST_DAYS)]
    small = [with_interval(Day(), 200, 4, MS_PER_HOUR) for _ in range(LEAST_DAYS)]
    for days in (alike, small):
        usual = fit(days)
        assert usual is not None
        assert usual.terms == 1
    assert usual.a == pytest.approx(0.02)


USUAL = Fit(a=0.0, b=0.0, sigma_kwh=1.0, days=20, terms=2)


@pytest.mark.parametrize(
    ("losses_kwh", "z", "days", "stray_wh", "uncertainty_wh"),
    [
        # Student's t of 2.101 at 18 degrees of freedom: 5 % on both sides, as 1.96 of a normal; the formula gives 1.955.
        ([2.101 * 1.1**0.5], 1.955, 1, 2_204, 2_098),
        # One day's scatter is sqrt(1 + 2/20), three days' sqrt(3 + 9 * 2/20): the three say more.
        ([2.0, 2.0, 2.0], 2.673, 3, 6_000, 3_950),
        ([0.0, 0.0, 3.0], 2.546, 1, 3_000, 2_098),
        ([-1.0], -0.9286, 1, -1_000, 2_098),
    ],
)
def test_the_window_that_strays_most_as_a_normal_deviate(
    losses_kwh: list[float], z: float, days: int, stray_wh: int, uncertainty_wh: int
) -> None:
    said = stray(USUAL, [Day(loss=loss) for loss in losses_kwh])
    assert said.z == pytest.approx(z, abs=0.001)
    assert (said.days, said.stray_wh, said.uncertainty_wh) == (days, stray_wh, uncertainty_wh)


def test_days_without_any_scatter_stray_by_nothing_that_can_be_told() -> None:
    assert stray(Fit(0.0, 0.0, 0.0, 20, 2), [Day(loss=5.0)]).z == 0.0


def test_a_day_is_learnt_in_its_turn_once_a_week_has_followed_it() -> None:
    days = noisy_days(random.Random(1), LEAST_DAYS + max(WINDOWS) + 2)
    known = taught(days[: LEAST_DAYS + max(WINDOWS)])
    assert (known.quiet, known.recent) == (tuple(days[:LEAST_DAYS]), tuple(days[LEAST_DAYS:-2]))
    for day in days[-2:]:
        known, _ = with_day(known, day)
    assert (known.quiet, known.recent) == (tuple(days[: LEAST_DAYS + 2]), tuple(days[LEAST_DAYS + 2 :]))


@pytest.mark.parametrize(
    ("alarmed", "loss_kwh", "after"),
    [(False, 5.66, False), (False, 5.70, True), (True, 1.71, False), (True, 1.74, True)],
)
def test_an_alarm_begins_above_3_6_and_ends_below_1_5(alarmed: bool, loss_kwh: float, after: bool) -> None:
    """Days that lose 0 or 2 kWh by turns: a standard deviation of 1.04, of one more day 1.07."""
    quiet = tuple(Day(m=100.0, mm=10_000.0, loss=loss, ml=100 * loss) for loss in (0.0, 2.0) * 7)
    known, said = with_day(Calibration(quiet, alarmed=alarmed), Day(m=100.0, loss=1.0 + loss_kwh))
    assert said is not None
    assert (said.z > (CLEAR_AT_Z if alarmed else RAISE_AT_Z), known.alarmed) == (after, after)
