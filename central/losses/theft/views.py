"""The page of one theft: its clock that runs by itself, who was told, what was found; and the deeds of those on site."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.losses.case_models import Case, CaseStep
from central.losses.case_queries import cases_of
from central.losses.offline_answers import happened_ms, kept, not_kept, wants_json
from central.losses.theft import facts as f
from central.losses.theft.ending import fault_of_end
from central.losses.theft.forms import CloseForm, FindingForm, NoteForm, StepForm, fresh
from central.losses.theft.operations import Finding, answer, close, judge, note
from central.losses.theft.page import page_context
from central.losses.theft.reading import read_theft
from central.losses.theft.refusals import refusal_words
from central.office.access import may, roles
from central.office.live import live_part
from central.office.roles import ANSWER_THEFT, CLOSE_THEFT, NOTE_THEFT, SEE_CASES


def theft_of(request: HttpRequest, number: int) -> Case:
    """Give a theft of the reader's buildings, or 404."""
    return get_object_or_404(cases_of(request.user).filter(kind=Case.Kind.THEFT), pk=number)


@roles(*SEE_CASES)
@require_safe
def theft(request: HttpRequest, number: int) -> HttpResponse:
    """Show one theft."""
    return theft_page(request, theft_of(request, number))


@roles(*SEE_CASES)
@require_safe
def theft_now(request: HttpRequest, number: int) -> HttpResponse:
    """Give the part that refreshes itself: the clock and who has heard of it."""
    found = read_theft(theft_of(request, number), clock.now_ms())
    return live_part(request, "losses/theft_now.html", {"theft": found})


def theft_page(request: HttpRequest, case: Case, **given: forms.Form) -> HttpResponse:
    """Show the page; with `given` forms those that were refused, as they were filled in."""
    now_ms = clock.now_ms()
    context = page_context(request, case, now_ms)
    context["forms"] = _forms(request, case, now_ms) | context.pop("money_forms") | given
    return render(request, "losses/theft.html", context, status=400 if given else 200)


def _forms(request: HttpRequest, case: Case, now_ms: int) -> dict[str, Any]:
    """Give what the reader can do now on site, by name."""
    if case.state == Case.State.CLOSED:
        return {}
    names = []
    if may(request, ANSWER_THEFT):
        names += ["acknowledged"] if case.state == Case.State.OPEN else []
        names += ["arrived"] if case.state in (Case.State.OPEN, Case.State.ACKNOWLEDGED) else []
    if may(request, NOTE_THEFT):
        names.append("note")
    if may(request, CLOSE_THEFT) and fault_of_end(case, now_ms) is None:
        names.append("close")
    return {name: fresh(name) for name in names}


def _kept(
    request: HttpRequest, case: Case, done: object, said: str, name: str, form: forms.Form
) -> HttpResponse:
    if isinstance(done, Case):
        if wants_json(request):
            return kept(reverse("losses:theft", args=[case.pk]))
        messages.success(request, said)
        return redirect("losses:theft", case.pk)
    form.add_error(None, refusal_words(done))
    return _refused(request, case, name, form)


def _refused(request: HttpRequest, case: Case, name: str, form: forms.Form) -> HttpResponse:
    return not_kept(form) if wants_json(request) else theft_page(request, case, **{name: form})


def _answer(request: HttpRequest, number: int, kind: CaseStep.Kind, said: str) -> HttpResponse:
    case, form, now_ms = theft_of(request, number), StepForm(request.POST), clock.now_ms()
    if not form.is_valid():
        return _refused(request, case, kind.value, form)
    at_ms = happened_ms(request.POST, now_ms)
    step = str(form.cleaned_data["step"])
    done = answer(number, kind, step, at_ms=at_ms, actor=request.user, now_ms=now_ms)
    return _kept(request, case, done, said, kind.value, form)


@roles(*ANSWER_THEFT)
@require_POST
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    """Say that one has the notice and goes there."""
    return _answer(
        request, number, CaseStep.Kind.ACKNOWLEDGED, _("Acknowledged. The minutes run until you arrive.")
    )


@roles(*ANSWER_THEFT)
@require_POST
def arrive(request: HttpRequest, number: int) -> HttpResponse:
    """Say that one is there: the clock stops."""
    return _answer(
        request, number, CaseStep.Kind.ARRIVED, _("Your arrival is recorded. Now say what you find.")
    )


@roles(*ANSWER_THEFT)
@require_http_methods(["GET", "HEAD", "POST"])
def finding(request: HttpRequest, number: int) -> HttpResponse:
    """Take what the electrician found, with photographs."""
    case = theft_of(request, number)
    if request.method != "POST":
        room = case.room.label if case.room else ""
        form = FindingForm(case.building, initial={"step": uuid.uuid4(), "room": room})
        return render(request, "losses/theft_finding.html", {"form": form, "case": case})
    form = FindingForm(case.building, request.POST, request.FILES)
    if form.is_valid():
        now_ms = clock.now_ms()
        said = _found(form, happened_ms(request.POST, now_ms))
        done = judge(number, said, str(form.cleaned_data["step"]), actor=request.user, now_ms=now_ms)
        if isinstance(done, Case):
            if wants_json(request):
                return kept(reverse("losses:theft", args=[number]))
            messages.success(request, _("Recorded."))
            return redirect("losses:theft", number)
        form.add_error(None, refusal_words(done))
    if wants_json(request):
        return not_kept(form)
    return render(request, "losses/theft_finding.html", {"form": form, "case": case}, status=400)


def _found(form: FindingForm, at_ms: int) -> Finding:
    said = form.cleaned_data
    return Finding(
        verdict=f.Verdict(said["verdict"]),
        at_ms=at_ms,
        text=said["text"],
        room=said["room"],
        device=said["device"],
        cable=said["cable"],
        seal=f.Seal(said["seal"]),
        load=form.load(),
        photos=[upload.read() for upload in said["photos"]],
    )


@roles(*NOTE_THEFT)
@require_POST
def add_note(request: HttpRequest, number: int) -> HttpResponse:
    """Add words and pictures."""
    case, form = theft_of(request, number), NoteForm(request.POST, request.FILES, auto_id="id_note_%s")
    if not form.is_valid():
        return _refused(request, case, "note", form)
    said, now_ms = form.cleaned_data, clock.now_ms()
    photos = [upload.read() for upload in said["photos"]]
    at_ms, step = happened_ms(request.POST, now_ms), str(said["step"])
    done = note(number, said["text"], photos, step, at_ms=at_ms, actor=request.user, now_ms=now_ms)
    return _kept(request, case, done, _("It is on record."), "note", form)


@roles(*CLOSE_THEFT)
@require_POST
def close_theft(request: HttpRequest, number: int) -> HttpResponse:
    """Close a case with its outcome."""
    case, form = theft_of(request, number), CloseForm(request.POST, auto_id="id_close_%s")
    if not form.is_valid():
        return theft_page(request, case, close=form)
    said = form.cleaned_data
    done = close(number, said["text"], str(said["step"]), actor=request.user, now_ms=clock.now_ms())
    return _kept(request, case, done, _("The case is closed."), "close", form)
