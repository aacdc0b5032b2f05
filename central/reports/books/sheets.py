"""A period's rows as they are read: packed by building by the first reader, since twenty thousand rows are unpacked in a third of
the time that the database takes to hand them out one by one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from django.db import connections, router, transaction

from central import replica
from central.campus.models import Building
from central.prepared import Prepared
from central.reports.books.folding import current_state
from central.reports.books.models import BookRow, BookSheet, FoldState

NO_BUILDING = ""
TABLE = BookRow._meta.db_table
_MOVED = (
    "SELECT building, account, unit, opening, takings, subsidies, refunds, consumption, other, closing, energy_wh, outside "  # noqa: S608  a table's name
    f"FROM {TABLE} WHERE kind = %s AND ordinal = %s"
)
_AT_REST = (
    "SELECT building, account, unit, closing, 0, 0, 0, 0, 0, closing, 0, outside "  # noqa: S608  a table's name
    f"FROM {TABLE} WHERE kind = %s AND ordinal < %s AND until > ordinal + 1 AND until > %s AND (closing <> 0 OR outside <> 0)"
)


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


_DECODER = msgspec.msgpack.Decoder(list[AccountPeriod])
_BUILDINGS = Prepared(lambda: Building.objects.order_by("code").values_list("code", flat=True))
_SHEETS = Prepared(
    lambda kind, ordinal: (
        BookSheet.objects.filter(kind=kind, ordinal=ordinal)
        .order_by("building")
        .values_list("building", "content")
    ),
    *(str, int),
)
_SHEET = Prepared(
    lambda kind, ordinal, building: BookSheet.objects.filter(
        kind=kind, ordinal=ordinal, building=building
    ).values_list("building", "content"),
    *(str, int, str),
)


def rows_of(kind: str, ordinal: int, building: str | None) -> list[AccountPeriod]:
    """Give the rows of a period as folded: of a building, or of all and of what no building has."""
    turns = current_state().turns
    if building is None:
        wanted, packed = [*_BUILDINGS.rows(), NO_BUILDING], _SHEETS.rows(kind, ordinal)
    else:
        wanted, packed = [building], _SHEET.rows(kind, ordinal, building)
    found = [row for _building, content in packed for row in unpacked(content)]
    ready = {name for name, _content in packed}
    if missing := [name for name in wanted if name not in ready]:
        made = read_rows(kind, ordinal, missing)
        found += [row for rows in made.values() for row in rows]
        if not replica.is_reading():
            _keep(kind, ordinal, made, turns)
    return found


def unpacked(content: bytes) -> list[AccountPeriod]:
    """Unpack a building's rows."""
    return _DECODER.decode(content)


def read_rows(kind: str, ordinal: int, buildings: Sequence[str]) -> dict[str, list[AccountPeriod]]:
    """Give the rows of buildings from the table itself: those that changed, and those that only last."""
    found: dict[str, list[AccountPeriod]] = {name: [] for name in buildings}
    tail = f" AND building IN ({', '.join(['%s'] * len(buildings))})"
    with connections[router.db_for_read(BookRow)].cursor() as cursor:
        cursor.execute(
            f"{_MOVED}{tail} UNION ALL {_AT_REST}{tail}",
            [kind, ordinal, *buildings, kind, ordinal, ordinal, *buildings],
        )
        for building, *rest in cursor.fetchall():
            found[building].append(AccountPeriod(*rest))
    return {name: sorted(rows) for name, rows in found.items()}


def _keep(kind: str, ordinal: int, made: dict[str, list[AccountPeriod]], turns: int) -> None:
    """Keep what was packed, unless the fold has gone on meanwhile."""
    with transaction.atomic():
        if FoldState.objects.select_for_update(no_key=True).get(pk=1).turns != turns:
            return
        BookSheet.objects.bulk_create(
            [
                BookSheet(kind=kind, ordinal=ordinal, building=name, content=msgspec.msgpack.encode(rows))
                for name, rows in made.items()
            ],
            ignore_conflicts=True,
        )
