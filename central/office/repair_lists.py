"""Publish a list of repair prices, and ask what holds: the desk sells only what the list in force offers (R-4.1.3, R-4.1.7).

A list is whole: what is not on it is no longer offered. It begins at its instant, or at the last signature when that comes later;
one that another list overtook meanwhile can't be published.
"""

from collections import Counter
from dataclasses import dataclass

from django.db import transaction

from central.domain.price_list import begins, is_overtaken
from central.domain.repair_list import Change, Item, ItemKind, ItemUnit, compare
from central.domain.repair_list import item as read_item
from central.ledger.operations import record_audit
from central.office.list_drafts import Rows, next_number
from central.office.list_refusals import NotPublished, PublishRefusal
from central.office.models import ListKind, RepairItem, RepairList

CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class RepairPrices:
    """A published list: its number, since when it holds, its items in the list's order."""

    number: int
    begins_ms: int
    items: tuple[Item, ...]

    def offered(self, kind: ItemKind | None = None) -> list[Item]:
        """Give what can be sold now; only repairs, or only what is collected on behalf, when asked."""
        return [item for item in self.items if item.active and kind in (None, item.kind)]


def repair_list_at(at_ms: int) -> RepairPrices | None:
    """Give the list in force at an instant: of those that had begun the newest; None before the first one."""
    found = list_at(at_ms)
    return None if found is None else RepairPrices(found.number, found.begins_ms, tuple(items_of(found)))


def repair_item(code: str, at_ms: int) -> Item | None:
    """Give an item that is offered at an instant by its code; None when no list offers it then."""
    found = list_at(at_ms)
    row = found.items.filter(code=code, active=True).first() if found else None
    return None if row is None else _item(row)


def list_at(at_ms: int) -> RepairList | None:
    """Give the row of the list in force at an instant. Of two that began together the later one counts."""
    return RepairList.objects.filter(begins_ms__lte=at_ms).order_by("-begins_ms", "-number").first()


def list_before(published: RepairList) -> RepairList | None:
    """Give the list that one took over from."""
    earlier = RepairList.objects.filter(begins_ms__lte=published.begins_ms).exclude(pk=published.pk)
    return (
        earlier.exclude(begins_ms=published.begins_ms, number__gt=published.number)
        .order_by("-begins_ms", "-number")
        .first()
    )


def items_of(published: RepairList) -> list[Item]:
    """Give a list's items in its order."""
    return [_item(row) for row in published.items.all()]


def _item(row: RepairItem) -> Item:
    return Item(
        row.code, ItemKind(row.kind), row.name, row.name_en, ItemUnit(row.unit), row.price_fen, row.active
    )


def items_in_force(at_ms: int) -> list[Item]:
    """Give the items of the list in force; none before the first one."""
    found = repair_list_at(at_ms)
    return list(found.items) if found else []


def rows_in_force(at_ms: int) -> Rows:
    """Give what a new draft begins with."""
    return [item.content() for item in items_in_force(at_ms)]


@transaction.atomic
def publish(
    items: list[Item], from_ms: int, *, why: str, made_by: str, approval: int | None, now_ms: int
) -> RepairList | NotPublished:
    """Publish a whole list from an instant, never in arrears. Refused by name."""
    if not items:
        return NotPublished(PublishRefusal.EMPTY)
    code, count = Counter(item.code for item in items).most_common(1)[0]
    if count > 1:
        return NotPublished(PublishRefusal.ITEM_TWICE, code)
    number = next_number(ListKind.REPAIR)
    if is_overtaken(from_ms, now_ms, RepairList.objects.values_list("begins_ms", flat=True)):
        transaction.set_rollback(True)
        return NotPublished(PublishRefusal.OVERTAKEN)
    made = RepairList.objects.create(
        number=number,
        asked_from_ms=from_ms,
        begins_ms=begins(from_ms, now_ms),
        published_ms=now_ms,
        made_by=made_by,
        why=why,
        approval_id=approval,
    )
    RepairItem.objects.bulk_create(RepairItem(repair_list=made, **item.content()) for item in items)
    record_audit(
        actor=made_by,
        action="publish-repair-list",
        subject=f"repair list {number}",
        detail=f"{len(items)} items from {made.begins_ms}: {why}"[:400],
        now_ms=now_ms,
    )
    return made


def publish_at_console(
    items: list[Item], from_ms: int, *, why: str, now_ms: int
) -> RepairList | NotPublished:
    """Publish as whoever has the server's console may, without signatures. On record."""
    return publish(items, from_ms, why=why, made_by=CONSOLE, approval=None, now_ms=now_ms)


def changed(rows: Rows, from_ms: int, now_ms: int) -> Rows:
    """Give the whole list when anything of it changes; nothing when it is the one that will be in force."""
    items = [read_item(row) for row in rows]
    before = items_in_force(begins(from_ms, now_ms))
    is_same = all(one.change is Change.SAME for one in compare(before, items))
    return [] if is_same else rows
