"""Pages of the old system's list: upload, a preview that names each finding, and the request that two people sign."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.forms import new_key
from central.desk.go_live.asking import ask_go_live
from central.desk.go_live.forms import OldListForm, ReasonForm, instant_ms
from central.desk.go_live.models import OpeningBatch
from central.desk.go_live.plan import LATER, ZERO, OpeningPlan, plan_opening
from central.desk.go_live.queries import batch_lines
from central.desk.go_live.signers_view import bucket_words, sums_tables
from central.desk.go_live.totals import by_unit, planned_sums
from central.desk.go_live.words import finding_words, place_of, refusal_words
from central.domain.opening_rows import HEADERS, Finding
from central.office import uploads
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import GO_LIVE, SEE_MONEY

PROBLEMS_SHOWN, NOTICES_SHOWN, ROWS_SHOWN = 200, 20, 20


@roles(*SEE_MONEY)
@require_GET
def go_live(request: HttpRequest) -> HttpResponse:
    """Show every go-live, and to those who may ask the form that begins one."""
    now_ms = clock.now_ms()
    form = OldListForm(initial={"change_over": _as_field(now_ms)}, now_ms=now_ms)
    return _front(request, form)


@roles(*GO_LIVE)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a list and lead to its preview; nothing is changed by it."""
    form = OldListForm(request.POST, request.FILES, now_ms=clock.now_ms())
    if not form.is_valid():
        return _front(request, form)
    file = form.cleaned_data["file"]
    asked = {
        "digest": uploads.keep(file.read()),
        "name": file.name[:200],
        "at": form.data["change_over"],
    }
    return redirect(f"{reverse('desk:go-live-preview')}?{urlencode(asked)}")


@roles(*GO_LIVE)
@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """Show what an uploaded list would do; what becomes of rooms that it lacks is said here."""
    found = _plan(request, request.GET)
    if isinstance(found, HttpResponse):
        return found
    return _preview(request, found, request.GET, ReasonForm(initial={"key": new_key()}))


@roles(*GO_LIVE)
@require_POST
@dangerous
def ask(request: HttpRequest) -> HttpResponse:
    """Put the list that was shown before those who sign; it is checked again, since the campus may have changed meanwhile."""
    plan = _plan(request, request.POST)
    if isinstance(plan, HttpResponse):
        return plan
    form = ReasonForm(request.POST)
    if plan.can_be_asked and form.is_valid():
        asked = ask_go_live(
            plan,
            form.cleaned_data["key"],
            file_name=request.POST.get("name", ""),
            why=form.cleaned_data["why"],
            actor=request.user,
            now_ms=clock.now_ms(),
        )
        if isinstance(asked, Approval):
            uploads.forget(request.POST.get("digest", ""))
            messages.success(request, _("Asked for. Nothing is credited before two people have signed."))
            return redirect("office:approval", asked.number)
        form.add_error(None, refusal_words(asked))
    return _preview(request, plan, request.POST, form)


def _front(request: HttpRequest, form: OldListForm) -> HttpResponse:
    context = {
        "form": form if may(request, GO_LIVE) else None,
        "headers": HEADERS.items(),
        "lines": batch_lines(OpeningBatch.objects.filter(kind=OpeningBatch.Kind.OPEN)),
    }
    return render(request, "desk/go_live.html", context, status=400 if form.errors else 200)


def _plan(request: HttpRequest, asked: dict[str, str]) -> OpeningPlan | HttpResponse:
    """Read the kept list again; a list that is gone leads back to the upload."""
    content = uploads.kept(asked.get("digest", ""))
    change_over_ms, now_ms = instant_ms(asked.get("at", "")), clock.now_ms()
    if content is None or change_over_ms is None or change_over_ms > now_ms:
        messages.error(request, _("The list that was shown is no longer kept. Upload it once more."))
        return redirect("desk:go-live")
    return plan_opening(content, change_over_ms, asked.get("missing", ""), now_ms)


def _preview(
    request: HttpRequest, plan: OpeningPlan, asked: dict[str, str], form: ReasonForm
) -> HttpResponse:
    sums = planned_sums(plan.balances)
    context = {
        "plan": plan,
        "name": asked.get("name", ""),
        "digest": asked.get("digest", ""),
        "at": asked.get("at", ""),
        "missing": asked.get("missing", ""),
        "choices": [
            (ZERO, _("They begin with a balance of 0")),
            (LATER, _("They do not go live yet")),
        ],
        "problems": _said(plan.problems[:PROBLEMS_SHOWN]),
        "notices": [(len(found), _said(found[:NOTICES_SHOWN])) for found in _by_fault(plan.notices)],
        "totals": by_unit(sums),
        "tables": page_tables(sums_tables(sums)),
        "rows": [(one, bucket_words(one.bucket)) for one in plan.balances[:ROWS_SHOWN]],
        "form": form,
    }
    return render(
        request,
        "desk/go_live_preview.html",
        context,
        status=200 if plan.can_be_asked and not form.errors else 422,
    )


def _said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(place_of(finding), finding_words(finding)) for finding in findings]


def _by_fault(findings: list[Finding]) -> list[list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.fault, []).append(finding)
    return list(groups.values())


def _as_field(instant: int) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")
