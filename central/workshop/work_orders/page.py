"""What an order's page shows, and which forms its reader has: by his office and by how far the order is."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from central.campus.models import CustomerClass
from central.clock import local
from central.domain.work_agreement import Stand
from central.domain.work_lock import BY_HAND, STANDING, Return
from central.domain.work_order import LOCKED, OrderState
from central.office.access import may
from central.office.approval_queries import visible_to
from central.office.dated_settings import number_at
from central.office.models import Approval
from central.office.roles import ANSWER_WORK, PLAN_WORK, SEE_MONEY, START_WORK
from central.office.words import Badge, why_words
from central.workshop.work_orders import forms as f
from central.workshop.work_orders.models import ACTS, SAYS, WorkOrder
from central.workshop.work_orders.overriding import waiting_of
from central.workshop.work_orders.reading import OrderNow, Point, RoomOfWork
from central.workshop.work_orders.refusals import lack_words
from central.workshop.work_orders.texts import LANGUAGE_NAMES, LANGUAGES, notice_text, window_words
from central.workshop.work_orders.words import LOCKINGS, RETURNS, STAND_BADGES, STATE_BADGES, WARNING

S = OrderState
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class PointLine:
    """One meter as the page shows it."""

    point: Point
    badge: Badge
    why: object
    is_by_hand: bool
    explain: Any = None
    """The form that says why it is not back."""


@dataclass(frozen=True, slots=True)
class RoomLine:
    """One room as the page shows it."""

    room: RoomOfWork
    names: tuple[str, ...]
    badge: Badge | None
    says: object
    points: tuple[PointLine, ...]


def page_context(request: HttpRequest, found: OrderNow, now_ms: int) -> dict[str, Any]:
    """Gather all of it."""
    order = found.order
    state = S(order.state)
    is_shut = state in (S.CLOSED, S.CANCELLED)
    lines = [_line(request, found, room) for room in found.rooms]
    decision = Approval.objects.filter(pk=order.override).first() if order.override else None
    waiting = waiting_of(order) if state in (S.PLANNED, S.TOLD) else []
    asked = [one.number for one in (decision, *waiting) if one]
    return {
        "order": order,
        "found": found,
        "warning": WARNING,
        "badge": STATE_BADGES[S.CANCELLED if order.is_cancelled and is_shut else state],
        "window": window_words(order),
        "lines": lines,
        "left_out": found.left_out,
        "lacks": lack_words(found.lacks) if found.lacks and state in (S.PLANNED, S.TOLD) else "",
        "untold": sum(room.row.told_ms is None for room in found.rooms),
        "is_late": state in LOCKED and now_ms > order.until_ms,
        "is_locked": state in LOCKED,
        "may_work": state is S.WORKING,
        "is_shut": is_shut,
        "by_hand": [line for one in lines for line in one.points if line.is_by_hand]
        if state in LOCKED
        else [],
        "cut_off_since_ms": _cut_off_since(found, now_ms),
        "on_site": _on_site(found, state, now_ms),
        "texts": [(one, LANGUAGE_NAMES[one], notice_text(order, one, now_ms)) for one in LANGUAGES],
        "steps": [(step, ACTS[step.act]) for step in order.steps.select_related("by")],
        "override": decision,
        "waiting": waiting,
        "approvals_seen": set(
            visible_to(request.user, now_ms).filter(pk__in=asked).values_list("pk", flat=True)
        )
        if asked
        else set(),
        "forms": forms_for(request, found),
    }


def _line(request: HttpRequest, found: OrderNow, room: RoomOfWork) -> RoomLine:
    is_merchant = room.household.group == CustomerClass.Group.MERCHANT
    names = room.household.names if is_merchant and may(request, SEE_MONEY) else ()
    has_ended = found.order.ended_ms is not None
    return RoomLine(
        room,
        names,
        STAND_BADGES[room.stand.stand] if room.stand else None,
        SAYS[room.says.says] if room.says else "",
        tuple(_point(request, point, has_ended=has_ended) for point in room.points),
    )


def _point(request: HttpRequest, point: Point, *, has_ended: bool) -> PointLine:
    badge = RETURNS[point.returns] if has_ended else LOCKINGS[point.locking]
    why = why_words(point.relay.why) if point.relay else ""
    is_open = has_ended and not point.is_back and point.returns not in STANDING and not point.explained
    form = f.ExplainForm.fresh(f"explain_{point.lock.pk}", lock=point.lock.pk) if is_open else None
    if form is not None and not may(request, START_WORK):
        form = None
    return PointLine(point, badge, why, point.locking in BY_HAND, form)


def _cut_off_since(found: OrderNow, now_ms: int) -> int | None:
    """Say since when the building's gateway is not heard; None while it is."""
    gateway = found.gateway
    if gateway is None or gateway.last_seen_ms is None:
        return None
    silent_after_ms = number_at("link.silent-after", now_ms) * MINUTE_MS
    is_silent = not gateway.online or now_ms - gateway.last_seen_ms > silent_after_ms
    return gateway.last_seen_ms if is_silent else None


