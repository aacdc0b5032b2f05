"""A repair list beside the one before it: what is added, removed, dearer, cheaper; and the list itself, sums on behalf apart."""

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _

from central import clock
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.domain.price_list import begins, difference_ppm, is_overtaken
from central.domain.repair_list import Change, Changed, Item, ItemKind, compare
from central.domain.repair_list import item as read_item
from central.office.acts import Content
from central.office.list_queries import list_of
from central.office.list_refusals import NotPublished, PublishRefusal
from central.office.list_words import (
    CHANGE_WORDS,
    KIND_WORDS,
    UNIT_WORDS,
    begin_words,
    item_name,
    refusal_words,
)
from central.office.models import ListKind, RepairList
from central.office.repair_lists import items_in_force, items_of, list_before
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

ORDER = (Change.ADDED, Change.REMOVED, Change.DEARER, Change.CHEAPER, Change.OTHERWISE)


def show(content: Content) -> list[Table]:
    """Give the whole of a request as tables: when it begins, what it changes as of now, and the new list."""
    now_ms, from_ms = clock.now_ms(), content["from_ms"]
    if (published := list_of(RepairList, ListKind.REPAIR, content)) is not None:
        return published_tables(published)
    new = [read_item(row) for row in content["rows"]]
    changes = compare(items_in_force(begins(from_ms, now_ms)), new)
    facts = [
        Row([_("In force from"), begin_words(from_ms, now_ms)]),
        Row([_("What it changes"), counts_words(changes)]),
    ]
    begun = RepairList.objects.values_list("begins_ms", flat=True)
    if is_overtaken(from_ms, now_ms, begun):
        facts.append(Row([_("Can't be published"), refusal_words(NotPublished(PublishRefusal.OVERTAKEN))]))
    columns = [Column("what", _("What"), width=16), Column("value", _("It says"), width=60)]
    return [Table("", columns, facts), changes_table(changes), *item_tables(new)]


def published_tables(published: RepairList) -> list[Table]:
    """Give a published list, and what it changed of the one that it took over from."""
    before, items = list_before(published), items_of(published)
    return [*item_tables(items), *([changes_table(compare(items_of(before), items))] if before else [])]


def counts_words(changes: Iterable[Changed]) -> str:
    """Count what changes: `added 3, dearer 1`."""
    counts = Counter(one.change for one in changes)
    said = [f"{CHANGE_WORDS[change]} {counts[change]}" for change in ORDER if counts[change]]
    return _(", ").join(said) or _("nothing")


def changes_table(changes: Iterable[Changed]) -> Table:
    """List what changes, kind by kind of change; what stays is left out."""
    columns = [
        Column("change", _("What changed"), width=12),
        Column("code", _("Item code"), width=10),
        Column("item", _("Item"), width=28),
        Column("kind", _("Kind"), width=10),
        Column("unit", _("Unit"), width=8),
        Column("old", _("So far (yuan)"), Kind.YUAN, 12),
        Column("new", _("New (yuan)"), Kind.YUAN, 12),
        Column("difference", _("Difference"), Kind.YUAN, 12),
        Column("percent", _("Percent"), Kind.PERCENT, 10),
    ]
    changed = sorted((one for one in changes if one.change in ORDER), key=lambda one: ORDER.index(one.change))
    return Table(_("Compared with the last list"), columns, [_change_row(one) for one in changed])


def _change_row(one: Changed) -> Row:
    old, new = (None if item is None else item.price_fen for item in (one.old, one.new))
    item = one.item
    difference = ppm = None
    if old is not None and new is not None:
        difference, ppm = (new - old) * MICRO_YUAN_PER_FEN, difference_ppm(old, new)
    cells: list[Cell] = [
        str(CHANGE_WORDS[one.change]),
        item.code,
        _with_former(one),
        str(KIND_WORDS[item.kind]),
        str(UNIT_WORDS[item.unit]),
        None if old is None else old * MICRO_YUAN_PER_FEN,
        None if new is None else new * MICRO_YUAN_PER_FEN,
        difference,
        ppm,
    ]
    return Row(cells)


def _with_former(one: Changed) -> str:
    """Name the item; what else of it changed stands behind."""
    said = [item_name(one.item)]
    if one.old is not None and one.new is not None:
        if one.old.name != one.new.name or one.old.name_en != one.new.name_en:
            said.append(_("formerly %(name)s") % {"name": item_name(one.old)})
        if one.old.unit != one.new.unit:
            said.append(_("formerly per %(unit)s") % {"unit": UNIT_WORDS[one.old.unit]})
        if one.old.kind != one.new.kind:
            said.append(_("formerly %(name)s") % {"name": KIND_WORDS[one.old.kind]})
        if one.old.active != one.new.active:
            said.append(_("offered again") if one.new.active else _("no longer offered"))
    return _(", ").join(said)


def item_tables(items: Iterable[Item]) -> list[Table]:
    """Give a list as two tables: repairs, and what is collected on behalf of others (R-4.1.7)."""
    columns = [
        Column("code", _("Item code"), width=10),
        Column("item", _("Item"), width=34),
        Column("unit", _("Unit"), width=8),
        Column("price", _("Price (yuan)"), Kind.YUAN, 12),
        Column("offered", _("Offered"), width=8),
    ]
    items = list(items)
    titles = {ItemKind.REPAIR: _("Repairs"), ItemKind.ON_BEHALF: _("Collected on behalf of others")}
    of_kind = {kind: [_item_row(item) for item in items if item.kind is kind] for kind in ItemKind}
    return [Table(titles[kind], columns, rows) for kind, rows in of_kind.items() if rows]


def _item_row(item: Item) -> Row:
    offered = _("yes") if item.active else _("no")
    price = item.price_fen * MICRO_YUAN_PER_FEN
    return Row([item.code, item_name(item), str(UNIT_WORDS[item.unit]), price, offered])
