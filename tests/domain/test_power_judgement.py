"""Caps and resistive steps: what trips, what doesn't, how often a trip ends by itself (R-B1)."""

from math import hypot

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.facts import Instant
from gateway.contract.rules import HighPowerRule, PowerCapRule
from gateway.domain.calendar import DAY_MS
from gateway.domain.caps import limit_of, watch_cap
from gateway.domain.high_power import reactive_var, step_factor, watch_steps
from gateway.domain.power_watch import (
    PowerWatch,
    Trip,
    ended_by_person,
    first_trip,
    is_restore_due,
    restored,
    told,
    tripped,
)

CAP = PowerCapRule(2_000, 500, "night", confirmations=3)
HEATER = HighPowerRule(800)


def caps(rule: PowerCapRule | None, powers: list[int], night: bool | None = False) -> list[str]:
    watch, names = PowerWatch(), []
    for power_w in powers:
        watch, trip = watch_cap(watch, rule, power_w, night)
        names.append(trip.reason if trip else "")
    return names


@pytest.mark.parametrize(
    ("night", "limit"),
    [(False, (2_000, "power-cap")), (True, (500, "night-cap")), (None, (2_000, "power-cap"))],
)
def test_the_limit_in_force(night: bool | None, limit: tuple[int, str]) -> None:
    assert limit_of(CAP, night) == limit


def test_while_the_time_is_not_known_the_wider_limit_holds() -> None:
    assert limit_of(PowerCapRule(500, 2_000, "night"), None) == (2_000, "night-cap")
    assert limit_of(PowerCapRule(500, 0, "night"), None)[0] == 0
    assert limit_of(PowerCapRule(0, 500, "night"), None)[0] == 0
    assert limit_of(PowerCapRule(500), None) == (500, "power-cap")


@pytest.mark.parametrize(
    ("powers", "night", "names"),
    [
        ([2_001, 2_001, 2_001], False, ["", "", "power-cap"]),
        ([2_000, 2_000, 2_000, 2_000], False, ["", "", "", ""]),
        ([2_001, 2_001, 1_999, 2_001, 2_001, 2_001], False, ["", "", "", "", "", "power-cap"]),
        ([600, 600, 600], True, ["", "", "night-cap"]),
        ([600, 600, 600], None, ["", "", ""]),
    ],
)
def test_a_cap_trips_after_so_many_readings_in_a_row(
    powers: list[int], night: bool | None, names: list[str]
) -> None:
    assert caps(CAP, powers, night) == names


def test_without_a_limit_nothing_trips() -> None:
    assert caps(None, [10**9] * 5) == [""] * 5
    assert caps(PowerCapRule(), [10**9] * 5) == [""] * 5


def steps(readings: list[tuple[int, int | None]], rule: HighPowerRule | None = HEATER) -> list[Trip | None]:
    watch, found = PowerWatch(), []
    for power_w, factor in readings:
        watch, trip = watch_steps(watch, rule, power_w, factor)
        found.append(trip)
    return found


@pytest.mark.parametrize(
    ("readings", "trips"),
    [
        ([(100, 600), (1_100, 998), (1_100, 998)], True),  # a kettle
        ([(0, None), (1_000, 1_000), (1_000, 1_000)], True),
        ([(300, 600), (1_300, 954), (1_300, 954)], True),  # a kettle beside computers: 0.954 as a whole
        ([(100, 600), (900, 999), (900, 999)], True),
        ([(100, 600), (899, 999), (899, 999)], False),  # too small
        ([(100, 600), (1_100, 800), (1_100, 800)], False),  # a compressor
        ([(100, 600), (1_100, 998), (110, 600), (1_100, 998)], False),  # gone before it was confirmed
        ([(100, 600), (1_100, 998), (1_100, 600), (2_100, 820)], False),  # the first step was not confirmed
        ([(100, 600), (500, 998), (900, 998), (1_300, 998), (1_700, 998)], False),  # it rises slowly
        ([(1_100, 998), (1_100, 998), (1_100, 998)], False),  # nobody saw it come
        ([(100, 600), (1_100, None), (1_100, None), (1_100, None)], False),  # the meter doesn't tell
        ([(100, 600), (1_100, 998), (1_100, None), (1_100, 998)], True),
        ([(100, None), (1_100, 998), (1_100, 998)], True),
        ([(100, 600), (1_100, -998), (1_100, -998)], True),  # a meter that signs it
    ],
)
def test_a_resistive_step_trips_and_nothing_else(readings: list[tuple[int, int | None]], trips: bool) -> None:
    found = steps(readings)
    assert [trip is not None for trip in found] == [*[False] * (len(found) - 1), trips]
    assert steps(readings, None) == [None] * len(readings)


