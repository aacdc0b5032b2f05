"""Work with the power off on a room's own page: when, what for, and what the room says to it (R-4.3.4)."""

import uuid
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from central import clock
from central.campus.models import Account
from central.dashboard.my_room import pass_cookie
from central.domain.work_agreement import Says
from central.domain.work_order import LOCKED, OrderState
from central.office.words import Words
from central.workshop.work_orders.answering import Said, answer
from central.workshop.work_orders.at_the_desk import shown_to_residents
from central.workshop.work_orders.models import SAYS, WorkAnswer, WorkOrder
from central.workshop.work_orders.refusals import Refused, refusal_words
from central.workshop.work_orders.texts import window_words


class SayForm(forms.Form):
    """Yes, or no with the reason."""

    answer = forms.UUIDField(widget=forms.HiddenInput)
    says = forms.ChoiceField(choices=[(one.value, words) for one, words in SAYS.items()])
    why = forms.CharField(label=_("If no: why, and when it would suit"), max_length=300, required=False)


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work as the room sees it."""

    order: WorkOrder
    window: str
    said: Words
    said_ms: int | None
    is_asked: bool
    is_going_on: bool
    is_late: bool
    answer: str
    """A new answer's id."""


def works_of(account: Account, now_ms: int) -> list[Work]:
    """Give the work that this room is told of."""
    room_id = account.point.room_id
    return [_work(order, room_id, now_ms) for order in shown_to_residents(room_id)]


def _work(order: WorkOrder, room_id: int, now_ms: int) -> Work:
    latest: WorkAnswer | None = order.answers.filter(room_id=room_id, asking=order.asking).last()
    is_going_on = order.state in LOCKED
    return Work(
        order,
        window_words(order),
        SAYS[Says(latest.says)] if latest else "",
        latest.at_ms if latest else None,
        order.state == OrderState.TOLD,
        is_going_on,
        is_going_on and now_ms > order.until_ms,
        str(uuid.uuid4()),
    )


@never_cache
@require_POST
def work_answer(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what the room says; the browser's own pass says which room it is."""
    account = pass_cookie.account_of(request)
    if account is None:
        return redirect("my-room:room")
    form, now_ms = SayForm(request.POST), clock.now_ms()
    if not form.is_valid():
        words: object = _("This page is not whole any more. Open it again: nothing was done.")
        return render(request, "my_room/work_refused.html", {"words": words}, status=400)
    said = form.cleaned_data
    told = Said(account.point.room_id, Says(said["says"]), said["why"])
    done = answer(number, told, str(said["answer"]), actor=None, now_ms=now_ms)
    if isinstance(done, Refused):
        context = {"words": refusal_words(done), "typed": said["why"]}
        return render(request, "my_room/work_refused.html", context, status=400)
    return redirect("my-room:room")
