"""What a room says to a time: entered by its residents, the desk, the warden or the workshop; all kept, the latest counts."""

from dataclasses import dataclass

from django.db import transaction

from central.domain.work_agreement import Says
from central.domain.work_order import OrderState
from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.workshop.work_orders.models import WorkAnswer, WorkRoom
from central.workshop.work_orders.refusals import Refused, WorkRefusal
from central.workshop.work_orders.steps import locked

RESIDENT = "resident"
MOST_BY_RESIDENTS = 30
"""From one room to one order: who plays with the buttons is stopped; the warden enters what is meant."""


@dataclass(frozen=True, slots=True)
class Said:
    """A room's answer: a refusal says why."""

    room_id: int
    says: Says
    why: str = ""
    who: str = ""
    way: WorkAnswer.Way = WorkAnswer.Way.RESIDENT


@one_writer
@transaction.atomic
def answer(
    number: int, said: Said, answer_id: str, *, actor: User | None, now_ms: int
) -> WorkAnswer | Refused:
    """Keep what a room says to the present window; the same id again is the same answer."""
    order = locked(number)
    if order is None:
        return Refused(WorkRefusal.UNKNOWN_ORDER, str(number))
    if actor is not None and not actor.serves(order.building_id):
        return Refused(WorkRefusal.NOT_HIS_BUILDING, order.building.code)
    if (known := WorkAnswer.objects.filter(pk=answer_id).first()) is not None:
        same = (known.order_id, known.room_id, known.says) == (number, said.room_id, said.says.value)
        return known if same else Refused(WorkRefusal.EXISTS_WITH_DIFFERENT)
    if order.state != OrderState.TOLD:
        return Refused(WorkRefusal.NOT_ASKED)
    row = order.rooms.exclude(origin=WorkRoom.Origin.LEFT_OUT).filter(room_id=said.room_id)
    if (found := row.select_related("room").first()) is None:
        return Refused(WorkRefusal.UNKNOWN_ROOM)
    if actor is None and order.answers.filter(room_id=said.room_id, by=None).count() >= MOST_BY_RESIDENTS:
        return Refused(WorkRefusal.TOO_MANY_ANSWERS)
    if said.says is Says.REFUSES and not said.why.strip():
        return Refused(WorkRefusal.NO_REASON)
    kept = WorkAnswer.objects.create(
        answer=answer_id,
        order=order,
        room=found.room,
        asking=order.asking,
        says=said.says.value,
        why=said.why.strip()[:300],
        who=said.who.strip()[:80],
        way=said.way.value,
        by=actor,
        at_ms=now_ms,
    )
    record_audit(
        actor=actor.get_username() if actor else RESIDENT,
        action="work-answer",
        subject=order.number,
        detail=f"{order.building.code}-{found.room.label} {said.says.value} {kept.why}".strip()[:200],
        now_ms=now_ms,
    )
    return kept
