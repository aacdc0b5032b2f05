"""An agreed table as a paper draws it: meters, masters, each group's balance; from a request's content as from what was filed."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from central.clock import minute_text
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.losses.readings.agreeing import LINE, LineData
from central.losses.readings.models import AgreedTable
from central.losses.readings.words import SETTLED, SOURCES, VERDICTS
from central.office.acts import Content


def show(content: Content) -> list[Table]:
    """Give the whole of a request as tables, for who signs."""
    return tables_of(content["lines"], content["groups"], content["building"], content["number"])


def filed_tables(table: AgreedTable) -> list[Table]:
    """Give what was signed."""
    lines = [{name: getattr(one, name) for name in LINE} for one in table.lines.all()]
    return tables_of(lines, table.groups, table.sheet.building.name, table.number)


def tables_of(
    lines: Sequence[LineData], groups: Sequence[LineData], building: str, number: int
) -> list[Table]:
    """Give meters (summed), masters and groups; a supplement has one table of its lines."""
    if number > 1:
        title = _("%(building)s: supplement %(number)d") % {"building": building, "number": number - 1}
        return [Table(title, _columns(summed=False), [_row(one) for one in lines])]
    subs = [_row(one) for one in lines if not one["is_master"]]
    masters = [_row(one) for one in lines if one["is_master"]]
    found = [Table(_("%(building)s: meters") % {"building": building}, _columns(summed=True), subs)]
    if masters:
        title = _("%(building)s: masters") % {"building": building}
        found.append(Table(title, _columns(summed=False), masters))
    if groups:
        found.append(groups_table(groups, building))
    return found


def _columns(*, summed: bool) -> list[Column]:
    return [
        Column("room", _("Room"), width=9),
        Column("meter", _("Meter"), width=13),
        Column("last", _("Last value, kWh"), Kind.KWH, 10),
        Column("hand", _("Read by hand, kWh"), Kind.KWH, 10),
        Column("read", _("Read at"), width=15),
        Column("hand_use", _("Use by hand, kWh"), Kind.KWH, 9, summed=summed),
        Column("automatic", _("Automatic, kWh"), Kind.KWH, 10),
        Column("automatic_use", _("Automatic use, kWh"), Kind.KWH, 9, summed=summed),
        Column("difference", _("Difference, kWh"), Kind.KWH, 8),
        Column("agreed", _("Agreed value, kWh"), Kind.KWH, 10),
        Column("use", _("Agreed use, kWh"), Kind.KWH, 9, summed=summed),
        Column("source", _("Value from"), width=7),
        Column("remarks", _("Remarks"), width=17),
    ]


def _row(line: LineData) -> Row:
    hand, automatic = line["hand_wh"], line["automatic_wh"]
    cells: list[Cell] = [
        line["room"] or _("Board"),
        line["meter"],
        line["last_wh"],
        hand,
        minute_text(line["hand_ms"]) if line["hand_ms"] else "",
        line["hand_use_wh"],
        automatic,
        line["automatic_use_wh"],
        hand - automatic if hand is not None and automatic is not None else None,
        line["agreed_wh"],
        line["use_wh"],
        str(SOURCES[line["source"]]),
        _remarks(line),
    ]
    return Row(cells)


def _remarks(line: LineData) -> str:
    """Say how it was settled, else what is unusual about it, then what people wrote."""
    judged = line["settled"] and SETTLED[line["settled"]]
    if not judged and line["verdict"] not in ("agrees", ""):
        judged = VERDICTS[line["verdict"]].word
    return "; ".join(str(part) for part in (judged, line["remarks"]) if part)


def groups_table(groups: Iterable[LineData], building: str) -> Table:
    """Give each group's balance against its fixed loss, beside that of the automatic registers."""
    columns = [
        Column("group", _("Group of meters"), width=14),
        Column("master", _("Master"), width=13),
        Column("master_wh", _("Master, kWh"), Kind.KWH, 11),
        Column("subs_wh", _("Subs, kWh"), Kind.KWH, 11),
        Column("own", _("Own use, kWh"), Kind.KWH, 9),
        Column("lost", _("Lost, %"), Kind.PERCENT, 8),
        Column("fixed", _("Fixed loss, %"), Kind.PERCENT, 8),
        Column("unexplained", _("Unexplained, kWh"), Kind.KWH, 10),
        Column("automatic_master", _("Master by registers, kWh"), Kind.KWH, 11),
        Column("automatic_subs", _("Subs by registers, kWh"), Kind.KWH, 11),
        Column("automatic_lost", _("Lost by registers, %"), Kind.PERCENT, 9),
        Column("verdict", _("Against the fixed loss"), width=22),
    ]
    rows = [
        Row(
            [
                one["group"],
                one["master"],
                one["master_wh"],
                one["subs_wh"],
                one["own_wh"],
                one["lost_ppm"],
                one["fixed_ppm"],
                one["unexplained_wh"],
                one["automatic_master_wh"],
                one["automatic_subs_wh"],
                one["automatic_lost_ppm"],
                group_words(one),
            ]
        )
        for one in groups
    ]
    return Table(_("%(building)s: against the master") % {"building": building}, columns, rows)


def group_words(one: LineData) -> str:
    """Say how a group stands against its fixed loss."""
    if one["missing"]:
        return _("not compared: nothing known of %(meters)s") % {"meters": ", ".join(one["missing"][:3])}
    if one["is_below"]:
        return _("the master counts less than its subs")
    if one["is_beyond"]:
        return _("more is missing than the fixed loss")
    return _("as the fixed loss")
