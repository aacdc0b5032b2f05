"""Which months of telemetry are due to be archived, by the dated settings of how long each kind is kept; and archive them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections

from central.ledger.monthly_tables import month_at, months_of_rows, months_there, rest_name
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.archive_kinds import KINDS, Kind
from central.link.telemetry.archiving import archive_month
from central.link.telemetry.models import ArchivedMonth
from central.losses.balances.keep_days import keep_days_of
from central.office.dated_settings import number_at
from central.reports.archive.needs import Need, needs_of
from central.reports.books.folding import catch_up


@dataclass(frozen=True, slots=True)
class DueMonth:
    """A month whose time is over for some kinds, and what still needs it."""

    month: int
    kinds: tuple[Kind, ...]
    needs: tuple[Need, ...]


def due_months(now_ms: int) -> list[DueMonth]:
    """Give the months that are due, the oldest first. A kind is kept for so many whole months after the one that is over."""
    catch_up()
    this_month = month_at(now_ms)
    found: dict[int, list[Kind]] = {}
    for kind in KINDS.values():
        kept = number_at(kind.setting, now_ms)
        for month in _months_of(kind):
            if this_month - month > kept:
                found.setdefault(month, []).append(kind)
    return [
        DueMonth(month, tuple(kinds), tuple(needs_of(month, now_ms)))
        for month, kinds in sorted(found.items())
    ]


def archive_due(due: DueMonth, *, actor: str, now_ms: int) -> ArchivedMonth | None:
    """Archive a month that nothing needs; the days' balances are made once more before their rows go. Raises as `archive_month`."""
    if due.needs:
        raise ValueError("something still needs this month")
    if any(kind.name in ("loss-balance", "instant-total") for kind in due.kinds):
        keep_days_of(due.month)
    return archive_month(due.month, due.kinds, actor=actor, now_ms=now_ms)


def _months_of(kind: Kind) -> Sequence[int]:
    """Give the months of a kind's rows; on PostgreSQL by the partitions and the rest, without a look at the rows."""
    connection, table, column = connections[TELEMETRY], kind.model._meta.db_table, kind.model.month_by
    if connection.vendor != "postgresql":
        return months_of_rows(connection, table, column)
    return sorted({*months_there(connection, table), *months_of_rows(connection, rest_name(table), column)})
