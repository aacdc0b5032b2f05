"""The page of rooms under software control: who is not metered, since when, and the next spare is for whom (R-4.3.5)."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.campus.queries import live_account
from central.link.models import Command
from central.link.operations import LinkRefusal
from central.link.operations import Refused as LinkRefused
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.roles import CONTROL_ROOMS, SEE_REPLACEMENTS, SWAP_METERS
from central.office.words import Words
from central.workshop.replacements.controls import end_control, put_under_control, rooms_under_control
from central.workshop.replacements.forms import WHY, ControlForm
from central.workshop.replacements.models import ControlDecision
from central.workshop.replacements.views import ref_of, room_asked

REFUSALS: dict[str, Words] = {
    LinkRefusal.NO_REASON: WHY["required"],
    LinkRefusal.ACCOUNT_NOT_OPEN: gettext_lazy(
        "The account is closed or being closed: nothing is supplied on it."
    ),
    LinkRefusal.UNKNOWN_ACCOUNT: gettext_lazy("Nobody occupies this room: there is nothing to supply."),
    LinkRefusal.NOT_SO_NOW: gettext_lazy(
        "It is under software control already, or not any more. See the list."
    ),
    LinkRefusal.NO_GATEWAY: gettext_lazy("The building has no gateway that could be asked."),
    LinkRefusal.GATEWAY_BEING_RESTORED: gettext_lazy(
        "The gateway is being restored. Ask again when it is back."
    ),
}


def refusal_words(refused: LinkRefused) -> str:
    """Say why the gateway was not asked."""
    return str(REFUSALS.get(refused.why, _("The gateway can't be asked now. Look at the building's page.")))


@roles(*SEE_REPLACEMENTS)
@require_safe
def controls(request: HttpRequest) -> HttpResponse:
    """List the rooms that are supplied and not metered."""
    return _list(request)


def _list(request: HttpRequest, refused: str = "") -> HttpResponse:
    every = rooms_under_control(clock.now_ms())
    rows = [row for row in every if request.user.serves(row.account.point.room.building_id)]
    context = {
        "rows": rows,
        "first": [row for row in rows if row.spares],
        "can_control": may(request, CONTROL_ROOMS),
        "can_swap": may(request, SWAP_METERS),
        "refused": refused,
    }
    return render(request, "workshop/controls.html", context, status=400 if refused else 200)


@roles(*CONTROL_ROOMS)
@require_http_methods(["GET", "HEAD", "POST"])
@dangerous
def software_control(request: HttpRequest) -> HttpResponse:
    """Put a room under software control: it stays on, whatever its credit, and nothing is billed by its meter."""
    room = room_asked(request)
    initial = {"key": uuid.uuid4(), "ref": ref_of(request), "room": room.full_label if room else ""}
    form = ControlForm(request.POST) if request.method == "POST" else ControlForm(initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        account = live_account(typed["room"].code)
        done = put_under_control(
            typed["key"].hex,
            account.code if account else "",
            why=typed["why"],
            decided_by=typed["decided_by"],
            ref=typed["ref"],
            actor=request.user,
            now_ms=clock.now_ms(),
        )
        if isinstance(done, ControlDecision):
            messages.success(
                request, _("The gateway is asked. The room stands in the list as soon as it has answered.")
            )
            return redirect("workshop:controls")
        form.add_error(None, refusal_words(done))
    return render(
        request, "workshop/software_control.html", {"form": form}, status=400 if form.errors else 200
    )


@roles(*CONTROL_ROOMS)
@require_POST
@dangerous
def control_end(request: HttpRequest) -> HttpResponse:
    """Ask that a room is billed by the same meter again."""
    control, why = request.POST.get("control", "")[:150], request.POST.get("why", "")[:200]
    done = end_control(control, why=why, actor=request.user, now_ms=clock.now_ms())
    if not isinstance(done, Command):
        return _list(request, refusal_words(done))
    messages.success(
        request, _("The gateway is asked. What was not metered is computed when it has answered.")
    )
    return redirect("workshop:controls")
