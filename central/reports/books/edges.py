"""When the numbered periods of a kind begin, by the calendar or by the dated settings of accounting periods (R-4.1.9)."""

from datetime import date

from central.clock import start_of_day_ms
from central.domain.book_periods import Edges
from central.domain.periods import PeriodKind, accounting_period
from central.office.dated_settings import computed_with
from central.office.models import DatedValue
from central.papers.accounting import first_days, instants_of
from central.prepared import Prepared

KINDS = (PeriodKind.MONTH, PeriodKind.ACCOUNTING)
SETTINGS = ("period.first-day", "period.hour")


_SAID = Prepared(lambda: DatedValue.objects.filter(code__in=SETTINGS).order_by().values_list("pk", flat=True))


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
    said = _SAID.rows()
    return f"{len(said)}:{max(said, default=0)}"
