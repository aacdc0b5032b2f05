"""A closed stock-taking as a paper: both counts by place and model, every difference, who counted, who closed (R-4.3.3a)."""

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.clock import campus_day, minute_text
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.domain.stock_count import Outcome
from central.papers.accounting import period_of
from central.workshop.devices.models import Device
from central.workshop.stock.models import StockScan, StockTaking
from central.workshop.stock.taking_queries import names_of
from central.workshop.stock.words import OUTCOMES

Kept = Sequence[str]
"""A line of `StockTakingEnd.lines`."""


def day_of(taking: StockTaking) -> Period:
    """Give the day on which it ended."""
    return period_of(PeriodKind.DAY, campus_day(taking.end.at_ms))


def taking_paper(taking: StockTaking) -> Paper:
    """Make the paper of a stock-taking that has ended, from what was kept then."""
    end = taking.end
    devices = names_of({*taking.expected, *(line[0] for line in end.lines)})
    where = taking.place.name if taking.place else _("all places")
    return Paper(
        code="stock-taking",
        document="",
        title=_("Stock-taking %(number)s: %(where)s") % {"number": taking.pk, "where": where},
        period=f"{minute_text(taking.begun_ms)} – {minute_text(end.at_ms)}",
        from_ms=taking.begun_ms,
        until_ms=end.at_ms,
        tables=[
            _counts(taking, devices),
            _differences(end.lines, devices),
            _unknown(end.unknown),
        ],
        signatures=[_("Counted by"), _("Store keeper"), _("Network-centre director")],
        notes=_notes(taking),
    )


def _counts(taking: StockTaking, devices: dict[str, Device]) -> Table:
    before = Counter((code, _model(devices, number)) for number, code in taking.expected.items())
    counted = Counter((line[3], _model(devices, line[0])) for line in taking.end.lines if line[3])
    columns = [
        Column("place", _("Place"), width=14),
        Column("model", _("Model"), width=30),
        Column("before", _("By the records when it began"), Kind.COUNT, 14, summed=True),
        Column("counted", _("Counted"), Kind.COUNT, 10, summed=True),
        Column("apart", pgettext("stock", "Difference"), Kind.COUNT, 10, summed=True),
    ]
    rows = [
        Row(
            [
                place,
                model,
                before[place, model],
                counted[place, model],
                counted[place, model] - before[place, model],
            ]
        )
        for place, model in sorted({*before, *counted})
    ]
    return Table(_("Both counts"), columns, rows)


def _differences(lines: Sequence[Kept], devices: dict[str, Device]) -> Table:
    columns = [
        Column("number", _("Number"), width=10),
        Column("model", _("Model"), width=20),
        Column("serial", _("Serial number"), width=16),
        Column("what", _("What was found"), width=18),
        Column("recorded", _("Recorded at"), width=12),
        Column("counted", _("Counted at"), width=12),
    ]
    rows = [
        Row(
            [
                number,
                _model(devices, number),
                devices[number].serial,
                str(OUTCOMES[Outcome(what)].word),
                recorded,
                counted,
            ]
        )
        for number, what, recorded, counted in lines
        if what != Outcome.FOUND
    ]
    return Table(_("Differences"), columns, rows)


def _unknown(labels: Sequence[Kept]) -> Table:
    columns = [Column("label", _("Label"), width=40), Column("place", _("Counted at"), width=20)]
    return Table(_("Labels that nobody knows"), columns, [Row([label, place]) for label, place in labels])


def _notes(taking: StockTaking) -> list[str]:
    end, who = (
        taking.end,
        Counter(
            scan.by.spoken_name
            for scan in StockScan.objects.filter(taking=taking, is_struck=False).select_related("by")
        ),
    )
    counted = ", ".join(f"{name} ({count})" for name, count in who.most_common())
    notes = [
        _("Begun by %(who)s; closed by %(closer)s.")
        % {"who": taking.by.spoken_name, "closer": end.by.spoken_name},
        _("Labels read by: %(who)s.") % {"who": counted or "–"},
    ]
    if end.kind == end.Kind.GIVEN_UP:
        notes.insert(0, _("Given up, nothing was booked: %(why)s") % {"why": end.why})
    return [*notes, taking.note] if taking.note else notes


def _model(devices: dict[str, Device], number: str) -> str:
    one = devices.get(number)
    return f"{one.type.code} {one.type.name}" if one else ""
