"""The tables of a bill's page: its meters' registers, and what the energy costs by price."""

from django.utils.translation import gettext as _

from central.clock import minute_text
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.words import source_words
from central.domain.paper import Column, Kind, Row, Table
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def meters_table(bill: MonthlyBill) -> Table:
    """Give each meter's registers, with instant and source."""
    columns = [
        Column("meter", _("Meter"), width=14),
        Column("from", _("Span begins"), width=14),
        Column("first", _("First register, kWh"), Kind.KWH, 12),
        Column("first_how", _("Known by"), width=12),
        Column("until", _("Span ends"), width=14),
        Column("last", _("Last register, kWh"), Kind.KWH, 12),
        Column("last_how", _("Known by"), width=12),
        Column("energy", _("Used, kWh"), Kind.KWH, 12, summed=True),
    ]
    rows = [
        Row(
            [
                one.meter,
                minute_text(one.from_ms),
                one.first_wh,
                source_words(one.first_source),
                minute_text(one.until_ms),
                one.last_wh,
                source_words(one.last_source),
                one.last_wh - one.first_wh,
            ]
        )
        for one in bill.meters.all()
    ]
    return Table(_("Registers"), columns, rows)


def lines_table(bill: MonthlyBill) -> Table:
    """Give energy and money by price; the sum is the bill."""
    columns = [
        Column("item", _("Item"), width=20),
        Column("energy", _("Energy, kWh"), Kind.KWH, 14, summed=True),
        Column("price", _("Price, yuan/kWh"), Kind.PRICE, 14),
        Column("amount", _("Amount, yuan"), Kind.YUAN, 14, summed=True),
    ]
    rows = [
        Row(
            [
                _("electricity"),
                one.energy_wh,
                one.micro_yuan_per_kwh,
                one.amount_fen * MICRO_YUAN_PER_FEN,
            ]
        )
        for one in bill.lines.all()
    ]
    return Table(_("What it costs"), columns, rows)
