"""Who is told about a request: who signs next, those above when it waits too long, and who asked, once it has ended (R-4.2.1).

`approvals` calls the first and the last inside its own transaction; `remind` is run by the sender of notices every minute.
"""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise

from central.domain.approval import Chain, Signed, chain_of, step_now
from central.ledger.operations import record_audit
from central.office.acts import act_of
from central.office.dated_settings import list_at, number_at
from central.office.models import Approval, Signature
from central.office.notices import notify

HOUR_MS = 3_600_000
CLOCK = "clock"
"""The actor in the audit chain."""


def tell_waiting(request: Approval, now_ms: int) -> None:
    """Tell the offices of the step that waits now."""
    offices, step = _step_of(request)
    _tell("approval-waiting", request, {"why": request.why}, offices, f"step-{step}", now_ms)


def tell_ended(request: Approval, now_ms: int, also: Iterable[int] = ()) -> None:
    """Tell who asked what became of it, and why; `also`: further people whom it concerns."""
    decided = {"decision_word": _msgid(Approval.State(request.state).label), "why": request.outcome}
    persons = (request.asked_by_id, *also)
    _tell("approval-decided", request, decided, (), "ended", now_ms, persons=persons)


def remind(now_ms: int) -> int:
    """Remind who lets a request wait, and send it to those above when it waits on; give how many were told of. Safe to repeat."""
    remind_ms = number_at("approval.remind-after", now_ms) * HOUR_MS
    escalate_ms = number_at("approval.escalate-after", now_ms) * HOUR_MS
    told = 0
    waiting = Approval.objects.filter(
        state=Approval.State.WAITING, step_since_ms__lte=now_ms - min(remind_ms, escalate_ms)
    )
    for number in waiting.order_by("number").values_list("number", flat=True):
        told += _remind_of(number, remind_ms, escalate_ms, now_ms)
    return told


@transaction.atomic
def _remind_of(number: int, remind_ms: int, escalate_ms: int, now_ms: int) -> int:
    request = Approval.objects.select_for_update(no_key=True).get(pk=number)
    if request.state != Approval.State.WAITING:
        return 0
    waited_ms = now_ms - request.step_since_ms
    if not request.escalated_ms and waited_ms >= escalate_ms:
        return _escalate(request, waited_ms, now_ms)
    if now_ms - max(request.step_since_ms, request.reminded_ms) < remind_ms:
        return 0
    offices, step = _step_of(request)
    hours = waited_ms // HOUR_MS
    request.reminded_ms = now_ms
    request.save(update_fields=["reminded_ms"])
    above = above_at(now_ms) if request.escalated_ms else ()
    _tell("approval-reminder", request, {"hours": hours}, (*offices, *above), f"step-{step}-{hours}", now_ms)
    return 1


def _escalate(request: Approval, waited_ms: int, now_ms: int) -> int:
    offices, step = _step_of(request)
    request.escalated_ms = request.reminded_ms = now_ms
    request.save(update_fields=["escalated_ms", "reminded_ms"])
    hours = waited_ms // HOUR_MS
    told = (*offices, *above_at(now_ms))
    subject = f"approval {request.number}"
    record_audit(actor=CLOCK, action="escalate-approval", subject=subject, detail=f"{hours} h", now_ms=now_ms)
    _tell("approval-escalated", request, {"hours": hours}, told, f"step-{step}-above", now_ms)
    return 1


def above_at(now_ms: int) -> tuple[str, ...]:
    """Give the offices that a request is escalated to."""
    return tuple(
        office for step in chain_of(list_at("approval.escalates-to", now_ms)) for office in step.offices
    )


def _step_of(request: Approval) -> tuple[tuple[str, ...], int]:
    """Give the offices of the step that waits, and its number from 0."""
    chain: Chain = chain_of(request.chain)
    rows = Signature.objects.filter(approval=request, approve=True)
    step = step_now(chain, [Signed(row.step, row.person_id) for row in rows])
    return (chain[step].offices, step) if step is not None else ((), len(chain))


def _tell(
    template: str,
    request: Approval,
    params: dict[str, str | int],
    offices: Iterable[str],
    key: str,
    now_ms: int,
    *,
    persons: Iterable[int] = (),
) -> None:
    act = act_of(request.act)
    known: dict[str, str | int] = {
        "number": request.number,
        "act_word": _msgid(act.title) if act else request.act,
        "subject": (act.about(request.content) if act else "") or request.subject,
        "link": reverse("office:approval", args=[request.number]),
    }
    notify(
        template,
        known | params,
        to=dict.fromkeys(offices),
        persons=persons,
        key=f"approval-{request.number}-{key}",
        now_ms=now_ms,
    )


def _msgid(words: str | Promise) -> str:
    """Give words as they stand in the source, for a notice that is translated for each reader."""
    with translation.override("en"):
        return str(words)