def _on_site(found: OrderNow, state: OrderState, now_ms: int) -> list[str]:
    """Give what is typed at the building's gateway while the link is down, or to end what was locked there."""
    number = found.order.number
    if state is S.ENDED:
        return [
            f'cardroom-gateway lock-out {point.meter} --end --why "{number}"'
            for point in found.points
            if point.returns is Return.LOCKED_ON_SITE
        ]
    if state not in LOCKED or _cut_off_since(found, now_ms) is None:
        return []
    return [
        f'cardroom-gateway lock-out {point.meter} --why "{number}"'
        for point in found.points
        if point.lock.meter
    ]


def forms_for(request: HttpRequest, found: OrderNow) -> dict[str, Any]:
    """Give the forms that the reader may send now, by the deed's name."""
    state = S(found.order.state)
    made: dict[str, Any] = {}
    is_before = state in (S.PLANNED, S.TOLD)
    if may(request, PLAN_WORK) and is_before:
        made |= _planning(found)
    if may(request, ANSWER_WORK) and state is S.TOLD:
        made["answer"] = f.AnswerForm(
            rooms_to_answer(found), initial=f.DeedForm.fresh("answer").initial, auto_id="id_answer_%s"
        )
    if may(request, START_WORK):
        if is_before and not found.lacks:
            made["start"] = f.DeedForm.fresh("start")
        made |= _working(found, state)
    if may(request, START_WORK if state in LOCKED else PLAN_WORK) and (is_before or state in LOCKED):
        made["cancel"] = f.CancelForm.fresh("cancel")
    return {name: form for name, form in made.items() if form is not None}


def rooms_to_answer(found: OrderNow) -> list[tuple[str, str]]:
    """Give the rooms as choices, those whose answer is missing first."""
    waiting = {Stand.WAITS, Stand.SILENT, Stand.MUST_AGREE, Stand.TOLD_LATE}
    first = [one for one in found.rooms if one.stand and one.stand.stand in waiting]
    rest = [one for one in found.rooms if one not in first]
    return [(str(one.row.room_id), one.row.room.label) for one in (*first, *rest)]


def _planning(found: OrderNow) -> dict[str, Any]:
    order = found.order
    untold = any(room.row.told_ms is None for room in found.rooms)
    return {
        "tell": f.DeedForm.fresh("tell") if untold else None,
        "rooms": f.RoomForm.fresh("rooms"),
        "person": f.PersonForm.fresh("person", person=order.person_id),
        "window": f.OtherWindowForm.fresh("window", **window_of(order)),
        "override": f.OverrideForm.fresh("override")
        if not found.decision.is_agreed or not order.is_danger
        else None,
    }


def window_of(order: WorkOrder) -> dict[str, object]:
    """Give both ends as the form shows them."""
    return {"begins": local(order.from_ms), "ends": local(order.until_ms)}


def _working(found: OrderNow, state: OrderState) -> dict[str, Any]:
    match state:
        case S.STARTED:
            return {"isolated": f.MeasuresForm.fresh("isolated"), "end": f.EndForm.fresh("end")}
        case S.WORKING:
            return {"end": f.EndForm.fresh("end")}
        case S.ENDED:
            standing = any(point.returns in STANDING for point in found.points)
            return {
                "close": None if found.holding else f.DeedForm.fresh("close"),
                "again": f.DeedForm.fresh("again") if standing else None,
            }
    return {}