def test_a_trip_tells_what_it_rests_on() -> None:
    trip = steps([(300, 600), (1_300, 954), (1_300, 954)])[-1]
    assert trip is not None
    assert trip.reason == "high-power"
    assert {**trip.facts, "power_factor_milli": 0} == {
        "power_w": 1_300, "step_w": 1_000, "limit_w": 800, "power_factor_milli": 0,
    }  # fmt: skip
    assert trip.facts["power_factor_milli"] >= 990


@given(st.integers(50, 3_000), st.floats(0.5, 1.0), st.integers(800, 4_000), st.floats(0.3, 1.0))
def test_the_steps_own_factor_is_physics(
    calm_w: int, calm_factor: float, step_w: int, true_factor: float
) -> None:
    """Two loads in parallel add up, active and reactive; within what three digits of a power factor can tell."""
    calm_var = calm_w / calm_factor * (1 - calm_factor**2) ** 0.5
    step_var = step_w / true_factor * (1 - true_factor**2) ** 0.5
    power_w, var = calm_w + step_w, calm_var + step_var
    whole = round(power_w / hypot(power_w, var) * 1000)
    seen = step_factor(calm_w, round(calm_factor * 1000), power_w, whole)
    blur_w = (power_w + calm_w) * 0.05
    low = step_w / hypot(step_w, step_var + blur_w)
    high = step_w / hypot(step_w, max(0.0, step_var - blur_w))
    assert low * 1000 - 5 <= seen <= high * 1000 + 5


def test_reactive_power_of_the_ends() -> None:
    assert [reactive_var(1_000, factor) for factor in (1_000, -1_000, 0, 1_200, 600)] == [0, 0, 0, 0, 1_332]


# --- the life of a trip


def at(ms: int, boot: str = "b", trusted: bool = True) -> Instant:
    return Instant(boot, ms, 1_700_000_000_000 + ms, trusted)


TRIP = Trip("power-cap", restore_after_s=600, restores_per_day=2, facts={"power_w": 9})


def test_a_trip_ends_by_itself_so_often_a_day_and_then_waits_for_a_person() -> None:
    watch, left = PowerWatch(), []
    for n in range(3):
        watch = tripped(watch, TRIP, at(n * 1_000_000))
        left.append(told(TRIP, watch, at(n * 1_000_000))["restores_left"])
        if not watch.waits:
            assert not is_restore_due(watch, at(n * 1_000_000 + 599_999))
            assert is_restore_due(watch, at(n * 1_000_000 + 600_000))
            watch = restored(watch, at(n * 1_000_000 + 600_000))
    assert left == [2, 1, 0]
    assert watch.waits
    assert not is_restore_due(watch, at(10 * DAY_MS))
    assert tripped(ended_by_person(), TRIP, at(5)).waits is False


def test_what_was_restored_a_day_ago_counts_no_more_and_what_nobody_can_date_counts() -> None:
    watch = msgspec.structs.replace(PowerWatch(), restores=(at(0), at(1_000)))
    assert tripped(watch, TRIP, at(DAY_MS - 1)).waits is True
    assert tripped(watch, TRIP, at(DAY_MS)).waits is False
    assert tripped(watch, TRIP, at(5, "b2", trusted=False)).waits is True


def test_a_trip_needs_no_wall_clock_to_end_and_a_restart_does_not_keep_it() -> None:
    watch = tripped(PowerWatch(), TRIP, at(0, trusted=False))
    assert is_restore_due(watch, at(600_000, trusted=False))
    assert not is_restore_due(watch, at(599_000, "b2", trusted=False))
    assert is_restore_due(watch, at(600_000, "b2", trusted=False))
    assert "until_ms" not in told(TRIP, watch, at(0, trusted=False))


def test_what_flows_after_a_trip_is_a_step_from_nothing() -> None:
    watch = restored(tripped(PowerWatch(calm_w=900, calm_factor=990), TRIP, at(0)), at(600_000))
    assert (watch.calm_w, watch.trip) == (0, "")


def test_the_first_rule_that_trips_counts() -> None:
    assert first_trip([None, TRIP]) is TRIP
    assert first_trip([None, None]) is None


