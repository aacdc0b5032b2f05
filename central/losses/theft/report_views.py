"""The one-minute report from a phone, and the list of thefts with how the minutes were kept."""

import re
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from central import clock
from central.campus.models import Room
from central.losses.case_models import Case
from central.losses.case_queries import cases_of
from central.losses.offline_answers import happened_ms, kept, not_kept, wants_json
from central.losses.theft import facts as f
from central.losses.theft.forms import ReportForm
from central.losses.theft.operations import Report, report
from central.losses.theft.reading import clock_of_case
from central.losses.theft.refusals import refusal_words
from central.office.access import may, roles
from central.office.roles import REPORT_THEFT, SEE_CASES

MOST_CLOSED = 50
NUMBER = re.compile(r"[0-9]{1,18}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@roles(*SEE_CASES)
@require_safe
def theft_list(request: HttpRequest) -> HttpResponse:
    """List the thefts that stand and those closed last, each with its clock: who came late is seen here."""
    now_ms = clock.now_ms()
    every = cases_of(request.user).filter(kind=Case.Kind.THEFT)
    standing = [(one, clock_of_case(one, now_ms)) for one in every.exclude(state=Case.State.CLOSED)]
    closed = [
        (one, clock_of_case(one, now_ms)) for one in every.filter(state=Case.State.CLOSED)[:MOST_CLOSED]
    ]
    context = {
        "lists": [(_("Not closed"), standing), (_("Closed last"), closed)],
        "late": sum(of.is_late for _case, of in (*standing, *closed)),
        "cases": len(standing) + len(closed),
        "can_report": may(request, REPORT_THEFT),
    }
    return render(request, "losses/thefts.html", context)


@roles(*REPORT_THEFT)
@require_http_methods(["GET", "HEAD", "POST"])
def report_theft(request: HttpRequest) -> HttpResponse:
    """Take a report; everybody of R-4.2.4 is told when it is kept."""
    if request.method != "POST":
        form = ReportForm(request.user, initial=_initial(request))
        return render(request, "losses/theft_report.html", {"form": form})
    form = ReportForm(request.user, request.POST, request.FILES)
    if form.is_valid():
        now_ms = clock.now_ms()
        said = _said(form, happened_ms(request.POST, now_ms))
        done = report(said, str(form.cleaned_data["step"]), actor=request.user, now_ms=now_ms)
        if isinstance(done, Case):
            if wants_json(request):
                return kept(reverse("losses:theft", args=[done.pk]))
            messages.success(request, _("Reported. All offices and the building's electrician are told."))
            return redirect("losses:theft", done.pk)
        form.add_error(None, refusal_words(done))
    if wants_json(request):
        return not_kept(form)
    return render(request, "losses/theft_report.html", {"form": form}, status=400)


def _initial(request: HttpRequest) -> dict[str, object]:
    """Give what the address says: a room, a closed case that goes on, a warden's round; what it can't be is left out."""
    initial: dict[str, object] = {"step": uuid.uuid4()}
    room = Room.objects.filter(pk=_number(request, "room")).first()
    if room is not None and request.user.serves(room.building_id):
        initial |= {"room": room.label, "building": room.building_id}
    case = Case.objects.select_related("room").filter(pk=_number(request, "again")).first()
    if case is not None and request.user.serves(case.building_id):
        initial |= {"again": case.pk, "building": case.building_id}
        initial |= {"room": case.room.label} if case.room else {"place": case.about[:120]}
    of_round = request.GET.get("from_round", "")
    return initial | ({"from_round": of_round} if UUID.fullmatch(of_round) else {})


def _number(request: HttpRequest, name: str) -> int:
    said = request.GET.get(name, "")
    return int(said) if NUMBER.fullmatch(said) else 0


def _said(form: ReportForm, seen_ms: int) -> Report:
    said = form.cleaned_data
    return Report(
        building=said["building"],
        room=said["room"],
        place=said["place"],
        seen=f.Seen(said["seen"]),
        seen_ms=seen_ms,
        text=said["text"],
        photos=[upload.read() for upload in said["photos"]],
        again=said["again"],
        of_round=str(said["from_round"] or ""),
    )
