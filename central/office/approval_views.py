"""Pages of requests: what waits for me, one request with all that is asked, signing, taking back, filing (R-4.2.1)."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.office import approvals
from central.office.access import acting_roles, roles
from central.office.acts import act_of
from central.office.approval_queries import (
    act_title,
    shelves_of,
    step_lines,
    subject_words,
    visible_to,
    waiting_for,
)
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import EVERYONE, SIGN
from central.office.words import Words

ENDED_AT_MOST = 100
REFUSALS: dict[ApprovalRefusal, Words] = {
    ApprovalRefusal.UNKNOWN_ACT: lazy("This kind of request is no longer known. Nothing was asked."),
    ApprovalRefusal.NOT_YOURS: lazy("This is not for your office. Nothing was changed."),
    ApprovalRefusal.NO_REASON: lazy("Say why: the reason stays on record."),
    ApprovalRefusal.EXISTS_WITH_DIFFERENT: lazy(
        "This page has already asked for something else. Open it again and start anew."
    ),
    ApprovalRefusal.NOBODY_TO_SIGN: lazy(
        "Nobody could sign this: too few people hold the offices of the chain. Let an administrator add them, or change who "
        "signs under Settings. Nothing was asked."
    ),
    ApprovalRefusal.UNKNOWN_REQUEST: lazy("There is no such request."),
    ApprovalRefusal.ENDED: lazy(
        "This request has ended already: somebody was quicker. Look at what became of it."
    ),
    ApprovalRefusal.OWN_REQUEST: lazy("You asked for this yourself: somebody else signs."),
    ApprovalRefusal.OWN_MATTER: lazy(
        "This is about what you did yourself (a shift, a count, a receipt): somebody else signs."
    ),
    ApprovalRefusal.SIGNED_BEFORE: lazy("You signed an earlier step: another person signs this one."),
    ApprovalRefusal.NOT_YOUR_TURN: lazy("It is not your office's turn."),
    ApprovalRefusal.NOT_APPROVED: lazy("It is filed when it is approved."),
    ApprovalRefusal.NO_SHELF: lazy("Your office keeps no paper of this request. Nothing was changed."),
    ApprovalRefusal.FILED_BEFORE: lazy("This was filed before: where it lies is on record."),
}


def refusal_words(refusal: ApprovalRefusal) -> str:
    """Say why something about a request was not done, and what to do."""
    return str(REFUSALS.get(refusal, refusal.value))


@roles(*EVERYONE)
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what waits for the reader, what he asked for, and what has ended."""
    now_ms = clock.now_ms()
    mine = waiting_for(request.user, now_ms)
    seen = visible_to(request.user, now_ms)
    others = seen.filter(state=Approval.State.WAITING).exclude(pk__in=[one.pk for one in mine])
    context = {
        "mine": _lines(mine),
        "others": _lines(others),
        "ended": _lines(seen.exclude(state=Approval.State.WAITING)[:ENDED_AT_MOST]),
    }
    return render(request, "office/approvals.html", context)


def _lines(rows: Iterable[Approval]) -> list[tuple[Approval, Words, str]]:
    return [(row, act_title(row.act), subject_words(row)) for row in rows]


@roles(*EVERYONE)
@require_GET
def approval(request: HttpRequest, number: int) -> HttpResponse:
    """Show one request: what is asked as of now, who signed, who is next, where its papers lie."""
    return _page(request, _visible(request, number))


@roles(*SIGN)
@require_POST
@dangerous
def approval_sign(request: HttpRequest, number: int) -> HttpResponse:
    """Sign, or refuse with a reason."""
    row = _visible(request, number)
    reason = request.POST.get("reason", "")
    approve = request.POST.get("answer") == "yes"
    result = approvals.sign(
        row.number, approve=approve, reason=reason, actor=request.user, now_ms=clock.now_ms()
    )
    if isinstance(result, ApprovalRefusal):
        return _page(request, row, refusal_words(result), reason)
    if result.state == Approval.State.FAILED:
        messages.error(
            request, _("It was approved, but it could not be done: %(why)s") % {"why": result.outcome}
        )
    else:
        messages.success(request, _outcome_words(result, approve))
    return redirect("office:approvals" if result.state == Approval.State.WAITING else _here(result))


def _outcome_words(row: Approval, approve: bool) -> str:
    if not approve:
        return _("Request %(number)s was refused. Who asked sees your reason.") % {"number": row.number}
    if row.state == Approval.State.APPROVED:
        return _("Request %(number)s is approved, and it is done.") % {"number": row.number}
    return _("You signed request %(number)s. It goes to the next step.") % {"number": row.number}


@roles(*SIGN)
@require_POST
def approval_withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Take the reader's own request back."""
    row = _visible(request, number)
    reason = request.POST.get("reason", "")
    result = approvals.withdraw(row.number, reason=reason, actor=request.user, now_ms=clock.now_ms())
    if isinstance(result, ApprovalRefusal):
        return _page(request, row, refusal_words(result), reason)
    messages.success(request, _("The request was taken back."))
    return redirect(_here(row))


@roles(*SIGN)
@require_POST
def approval_file(request: HttpRequest, number: int) -> HttpResponse:
    """Say where the original or a copy lies."""
    row = _visible(request, number)
    typed = request.POST
    result = approvals.file_paper(
        row.number,
        typed.get("kind", ""),
        typed.get("office", ""),
        typed.get("place", ""),
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(result, ApprovalRefusal):
        why = _("Say where it lies.") if result is ApprovalRefusal.NO_REASON else refusal_words(result)
        return _page(request, row, why)
    messages.success(request, _("Filed. Where it lies is on record."))
    return redirect(_here(row))


def _here(row: Approval) -> str:
    return reverse("office:approval", args=[row.number])


def _visible(request: HttpRequest, number: int) -> Approval:
    row = visible_to(request.user, clock.now_ms()).filter(pk=number).first()
    if row is None:
        raise Http404
    return row


def _page(request: HttpRequest, row: Approval, error: str = "", reason: str = "") -> HttpResponse:
    now_ms = clock.now_ms()
    row.refresh_from_db()
    act = act_of(row.act)
    context = {
        "row": row,
        "title": act_title(row.act),
        "about": subject_words(row),
        "tables": page_tables(act.show(row.content)) if act else [],
        "address": act.address(row.content) if act else "",
        "steps": step_lines(row),
        "shelves": shelves_of(row),
        "offices": acting_roles(request),
        "can_sign": approvals.refusal_for(row, request.user, now_ms) is None,
        "can_withdraw": row.asked_by_id == request.user.pk and row.state == Approval.State.WAITING,
        "error": error,
        "reason": reason,
    }
    return render(request, "office/approval.html", context, status=400 if error else 200)
