"""Where accounting periods begin (R-4.1.9): first day and hour are dated settings, read as they were in each period's month."""

from datetime import date

from central.clock import campus_day, start_of_day_ms
from central.domain.periods import (
    Period,
    PeriodKind,
    accounting_period_of,
    day_before,
    day_period,
    month_period,
    week_of,
    year_period,
)
from central.office.dated_settings import number_at

HOUR_MS = 3_600_000


def first_days(year: int, month: int) -> int:
    """Give the first day of periods as it was said when a month began: it says where the period that ends in it ends."""
    return number_at("period.first-day", start_of_day_ms(date(year, month, 1)))


def hour_ms(day: date) -> int:
    """Give how long after midnight a period that begins on a day does so."""
    return number_at("period.hour", start_of_day_ms(day)) * HOUR_MS


def instants_of(period: Period) -> tuple[int, int]:
    """Give the instant at which a period begins, and the one at which it is over, in campus time."""
    from_ms, until_ms = start_of_day_ms(period.first), start_of_day_ms(period.after)
    if period.kind is not PeriodKind.ACCOUNTING:
        return from_ms, until_ms
    return from_ms + hour_ms(period.first), until_ms + hour_ms(period.after)


def period_of(kind: PeriodKind, day: date) -> Period:
    """Give the period of a kind that a day belongs to."""
    match kind:
        case PeriodKind.DAY:
            return day_period(day)
        case PeriodKind.WEEK:
            return week_of(day)
        case PeriodKind.MONTH:
            return month_period(day.year, day.month)
        case PeriodKind.ACCOUNTING:
            return accounting_period_of(day, first_days)
        case PeriodKind.YEAR:
            return year_period(day.year)


def period_before(period: Period) -> Period:
    """Give the period of the same kind that ended when this one began."""
    return period_of(period.kind, day_before(period))


def last_over(now_ms: int) -> Period:
    """Give the newest accounting period whose days are over."""
    return period_before(accounting_period_of(campus_day(now_ms), first_days))
