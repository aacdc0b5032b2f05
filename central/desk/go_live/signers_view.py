"""What those who sign a go-live are shown: sums by building, class and unit, rows, and how a building compares."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from central.campus.models import Building
from central.desk.go_live.comparison import State, compare, summaries
from central.desk.go_live.models import OpeningBalance, OpeningBatch
from central.desk.go_live.totals import Sums, asked_sums
from central.domain.paper import Column, Kind, Row, Table
from central.office.templatetags.cardroom import unit_word
from gateway.contract.quantities import Unit

ROWS_SHOWN = 200
"""More are on the go-live's own page, building by building; the sums and the hash cover them all."""


def batch_tables(batch_id: str) -> list[Table]:
    """Show the sums of a batch, and its rows."""
    batch = OpeningBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        return []
    rows = list(batch.rows.select_related("building"))
    details = [table for unit in Unit if (table := _rows(rows, unit)) is not None]
    return [*sums_tables(asked_sums(rows)), *details]


def sums_tables(sums: Sequence[Sums]) -> list[Table]:
    """Show sums by building and class, one table for each unit."""
    names = dict(Building.objects.values_list("code", "name"))
    return [table for unit in Unit if (table := _sums(sums, names, unit)) is not None]


def acceptance_tables(batch_id: str, building: str) -> list[Table]:
    """Show how a building compares at this moment."""
    batch = OpeningBatch.objects.select_related("done").filter(pk=batch_id).first()
    if batch is None or not hasattr(batch, "done"):
        return []
    tables = []
    for one in summaries(compare(batch, building)):
        kind = kind_of(one.unit)
        columns = [Column("what", _("What"), width=40), Column("amount", unit_word(one.unit), kind, 16)]
        counts = [Column("what", _("Rows"), width=40), Column("count", _("Count"), Kind.COUNT, 16)]
        figures = [
            (_("The list"), one.listed),
            (_("Owed to us"), one.owed),
            (_("Credited"), one.credited),
            (_("In our books before"), one.before),
            (_("Paid since"), one.paid),
            (_("Subsidies since"), one.subsidies),
            (_("Used since"), one.used),
            (_("Other"), one.other),
            (_("Must be there now"), one.expected),
            (_("Gateways say"), one.reported),
            (_("Difference"), one.difference),
        ]
        states = [(state_words(state), one.count(state)) for state in State if one.count(state)]
        tables += [
            Table(f"{building} · {unit_word(one.unit)}", columns, [Row([*figure]) for figure in figures]),
            Table(_("How the rows stand"), counts, [Row([*state]) for state in states]),
        ]
    return tables


def state_words(state: State) -> str:
    """Name how a row stands."""
    return {
        State.EQUAL: _("equal"),
        State.DIFFERS: _("different"),
        State.NOT_REPORTED: _("not yet reported"),
        State.ASKED_BACK: _("asked back, not answered"),
        State.REFUSED_BACK: _("not given back by the gateway"),
    }[state]


def kind_of(unit: str) -> Kind:
    """Give how amounts of a unit are printed."""
    return Kind.KWH if unit == Unit.KWH else Kind.YUAN


def bucket_words(bucket: str) -> str:
    """Name a kind of credit."""
    return {"paid": _("paid credit"), "subsidy": _("subsidy")}.get(bucket, bucket)


def _sums(sums: Sequence[Sums], names: dict[str, str], unit: str) -> Table | None:
    mine = [one for one in sums if one.unit == unit]
    if not mine:
        return None
    kind = kind_of(unit)
    columns = [
        Column("building", _("Building"), width=14),
        Column("class", _("Class"), width=14),
        Column("rooms", _("Rooms"), Kind.COUNT, 8, summed=True),
        Column("credit", _("Credit"), kind, 14, summed=True),
        Column("subsidy", _("of it subsidies"), kind, 12, summed=True),
        Column("debt", _("Debts"), kind, 12, summed=True),
        Column("net", _("As the list adds up"), kind, 14, summed=True),
    ]
    rows = [
        Row(
            [
                names.get(s.building, s.building),
                s.class_name,
                len(s.rooms),
                s.credit,
                s.subsidy,
                s.debt,
                s.net,
            ]
        )
        for s in mine
    ]
    return Table(_("Sums in %(unit)s") % {"unit": unit_word(unit)}, columns, rows)


def _rows(rows: Sequence[OpeningBalance], unit: str) -> Table | None:
    mine = [row for row in rows if row.unit == unit]
    if not mine:
        return None
    kind = kind_of(unit)
    columns = [
        Column("room", _("Room"), width=12),
        Column("class", _("Class"), width=12),
        Column("kind", _("Kind"), width=10),
        Column("before", _("Opening balance before"), kind, 12, summed=True),
        Column("after", _("Opening balance"), kind, 12, summed=True),
        Column("meter", _("Meter"), width=14),
        Column("register", _("Register, kWh"), Kind.KWH, 12),
        Column("reading", _("Meter read, kWh"), Kind.KWH, 12),
        Column("receipt", _("Last old receipt"), width=14),
    ]
    cells = [
        Row(
            [
                row.room,
                row.class_name,
                bucket_words(row.bucket),
                row.before,
                row.after,
                row.meter_no,
                row.register_wh,
                row.reading_wh,
                row.old_receipt,
            ]
        )
        for row in mine[:ROWS_SHOWN]
    ]
    title = _("Rows in %(unit)s") % {"unit": unit_word(unit)}
    if len(mine) > ROWS_SHOWN:
        more = len(mine) - ROWS_SHOWN
        words = ngettext(
            "%(count)d more row is on the go-live's page",
            "%(count)d more rows are on the go-live's page",
            more,
        )
        title = f"{title} · {words % {'count': more}}"
        columns = [Column(c.key, c.title, c.kind, c.width) for c in columns]
    return Table(title, columns, cells)
