"""The page of the buildings' daily check: a day's table, who looked, and the tick of who looks now (R-4.1.6)."""

from collections.abc import Container
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.clock import campus_day
from central.domain.building_check import Finding
from central.domain.periods import EARLIEST
from central.office.access import may, roles
from central.office.page_table import page_tables
from central.office.roles import LOOK_AT_BUILDINGS, SEE_LOW_BALANCES, SEE_REPORTS
from central.reports.low_balance.day_use import building_days
from central.reports.low_balance.forms import LookForm
from central.reports.low_balance.looks import STANDS_OUT, LookRefusal, looked
from central.reports.low_balance.papers import check_notes, check_table
from central.reports.low_balance.queries import looks_at
from central.reports.low_balance.views import day_in, served
from central.reports.low_balance.words import FINDINGS, LOOKS, joined


@roles(*SEE_LOW_BALANCES)
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Show the check of a day (`?day=`, yesterday by itself: the last one that is whole)."""
    return _page(request, request.GET.get("day", ""), None)


@roles(*LOOK_AT_BUILDINGS)
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Put on record that the reader looked at a day."""
    now_ms = clock.now_ms()
    form = LookForm(request.POST)
    day = day_in(request.POST.get("day", ""))
    if form.is_valid() and day is None:
        form.add_error("step", _("This page is not whole any more."))
    if day is None or form.errors:
        return _page(request, request.POST.get("day", ""), form)
    typed = form.cleaned_data
    days = building_days(day, served(request), now_ms)
    done = looked(day, days, typed["text"], typed["step"].hex, actor=request.user, now_ms=now_ms)
    if isinstance(done, LookRefusal):
        form.add_error(None, LOOKS[done])
        return _page(request, str(day), form)
    messages.success(request, _("It is on record that you looked."))
    return redirect(f"{reverse('low_balance:check')}?day={day}")


def _page(request: HttpRequest, typed_day: str, form: LookForm | None) -> HttpResponse:
    now_ms = clock.now_ms()
    today = campus_day(now_ms)
    day = min(day_in(typed_day) or today - timedelta(days=1), today)
    days = building_days(day, served(request), now_ms)
    if form is None and may(request, LOOK_AT_BUILDINGS) and day < today:
        form = LookForm.empty()
    context = {
        "day": day,
        "earlier": max(day - timedelta(days=1), EARLIEST),
        "later": day + timedelta(days=1) if day < today else None,
        "is_over": day < today,
        "tables": page_tables([check_table(days)]),
        "notes": check_notes(days),
        "standing_out": [
            (one, FINDINGS[one.checked.finding]) for one in days if one.checked.finding in STANDS_OUT
        ],
        "looks": [(one, _said(one.findings, {one.building.code for one in days})) for one in looks_at(day)],
        "form": form,
        "may_report": may(request, SEE_REPORTS),
    }
    return render(request, "low_balance/check.html", context, status=400 if form and form.errors else 200)


def _said(findings: list[list[str]], served: Container[str]) -> str:
    """Say what stood out when somebody looked, of the buildings that the reader serves."""
    return joined(
        [f"{code}: {FINDINGS[Finding(finding)].word}" for code, finding in findings if code in served]
    )
