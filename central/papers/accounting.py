"""Where accounting periods begin (R-4.1.9): first day and hour are dated settings, read as they were in each period's month."""

from datetime import date

from central.clock import start_of_day_ms
from central.domain.periods import Period, PeriodKind
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
