"""Closed days and batches as tables: the columns of R-4.1.7, one shape for pages and papers."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from central.desk.day_models import DayClose, HandIn
from central.desk.shift_models import Shift
from central.desk.shift_queries import shifts_table
from central.domain.day_totals import Totals
from central.domain.paper import Cell, Column, Kind, Row, Table
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def item_columns() -> list[Column]:
    """Give the columns of a day's totals: dormitories, owners and their parts, repair fees, on behalf, penalties, cash, total."""
    titles = {
        "dormitory": _("Dormitories"),
        "owners": _("Owners"),
        "merchant": _("of these merchants"),
        "staff": _("of these staff"),
        "repair": _("Repair fees"),
        "on_behalf": _("On behalf of others"),
        "penalty": _("Penalties"),
        "cash": _("Cash"),
        "card": _("Card, transfer"),
        "total": _("Total"),
    }
    return [Column(key, title, Kind.YUAN, 11, summed=True) for key, title in titles.items()]


def item_cells(totals: Totals) -> list[Cell]:
    """Give a day's totals under `item_columns`."""
    amounts = (
        totals.dormitory,
        totals.owners,
        totals.merchant,
        totals.staff,
        totals.repair,
        totals.on_behalf,
        totals.penalty,
        totals.cash,
        totals.card,
        totals.total,
    )
    return [fen * MICRO_YUAN_PER_FEN for fen in amounts]


def days_table(days: Iterable[DayClose]) -> Table:
    """List closed days."""
    columns = [
        Column("day", _("Day"), width=10),
        Column("number", _("Close"), Kind.COUNT, 6),
        Column("receipts", _("Receipts"), Kind.COUNT, 8, summed=True),
        *item_columns(),
        Column("safe", _("To the safe"), Kind.YUAN, 11, summed=True),
    ]
    return Table("", columns, [_day_row(closed) for closed in days])


def _day_row(closed: DayClose) -> Row:
    cells: list[Cell] = [
        closed.day.isoformat(),
        closed.number,
        closed.receipts,
        *item_cells(closed.totals),
        closed.moved_fen * MICRO_YUAN_PER_FEN,
    ]
    return Row(cells, {"day": reverse("desk:day", args=[closed.number])})


def day_tables(closed: DayClose) -> list[Table]:
    """Give a closed day's totals and its shifts."""
    shifts = shifts_table(Shift.objects.filter(day=closed.day).order_by("number"))
    return [totals_table(closed.totals), Table(_("Shifts"), shifts.columns, shifts.rows)]


def totals_table(totals: Totals) -> Table:
    """Give one day's totals by item: a single row, nothing to sum."""
    return Table(_("Totals"), [_unsummed(column) for column in item_columns()], [Row(item_cells(totals))])


def _unsummed(column: Column) -> Column:
    return Column(column.key, column.title, column.kind, column.width)


def hand_in_days_table(days: Iterable[DayClose]) -> Table:
    """List a batch's days with their page ranges."""
    columns = [
        Column("day", _("Day"), width=10),
        Column("first", _("First receipt"), width=10),
        Column("last", _("Last receipt"), width=10),
        Column("receipts", _("Receipts"), Kind.COUNT, 8, summed=True),
        Column("total", _("Total"), Kind.YUAN, 11, summed=True),
        Column("out", _("Paid out"), Kind.YUAN, 11, summed=True),
        Column("difference", _("Difference"), Kind.YUAN, 11, summed=True),
        Column("float", _("Change of the float"), Kind.YUAN, 11, summed=True),
        Column("safe", _("To the safe"), Kind.YUAN, 11, summed=True),
    ]
    return Table("", columns, [_hand_in_row(closed) for closed in days])


def _hand_in_row(closed: DayClose) -> Row:
    totals = closed.totals
    amounts = (totals.total, totals.paid_out, totals.difference, closed.float_change_fen, closed.moved_fen)
    cells: list[Cell] = [
        closed.day.isoformat(),
        receipt_text(closed.first_receipt),
        receipt_text(closed.last_receipt),
        closed.receipts,
        *(fen * MICRO_YUAN_PER_FEN for fen in amounts),
    ]
    return Row(cells, {"day": reverse("desk:day", args=[closed.number])})


def receipt_text(number: int | None) -> str:
    """Write a receipt's number, or nothing."""
    return "" if number is None else f"{number:08d}"


def hand_ins_table(batches: Iterable[HandIn]) -> Table:
    """List batches."""
    columns = [
        Column("batch", _("Batch"), Kind.COUNT, 6),
        Column("by", _("Handed in by"), width=12),
        Column("first", _("First receipt"), width=10),
        Column("last", _("Last receipt"), width=10),
        Column("cash", _("Cash"), Kind.YUAN, 11),
        Column("difference", _("Difference"), Kind.YUAN, 11),
        Column("slip", _("Bank slip"), width=14),
        Column("state", _("State"), width=14),
    ]
    return Table("", columns, [_batch_row(made) for made in batches])


def _batch_row(made: HandIn) -> Row:
    cells: list[Cell] = [
        made.number,
        made.handed_in_by.spoken_name,
        receipt_text(made.first_receipt),
        receipt_text(made.last_receipt),
        made.cash_fen * MICRO_YUAN_PER_FEN,
        made.difference_fen * MICRO_YUAN_PER_FEN,
        made.bank_slip,
        batch_state(made),
    ]
    return Row(cells, {"batch": reverse("desk:hand-in", args=[made.number])})


def batch_state(made: HandIn) -> str:
    """Say where a batch stands."""
    end = getattr(made, "end", None)
    if end is None:
        return _("waits for finance")
    return _("received by %(who)s") % {"who": end.by.spoken_name} if end.received else _("sent back")
