"""Plan a work order, correct its rooms, change its time, name its person, tell its rooms: one transaction each (R-4.3.4)."""

from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Building, Room
from central.domain.work_order import OrderAct, OrderState
from central.ledger.one_writer import lock_head, one_writer
from central.office.models import User
from central.office.people import roles_of
from central.office.roles import START_WORK
from central.workshop.work_orders.affected import rooms_off
from central.workshop.work_orders.models import Scope, WorkOrder, WorkRoom
from central.workshop.work_orders.notices import tell_off, tell_rooms
from central.workshop.work_orders.refusals import Refused, WorkRefusal
from central.workshop.work_orders.steps import Deed, Ready, ready, rooms_of, write

AHEAD_MS = 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, where, why, when, for which fault, by whom."""

    building: Building
    scope: Scope
    place: str
    task: str
    why: str
    from_ms: int
    until_ms: int
    source: str = ""
    person: User | None = None


@one_writer
@transaction.atomic
def plan_order(plan: Plan, key: str, *, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Open a work order with the rooms that follow from what is switched off; the same key again is the same order."""
    lock_head()
    if (known := WorkOrder.objects.filter(key=key).first()) is not None:
        same = (known.building_id, known.task) == (plan.building.pk, plan.task.strip())
        return known if same else Refused(WorkRefusal.EXISTS_WITH_DIFFERENT)
    if not actor.serves(plan.building.pk):
        return Refused(WorkRefusal.NOT_HIS_BUILDING, plan.building.code)
    if (
        refused := window_fault(plan.from_ms, plan.until_ms, now_ms) or _person_fault(plan.person, now_ms)
    ) is not None:
        return refused
    rooms = rooms_off(plan.building, plan.scope, plan.place, now_ms)
    if not rooms:
        return Refused(WorkRefusal.NO_SUCH_PLACE, plan.place.strip())
    order = WorkOrder.objects.create(
        key=key,
        building=plan.building,
        scope=plan.scope,
        place=plan.place.strip()[:300],
        task=plan.task.strip(),
        why=plan.why.strip(),
        source=plan.source[:80],
        from_ms=plan.from_ms,
        until_ms=plan.until_ms,
        state=OrderState.PLANNED.value,
        person=plan.person,
        planned_by=actor,
        planned_ms=now_ms,
    )
    WorkRoom.objects.bulk_create(
        [WorkRoom(order=order, room=room, origin=WorkRoom.Origin.TOPOLOGY) for room in rooms]
    )
    facts = {"window": [plan.from_ms, plan.until_ms], "rooms": [room.label for room in rooms]}
    deed = Deed(f"plan-{key}", plan.task, facts=facts)
    return write(Ready(order, OrderState.PLANNED), OrderAct.PLANNED, deed, actor=actor, now_ms=now_ms)


def window_fault(from_ms: int, until_ms: int, now_ms: int) -> Refused | None:
    """Say why a time can't be proposed."""
    if until_ms <= from_ms:
        return Refused(WorkRefusal.BACKWARDS)
    if until_ms <= now_ms:
        return Refused(WorkRefusal.WINDOW_PAST)
    return Refused(WorkRefusal.TOO_FAR) if from_ms > now_ms + AHEAD_MS else None


def _person_fault(person: User | None, now_ms: int) -> Refused | None:
    if person is None or (person.is_active and roles_of(person, now_ms) & set(START_WORK)):
        return None
    return Refused(WorkRefusal.NO_PERSON, person.spoken_name)


@one_writer
@transaction.atomic
def correct_room(
    number: int, label: str, deed: Deed, *, leaves_out: bool, actor: User, now_ms: int
) -> WorkOrder | Refused:
    """Put a room on an order's list, or leave one out, with the reason; one that is added has not been told yet.

    A head has decided about the rooms that he saw: with another one he is asked again.
    """
    found = ready(number, OrderAct.ROOMS, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    if not deed.text.strip():
        return Refused(WorkRefusal.NO_REASON)
    order = found.order
    label = label.strip().removeprefix(f"{order.building.code}-")
    room = Room.objects.filter(building=order.building, label__iexact=label).first()
    row = order.rooms.filter(room=room).first() if room else None
    if room is None or (leaves_out and row is None):
        return Refused(WorkRefusal.UNKNOWN_ROOM, label)
    row = row or WorkRoom(order=order, room=room, origin=WorkRoom.Origin.LEFT_OUT)
    was_out = row.origin == WorkRoom.Origin.LEFT_OUT
    if leaves_out is was_out and row.pk:
        return order
    row.origin = WorkRoom.Origin.LEFT_OUT if leaves_out else WorkRoom.Origin.ADDED
    row.why = deed.text.strip()[:300]
    row.save()
    if not leaves_out:
        order.override, order.is_danger = None, False
    facts = {"room": room.label, "leaves_out": leaves_out}
    return write(found, OrderAct.ROOMS, Deed(deed.step, deed.text, facts=facts), actor=actor, now_ms=now_ms)


@one_writer
@transaction.atomic
def set_window(
    number: int, from_ms: int, until_ms: int, deed: Deed, *, actor: User, now_ms: int
) -> WorkOrder | Refused:
    """Give an order another time: answers and decisions were about the old one, and the asking begins anew."""
    found = ready(number, OrderAct.WINDOW, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    if not deed.text.strip():
        return Refused(WorkRefusal.NO_REASON)
    if (refused := window_fault(from_ms, until_ms, now_ms)) is not None:
        return refused
    order = found.order
    if order.told_ms is not None:
        tell_off(order, now_ms)
    order.from_ms, order.until_ms, order.asking = from_ms, until_ms, order.asking + 1
    order.told_ms, order.override, order.is_danger = None, None, False
    order.rooms.update(told_ms=None)
    facts = {"window": [from_ms, until_ms]}
    return write(found, OrderAct.WINDOW, Deed(deed.step, deed.text, facts=facts), actor=actor, now_ms=now_ms)


@one_writer
@transaction.atomic
def name_person(number: int, person: User, deed: Deed, *, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Name who isolates, proves dead and answers for it."""
    found = ready(number, OrderAct.PERSON, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    if (refused := _person_fault(person, now_ms)) is not None:
        return refused
    found.order.person = person
    facts = {"person": person.get_username()}
    return write(
        found,
        OrderAct.PERSON,
        Deed(deed.step, person.spoken_name, facts=facts),
        actor=actor,
        now_ms=now_ms,
    )


@one_writer
@transaction.atomic
def tell(number: int, deed: Deed, *, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Tell the rooms that have not been told of this time; from now on they can answer, and silence begins to count."""
    found = ready(number, OrderAct.TOLD, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    order = found.order
    if (refused := window_fault(order.from_ms, order.until_ms, now_ms)) is not None:
        return refused
    new = [row for row in rooms_of(order) if row.told_ms is None]
    if not new:
        return Refused(WorkRefusal.ALL_TOLD)
    for row in new:
        row.told_ms = now_ms
    WorkRoom.objects.bulk_update(new, ["told_ms"])
    order.told_ms = order.told_ms or now_ms
    tell_rooms(order, [row.room for row in new], now_ms)
    facts = {"rooms": [row.room.label for row in new], "window": [order.from_ms, order.until_ms]}
    return write(found, OrderAct.TOLD, Deed(deed.step, deed.text, facts=facts), actor=actor, now_ms=now_ms)
