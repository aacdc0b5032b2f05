"""Papers of readings by hand: the blank sheet to walk with, and the agreed table in six copies (R-4.3.7)."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from central.campus.models import Building
from central.clock import local, minute_text
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period
from central.losses.readings.agreed_tables import filed_tables
from central.losses.readings.models import AgreedTable, ReadingSheet
from central.losses.readings.sheets import Place, lines_of
from central.losses.readings.words import STATES
from central.office.dated_settings import list_at
from central.papers.accounting import instants_of
from central.papers.words import period_words

ROOM_TO_WRITE = "\n"
"""A cell of two empty lines: a figure written by hand needs the height."""


def blank_paper(place: Place, now_ms: int) -> Paper:
    """Give a building's sheet to be written on, in walking order. Its columns are those that the import knows."""
    columns = [
        Column("place", "№", Kind.COUNT, 5),
        Column("floor", _("Floor"), width=6),
        Column("room", _("Room"), width=10),
        Column("meter", _("Meter"), width=15),
        Column("last", _("Last value, kWh"), Kind.KWH, 12),
        Column("day", _("Last read on"), width=12),
        Column("reading", _("Reading, kWh"), width=16),
        Column("time", _("Read at"), width=14),
        Column("remark", _("Remarks"), width=11),
    ]
    rows = [
        Row(
            [
                one.place,
                str(one.meter.floor) if one.meter.room else "",
                one.meter.room.label if one.meter.room else _("Board"),
                one.meter.meter,
                one.last.register_wh if one.last else None,
                f"{local(one.last.at_ms):%Y-%m-%d}" if one.last else "",
                "",
                "",
                ROOM_TO_WRITE,
            ]
        )
        for one in lines_of(place, now_ms)
    ]
    return Paper(
        code="readings-blank",
        document="",
        title=_("Meter readings of %(building)s") % {"building": place.building.name},
        period=period_words(place.period),
        from_ms=place.from_ms,
        until_ms=place.until_ms,
        tables=[Table("", columns, rows)],
        signatures=[_("Electrician"), _("Date")],
        notes=[
            _("Write the figure as it stands on the display, two digits after the point, with day and time.")
        ],
    )


def table_paper(period: Period, buildings: Iterable[Building]) -> Paper:
    """Give what was signed of buildings for a period: tables and supplements, and how far the others are."""
    from_ms, until_ms = instants_of(period)
    wanted = list(buildings)
    filed = AgreedTable.objects.filter(sheet__building__in=wanted, sheet__period=period.name)
    found = list(filed.select_related("sheet__building").order_by("sheet__building__code", "number"))
    tables = [_overview(wanted, found, period)] if len(wanted) != 1 or not found else []
    for one in found:
        tables += filed_tables(one)
    return Paper(
        code="agreed-readings",
        document="",
        title=_("Agreed meter readings"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=tables,
        recipients=[str(one) for one in list_at("readings.copies", until_ms - 1)],
        signatures=[_("Electrician"), _("Card room"), _("Network-centre director")],
        notes=[
            _(
                "Read by hand and compared with the automatic registers of the same instant; what differed was settled first."
            ),
            *(_note(one) for one in found),
        ],
    )


def _note(table: AgreedTable) -> str:
    words = {
        "building": table.sheet.building.name,
        "readers": table.read_by,
        "asked": table.asked_by,
        "signers": ", ".join(table.signed_by),
        "at": minute_text(table.agreed_ms),
        "number": table.number - 1,
        "why": table.why,
        "approval": table.approval,
    }
    if table.number == 1:
        said = _(
            "%(building)s: read by %(readers)s, checked by %(asked)s, signed by %(signers)s, %(at)s (approval %(approval)d)"
        )
        return said % words
    words["first"] = minute_text(table.sheet.tables.get(number=1).agreed_ms)
    said = _(
        "%(building)s: supplement %(number)d of %(at)s to the table of %(first)s: %(why)s (approval %(approval)d)"
    )
    return said % words


def _overview(buildings: list[Building], found: list[AgreedTable], period: Period) -> Table:
    sheets = {
        one.building_id: one
        for one in ReadingSheet.objects.filter(building__in=buildings, period=period.name)
    }
    agreed = {one.sheet_id: one for one in found if one.number == 1}
    columns = [
        Column("building", _("Building"), width=20),
        Column("state", _("State"), width=22),
        Column("agreed", _("Agreed at"), width=18),
        Column("supplements", _("Supplements"), Kind.COUNT, 10),
    ]
    rows = []
    for building in buildings:
        sheet = sheets.get(building.pk)
        table = agreed.get(sheet.pk) if sheet else None
        rows.append(
            Row(
                [
                    building.name,
                    str(STATES[sheet.state].word) if sheet else _("nothing read yet"),
                    minute_text(table.agreed_ms) if table else "",
                    sum(one.number > 1 and one.sheet_id == table.sheet_id for one in found) if table else 0,
                ]
            )
        )
    return Table(_("Buildings"), columns, rows)
