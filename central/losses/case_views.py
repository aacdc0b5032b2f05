"""Pages of cases: what stands in the reader's buildings, and one case with its steps and what can be done."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.losses.case_forms import StepForm
from central.losses.case_models import Case, CaseStep
from central.losses.case_queries import cases_of
from central.losses.case_words import refusal_words
from central.losses.cases import Refused, Step, take_step
from central.losses.offline_answers import happened_ms, kept, not_kept, wants_json
from central.office.access import may, roles
from central.office.roles import SEE_CASES, SEE_READINGS, WORK_CASES

MOST_CLOSED = 50


@roles(*SEE_CASES)
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """List the cases that stand, and those that were closed last."""
    every = cases_of(request.user)
    context = {
        "standing": every.exclude(state=Case.State.CLOSED),
        "closed": every.filter(state=Case.State.CLOSED)[:MOST_CLOSED],
    }
    return render(request, "losses/cases.html", context)


@roles(*SEE_CASES)
@require_safe
def case(request: HttpRequest, number: int) -> HttpResponse:
    """Show one case; a theft has a page of its own."""
    found = get_object_or_404(cases_of(request.user), pk=number)
    if found.kind == Case.Kind.THEFT:
        return redirect("losses:theft", number)
    return _page(request, found)


@roles(*WORK_CASES)
@require_POST
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Take a case further."""
    found = get_object_or_404(cases_of(request.user), pk=number)
    if found.kind == Case.Kind.THEFT:
        return redirect("losses:theft", number)
    form = StepForm(request.POST, request.FILES)
    now_ms = clock.now_ms()
    if form.is_valid():
        said = form.cleaned_data
        done = take_step(
            number,
            Step(
                CaseStep.Kind(said["act"]),
                str(said["step"]),
                happened_ms(request.POST, now_ms),
                said["text"],
                said["finding"],
                photos=[upload.read() for upload in said["photos"]],
            ),
            actor=request.user,
            now_ms=now_ms,
        )
        if not isinstance(done, Refused):
            if wants_json(request):
                return kept(reverse("losses:case", args=[number]))
            messages.success(request, _("It is on record."))
            return redirect("losses:case", number)
        form.add_error(None, refusal_words(done))
    return not_kept(form) if wants_json(request) else _page(request, found, form)


def _page(request: HttpRequest, found: Case, form: StepForm | None = None) -> HttpResponse:
    context = {
        "case": found,
        "steps": found.steps.all(),
        "acts": _acts(found) if may(request, WORK_CASES) else {},
        "sees_readings": may(request, SEE_READINGS),
        "form": form,
    }
    if form is not None:
        kind = form["act"].value()
        if kind in context["acts"]:
            context["acts"][kind] = form
    return render(request, "losses/case.html", context, status=400 if form is not None else 200)


def _acts(found: Case) -> dict[str, StepForm]:
    """Give the forms of what can be done now, by act. What is simply said needs no words, and is one button."""
    if found.state == Case.State.CLOSED:
        return {}
    acts = [CaseStep.Kind.FOUND, CaseStep.Kind.NOTED, CaseStep.Kind.CLOSED]
    if found.state in (Case.State.OPEN, Case.State.ACKNOWLEDGED):
        acts.insert(0, CaseStep.Kind.ARRIVED)
    if found.state == Case.State.OPEN:
        acts.insert(0, CaseStep.Kind.ACKNOWLEDGED)
    return {act.value: StepForm.for_act(act) for act in acts}
