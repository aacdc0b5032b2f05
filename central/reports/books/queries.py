"""Read accounts' books: a month or an accounting period of a building or of the whole campus, and what came late to it (R-4.1.9).

Reading folds first what is new.
"""

from typing import NamedTuple

from central.domain.book_periods import name_of, ordinal_of
from central.domain.periods import Period, PeriodKind
from central.reports.books.edges import KINDS
from central.reports.books.folding import catch_up
from central.reports.books.models import LateBooking
from central.reports.books.sheets import AccountPeriod, rows_of

__all__ = ["AccountPeriod", "LateRow", "account_periods", "late_rows"]


class LateRow(NamedTuple):
    """A row booked in a period though it happened in an earlier, locked one."""

    transfer: str
    account: str
    unit: str
    what: str
    """The transfer's kind; `energy` for energy that cost nothing: its amount is in Wh, `transfer` the gateway's entry."""
    amount: int
    """By how much the account's balance grew."""
    at_ms: int
    booked_ms: int
    belongs_to: str
    """The name of the period in which it happened."""


def account_periods(period: Period, building: str | None = None) -> list[AccountPeriod]:
    """Give the books of every account that had a balance or a movement in a period, building by building.

    It may fold, which locks the fold's row: inside a transaction that books, ask before, or with the chain's head locked.
    """
    _require_numbered(period)
    catch_up()
    return rows_of(period.kind.value, ordinal_of(period), building)


def late_rows(period: Period, building: str | None = None) -> list[LateRow]:
    """Give what is booked in an accounting period though it happened in an earlier, locked one, the oldest booking first."""
    _require_numbered(period)
    if period.kind is PeriodKind.MONTH:
        return []
    catch_up()
    found = LateBooking.objects.filter(ordinal=ordinal_of(period))
    if building is not None:
        found = found.filter(building=building)
    columns = ("source", "account", "unit", "what", "amount", "at_ms", "booked_ms", "belongs_to")
    rows = found.order_by("booked_ms", "pk").values_list(*columns)
    return [LateRow(*rest, name_of(PeriodKind.ACCOUNTING, belongs_to)) for *rest, belongs_to in rows]


def _require_numbered(period: Period) -> None:
    if period.kind not in KINDS:
        raise ValueError(f"books are kept by month and accounting period, not by {period.kind}")
