"""Which week a weekly meeting speaks of, and which of them is a month's first (R-4.2.6). Pure: days in, days out."""

from datetime import date, timedelta

from central.domain.periods import Period, PeriodKind, day_before, month_period, week_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK = timedelta(days=7)


def meeting_day(week: Period, weekday: str) -> date:
    """Give the day of the meeting that speaks of a week: the next one after its Sunday."""
    return week.after + timedelta(days=WEEKDAYS.index(weekday))


def week_spoken_of(day: date) -> Period:
    """Give the week that a meeting of a day speaks of: the last whole one."""
    return week_of(day - WEEK)


def is_first_of_month(day: date) -> bool:
    """Say whether a meeting is the first of its month: it speaks of the month before, too."""
    return (day - WEEK).month != day.month


def month_before(day: date) -> Period:
    """Give the calendar month before a day's."""
    last = day_before(month_period(day.year, day.month))
    return month_period(last.year, last.month)


def week_before(week: Period) -> Period:
    """Give the week before a week."""
    return week_of(day_before(week))


def weeks_until(week: Period, count: int) -> Period:
    """Give the days of some weeks as one stretch that ends with a week."""
    return Period(PeriodKind.WEEK, week.first - (count - 1) * WEEK, week.last)
