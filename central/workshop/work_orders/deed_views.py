"""What is done to a work order from its page: one view a deed, each for its own office; start and decision ask for the password."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from central import clock
from central.domain.work_agreement import Says
from central.office.access import View, acting_roles, roles
from central.office.approval_views import refusal_words as approval_words
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.roles import ANSWER_WORK, PLAN_WORK, START_WORK, Role
from central.office.words import Words
from central.workshop.work_orders import forms as f
from central.workshop.work_orders import planning, working
from central.workshop.work_orders.answering import Said, answer
from central.workshop.work_orders.models import WorkAnswer, WorkOrder
from central.workshop.work_orders.overriding import ask_override
from central.workshop.work_orders.page import rooms_to_answer
from central.workshop.work_orders.reading import read_order
from central.workshop.work_orders.refusals import Refused, refusal_words
from central.workshop.work_orders.views import order_of, order_page

Do = Callable[[WorkOrder, Any, HttpRequest, int], object]
"""Does what a valid form says; gives a refusal, or what was done."""
MakeForm = Callable[[HttpRequest, WorkOrder], Any]


def _view(
    name: str, form_of: MakeForm, do: Do, said: Words, allowed: tuple[str, ...], *, is_dangerous: bool = False
) -> View:
    """Make the view of a deed: its form, what it does, what is said when it is done; a refusal gives back what was typed."""

    def take(request: HttpRequest, number: int) -> HttpResponse:
        order = order_of(request, number)
        form = form_of(request, order)
        if form.is_valid():
            done = do(order, form, request, clock.now_ms())
            if not isinstance(done, Refused | ApprovalRefusal):
                messages.success(request, said)
                return redirect("workshop:work-order", order.pk)
            words = refusal_words(done) if isinstance(done, Refused) else str(approval_words(done))
            form.add_error(None, words)
        return order_page(request, order, **{name: form})

    return roles(*allowed)(require_POST(dangerous(take) if is_dangerous else take))


def _plain(kind: type[f.DeedForm], name: str) -> MakeForm:
    return lambda request, _order: kind(request.POST, request.FILES, auto_id=f"id_{name}_%s")


def _deed(
    name: str,
    kind: type[f.DeedForm],
    operation: Callable[..., object],
    said: Words,
    allowed: tuple[str, ...],
    *,
    is_dangerous: bool = False,
) -> View:
    """Make the view of a deed that its operation does with what its form says."""

    def do(order: WorkOrder, form: f.DeedForm, request: HttpRequest, now_ms: int) -> object:
        return operation(order.pk, deed=form.deed(), **form.more(), actor=request.user, now_ms=now_ms)

    return _view(name, _plain(kind, name), do, said, allowed, is_dangerous=is_dangerous)


def _answer_form(request: HttpRequest, order: WorkOrder) -> Any:
    rooms = rooms_to_answer(read_order(order, clock.now_ms()))
    return f.AnswerForm(rooms, request.POST, auto_id="id_answer_%s")


def _do_answer(order: WorkOrder, form: Any, request: HttpRequest, now_ms: int) -> object:
    said = form.cleaned_data
    told = Said(int(said["room"]), Says(said["says"]), said["why"], said["who"], _way(request))
    return answer(order.pk, told, form.id_of_step, actor=request.user, now_ms=now_ms)


def _way(request: HttpRequest) -> WorkAnswer.Way:
    offices = acting_roles(request)
    if Role.WARDEN in offices:
        return WorkAnswer.Way.WARDEN
    return WorkAnswer.Way.DESK if Role.CASHIER in offices else WorkAnswer.Way.WORKSHOP


def _do_override(order: WorkOrder, form: Any, request: HttpRequest, now_ms: int) -> object:
    said = form.cleaned_data
    return ask_override(
        order,
        is_danger=said["is_danger"],
        why=said["text"],
        key=form.id_of_step,
        actor=request.user,
        now_ms=now_ms,
    )


rooms = _deed("rooms", f.RoomForm, planning.correct_room, _("The list is corrected."), PLAN_WORK)
window = _deed(
    "window",
    f.OtherWindowForm,
    planning.set_window,
    _("The time is changed: tell the rooms, the asking begins anew."),
    PLAN_WORK,
)
person = _deed("person", f.PersonForm, planning.name_person, _("Named."), PLAN_WORK)
tell = _deed(
    "tell",
    f.DeedForm,
    planning.tell,
    _(
        "Told by mail where a room wants it, and on its page. Hang the printed notice, and copy the text to the groups."
    ),
    PLAN_WORK,
)
answered = _view("answer", _answer_form, _do_answer, _("The answer is kept."), ANSWER_WORK)
override = _view(
    "override",
    _plain(f.OverrideForm, "override"),
    _do_override,
    _("Asked for. The head decides by his signature."),
    PLAN_WORK,
    is_dangerous=True,
)
start = _deed(
    "start",
    f.DeedForm,
    working.start,
    _("Lock-outs are asked for. Now isolate the circuit, prove it dead, earth it, hang the tag."),
    START_WORK,
    is_dangerous=True,
)
isolated = _deed(
    "isolated",
    f.MeasuresForm,
    working.isolated,
    _("On record. Work may begin."),
    START_WORK,
)
end = _deed(
    "end",
    f.EndForm,
    working.end_work,
    _("Releases are asked for: watch each supply come back."),
    START_WORK,
)
explain = _deed("explain", f.ExplainForm, working.explain, _("It is on record."), START_WORK)
again = _deed("again", f.DeedForm, working.release_again, _("Asked for again."), START_WORK)
close = _deed(
    "close",
    f.DeedForm,
    working.close,
    pgettext_lazy("work order", "The order is closed."),
    START_WORK,
)
cancel = _deed("cancel", f.CancelForm, working.cancel, _("The order is called off."), PLAN_WORK)
