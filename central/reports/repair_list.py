"""The repair prices in force in a period, repairs apart from what is collected on behalf of others (R-4.1.3, R-4.1.7)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.models import RepairList
from central.office.repair_comparison import item_tables
from central.office.repair_lists import items_of, list_at
from central.office.roles import SEE_REPORTS
from central.papers.catalogue import Report
from central.papers.words import instants_of, period_words


def build(period: Period) -> Paper:
    """List the lists that held in the period, then each one's items."""
    from_ms, until_ms = instants_of(period)
    held = _in_force(from_ms, until_ms)
    return Paper(
        code="repair-list",
        document="",
        title=_("Repair prices"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[_lists(held), *(table for one in held for table in _items(one))],
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Drawn up by"), _("Approved by")],
    )


def _in_force(from_ms: int, until_ms: int) -> list[RepairList]:
    """Give the list that held at a span's beginning and those that began in it and held."""
    began = RepairList.objects.filter(begins_ms__gt=from_ms, begins_ms__lt=until_ms).order_by(
        "begins_ms", "number"
    )
    lists = {one.begins_ms: one for one in began.select_related("approval")}
    first = list_at(from_ms)
    return [*([first] if first else []), *lists.values()]


def _lists(held: list[RepairList]) -> Table:
    columns = [
        Column("list", _("List"), width=8),
        Column("from", _("In force from"), width=16),
        Column("items", _("Items"), Kind.COUNT, 8),
        Column("approval", _("Approval"), width=12),
        Column("by", _("Drawn up by"), width=16),
    ]
    return Table("", columns, [_row(one) for one in held])


def _row(one: RepairList) -> Row:
    approval = f"№ {one.approval}" if one.approval else _("at the server's console")
    cells = [f"№ {one.number}", _since(one), one.items.count(), approval, one.made_by]
    return Row(cells, {"list": reverse("office:repair-list", args=[one.number])})


def _items(one: RepairList) -> list[Table]:
    heading = _("List № %(number)s from %(since)s") % {"number": one.number, "since": _since(one)}
    return [
        Table(f"{heading} · {table.title}", table.columns, table.rows) for table in item_tables(items_of(one))
    ]


def _since(one: RepairList) -> str:
    return local(one.begins_ms).strftime("%Y-%m-%d %H:%M")


REPAIR_LIST = Report(
    code="repair-list",
    title=gettext_lazy("Repair prices"),
    about=gettext_lazy("The repair lists that held in a period, with what is collected on behalf of others."),
    periods=(PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_REPORTS,
    build=build,
)
