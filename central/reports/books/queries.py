"""Read accounts' books: a month or an accounting period of a building or of the whole campus, and what came late to it (R-4.1.9).

Reading folds first what is new.
"""

from typing import NamedTuple

from django.db import connection

from central import clock
from central.domain.book_periods import name_of, ordinal_of
from central.domain.periods import Period, PeriodKind
from central.reports.books.edges import KINDS
from central.reports.books.folding import catch_up
from central.reports.books.models import BookRow, LateBooking

__all__ = ["AccountPeriod", "LateRow", "account_periods", "catch_up", "late_rows"]
TABLE = BookRow._meta.db_table
_MOVED = (
    "SELECT account, unit, opening, takings, subsidies, refunds, consumption, other, closing, energy_wh, outside "  # noqa: S608  a table's name
    f"FROM {TABLE} WHERE kind = %s AND ordinal = %s"
)
_AT_REST = (
    "SELECT account, unit, closing, 0, 0, 0, 0, 0, closing, 0, outside "  # noqa: S608  a table's name
    f"FROM {TABLE} WHERE kind = %s AND ordinal < %s AND until > ordinal + 1 AND until > %s AND (closing <> 0 OR outside <> 0)"
)
_OF_BUILDING = " AND building = %s"


class AccountPeriod(NamedTuple):
    """An account's books in a period. closing == opening + takings + subsidies - refunds - consumption + other, always."""

    account: str
    unit: str
    """What the balance is kept in: amounts are micro-yuan or Wh."""
    opening: int
    takings: int
    subsidies: int
    refunds: int
    consumption: int
    other: int
    closing: int
    energy_wh: int
    """Used in the period, in whatever unit it was paid; whose energy it was, whoever paid."""
    outside: int = 0
    """How much of the closing balance is not credit at the gateway: debts and bills (below zero), what waits to be paid out."""

    @property
    def credit(self) -> int:
        """The closing balance as the gateway keeps it."""
        return self.closing - self.outside


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
    """Give the books of every account that had a balance or a movement in a period, by account and unit."""
    _require_numbered(period)
    catch_up(clock.now_ms())
    kind, ordinal = period.kind.value, ordinal_of(period)
    moved: list[object] = [kind, ordinal]
    at_rest: list[object] = [kind, ordinal, ordinal]
    tail = ""
    if building is not None:
        tail = _OF_BUILDING
        moved.append(building)
        at_rest.append(building)
    with connection.cursor() as cursor:
        cursor.execute(f"{_MOVED}{tail} UNION ALL {_AT_REST}{tail}", [*moved, *at_rest])
        found = list(map(AccountPeriod._make, cursor.fetchall()))
    found.sort()
    return found


def late_rows(period: Period, building: str | None = None) -> list[LateRow]:
    """Give what is booked in an accounting period though it happened in an earlier, locked one, the oldest booking first."""
    _require_numbered(period)
    if period.kind is PeriodKind.MONTH:
        return []
    catch_up(clock.now_ms())
    found = LateBooking.objects.filter(ordinal=ordinal_of(period))
    if building is not None:
        found = found.filter(building=building)
    columns = ("source", "account", "unit", "what", "amount", "at_ms", "booked_ms", "belongs_to")
    rows = found.order_by("booked_ms", "pk").values_list(*columns)
    return [LateRow(*rest, name_of(PeriodKind.ACCOUNTING, belongs_to)) for *rest, belongs_to in rows]


def _require_numbered(period: Period) -> None:
    if period.kind not in KINDS:
        raise ValueError(f"books are kept by month and accounting period, not by {period.kind}")
