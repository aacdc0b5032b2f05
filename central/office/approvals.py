"""Ask for an act, sign it, take it back: one transaction each, all on record (R-4.2.1).

The last signature carries the act out in its own transaction: there is no state between signed and done. Locks: the request's row
first, then what the act locks (gateways, buildings), the audit chain last.
"""

import hashlib
import json
import uuid
from collections.abc import Collection, Sequence
from enum import StrEnum

from django.db import transaction
from django.db.models import Count

from central.domain.approval import (
    Chain,
    Signed,
    SignRefusal,
    chain_json,
    chain_of,
    for_asker,
    may_sign,
    step_now,
)
from central.ledger.operations import BrokenInvariant, record_audit
from central.office.acts import Act, Approved, Content, act_of
from central.office.approval_notices import CLOCK, above_at, tell_ended, tell_waiting
from central.office.dated_settings import list_at
from central.office.models import Approval, Filing, Signature, User
from central.office.people import roles_of


class ApprovalRefusal(StrEnum):
    """Why a request was not taken, or not signed."""

    UNKNOWN_ACT = "unknown-act"
    NOT_YOURS = "not-yours"
    """This office may not ask for it; or only who asked may take it back."""
    NO_REASON = "no-reason"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    """The same page asked for something else before."""
    NOBODY_TO_SIGN = "nobody-to-sign"
    """Too few people hold the offices of a step: it would wait for ever."""
    CANNOT_BE_DONE = "cannot-be-done"
    UNKNOWN_REQUEST = "unknown-request"
    ENDED = "ended"
    OWN_REQUEST = "own-request"
    OWN_MATTER = "own-matter"
    """It is about what this person did himself, whoever asked."""
    SIGNED_BEFORE = "signed-before"
    NOT_YOUR_TURN = "not-your-turn"
    NOT_APPROVED = "not-approved"
    NO_SHELF = "no-shelf"
    """This office keeps neither the original nor a copy."""
    FILED_BEFORE = "filed-before"


@transaction.atomic
def ask(
    act_code: str, content: Content, *, subject: str, why: str, actor: User, now_ms: int, key: str = ""
) -> Approval | ApprovalRefusal:
    """Ask for an act. With no one to sign it is carried out at once; the same `key` again gives the same request."""
    act = act_of(act_code)
    if act is None:
        return ApprovalRefusal.UNKNOWN_ACT
    key, digest = key or str(uuid.uuid4()), content_hash(act_code, content)
    if known := Approval.objects.filter(key=key).first():
        return _same(known, digest)
    if not roles_of(actor, now_ms) & set(act.roles):
        return ApprovalRefusal.NOT_YOURS
    if not why.strip():
        return ApprovalRefusal.NO_REASON
    chain = chain_for(act, actor, now_ms, barred=act.barred(content))
    if chain is None:
        return ApprovalRefusal.NOBODY_TO_SIGN
    request, made = Approval.objects.get_or_create(
        key=key,
        defaults={
            "act": act_code,
            "subject": subject[:120],
            "content": content,
            "content_hash": digest,
            "why": why.strip()[:300],
            "asked_by": actor,
            "asked_ms": now_ms,
            "chain": chain_json(chain),
            "step_since_ms": now_ms,
        },
    )
    if not made:  # the other half of a double click came first, and was committed meanwhile
        return _same(request, digest)
    if chain:
        tell_waiting(request, now_ms)
    else:
        _finish(request, act, (), now_ms)
    _on_record("ask-approval", request, actor, f"{act_code} {digest[:16]}: {request.why}", now_ms)
    return request


def _same(known: Approval, digest: str) -> Approval | ApprovalRefusal:
    return known if known.content_hash == digest else ApprovalRefusal.EXISTS_WITH_DIFFERENT


@transaction.atomic
def sign(number: int, *, approve: bool, reason: str, actor: User, now_ms: int) -> Approval | ApprovalRefusal:
    """Sign a request's present step, or refuse it for good (then a reason is needed)."""
    request = Approval.objects.select_for_update(no_key=True).filter(pk=number).first()
    if request is None:
        return ApprovalRefusal.UNKNOWN_REQUEST
    refusal = refusal_for(request, actor, now_ms)
    if refusal is not None:
        return refusal
    if not approve and not reason.strip():
        return ApprovalRefusal.NO_REASON
    if content_hash(request.act, request.content) != request.content_hash:
        raise BrokenInvariant(f"request {number} is not what was asked: its content was changed")
    signature = _signature(request, approve, reason, actor, now_ms)
    _after(request, signature, now_ms)
    _on_record("approve" if approve else "reject", request, actor, reason.strip()[:300], now_ms)
    return request


