"""Who is told of a work order: rooms that asked to be told by mail, the building's people, the head when it takes longer (R-4.3.4).

Residents without a mail are told by the printed notice, the text for the groups, and the room's own page.
"""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.campus.models import Room
from central.clock import minute_text
from central.desk.room_notices.models import RoomNotice
from central.domain.work_order import LOCKED, is_late
from central.office.dated_settings import Where, number_at
from central.office.notice_templates import Template, register
from central.office.notices import notify, people_of, was_told
from central.office.roles import Role
from central.workshop.work_orders.models import Scope, WorkOrder
from central.workshop.work_orders.steps import locked, rooms_of

ROOM_TOLD, ROOM_OFF, ROOM_LATE = "work-room", "work-room-off", "work-room-late"
PLANNED, LATE = "work-planned", "work-late"
TOLD_OF_PLANS = (Role.CASHIER,)
"""Beside the building's wardens: both are asked by residents, and enter what they say."""
TOLD_OF_LATE = (Role.DIRECTOR,)


def register_notices() -> None:
    """Add this package's templates."""
    for code, template in TEMPLATES.items():
        register(code, template)


TEMPLATES = {
    ROOM_TOLD: Template(
        _("Power off for work"),
        _("Room %(room)s: power off from %(from)s to %(until)s"),
        (
            _("What is done: %(task)s"),
            _("Say whether you agree on the room's own page: %(link)s"),
            _("Whoever does not answer in time may count as agreeing."),
        ),
    ),
    ROOM_OFF: Template(
        _("Work is called off or put off"),
        _("Room %(room)s: no power off at %(from)s; a new time is told anew"),
        (_("What was planned: %(task)s"),),
    ),
    ROOM_LATE: Template(
        _("Work takes longer"),
        _("Room %(room)s: the work takes longer than until %(until)s"),
        (_("The power returns when it is done and safe."),),
    ),
    PLANNED: Template(
        _("Work order: rooms are asked"),
        _("Work order %(number)s: power off at %(where)s from %(from)s to %(until)s"),
        (
            _("What is done: %(task)s"),
            _("Rooms: %(rooms)s"),
            _("Enter what the rooms say: %(link)s"),
        ),
    ),
    LATE: Template(
        _("Work order takes longer"),
        _("Work order %(number)s at %(where)s should have ended at %(until)s"),
        (_("In charge: %(person)s"), _("Look: %(link)s")),
    ),
}


def tell_rooms(order: WorkOrder, rooms: Iterable[Room], now_ms: int) -> int:
    """Tell newly affected rooms of the time, and those who are asked by them; in the caller's transaction."""
    rooms = list(rooms)
    params = _params(order) | {"rooms": "、".join(room.label for room in rooms)}
    wardens = [one.pk for one in people_of(Role.WARDEN, now_ms) if one.serves(order.building_id)]
    key = f"work-{order.pk}-{order.asking}-planned-{now_ms}"
    told = notify(PLANNED, params, to=TOLD_OF_PLANS, persons=wardens, key=key, now_ms=now_ms)
    return told + _tell_residents(ROOM_TOLD, order, rooms, now_ms)


def tell_off(order: WorkOrder, now_ms: int) -> int:
    """Tell the rooms that had been told that nothing happens at the time they know; in the caller's transaction."""
    rooms = [row.room for row in rooms_of(order) if row.told_ms is not None]
    return _tell_residents(ROOM_OFF, order, rooms, now_ms)


def tell_late(now_ms: int) -> int:
    """Tell residents and the head of work that has outrun its time, once a window; give how many orders. Safe to repeat."""
    going_on = WorkOrder.objects.filter(state__in=[one.value for one in LOCKED], until_ms__lte=now_ms)
    return sum(_tell_late(number, now_ms) for number in going_on.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _tell_late(number: int, now_ms: int) -> bool:
    order = locked(number)
    if order is None or order.state not in LOCKED:
        return False
    minutes = number_at("work.late-minutes", now_ms, Where(building=order.building.code))
    key = f"work-{order.pk}-{order.asking}-late"
    if not is_late(order.until_ms, minutes, now_ms) or was_told(key, LATE, now_ms):
        return False
    params = _params(order) | {"person": order.person.spoken_name if order.person else ""}
    notify(LATE, params, to=TOLD_OF_LATE, key=key, now_ms=now_ms)
    _tell_residents(ROOM_LATE, order, [row.room for row in rooms_of(order)], now_ms)
    return True


def _tell_residents(template: str, order: WorkOrder, rooms: Iterable[Room], now_ms: int) -> int:
    """Tell the rooms that have consented to be told by mail."""
    notices = RoomNotice.objects.filter(account__point__room__in=rooms, state=RoomNotice.State.ON)
    params = _params(order) | {"link": reverse("my-room:room")}
    return sum(
        notify(
            template,
            params | {"room": one.account.point.room.full_label},
            to=[one.channel.group],
            key=f"{template}-{order.pk}-{order.asking}-{one.pk}",
            now_ms=now_ms,
        )
        for one in notices.select_related("channel", "account__point__room__building")
    )


def where_of(order: WorkOrder) -> str:
    """Say where, without words of a language: the building's name and the part; a floor as `3F`."""
    place = f"{order.place}F" if order.scope == Scope.FLOOR else order.place
    return f"{order.building.name} {place}".strip()


def _params(order: WorkOrder) -> dict[str, str | int]:
    return {
        "number": order.number,
        "where": where_of(order),
        "task": order.task,
        "from": minute_text(order.from_ms),
        "until": minute_text(order.until_ms),
        "link": reverse("workshop:work-order", args=[order.pk]),
    }
