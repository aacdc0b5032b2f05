"""A head's decision against a refusal or a silence, or because of danger: asked for with reason, signed, kept (R-4.3.4)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import minute_text, now_ms
from central.domain.approval import Step
from central.domain.paper import Column, Row, Table
from central.domain.work_order import OrderAct
from central.office import approvals
from central.office.acts import Act, Approved, Content, register
from central.office.models import Approval, User
from central.office.roles import ALLOW_WORK, PLAN_WORK
from central.workshop.work_orders.models import SAYS, WorkOrder
from central.workshop.work_orders.notices import where_of
from central.workshop.work_orders.reading import read_order
from central.workshop.work_orders.refusals import Refused, WorkRefusal, refusal_words
from central.workshop.work_orders.steps import Deed, Ready, ready, rooms_of, write
from central.workshop.work_orders.words import STANDS

CODE = "work-override"


def ask_override(
    order: WorkOrder, *, is_danger: bool, why: str, key: str, actor: User, now_ms: int
) -> Approval | approvals.ApprovalRefusal | Refused:
    """Ask a head to let the work begin all the same; in danger without waiting for the window."""
    if not actor.serves(order.building_id):
        return Refused(WorkRefusal.NOT_HIS_BUILDING, order.building.code)
    rooms = sorted(row.room_id for row in rooms_of(order))
    content = {"order": order.pk, "asking": order.asking, "is_danger": is_danger, "rooms": rooms}
    return approvals.ask(
        CODE,
        content,
        subject=f"{order.number} {where_of(order)}",
        why=why,
        actor=actor,
        now_ms=now_ms,
        key=f"{CODE}-{key}",
    )


def waiting_of(order: WorkOrder) -> list[Approval]:
    """Give the requests about an order's present window that nobody has signed yet."""
    waiting = Approval.objects.filter(act=CODE, state=Approval.State.WAITING).order_by("number")
    wanted = (order.pk, order.asking)
    return [one for one in waiting if (one.content["order"], one.content["asking"]) == wanted]


def register_act() -> None:
    """Make the act known when the app starts."""
    register(
        Act(
            code=CODE,
            title=gettext_lazy("Power off without the rooms' agreement"),
            roles=PLAN_WORK,
            chain=(Step(ALLOW_WORK),),
            show=_show,
            carry_out=_carry_out,
            address=_address,
        )
    )


def _carry_out(content: Content, approved: Approved) -> str:
    step = f"override-{approved.number}"
    found = ready(content["order"], OrderAct.OVERRIDDEN, step, approved.asked_by)
    if isinstance(found, Refused):
        return refusal_words(found)
    if not isinstance(found, Ready) or found.order.asking != content["asking"]:
        return _("The time was changed since: the rooms are asked anew.")
    order = found.order
    if {row.room_id for row in rooms_of(order)} - set(content["rooms"]):
        return _("Rooms were added since it was asked for. Ask again.")
    order.override, order.is_danger = approved.number, content["is_danger"]
    facts = {
        "approval": approved.number,
        "is_danger": content["is_danger"],
        "signers": [one.get_username() for one in approved.signers],
    }
    deed = Deed(step, approved.why, facts=facts)
    write(found, OrderAct.OVERRIDDEN, deed, actor=approved.asked_by, now_ms=approved.now_ms)
    return ""


def _show(content: Content) -> list[Table]:
    order = WorkOrder.objects.select_related("building").get(pk=content["order"])
    head = [
        Column("number", _("Work order"), width=10),
        Column("where", _("Where"), width=18),
        Column("task", _("Task"), width=30),
        Column("from", _("From"), width=16),
        Column("until", _("Until"), width=16),
        Column("danger", _("Danger"), width=20),
    ]
    danger = _("yes: it begins at once") if content["is_danger"] else _("no: it waits for its time")
    row = [
        order.number,
        where_of(order),
        order.task,
        minute_text(order.from_ms),
        minute_text(order.until_ms),
        danger,
    ]
    return [Table(_("Power off without the rooms' agreement"), head, [Row(row)]), _rooms_table(order)]


def _rooms_table(order: WorkOrder) -> Table:
    """The rooms whose agreement is missing, as of now: the head sees what he decides against."""
    columns = [
        Column("room", _("Room"), width=10),
        Column("people", _("People"), width=8),
        Column("stand", _("How it stands"), width=30),
        Column("why", _("What they say"), width=40),
    ]
    rows = [
        Row(
            [
                room.row.room.label,
                str(room.household.people),
                str(STANDS[room.stand.stand]),
                f"{SAYS[room.says.says]} {room.says.why}".strip() if room.says else "",
            ]
        )
        for room in read_order(order, now_ms()).rooms
        if room.stand and room.stand.lacks
    ]
    return Table(_("Rooms that have not agreed"), columns, rows)


def _address(content: Content) -> str:
    return reverse("workshop:work-order", args=[content["order"]])
