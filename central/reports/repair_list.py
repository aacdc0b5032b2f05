"""The repair prices in force in a period, repairs apart from what is collected on behalf of others (R-4.1.3, R-4.1.7)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.domain.repair_list import Item, ItemKind
from central.office.list_words import KIND_WORDS, UNIT_WORDS, item_name
from central.office.models import RepairList
from central.office.repair_lists import items_of, list_at
from central.office.roles import SEE_REPORTS
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def build(period: Period) -> Paper:
    """List the items of each list that held in the period, the repairs first."""
    from_ms, until_ms = instants_of(period)
    columns = [
        Column("list", _("List"), width=7),
        Column("from", _("In force from"), width=16),
        Column("approval", _("Approval"), width=8),
        Column("kind", _("Kind"), width=10),
        Column("code", _("Item code"), width=10),
        Column("item", _("Item"), width=24),
        Column("unit", _("Unit"), width=7),
        Column("price", _("Price (yuan)"), Kind.YUAN, 11),
        Column("offered", _("Offered"), width=8),
    ]
    rows = [row for one in _in_force(from_ms, until_ms) for row in _rows(one)]
    return Paper(
        code="repair-list",
        document="",
        title=_("Repair prices"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[Table("", columns, rows)],
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


def _rows(one: RepairList) -> list[Row]:
    since = local(one.begins_ms).strftime("%Y-%m-%d %H:%M")
    head = [f"№ {one.number}", since, f"№ {one.approval}" if one.approval else ""]
    links = {"list": reverse("office:repair-list", args=[one.number])}
    items = items_of(one)
    return [Row([*head, *_cells(item)], links) for kind in ItemKind for item in items if item.kind is kind]


def _cells(item: Item) -> list[Cell]:
    return [
        str(KIND_WORDS[item.kind]),
        item.code,
        item_name(item),
        str(UNIT_WORDS[item.unit]),
        item.price_fen * MICRO_YUAN_PER_FEN,
        _("yes") if item.active else _("no"),
    ]


REPAIR_LIST = Report(
    code="repair-list",
    title=gettext_lazy("Repair prices"),
    about=gettext_lazy("The repair lists that held in a period, with what is collected on behalf of others."),
    periods=(PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_REPORTS,
    build=build,
)
