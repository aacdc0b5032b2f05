"""Periods: days, weeks from Monday to Sunday, months, the accounting period from the 26th to the 25th (R-4.1.9), years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.periods import (
    NotAPeriod,
    Period,
    accounting_period_of,
    day_before,
    days_of,
    month_period,
    months_of,
    read_period,
    week_of,
    year_period,
)

DAYS = st.dates(date(2001, 1, 1), date(2198, 12, 31))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("day:2026-11-25", "2026-11-25", "2026-11-25"),
        ("week:2026-W48", "2026-11-23", "2026-11-29"),
        ("week:2026-W53", "2026-12-28", "2027-01-03"),
        ("week:2025-W01", "2024-12-30", "2025-01-05"),
        ("month:2026-02", "2026-02-01", "2026-02-28"),
        ("month:2028-02", "2028-02-01", "2028-02-29"),
        ("month:2026-12", "2026-12-01", "2026-12-31"),
        ("period:2026-11", "2026-10-26", "2026-11-25"),
        ("period:2026-01", "2025-12-26", "2026-01-25"),
        ("year:2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_a_name_is_read_and_written(name: str, first: str, last: str) -> None:
    period = read_period(name)
    assert (period.first.isoformat(), period.last.isoformat(), period.name) == (first, last, name)


NO_PERIODS = [
    *("", "day", "day:", "day:2026-02-30", "month:2026", "month:2026-13", "period:2026-00", "year:x"),
    *("week:2026-W00", "week:2027-W53", "week:W48", "week:2026-W", "week:2026-W48-1"),
    *("week:2026-11", "year:1999", "year:10000", "month:2026-11-25", "day:0001-01-01", "period:1-1"),
]


@pytest.mark.parametrize("name", NO_PERIODS)
def test_what_is_no_period_is_refused_by_name(name: str) -> None:
    with pytest.raises(NotAPeriod):
        read_period(name)


@given(DAYS, st.integers(1, 28))
def test_every_day_is_in_exactly_one_accounting_period(day: date, first_day: int) -> None:
    def first_days(_year: int, _month: int) -> int:
        return first_day

    period = accounting_period_of(day, first_days)
    assert period.first <= day <= period.last
    assert period.first.day == first_day
    assert accounting_period_of(period.after, first_days).first == period.after
    assert accounting_period_of(day_before(period), first_days).last == period.first - timedelta(days=1)


@given(DAYS)
def test_every_day_is_in_exactly_one_week(day: date) -> None:
    week = week_of(day)
    assert day in days_of(week)
    assert (len(days_of(week)), week.first.isoweekday()) == (7, 1)
    assert read_period(week.name) == week
    assert week_of(week.after).first == week.after
    assert week_of(day_before(week)).after == week.first


@given(DAYS)
def test_months_and_days_cover_a_year_once(day: date) -> None:
    year: Period = year_period(day.year)
    months = months_of(year)
    assert [d for month in months for d in days_of(month)] == days_of(year)
    assert months[day.month - 1] == month_period(day.year, day.month)


@given(DAYS, st.integers(0, 2**32))
def test_periods_join_without_gap_where_the_first_day_changes(day: date, seed: int) -> None:
    def first_days(year: int, month: int) -> int:
        return (seed * 31 + year * 12 + month) * 7919 % 28 + 1

    period = accounting_period_of(day, first_days)
    assert period.first <= day <= period.last
    assert read_period(period.name, first_days) == period
    assert accounting_period_of(period.after, first_days).first == period.after
    assert accounting_period_of(day_before(period), first_days).after == period.first
