"""The estimate of what nobody metered: bounds, shape, what is known instead, and modules that counted wrong (R-4.3.5)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from central.domain.unmetered import (
    DAY,
    HOUR_MS,
    LEAST_DAYS,
    absent_days,
    estimate,
    known_instead,
    miscounted_wh,
)

MOST_W = 3_000
WEEKDAYS = [100, 110, 120, 130, 140, 300, 320]


def _steady(days: int, factor: int = 1) -> list[int]:
    return [factor * WEEKDAYS[day % 7] for day in range(days) for _hour in range(DAY)]


def test_a_room_that_repeats_its_week_is_found_to_the_watt_hour() -> None:
    peers = [_steady(33, factor) for factor in (1, 2, 3)]
    found = estimate(_steady(28), peers, [HOUR_MS] * DAY * 5, MOST_W)
    assert found is not None
    true_wh = sum(_steady(33)[28 * DAY :])
    assert abs(found.wh - true_wh) <= 5 * DAY  # whole watt-hours are cut off, hour by hour
    assert found.low_wh <= true_wh <= found.high_wh
    assert (found.own.error_wh, found.days, found.absent_days, found.peer_rooms) == (0, 28, 0, 3)


def test_only_the_unmetered_part_of_an_hour_counts() -> None:
    found = estimate(_steady(28), [], [HOUR_MS // 4, HOUR_MS, HOUR_MS // 2], MOST_W)
    assert found is not None
    assert found.hours == (25, 100, 50)
    assert found.peers is None
    assert found.own_per_mille == 1000


def test_a_week_with_everybody_away_is_seen_by_the_peers() -> None:
    quiet = [hour // 10 for hour in _steady(7)]
    found = estimate(_steady(28), [_steady(28) + quiet for _ in range(5)], [HOUR_MS] * DAY * 7, MOST_W)
    assert found is not None
    assert found.peers is not None
    assert found.peers.wh < sum(_steady(7)) // 9
    assert found.peers.wh < found.wh < found.own.wh


def test_days_of_absence_are_no_usual_days() -> None:
    past = _steady(28)
    past[7 * DAY : 10 * DAY] = [0] * 3 * DAY
    found = estimate(past, [], [HOUR_MS] * DAY, MOST_W)
    assert found is not None
    assert found.absent_days == 3
    assert found.wh == 24 * WEEKDAYS[0]
    assert absent_days([5000, 100, 5000, None, 0]) == [False, True, False, False, True]


def test_too_short_a_past_estimates_nothing() -> None:
    assert estimate(_steady(LEAST_DAYS - 1), [], [HOUR_MS], MOST_W) is None
    assert estimate([None] * 28 * DAY, [], [HOUR_MS], MOST_W) is None
    assert estimate([0] * 28 * DAY, [], [HOUR_MS] * 3, MOST_W) is not None
    assert estimate(_steady(28), [], [], MOST_W) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(0, 5), st.integers(100, 5_000))
def test_no_hour_is_above_the_fuse_and_the_interval_holds_the_figure(
    seed: int, hours: int, rooms: int, most_w: int
) -> None:
    past = [(seed * (at + 7) * 2_654_435_761 >> 7) % 2_000 for at in range(21 * DAY)]
    peers = [[(hour * (room + 1)) % 1_500 for hour in past + past[:hours]] for room in range(rooms)]
    found = estimate(past, peers, [HOUR_MS] * hours, most_w)
    assert found is not None
    assert len(found.hours) == hours
    assert all(0 <= hour <= most_w for hour in found.hours)
    assert 0 <= found.low_wh <= found.wh <= found.high_wh <= most_w * hours
    assert 0 <= found.own_per_mille <= 1000
    assert found == estimate(past, peers, [HOUR_MS] * hours, most_w)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=48))
def test_what_a_register_shows_is_laid_on_the_hours_to_the_watt_hour(
    counted_wh: int, shape: list[int]
) -> None:
    laid = known_instead(counted_wh, shape)
    assert sum(laid) == counted_wh
    assert len(laid) == len(shape)
    assert min(laid) >= 0
    assert all(not wh for wh, weight in zip(laid, shape, strict=True) if sum(shape) and not weight)


@given(st.integers(0, 10**9), st.integers(-500_000, 500_000))
def test_a_module_that_counted_wrong_is_put_right_in_either_direction(billed_wh: int, error_ppm: int) -> None:
    added = miscounted_wh(billed_wh, error_ppm)
    true_wh = billed_wh + added
    assert abs(true_wh * (1_000_000 + error_ppm) - billed_wh * 1_000_000) < 1_000_000 + error_ppm
    assert (added <= 0) if error_ppm > 0 else (added >= 0)
