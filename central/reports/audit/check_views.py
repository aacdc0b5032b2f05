"""Verify the books from a page: begin, watch it go on step by step, read what was found.

Each step is a form that the page sends by itself (or a person by pressing the button): no request is long, one step runs at a time.
"""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.domain.chain import printed
from central.ledger.checking import begin, step
from central.ledger.models import BooksCheck
from central.office.access import roles
from central.office.notices import notify
from central.office.roles import SEE_AUDIT, Role
from central.reports.audit.details import fault_words

LAST_CHECKS = 8
TOLD = (Role.FINANCE, Role.DIRECTOR, Role.VP_NETWORK, Role.AUDITOR, Role.ADMIN)


@roles(*SEE_AUDIT)
@require_POST
def begin_check(request: HttpRequest) -> HttpResponse:
    """Begin a verification, or go to the one that is under way."""
    check = begin(actor=request.user.get_username(), now_ms=clock.now_ms())
    return redirect("audit:check", check.pk)


@roles(*SEE_AUDIT)
@require_GET
def check(request: HttpRequest, check_id: int) -> HttpResponse:
    """Show how far a verification is, or what it found."""
    return _shown(request, get_object_or_404(BooksCheck, pk=check_id))


@roles(*SEE_AUDIT)
@require_POST
def check_step(request: HttpRequest, check_id: int) -> HttpResponse:
    """Make the next step, and show how far it came."""
    before = get_object_or_404(BooksCheck, pk=check_id)
    stepped = step(check_id, now_ms=clock.now_ms())
    if stepped.state == BooksCheck.State.BROKEN != before.state:
        _tell(stepped, clock.now_ms())
    return _shown(request, stepped) if request.htmx else redirect("audit:check", check_id)


@transaction.atomic
def _tell(check: BooksCheck, now_ms: int) -> None:
    """Broken books are not only the verifier's to know."""
    first = check.faults[0]
    params = {"check": f"№ {check.pk}", "fault": fault_words(**first)}
    notify("chain-broken", params, to=TOLD, key=f"books-check-{check.pk}", now_ms=now_ms)


def _shown(request: HttpRequest, check: BooksCheck) -> HttpResponse:
    context = {
        "check": check,
        "running": check.state == BooksCheck.State.RUNNING,
        "whole": check.state == BooksCheck.State.WHOLE,
        "percent": min(100, check.position * 100 // check.aim) if check.aim else 100,
        "hash": printed(bytes(check.chain_hash)),
        "faults": [fault_words(**fault) for fault in check.faults],
    }
    if request.htmx:
        return render(request, "audit/check_now.html", context)
    others = BooksCheck.objects.exclude(pk=check.pk)[:LAST_CHECKS]
    return render(request, "audit/check.html", context | {"others": others})
