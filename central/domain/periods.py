"""Periods that reports are made for: a day, a week, a calendar month, an accounting period, a year. Pure: days in, days out.

The accounting period (R-4.1.9) is apart from calendar months: by default it runs from the 26th to the 25th, and bears the name of
the month in which it ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.contract.rules import PolicyRule

ACCOUNTING_FIRST_DAY = PolicyRule().period_day
"""The day on which gateways close the period, unless a building's policy says another."""
FirstDays = Callable[[int, int], int]
"""By year and month: on which day (1 to 28) the period begins after the one that ends in that month. 1: the calendar month."""
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


def usual_first_day(_year: int, _month: int) -> int:
    """Give the procedure's own first day."""
    return ACCOUNTING_FIRST_DAY


class PeriodKind(StrEnum):
    """How long a period is, and how its name begins: `day:2026-11-25`, `week:2026-W48`, `month:2026-11`, `period:2026-11`,
    `year:2026`. A week runs from Monday to Sunday and is numbered as ISO 8601 does.
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ACCOUNTING = "period"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days: `first` and `last` belong to it."""

    kind: PeriodKind
    first: date
    last: date

    @property
    def name(self) -> str:
        """The name by which an address asks for it."""
        return f"{self.kind}:{_label(self)}"

    @property
    def after(self) -> date:
        """The first day that no longer belongs to it."""
        return self.last + timedelta(days=1)


class NotAPeriod(ValueError):
    """The name is no period; the message says what one looks like."""


def _label(period: Period) -> str:
    match period.kind:
        case PeriodKind.DAY:
            return period.first.isoformat()
        case PeriodKind.WEEK:
            year, week, _day = period.first.isocalendar()
            return f"{year:04d}-W{week:02d}"
        case PeriodKind.YEAR:
            return f"{period.first.year:04d}"
        case _:
            return f"{period.last.year:04d}-{period.last.month:02d}"


def day_period(day: date) -> Period:
    """Give one day."""
    return Period(PeriodKind.DAY, day, day)


def week_of(day: date) -> Period:
    """Give the week that a day belongs to, Monday to Sunday."""
    first = day - timedelta(days=day.weekday())
    return Period(PeriodKind.WEEK, first, first + timedelta(days=6))


def month_period(year: int, month: int) -> Period:
    """Give a calendar month."""
    first = date(year, month, 1)
    return Period(PeriodKind.MONTH, first, _next_month(first) - timedelta(days=1))


def accounting_period(year: int, month: int, first_days: FirstDays = usual_first_day) -> Period:
    """Give the accounting period that ends in a month. It begins where the one before ended, also where the first day changed."""
    before = date(year, month, 1) - timedelta(days=1)
    return Period(
        PeriodKind.ACCOUNTING,
        _last_day(before.year, before.month, first_days) + timedelta(days=1),
        _last_day(year, month, first_days),
    )


def accounting_period_of(day: date, first_days: FirstDays = usual_first_day) -> Period:
    """Give the accounting period that a day belongs to."""
    is_in_next = day > _last_day(day.year, day.month, first_days)
    ends = _next_month(day.replace(day=1)) if is_in_next else day
    return accounting_period(ends.year, ends.month, first_days)


def _last_day(year: int, month: int, first_days: FirstDays) -> date:
    """Give the last day of the accounting period that ends in a month; with the first as first day it is the month's own."""
    first_day = first_days(year, month)
    return date(year, month, first_day - 1) if first_day > 1 else month_period(year, month).last


def year_period(year: int) -> Period:
    """Give a calendar year."""
    return Period(PeriodKind.YEAR, date(year, 1, 1), date(year, 12, 31))


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def read_period(name: str, first_days: FirstDays = usual_first_day) -> Period:
    """Read a period's name. Raises NotAPeriod."""
    kind, _colon, label = name.partition(":")
    try:
        period = _read(PeriodKind(kind), label, first_days)
    except (ValueError, OverflowError) as error:
        shape = "day:2026-11-25, week:2026-W48, month:2026-11, period:2026-11 or year:2026"
        raise NotAPeriod(f"{name!r} is no period; write {shape}") from error
    if not EARLIEST <= period.first <= LATEST:
        raise NotAPeriod(f"{name!r} lies outside {EARLIEST.year} to {LATEST.year}")
    return period


def _read(kind: PeriodKind, label: str, first_days: FirstDays) -> Period:
    if kind is PeriodKind.DAY:
        return day_period(date.fromisoformat(label))
    if kind is PeriodKind.YEAR:
        return year_period(int(label))
    if kind is PeriodKind.WEEK:
        year_text, _mark, week_text = label.partition("-W")
        return week_of(date.fromisocalendar(int(year_text), int(week_text), 1))
    year, month = (int(part) for part in label.split("-"))
    return (
        month_period(year, month) if kind is PeriodKind.MONTH else accounting_period(year, month, first_days)
    )


def day_before(period: Period) -> date:
    """Give the last day before a period: it belongs to the one before."""
    return period.first - timedelta(days=1)


def months_of(period: Period) -> list[Period]:
    """Give the calendar months that a period touches, in order."""
    months, first = [], period.first.replace(day=1)
    while first <= period.last:
        months.append(month_period(first.year, first.month))
        first = _next_month(first)
    return months


def days_of(period: Period) -> list[date]:
    """Give its days, in order."""
    return [period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1)]
