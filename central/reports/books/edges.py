"""When the numbered periods of a kind begin, by the calendar or by the dated settings of accounting periods (R-4.1.9)."""

from datetime import date

from django.db.models import Count, Max

from central.clock import start_of_day_ms
from central.domain.book_periods import Edges
from central.domain.periods import PeriodKind, accounting_period
from central.office.dated_settings import computed_with
from central.office.models import DatedValue
from central.papers.accounting import first_days, instants_of

KINDS = (PeriodKind.MONTH, PeriodKind.ACCOUNTING)
SETTINGS = ("period.first-day", "period.hour")


def month_begins(ordinal: int) -> int:
    """Give when a calendar month begins."""
    return start_of_day_ms(date(ordinal // 12, ordinal % 12 + 1, 1))


def accounting_begins(ordinal: int) -> int:
    """Give when an accounting period begins by the settings. They are read for the fold, not for the paper that asked for it."""
    with computed_with():
        return instants_of(accounting_period(ordinal // 12, ordinal % 12 + 1, first_days))[0]


MONTHS = Edges(month_begins)
"""The calendar never changes."""


def settings_mark() -> str:
    """Give a mark of the settings that say where accounting periods begin; another one when a value was added."""
    said = DatedValue.objects.filter(code__in=SETTINGS).aggregate(count=Count("pk"), newest=Max("pk"))
    return f"{said['count']}:{said['newest'] or 0}"
