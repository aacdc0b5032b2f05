"""A monthly bill as a paper: its registers, prices, sum in words and when it is due; PDF by the house's engine."""

from django.utils.translation import gettext as _

from central.clock import local
from central.desk.capital_numerals import in_capitals
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.bill_queries import BillState
from central.desk.merchants.words import source_words
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import read_period
from central.office.templatetags.cardroom import fen
from central.papers.accounting import first_days
from central.papers.words import period_words
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def bill_paper(state: BillState) -> Paper:
    """Make a bill's paper in the active language."""
    bill = state.bill
    notes = [
        _("Room %(room)s, %(class)s. Customer: %(names)s")
        % {"room": bill.room, "class": bill.class_name, "names": bill.occupants or "–"},
        _("Bill № %(number)s. To be paid by %(day)s at the card room: cash, payment card or bank transfer.")
        % {"number": f"{bill.pk:06d}", "day": bill.due_day.isoformat()},
        _("Amount in words: %(words)s") % {"words": in_capitals(bill.amount_fen)},
        _("Registers are those of the primary side: current transformers are counted in."),
        _("Signed, approval %(number)s: %(names)s") % {"number": bill.approval, "names": bill.signed_by},
        *credit_notes(state),
    ]
    return Paper(
        code="monthly-bill",
        document="",
        title=_("Electricity bill"),
        period=period_words(read_period(bill.period, first_days)),
        from_ms=bill.from_ms,
        until_ms=bill.until_ms,
        tables=[meters_table(bill), lines_table(bill)],
        recipients=[_("Customer"), _("Finance office"), _("Card room")],
        signatures=[_("Card room"), _("Customer")],
        notes=notes,
    )


def credit_notes(state: BillState) -> list[str]:
    """Name what was taken back of a bill, and what of it is still owed then."""
    notes = [
        _("Credit note %(number)s: %(yuan)s yuan taken back. %(why)s")
        % {"number": note.pk, "yuan": fen(note.amount_fen), "why": note.why}
        for note in state.bill.credits.order_by("number")
    ]
    still = _("Still owed after credit notes: %(yuan)s yuan.")
    return [*notes, still % {"yuan": fen(state.bill.amount_fen - state.credited_fen)}] if notes else []


def meters_table(bill: MonthlyBill) -> Table:
    """Give each meter's registers, with instant and source."""
    columns = [
        Column("meter", _("Meter"), width=14),
        Column("from", _("From"), width=14),
        Column("first", _("First register, kWh"), Kind.KWH, 12),
        Column("first_how", _("Known by"), width=12),
        Column("until", _("Until"), width=14),
        Column("last", _("Last register, kWh"), Kind.KWH, 12),
        Column("last_how", _("Known by"), width=12),
        Column("energy", _("Used, kWh"), Kind.KWH, 12, summed=True),
    ]
    rows = [
        Row(
            [
                one.meter,
                _moment(one.from_ms),
                one.first_wh,
                source_words(one.first_source),
                _moment(one.until_ms),
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


def _moment(instant_ms: int) -> str:
    return local(instant_ms).strftime("%Y-%m-%d %H:%M")