@transaction.atomic
def withdraw(number: int, *, reason: str, actor: User, now_ms: int) -> Approval | ApprovalRefusal:
    """Take a request back while it waits. Only who asked may."""
    request = Approval.objects.select_for_update(no_key=True).filter(pk=number).first()
    if request is None:
        return ApprovalRefusal.UNKNOWN_REQUEST
    if request.asked_by_id != actor.pk:
        return ApprovalRefusal.NOT_YOURS
    if request.state != Approval.State.WAITING:
        return ApprovalRefusal.ENDED
    if not reason.strip():
        return ApprovalRefusal.NO_REASON
    _end(request, Approval.State.WITHDRAWN, reason.strip()[:300], now_ms)
    _on_record("withdraw-request", request, actor, request.outcome, now_ms)
    return request


@transaction.atomic
def end_as_void(number: int, *, why: str, now_ms: int) -> Approval | None:
    """End a waiting request because what it asks for is no longer so: signatures are void, by name. None: it had ended before."""
    request = (
        Approval.objects.select_for_update(no_key=True)
        .filter(pk=number, state=Approval.State.WAITING)
        .first()
    )
    if request is None:
        return None
    signed = [one.person for one in request.signatures.select_related("person")]
    _end(request, Approval.State.WITHDRAWN, why[:300], now_ms)
    record_audit(
        actor=CLOCK,
        action="void-signatures",
        subject=f"approval {request.number}",
        detail=", ".join(one.get_username() for one in (request.asked_by, *signed)),
        now_ms=now_ms,
    )
    tell_ended(request, now_ms, [one.pk for one in signed])
    return request


@transaction.atomic
def file_paper(
    number: int, kind: str, office: str, place: str, *, actor: User, now_ms: int
) -> Filing | ApprovalRefusal:
    """Say where an office keeps the original or its copy of an approved request."""
    request = Approval.objects.select_for_update(no_key=True).filter(pk=number).first()
    if request is None:
        return ApprovalRefusal.UNKNOWN_REQUEST
    if request.state != Approval.State.APPROVED:
        return ApprovalRefusal.NOT_APPROVED
    if office not in roles_of(actor, now_ms):
        return ApprovalRefusal.NOT_YOURS
    if (kind, office) not in shelves_for(request):
        return ApprovalRefusal.NO_SHELF
    if not place.strip():
        return ApprovalRefusal.NO_REASON
    if request.filings.filter(kind=kind, office=office).exists():
        return ApprovalRefusal.FILED_BEFORE
    filing = Filing.objects.create(
        approval=request, kind=kind, office=office, place=place.strip()[:120], person=actor, at_ms=now_ms
    )
    _on_record("file-paper", request, actor, f"{kind} {office}: {filing.place}", now_ms)
    return filing


def shelves_for(request: Approval) -> list[tuple[str, str]]:
    """Give which offices keep a paper of an approved request: the last one that signed the original, others copies."""
    act, last = act_of(request.act), request.signatures.order_by("pk").last()
    original = [(Filing.Kind.ORIGINAL.value, last.office)] if last else []
    return original + [(Filing.Kind.COPY.value, office) for office in (act.copies if act else ())]


