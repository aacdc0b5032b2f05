"""What those who sign for bills are shown: every bill with its registers and prices, and who gets none."""

from typing import Any

from django.utils.translation import gettext as _

from central.clock import minute_text
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.words import fault_words, source_words
from central.domain.monthly_bill import BillFault
from central.domain.paper import Column, Kind, Row, Table
from central.office.templatetags.cardroom import price
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

Content = dict[str, Any]


def run_tables(content: Content) -> list[Table]:
    """Show a run: the bills, the registers they come from, the rooms without a bill."""
    return [
        bills_table(content["bills"]),
        registers_table(content["bills"]),
        *unbilled_tables(content["unbilled"]),
    ]


def bills_table(bills: list[Content]) -> Table:
    """Give one row per bill."""
    columns = [
        Column("room", _("Room"), width=12),
        Column("who", _("Occupants"), width=18),
        Column("from", _("Span begins"), width=12),
        Column("until", _("Span ends"), width=12),
        Column("energy", _("Used, kWh"), Kind.KWH, 12, summed=True),
        Column("price", _("Price, yuan/kWh"), width=14),
        Column("amount", _("Amount, yuan"), Kind.YUAN, 12, summed=True),
    ]
    rows = [
        Row(
            [
                one["room"],
                one["occupants"],
                minute_text(one["from_ms"]),
                minute_text(one["until_ms"]),
                one["energy_wh"],
                " / ".join(price(rate) for rate, _wh, _fen in one["lines"]),
                one["amount_fen"] * MICRO_YUAN_PER_FEN,
            ]
        )
        for one in bills
    ]
    return Table(_("Bills"), columns, rows)


def registers_table(bills: list[Content]) -> Table:
    """Give one row per meter: both registers, how each is known, and what lies between."""
    columns = [
        Column("room", _("Room"), width=12),
        Column("meter", _("Meter"), width=14),
        Column("first", _("First register, kWh"), Kind.KWH, 12),
        Column("first_how", _("Known by"), width=14),
        Column("last", _("Last register, kWh"), Kind.KWH, 12),
        Column("last_how", _("Known by"), width=14),
        Column("energy", _("Between, kWh"), Kind.KWH, 12, summed=True),
    ]
    rows = []
    for one in bills:
        for meter in one["meters"]:
            (_at, first_wh, first), (_until, last_wh, last) = meter["first"], meter["last"]
            known = source_words(first), source_words(last)
            cells = [one["room"], meter["meter"], first_wh, known[0], last_wh, known[1], last_wh - first_wh]
            rows.append(Row(cells))
    return Table(_("Registers"), columns, rows)


def unbilled_tables(unbilled: list[list[str]]) -> list[Table]:
    """Name the rooms without a bill; no table when there is none."""
    columns = [
        Column("room", _("Room"), width=12),
        Column("meter", _("Meter"), width=14),
        Column("why", _("Why there is no bill"), width=40),
    ]
    rows = [Row([room, meter, fault_words(BillFault(fault))]) for _code, room, fault, meter in unbilled]
    return [Table(_("Not billed"), columns, rows)] if rows else []


def credit_tables(content: Content) -> list[Table]:
    """Show a credit note beside its bill."""
    bill = MonthlyBill.objects.get(pk=content["bill"])
    columns = [
        Column("bill", _("Bill"), Kind.COUNT, 8),
        Column("room", _("Room"), width=12),
        Column("who", _("Occupants"), width=18),
        Column("amount", _("Amount, yuan"), Kind.YUAN, 12),
        Column("credit", _("Taken back, yuan"), Kind.YUAN, 12),
    ]
    cells = [
        bill.pk,
        bill.room,
        bill.occupants,
        bill.amount_fen * MICRO_YUAN_PER_FEN,
        content["amount_fen"] * MICRO_YUAN_PER_FEN,
    ]
    return [Table("", columns, [Row(cells)])]
