"""Lets every number of a restored central that is printed or told go on above whatever the lost one may have given (C-11).

Not lifted, and why: numbers of accounts at one meter and of meters' bindings (the gateway has them under these names; the same move
entered again must find its credit), numbers of gateways (asked for), names made of random bits or of an instant.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import Max

from central.desk.binding import SERIES as VOLUMES
from central.desk.models import ReceiptSeries
from central.desk.numbering import BILLS, CREDIT_NOTES, DAYS, HAND_INS, PAY_OVERS, SHIFTS, locked_series
from central.desk.outage.entering import OUTAGE_SHEETS
from central.desk.outage.stock import VOUCHERS
from central.desk.restored_numbers import leap_receipts
from central.ledger.row_numbers import counted_tables, go_on_above, last_number
from central.link.models import NumberLeap, Restoration
from central.link.number_leaps import leap, usual_room
from central.losses.explain.models import PrintedBill
from central.office.models import ListCounter, ListKind
from central.office.paper_numbers import PRINTED_BILLS, SEALED_PAPERS
from central.papers.models import SealedPaper
from central.prepared import update
from central.reports.k3.maps import SERIES as K3_EXPORTS
from central.workshop.devices.models import DeviceCounter
from central.workshop.devices.operations import LETTERS

DESK = (
    *(SHIFTS, DAYS, HAND_INS, PAY_OVERS, BILLS, CREDIT_NOTES, OUTAGE_SHEETS, VOUCHERS, VOLUMES),
    K3_EXPORTS,
)


@dataclass(frozen=True, slots=True)
class _Counted:
    series: str
    last: int
    go_on: Callable[[int], None]
    """Takes the number before the first one."""


def leap_numbers(restoration: Restoration) -> NumberLeap:
    """Lift every series, inside the caller's transaction; give the receipts' leap. Once for each restoration."""
    receipts = leap_receipts(restoration)
    for one in (*_of_the_desk(), *_of_counters(), *_of_rows()):
        made = leap(restoration, one.series, one.last, usual_room(restoration, one.last))
        one.go_on(made.first - 1)
    return receipts


def keep_leaps() -> int:
    """Lift again what a rebuilt or copied table forgot: SQLite and PostgreSQL go on above the highest row alone. Give how many."""
    columns, lifted = dict(counted_tables()), 0
    for made in NumberLeap.objects.filter(series__in=columns):
        column = columns[made.series]
        if last_number(made.series, column) < made.first - 1:
            go_on_above(made.series, column, made.first - 1)
            lifted += 1
    return lifted


def _of_the_desk() -> Iterator[_Counted]:
    for name in DESK:
        series = locked_series(name)
        yield _Counted(name, series.last_number, lambda last, series=series: _series_at(series, last))


def _series_at(series: ReceiptSeries, last: int) -> None:
    series.last_number = last
    update(series, "last_number")


def _of_counters() -> Iterator[_Counted]:
    for letter in LETTERS.values():
        yield _of_counter(DeviceCounter, {"letter": letter}, f"device-{letter}")
    for kind in ListKind:
        yield _of_counter(ListCounter, {"kind": kind.value}, kind.value)
    for kind, model in ((SEALED_PAPERS, SealedPaper), (PRINTED_BILLS, PrintedBill)):
        last = model._default_manager.aggregate(last=Max("number"))["last"]
        yield _of_counter(ListCounter, {"kind": kind}, kind, last or 0)


def _of_counter(model: type[models.Model], key: dict[str, str], series: str, least: int = 0) -> _Counted:
    row, _made = model._default_manager.select_for_update().get_or_create(**key)
    return _Counted(
        series,
        max(row.last, least),
        lambda last: model._default_manager.filter(pk=row.pk).update(last=last) and None,
    )


def _of_rows() -> Iterator[_Counted]:
    for table, column in counted_tables():
        yield _Counted(
            table,
            last_number(table, column),
            lambda last, table=table, column=column: go_on_above(table, column, last),
        )
