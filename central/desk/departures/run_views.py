"""Pages of a graduation: choose rooms, look at them, ask once, watch every room come to its end."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.campus.queries import occupant_names
from central.desk.departures import runs
from central.desk.departures.forms import RunAskForm, RunForm
from central.desk.departures.models import DepartureRun
from central.desk.departures.refusals import Refused
from central.desk.departures.run_lines import RunRow, run_rows, sums_of
from central.desk.departures.states import State
from central.desk.departures.words import STATES, refusal_words
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.live import live_part
from central.office.models import Approval
from central.office.roles import ASK_REFUNDS, SEE_MONEY


@roles(*SEE_MONEY)
@require_safe
def graduation(request: HttpRequest) -> HttpResponse:
    """Choose a building or rooms and look at what a run would close; former runs below."""
    form = RunForm(request.GET if {"building", "rooms"} & set(request.GET) else None)
    return _graduation_page(request, form, RunAskForm(initial={"run": uuid.uuid4()}))


def _graduation_page(
    request: HttpRequest, form: RunForm, ask_form: RunAskForm, status: int = 200
) -> HttpResponse:
    now_ms, lines = clock.now_ms(), []
    if form.is_bound and form.is_valid():
        found = runs.preview(form.building_code(), form.room_list(), now_ms)
        lines = [
            (
                line,
                "、".join(occupant_names(line.account, now_ms)) if line.account else "",
                refusal_words(line.refusal) if line.refusal else "",
            )
            for line in found
        ]
    able = [line for line, _people, refused in lines if not refused]
    context = {
        "form": form,
        "ask_form": ask_form,
        "lines": lines,
        "able": len(able),
        "chosen": form.cleaned_data if form.is_bound and form.is_valid() else None,
        "runs": DepartureRun.objects.order_by("-asked_ms").select_related("asked_by")[:20],
        "may_ask": may(request, ASK_REFUNDS),
    }
    return render(request, "desk/graduation.html", context, status=status)


@roles(*ASK_REFUNDS)
@require_POST
@dangerous
def graduation_ask(request: HttpRequest) -> HttpResponse:
    """Ask for the run over all rooms of the preview that can be closed."""
    form, ask_form = RunForm(request.POST), RunAskForm(request.POST)
    if not (form.is_valid() and ask_form.is_valid()):
        return _graduation_page(request, form, ask_form, 400)
    now_ms, typed = clock.now_ms(), ask_form.cleaned_data
    codes = _codes(form, typed["run"].hex, now_ms)
    title = form.cleaned_data["building"].name if form.building_code() else _("%d rooms") % len(codes)
    done = runs.ask_run(
        typed["run"].hex, title, codes, typed["pay_by"], why=typed["why"], actor=request.user, now_ms=now_ms
    )
    if isinstance(done, DepartureRun):
        return redirect("desk:graduation-run", done.pk)
    ask_form.add_error(None, refusal_words(done))
    return _graduation_page(request, form, ask_form, 400)


def _codes(form: RunForm, run_id: str, now_ms: int) -> Sequence[str]:
    """Give the accounts of the rooms that can be closed; sent twice, those that it was asked for the first time."""
    known = DepartureRun.objects.filter(pk=run_id).first()
    if known is not None:
        return list(known.cases.values_list("account__code", flat=True))
    lines = runs.preview(form.building_code(), form.room_list(), now_ms)
    return [line.account.code for line in lines if line.account is not None and line.refusal is None]


@roles(*SEE_MONEY)
@require_safe
def graduation_run(request: HttpRequest, run: str) -> HttpResponse:
    """One run: every room as it stands, what is to be paid and what is owed."""
    found = get_object_or_404(DepartureRun.objects.select_related("asked_by"), pk=run)
    context = _now(found)
    return render(
        request,
        "desk/graduation_run.html",
        {**context, "may_ask": may(request, ASK_REFUNDS) and context["is_approved"]},
    )


@roles(*SEE_MONEY)
@require_safe
def graduation_now(request: HttpRequest, run: str) -> HttpResponse:
    """The part of the run's page that changes."""
    found = get_object_or_404(DepartureRun.objects.select_related("asked_by"), pk=run)
    return live_part(request, "desk/graduation_now.html", _now(found))


def _now(run: DepartureRun) -> dict[str, object]:
    rows: list[RunRow] = run_rows(run, clock.now_ms())
    ended = sum(row.standing.state not in (State.ASKED, State.APPROVED, State.WAITING) for row in rows)
    approval = Approval.objects.filter(key=run.approval_key).first()
    silent = [row for row in rows if row.standing.state == State.WAITING and not row.standing.is_online]
    return {
        "run": run,
        "rows": [(row, STATES[row.standing.state]) for row in rows],
        "ended": ended,
        "sums": sums_of(rows),
        "silent": silent,
        "approval": approval,
        "is_approved": approval is not None and approval.state == Approval.State.APPROVED,
        "is_final": ended == len(rows),
    }


@roles(*ASK_REFUNDS)
@require_POST
def graduation_resume(request: HttpRequest, run: str) -> HttpResponse:
    """Ask the gateways for every room that was not asked, or was refused."""
    found = get_object_or_404(DepartureRun, pk=run)
    done = runs.resume(found.pk, request.user.get_username(), now_ms=clock.now_ms())
    if isinstance(done, Refused):
        messages.error(request, refusal_words(done))
    elif done:
        messages.warning(request, " ".join(refusal_words(refused) for refused in list(done.values())[:5]))
    else:
        messages.success(
            request, _("Every room's gateway is asked. Those that answered before are not asked again.")
        )
    return redirect("desk:graduation-run", found.pk)
