"""A building's day beside what is usual: outliers by a plain rule, and no data is never no use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.building_check import Checked, DayUse, Finding, check

WHOLE = 240


def day(used_wh: int | None, covered: int = WHOLE, of: int = WHOLE) -> DayUse:
    return DayUse(used_wh, covered, of)


def judged(today: DayUse, weeks: list[DayUse], percent: int = 40) -> Checked:
    return check(today, day(90_000), weeks, occupied=10, outlier_percent=percent)


USUAL = [day(100_000), day(90_000), day(110_000), day(100_000)]


@pytest.mark.parametrize(
    ("today", "weeks", "finding"),
    [
        (day(100_000), USUAL, Finding.USUAL),
        (day(140_000), USUAL, Finding.USUAL),
        (day(140_001), USUAL, Finding.HIGH),
        (day(59_999), USUAL, Finding.LOW),
        (day(0), USUAL, Finding.LOW),
        (day(None, 0), USUAL, Finding.NO_DATA),
        (day(40_000, WHOLE // 2), USUAL, Finding.GAPS),
        (day(500_000, WHOLE * 9 // 10), USUAL, Finding.HIGH),
        (day(100_000), USUAL[:1], Finding.NOTHING_TO_COMPARE),
        (day(100_000), [day(1_000, WHOLE // 2)] * 4, Finding.NOTHING_TO_COMPARE),
        (day(100_000), [day(None, 0)] * 4, Finding.NOTHING_TO_COMPARE),
        (day(5), [day(0)] * 4, Finding.HIGH),
        (day(0), [day(0)] * 4, Finding.USUAL),
        (day(None, 0, 0), [], Finding.NO_METERS),
    ],
)
def test_a_day_is_judged_by_its_weekday(today: DayUse, weeks: list[DayUse], finding: Finding) -> None:
    assert judged(today, weeks).finding is finding


def test_only_days_that_were_read_make_the_mean() -> None:
    found = judged(day(130_000), [*USUAL[:2], day(10_000, WHOLE // 2), day(None, 0)])
    assert (found.usual_wh, found.weeks, found.per_room_wh) == (95_000, 2, 13_000)
    assert found.change_ppm == 35_000 * 1_000_000 // 95_000


@given(st.integers(0, 10**9), st.integers(1, 1000), st.integers(1, 10**9))
def test_what_stands_out_differs_by_more_than_the_setting(used: int, percent: int, usual: int) -> None:
    found = judged(day(used), [day(usual)] * 4, percent)
    beyond = abs(used - usual) * 100 > usual * percent
    near = abs(abs(used - usual) * 100 - usual * percent) * 1_000_000 <= 100 * usual * 100
    assert (found.finding in (Finding.HIGH, Finding.LOW)) == beyond or near


@given(st.integers(0, WHOLE))
def test_a_day_without_readings_has_no_figures(covered: int) -> None:
    found = judged(day(None, covered if covered else 0), USUAL)
    assert (found.change_ppm, found.per_room_wh) == (None, None)
    assert found.finding in (Finding.NO_DATA, Finding.GAPS)
