"""The act that another person of finance, or the director, signs before an account map holds."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.domain.approval import Step
from central.domain.k3_map import MapRow, rows_from_json
from central.domain.paper import Column, Row, Table
from central.office.acts import Act, Content
from central.office.roles import MAP_K3, Role
from central.reports.k3.map_form import named_side
from central.reports.k3.maps import K3_MAP, newest_map, put_in_force


def map_table(rows: tuple[MapRow, ...], before: tuple[MapRow, ...] | None = None) -> Table:
    """Give a map's rows; beside a former map also what became of each."""
    columns = [
        Column("pattern", _("Our account"), width=22),
        Column("words", _("What it is"), width=16),
        Column("code", _("Account in K/3"), width=12),
        Column("name", _("Name in K/3"), width=16),
        Column("item", _("Auxiliary item"), width=20),
        Column("summary", _("Summary"), width=20),
    ]
    if before is not None:
        columns.append(Column("change", _("Change"), width=8))
    known = {row.pattern: row for row in before or ()}
    gone = [row for row in known.values() if row.pattern not in {one.pattern for one in rows}]
    lines = [_row(row, _change(row, known) if before is not None else None) for row in rows]
    return Table("", columns, lines + [_row(row, _("removed")) for row in gone])


def _change(row: MapRow, known: dict[str, MapRow]) -> str:
    if row.pattern not in known:
        return _("new")
    return "" if known[row.pattern] == row else _("changed")


def _row(row: MapRow, change: str | None) -> Row:
    code = _("not kept in K/3") if row.left_out else row.code
    cells: list[str | int | None] = [
        row.pattern,
        named_side(row.pattern),
        code,
        row.name,
        row.item,
        row.summary,
    ]
    return Row(cells if change is None else [*cells, change])


def _show(content: Content) -> list[Table]:
    former = newest_map()
    before = rows_from_json(former.rows) if former else ()
    terms = Table(
        "", [Column("what", ""), Column("text", "")], [Row([_("Holds for days from"), content["from"]])]
    )
    return [terms, map_table(rows_from_json(content["rows"]), before)]


def _address(_content: Content) -> str:
    return reverse("k3:map")


K3_MAP_ACT = Act(
    code=K3_MAP,
    title=gettext_lazy("Account map for K/3"),
    roles=MAP_K3,
    chain=(Step((Role.FINANCE, Role.DIRECTOR)),),
    show=_show,
    carry_out=put_in_force,
    address=_address,
)
