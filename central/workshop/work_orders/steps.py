"""One step of a work order: looked for, checked against its state, written with its facts, on record.

Inside the caller's transaction. Locks: the order's row first, then a gateway's, the head of the books last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from central.domain.work_order import OrderAct, OrderState, state_after
from central.ledger.operations import record_audit
from central.office.models import User
from central.office.photos import Seen
from central.workshop.work_orders.models import WorkOrder, WorkRoom, WorkStep
from central.workshop.work_orders.refusals import Refused, WorkRefusal

LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Deed:
    """What a form sends: its id, words, pictures."""

    step: str
    text: str = ""
    photos: Sequence[bytes | Seen] = ()
    """As they came, or looked at already."""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ready:
    """An order that is locked and may take the act; `state` is the one that follows."""

    order: WorkOrder
    state: OrderState


def locked(number: int) -> WorkOrder | None:
    """Lock an order's row for the rest of the transaction."""
    orders = WorkOrder.objects.select_for_update(no_key=True, of=("self",)).select_related("building")
    return orders.filter(pk=number).first()


def ready(number: int, act: OrderAct, step: str, actor: User) -> Ready | WorkOrder | Refused:
    """Lock an order for an act. Gives the order itself where the same step was taken before: nothing is done again."""
    order = locked(number)
    if order is None:
        return Refused(WorkRefusal.UNKNOWN_ORDER, str(number))
    if not actor.serves(order.building_id):
        return Refused(WorkRefusal.NOT_HIS_BUILDING, order.building.code)
    if (done := WorkStep.objects.filter(step=step).first()) is not None:
        is_same = (done.order_id, done.act) == (number, act.value)
        return order if is_same else Refused(WorkRefusal.EXISTS_WITH_DIFFERENT)
    state = state_after(act, OrderState(order.state))
    return Ready(order, state) if state is not None else Refused(WorkRefusal.NOT_NOW)


def write(
    found: Ready, act: OrderAct, deed: Deed, photos: Sequence[str] = (), *, actor: User, now_ms: int
) -> WorkOrder:
    """Keep the order as it was changed, with its step; `photos` are the digests of its pictures, which are kept already."""
    order = found.order
    order.state = found.state.value
    order.save()
    text = deed.text.strip()[:LONGEST_TEXT]
    WorkStep.objects.create(
        step=deed.step,
        order=order,
        act=act.value,
        text=text,
        facts=dict(deed.facts),
        photos=list(photos),
        by=actor,
        at_ms=now_ms,
    )
    record_audit(
        actor=actor.get_username(),
        action="work-order",
        subject=order.number,
        detail=f"{act.value} {text}".strip()[:200],
        now_ms=now_ms,
    )
    return order


def rooms_of(order: WorkOrder) -> list[WorkRoom]:
    """Give the rooms that lose their power: not those left out by hand."""
    rows = order.rooms.exclude(origin=WorkRoom.Origin.LEFT_OUT).select_related("room__building")
    return list(rows)
