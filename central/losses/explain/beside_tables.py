"""The tables beside a bill's money: closing registers, replaced meters, what the relay did, the balance of the group."""

from django.utils.translation import gettext as _

from central.clock import minute_text
from central.domain.bill_content import Bill
from central.domain.paper import Column, Kind, Row, Table
from central.losses.explain.tables import time_words
from central.losses.explain.words import METHODS
from central.office.words import DECISIONS, VERDICTS, badge_of, name_of, why_words

SHOWN_EVENTS = 60
"""On a page; the PDF and the data file hold all."""


def beside_tables(bill: Bill, events: int | None = None) -> list[Table]:
    """Give what there is of them; of events the last `events`."""
    tables = [_registers(bill)] if bill.registers else []
    tables += [_swaps(bill)] if bill.swaps else []
    tables += [_groups(bill)] if bill.groups else []
    return [*tables, _events(bill, events)]


def _registers(bill: Bill) -> Table:
    columns = [
        Column("at", _("Closing instant"), width=14),
        Column("meter", _("Meter"), width=14),
        Column("register", _("Register, kWh"), Kind.KWH_EXACT, 14),
        Column("error", _("Known to, kWh"), Kind.KWH_EXACT, 12),
        Column("how", _("Known by"), width=14),
        Column("frame", _("Raw frame"), width=30),
    ]
    rows = [
        Row(
            [
                minute_text(one.period_ms),
                one.meter,
                one.register_wh,
                one.uncertainty_wh,
                str(name_of(METHODS, one.method)),
                one.frame.upper(),
            ]
        )
        for one in bill.registers
    ]
    return Table(_("Registers at closing instants"), columns, rows)


def _swaps(bill: Bill) -> Table:
    columns = [
        Column("at", _("When"), width=14),
        Column("meter", _("Meter"), width=14),
        Column("what", _("What"), width=10),
        Column("register", _("Register, kWh"), Kind.KWH_EXACT, 14),
        Column("by", _("Read by"), width=14),
        Column("frame", _("Raw frame"), width=30),
    ]
    rows = []
    for one in bill.swaps:
        gateway = _("the gateway")
        last, first = one.last_read_by or gateway, one.first_read_by or gateway
        rows += [
            Row(
                [
                    minute_text(one.last_at_ms),
                    one.old_meter,
                    _("taken out"),
                    one.last_wh,
                    last,
                    one.last_frame,
                ]
            ),
            Row([minute_text(one.at_ms), one.new_meter, _("put in"), one.first_wh, first, one.first_frame]),
        ]
    return Table(_("Meters replaced"), columns, rows)


def _groups(bill: Bill) -> Table:
    columns = [
        Column("group", _("Group"), width=16),
        Column("from", _("From"), width=14),
        Column("until", _("Until"), width=14),
        Column("hours", _("Hours measured"), width=12),
        Column("master", _("Master, kWh"), Kind.KWH, 12),
        Column("subs", _("Subs, kWh"), Kind.KWH, 12),
        Column("own", _("Own use, kWh"), Kind.KWH, 12),
        Column("technical", _("Technical loss, kWh"), Kind.KWH, 12),
        Column("unexplained", _("Unexplained, kWh"), Kind.KWH, 12),
        Column("error", _("Known to, kWh"), Kind.KWH, 12),
    ]
    rows = [
        Row(
            [
                *(one.group, minute_text(one.from_ms), minute_text(one.until_ms)),
                f"{one.hours}/{one.of_hours}",
                *(one.master_wh, one.subs_wh, one.own_use_wh),
                *(one.technical_wh, one.unexplained_wh, one.uncertainty_wh),
            ]
        )
        for one in bill.groups
    ]
    return Table(_("Balance of its group of meters"), columns, rows)


def _events(bill: Bill, most: int | None) -> Table:
    columns = [
        Column("at", _("When"), width=18),
        Column("meter", _("Meter"), width=14),
        Column("what", _("What"), width=18),
        Column("why", _("Why"), width=40),
    ]
    rows = []
    for one in bill.events[-most:] if most else bill.events:
        table = VERDICTS if one.meter else DECISIONS
        word = str(badge_of(table, one.said).word)
        if one.meter and one.said in ("confirmed", "held"):
            word = {True: _("supplied"), False: _("cut off"), None: word}[one.is_closed]
        rows.append(Row([time_words(one.at_ms), one.meter or _("decision"), word, str(why_words(one.why))]))
    hidden = len(bill.events) - len(rows)
    title = _("Relay and decisions")
    if hidden:
        title = _("Relay and decisions: the last %(shown)s of %(all)s") % {
            "shown": len(rows),
            "all": len(bill.events),
        }
    return Table(title, columns, rows)
