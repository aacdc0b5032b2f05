"""Which alarms mean a failed module, the day's clock, MTBF and spares: rules for any numbers (R-4.3.3b, R-4.3.6)."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain import failure_rates as rates
from central.domain.fault_clock import DAY_MS, HOUR_MS, TOP, due_ms, is_in_time, level_at
from central.domain.fault_rules import (
    ALARM_RULES,
    LINE_GONE,
    BuildingNow,
    Matter,
    Scope,
    Sign,
    Standing,
    judge,
)

NOW = 10**12
LINES = {"a": ("m1", "m2", "m3", "m4"), "b": ("m5", "m6", "m7")}
METERS = [meter for its in LINES.values() for meter in its]


def building(**more):
    return BuildingNow(**{"gateway": "g", "lines": LINES, "heard_ms": NOW, "silent_after_ms": HOUR_MS} | more)


def silent(*meters, hours=3):
    return [Standing(f"s-{meter}", "meter-silent", meter, NOW - hours * HOUR_MS) for meter in meters]


def test_r_4_3_3b_a_meter_silent_while_its_neighbours_answer_is_a_failed_module():
    assert judge(building(), silent("m1"), NOW) == [
        Matter(Scope.MODULE, "m1", Sign.SILENT, NOW - 3 * HOUR_MS, ("s-m1",))
    ]
    assert judge(building(), silent("m1", hours=1), NOW) == []


def test_a_dead_line_and_a_powerless_building_are_one_matter_each():
    assert [(one.scope, one.subject) for one in judge(building(), silent("m1", "m2", "m3"), NOW)] == [
        (Scope.LINE, "a")
    ]
    assert [(one.scope, one.subject) for one in judge(building(), silent(*METERS), NOW)] == [
        (Scope.CONCENTRATOR, "g")
    ]
    gone = Standing("g-a", LINE_GONE, "g/a", NOW - 2 * HOUR_MS)
    assert judge(building(), [gone, *silent("m1")], NOW) == [
        Matter(Scope.LINE, "a", Sign.LINE_DEAD, gone.raised_ms, ("g-a",))
    ]
    # A gateway that is not heard: its old alarms say nothing about now.
    quiet = building(heard_ms=NOW - 5 * HOUR_MS)
    assert [one.sign for one in judge(quiet, silent("m1"), NOW)] == [Sign.BUILDING_DEAD]
    assert judge(building(heard_ms=None), silent("m1"), NOW) == []


def test_one_meter_alone_on_its_line_is_judged_as_a_module():
    alone = building(lines={"a": ("m1",), "b": ("m5", "m6", "m7")})
    assert [(one.scope, one.subject) for one in judge(alone, silent("m1"), NOW)] == [(Scope.MODULE, "m1")]


def test_planned_work_opens_no_fault():
    assert judge(building(excused={"m1"}), silent("m1"), NOW) == []
    line, gone = set(LINES["a"]), Standing("g-a", LINE_GONE, "g/a", NOW - 2 * HOUR_MS)
    assert judge(building(excused=line), [gone, *silent(*line)], NOW) == [], "a line that is isolated"
    everyone = building(excused=set(METERS))
    assert judge(everyone, silent(*METERS), NOW) == [], "a building that is isolated"
    assert judge(building(excused=set(METERS), heard_ms=NOW - 5 * HOUR_MS), [], NOW) == [], "its gateway, too"
    # What is not at work is judged all the same: the other line, and the one meter beside it.
    assert [(one.scope, one.subject) for one in judge(building(excused=line), silent(*METERS), NOW)] == [
        (Scope.LINE, "b")
    ]
    three = building(excused={"m1", "m2", "m3"})
    assert [one.subject for one in judge(three, silent(*LINES["a"]), NOW)] == ["m4"]


WHATS, SUBJECTS = [*ALARM_RULES, "account-held", "energy-loss"], [*METERS, "1-101.1"]
ALARMS = st.lists(
    st.tuples(st.integers(0, len(WHATS) * len(SUBJECTS) - 1), st.integers(0, 50)), max_size=15
).map(lambda drawn: [alarm(*one) for one in drawn])


def alarm(number, hours):
    what, meter = WHATS[number // len(SUBJECTS)], SUBJECTS[number % len(SUBJECTS)]
    return Standing(f"{what}-{meter}", what, meter, NOW - hours * HOUR_MS)


@given(ALARMS, st.sets(st.sampled_from(METERS), max_size=3), st.integers(0, 40 * HOUR_MS))
def test_whatever_stands_each_subject_is_one_matter_and_time_only_ripens_it(standing, excused, later_ms):
    found = judge(building(excused=excused), standing, NOW)
    subjects = [(one.scope, one.subject) for one in found]
    assert len(subjects) == len(set(subjects))
    lines = {one.subject for one in found if one.scope is Scope.LINE}
    modules = {one.subject for one in found if one.scope is Scope.MODULE}
    assert not modules & excused
    assert not modules & {meter for line in lines for meter in LINES[line]}
    if any(one.scope is Scope.CONCENTRATOR for one in found):
        assert len(found) == 1
    for one in found:
        assert one.since_ms <= NOW
    then = judge(building(excused=excused, heard_ms=NOW + later_ms), standing, NOW + later_ms)
    if not any(one.scope is Scope.CONCENTRATOR for one in then):
        assert {(one.scope, one.subject) for one in then} >= set(subjects)
    assert judge(building(excused=excused), list(reversed(standing)), NOW) == found


@pytest.mark.parametrize(
    ("opened_h", "due_h"), [(0, 20), (8, 20), (16.99, 20), (17, 44), (19, 44), (21, 44), (23.9, 44)]
)
def test_r_4_3_6_what_is_opened_late_is_due_the_next_evening(opened_h, due_h):
    assert due_ms(int(opened_h * HOUR_MS), 0, 17, 20) == due_h * HOUR_MS


@given(st.integers(0, DAY_MS - 1), st.integers(1, 23), st.integers(1, 23), st.integers(0, 30 * DAY_MS))
def test_a_fault_has_time_until_it_is_due_and_goes_up_a_step_each_evening(opened, latest, evening, passed):
    due = due_ms(opened, 0, latest, evening)
    assert opened < due < 2 * DAY_MS
    level = level_at(due, opened + passed)
    assert 0 <= level <= TOP
    assert (
        level_at(due, opened + passed + DAY_MS) in (min(level + 1, TOP), level if level == TOP else level + 1)
        or level == 0
    )
    assert (level_at(due, due - 1), level_at(due, due), level_at(due, due + DAY_MS)) == (0, 1, 2)
    assert is_in_time(due, due - 1)
    assert not is_in_time(due, due)
    assert not is_in_time(due, None)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.63)]
)
def test_the_interval_of_a_count_is_the_one_of_the_tables(count, low, high):
    assert rates.poisson_interval(count) == pytest.approx((low, high), rel=1e-3)


@given(st.integers(0, 60), st.integers(1, 10**7))
def test_an_mtbf_lies_within_its_interval(failures, days):
    found = rates.mtbf(failures, days)
    assert found.is_too_few == (failures < rates.FEWEST)
    if failures:
        assert found.least_days <= found.days <= found.most_days + 1
    else:
        assert (found.days, found.most_days) == (None, None)
    assert rates.mtbf(failures, 0) is None


@given(st.integers(0, 40), st.integers(365, 10**6), st.integers(0, 300))
def test_spares_grow_with_failures_and_with_what_is_in_use(failures, days, in_use):
    few = rates.spares_needed(failures, days, in_use)
    assert rates.spares_needed(failures + 1, days, in_use) >= few >= 0
    assert rates.spares_needed(failures, days, in_use + 1) >= few
    assert rates.spares_needed(failures, rates.LEAST_DEVICE_DAYS - 1, in_use) is None


def test_with_much_seen_the_forecast_is_that_of_a_known_rate():
    # 4,000 failures in 4,000,000 device-days; 100 in use for 90 days: a mean of 9.
    spares = rates.spares_needed(4_000, 4_000_000, 100)
    assert rates.poisson_at_most(spares, 9) >= 0.95 > rates.poisson_at_most(spares - 1, 9)
    assert rates.poisson_at_most(0, 9) == pytest.approx(exp(-9))


def test_a_median_is_the_lower_middle():
    assert [rates.median(one) for one in ([], [3], [4, 1], [5, 1, 3])] == [None, 3, 1, 3]