def content_hash(act_code: str, content: Content) -> str:
    """Give the hash that stands for what is asked: SHA-256 of its canonical JSON."""
    text = json.dumps([act_code, content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chain_in_force(act: Act, now_ms: int) -> Chain:
    """Give who signs an act that is asked for now: the dated setting, or the act's own."""
    return chain_of(list_at(f"approval.{act.code}", now_ms))


def chain_for(act: Act, asker: User, now_ms: int, barred: Collection[int] = ()) -> Chain | None:
    """Give who signs what this person asks for; None when too few people hold the offices for it ever to be signed."""
    able = User.objects.filter(is_active=True).exclude(pk__in=[asker.pk, *barred])
    others = able.values_list("role").annotate(Count("pk"))
    return for_asker(chain_in_force(act, now_ms), roles_of(asker, now_ms), dict(others))


def signed_of(request: Approval) -> list[Signed]:
    """Give the yes-signatures so far."""
    return [Signed(one.step, one.person_id) for one in request.signatures.all() if one.approve]


def refusal_for(request: Approval, person: User, now_ms: int) -> ApprovalRefusal | None:
    """Say why a person can't sign a request now; None when he can."""
    if request.state != Approval.State.WAITING:
        return ApprovalRefusal.ENDED
    refusal = may_sign(
        chain_of(request.chain),
        signed_of(request),
        asker=request.asked_by_id,
        person=person.pk,
        offices=_offices_for(request, person, now_ms),
        stand_ins=stand_ins_of(request, now_ms),
    )
    if isinstance(refusal, SignRefusal):
        return ApprovalRefusal(refusal.value)
    return ApprovalRefusal.OWN_MATTER if is_barred(request, person) else None


def is_barred(request: Approval, person: User) -> bool:
    """Say whether a request is about what a person did himself: then he signs nothing of it."""
    act = act_of(request.act)
    return act is not None and person.pk in act.barred(request.content)


def _offices_for(request: Approval, person: User, now_ms: int) -> frozenset[str]:
    """Give the offices that a person may sign for: not the one that the asker lent him, which would be signing by proxy."""
    return roles_of(person, now_ms, without=request.asked_by_id)


def stand_ins_of(request: Approval, now_ms: int) -> tuple[str, ...]:
    """Give the offices above that may sign in place of the step's: none until the request was escalated to them."""
    return above_at(now_ms) if request.escalated_ms else ()


def _signature(request: Approval, approve: bool, reason: str, actor: User, now_ms: int) -> Signature:
    chain, offices = chain_of(request.chain), _offices_for(request, actor, now_ms)
    step = step_now(chain, signed_of(request)) or 0
    fitting = [
        office for office in (*chain[step].offices, *stand_ins_of(request, now_ms)) if office in offices
    ]
    return Signature.objects.create(
        approval=request,
        step=step,
        person=actor,
        office=fitting[0],
        approve=approve,
        reason=reason.strip()[:300],
        at_ms=now_ms,
    )


def _after(request: Approval, signature: Signature, now_ms: int) -> None:
    if not signature.approve:
        _end(request, Approval.State.REJECTED, signature.reason, now_ms)
        return
    step = step_now(chain_of(request.chain), signed_of(request))
    act = act_of(request.act)
    if step is None and act is not None:
        signers = tuple(one.person for one in request.signatures.select_related("person"))
        _finish(request, act, signers, now_ms)
    elif step is None:
        _end(request, Approval.State.FAILED, f"nobody knows the act {request.act} any more", now_ms)
    elif step != signature.step:
        request.step_since_ms, request.reminded_ms, request.escalated_ms = now_ms, 0, 0
        request.save(update_fields=["step_since_ms", "reminded_ms", "escalated_ms"])
        tell_waiting(request, now_ms)


class _Undo(Exception):
    """Takes back what an act did before it found that it can't be done."""


def _finish(request: Approval, act: Act, signers: Sequence[User], now_ms: int) -> None:
    approved = Approved(request.number, request.asked_by, tuple(signers), request.why, now_ms)
    cannot = ""
    try:
        with transaction.atomic():
            cannot = act.carry_out(request.content, approved)
            if cannot:
                raise _Undo
    except _Undo:
        _end(request, Approval.State.FAILED, str(cannot)[:300], now_ms)
    else:
        _end(request, Approval.State.APPROVED, "", now_ms)


def _end(request: Approval, state: str, outcome: str, now_ms: int) -> None:
    request.state, request.outcome, request.ended_ms = state, outcome, now_ms
    request.save(update_fields=["state", "outcome", "ended_ms"])
    if request.chain and state != Approval.State.WITHDRAWN:
        tell_ended(request, now_ms)


def _on_record(action: str, request: Approval, actor: User, detail: str, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"approval {request.number}",
        detail=detail,
        now_ms=now_ms,
    )
