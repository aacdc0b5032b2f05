"""Store a subsidy as it is asked for, and put it before those who sign: one transaction. Nothing is credited here."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.desk.subsidies.models import SubsidyBatch, SubsidyRow
from central.desk.subsidies.plan import SubsidyPlan, digest_of
from central.office.acts import Content
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User

SUBSIDY = "subsidy"
ROWS_AT_ONCE = 500


class SubsidyRefusal(StrEnum):
    """Why nothing was asked for, or nothing undone."""

    NOTHING_TO_DO = "nothing-to-do"
    UNKNOWN_ROOMS = "unknown-rooms"
    CHANGED = "changed"
    """The campus is no longer the one that was shown."""
    EXPIRED = "expired"
    NO_REASON = "no-reason"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    NOT_DONE = "not-done"
    NOT_TODAY = "not-today"
    GATEWAY_RESTORED = "gateway-restored"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with what was refused."""

    why: SubsidyRefusal
    what: str = ""


Asked = Approval | ApprovalRefusal | Refused


def ask_subsidy(plan: SubsidyPlan, key: str, *, shown: str, why: str, actor: User, now_ms: int) -> Asked:
    """Ask for a plan, once per `key`. `shown` is the digest that was previewed: a campus that changed since is shown again."""
    if not why.strip():
        return Refused(SubsidyRefusal.NO_REASON)
    if plan.unknown:
        return Refused(SubsidyRefusal.UNKNOWN_ROOMS, ", ".join(plan.unknown[:5]))
    if not plan.rows:
        return Refused(SubsidyRefusal.NOTHING_TO_DO)
    if plan.choice.expires_ms and plan.choice.expires_ms <= now_ms:
        return Refused(SubsidyRefusal.EXPIRED)
    if shown != plan.digest:
        return Refused(SubsidyRefusal.CHANGED)
    with transaction.atomic():
        stored = _stored(plan, key, why, actor, now_ms)
        if isinstance(stored, Refused):
            return stored
        asked = ask(
            SUBSIDY,
            _content(stored, plan),
            subject=_subject(plan),
            why=why,
            actor=actor,
            now_ms=now_ms,
            key=key,
        )
        if isinstance(asked, ApprovalRefusal):
            transaction.set_rollback(True)
        return asked


def _stored(plan: SubsidyPlan, key: str, why: str, actor: User, now_ms: int) -> SubsidyBatch | Refused:
    known = SubsidyBatch.objects.filter(pk=key).first()
    if known is not None:
        same = known.digest == plan.digest
        return known if same else Refused(SubsidyRefusal.EXISTS_WITH_DIFFERENT)
    chosen = plan.choice
    batch = SubsidyBatch.objects.create(
        batch_id=key,
        customer_class_id=chosen.bucket.customer_class_id,
        bucket=chosen.bucket.name,
        unit=chosen.bucket.unit,
        per_head=chosen.per_head,
        heads_on=chosen.heads_on,
        expires_ms=chosen.expires_ms,
        digest=plan.digest,
        why=why.strip()[:300],
        asked_by=actor,
        asked_ms=now_ms,
    )
    rows = [
        SubsidyRow(
            batch=batch,
            number=number,
            account_id=row.account_id,
            building_id=row.building_id,
            room=row.room,
            heads=row.heads,
            amount=row.amount,
        )
        for number, row in enumerate(plan.rows, start=1)
    ]
    SubsidyRow.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    return batch


def stored_digest(batch: SubsidyBatch, rows: Sequence[SubsidyRow]) -> str:
    """Give the hash of a batch as it is stored; equal to the plan's unless somebody changed it behind the triggers."""
    head = (batch.customer_class_id, batch.bucket, batch.unit, batch.per_head)
    terms = (*head, batch.heads_on.isoformat(), batch.expires_ms)
    return digest_of(terms, ((r.room, r.account_id, r.heads, r.amount) for r in rows))


def _content(batch: SubsidyBatch, plan: SubsidyPlan) -> Content:
    """Give what is signed: the batch, the hash of its rows, and the sums for whoever reads the request alone."""
    sums = {"rooms": len(plan.rows), "heads": plan.heads, "amount": plan.amount, "unit": batch.unit}
    return {"batch": batch.pk, "digest": batch.digest, "totals": sums}


def _subject(plan: SubsidyPlan) -> str:
    bucket = plan.choice.bucket
    return f"{bucket.customer_class.name} {bucket.name} {len(plan.rows)}"