def test_a_trip_says_what_it_rests_on_and_how_it_ends() -> None:
    cap = PowerCapRule(2_000, confirmations=2, restore_after_s=60, restores_per_day=3)
    watch, _ = watch_cap(PowerWatch(), cap, 2_500, False)
    assert watch_cap(watch, cap, 2_600, False)[1] == Trip(
        "power-cap", 60, 3, {"power_w": 2_600, "limit_w": 2_000}
    )
    rule = HighPowerRule(800, confirmations=2, restore_after_s=70, restores_per_day=4)
    trip = steps([(100, 1_000), (1_100, 1_000), (1_150, 1_000)], rule)[-1]
    assert trip == Trip(
        "high-power", 70, 4, {"power_w": 1_150, "step_w": 1_050, "limit_w": 800, "power_factor_milli": 1_000}
    )


def test_without_a_cap_the_readings_above_it_are_forgotten() -> None:
    assert watch_cap(PowerWatch(over=2), None, 9_999, False) == (PowerWatch(), None)
    assert watch_cap(PowerWatch(), PowerCapRule(1, confirmations=2), 2, False)[0].over == 1
    assert limit_of(PowerCapRule(500, 0, "night"), None) == (0, "")


def test_without_a_rule_the_steps_seen_are_forgotten() -> None:
    assert watch_steps(PowerWatch(steps=1, calm_w=5), None, 9_999, 1_000) == (PowerWatch(calm_w=5), None)


def test_the_first_power_and_a_step_that_does_not_heat_are_the_calm_to_measure_from() -> None:
    rule = HighPowerRule(1)
    assert watch_steps(PowerWatch(), rule, 700, 900) == (PowerWatch(calm_w=700, calm_factor=900), None)
    motor = watch_steps(PowerWatch(steps=1, calm_w=100, calm_factor=1_000), HEATER, 1_100, 500)
    assert motor == (PowerWatch(calm_w=1_100, calm_factor=500), None)


@pytest.mark.parametrize(("factor", "steps_seen"), [(949, 0), (950, 1)])
def test_a_step_heats_from_the_rules_power_factor_on(factor: int, steps_seen: int) -> None:
    rule = HighPowerRule(800, power_factor_milli=950)
    assert watch_steps(PowerWatch(calm_w=0), rule, 800, factor)[0].steps == steps_seen


def test_a_step_of_the_rules_size_without_a_power_factor_is_neither_seen_nor_forgotten() -> None:
    watch = PowerWatch(steps=1, calm_w=100, calm_factor=1_000)
    assert watch_steps(watch, HEATER, 900, None) == (watch, None)
    assert watch_steps(watch, HEATER, 899, None) == (PowerWatch(calm_w=899), None)


@pytest.mark.parametrize("calm", [(0, 1_000), (1, None)])
def test_where_nothing_ran_before_the_whole_stands_for_the_step(calm: tuple[int, int | None]) -> None:
    assert step_factor(*calm, 2_000, -700) == 700
    assert step_factor(*calm, 2_000, 1_200) == 1_000
    assert step_factor(1, 1, 2_001, 1_000) < 1_000


NOW = Instant("b", 0, 1_700_000_000_000, True)


@pytest.mark.parametrize(
    ("watch", "now", "said"),
    [
        (PowerWatch(restore_after_s=60), NOW, {"restores_left": 2, "until_ms": NOW.wall_ms + 60_000}),
        (PowerWatch(restores=(NOW, NOW, NOW)), NOW, {"restores_left": 0, "until_ms": NOW.wall_ms}),
        (PowerWatch(restore_after_s=60, waits=True), NOW, {"restores_left": 0}),
        (
            PowerWatch(restore_after_s=60, restores=(NOW,)),
            msgspec.structs.replace(NOW, trusted=False),
            {"restores_left": 1},
        ),
    ],
)
def test_what_is_told_of_a_trips_end(watch: PowerWatch, now: Instant, said: dict[str, int]) -> None:
    assert told(Trip("power-cap", 60, 2, {"power_w": 9}), watch, now) == {"power_w": 9, **said}


def test_a_trip_and_its_end_measure_from_nothing() -> None:
    assert tripped(PowerWatch(calm_w=400), Trip("high-power", 60, 2), NOW).calm_w == 0
    assert restored(PowerWatch(), NOW) == PowerWatch(calm_w=0, restores=(NOW,))
    assert ended_by_person() == PowerWatch(calm_w=0)
