"""Ask for a go-live, a correction, the way back or the acceptance: stored and put before those who sign, in one transaction.

Asked means nothing is done yet. The chain's last signature carries it out (`acts.py`).
"""

from collections.abc import Iterable

from django.db import transaction

from central.desk.go_live.batches import (
    OpeningRefusal,
    Refused,
    store_correction,
    store_go_live,
    store_way_back,
)
from central.desk.go_live.models import OpeningAcceptance, OpeningBalance, OpeningBatch
from central.desk.go_live.plan import OpeningPlan
from central.desk.go_live.totals import asked_sums, by_unit
from central.office.acts import Content
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User

GO_LIVE, CORRECTION, WAY_BACK, ACCEPTANCE = "go-live", "go-live-correct", "go-live-back", "go-live-accept"
ACT_OF_KIND = {
    OpeningBatch.Kind.OPEN: GO_LIVE,
    OpeningBatch.Kind.CORRECT: CORRECTION,
    OpeningBatch.Kind.BACK: WAY_BACK,
}
Asked = Approval | ApprovalRefusal | Refused


def ask_go_live(plan: OpeningPlan, key: str, *, file_name: str, why: str, actor: User, now_ms: int) -> Asked:
    """Ask for the go-live of a list without problems. The same `key` again is the same request."""
    with transaction.atomic():
        return _undone_if_refused(
            store_go_live(plan, key, file_name, why, actor, now_ms), file_name, actor, now_ms
        )


def ask_correction(
    of: OpeningBatch, room: str, bucket: str, after: int, key: str, *, why: str, actor: User, now_ms: int
) -> Asked:
    """Ask that one room's opening balance becomes `after`, in its unit: the difference is granted, or asked back."""
    with transaction.atomic():
        stored = store_correction(of, room, bucket, after, key, why, actor, now_ms)
        return _undone_if_refused(stored, room, actor, now_ms)


def ask_way_back(of: OpeningBatch, building: str, key: str, *, why: str, actor: User, now_ms: int) -> Asked:
    """Ask that a go-live is taken back, of one building or of all that are not accepted."""
    with transaction.atomic():
        stored = store_way_back(of, building, key, why, actor, now_ms)
        return _undone_if_refused(stored, building or of.file_name, actor, now_ms)


def ask_acceptance(of: OpeningBatch, building: str, key: str, *, why: str, actor: User, now_ms: int) -> Asked:
    """Ask that a building's go-live is accepted: compared, and from then on without a way back."""
    if not why.strip():
        return Refused(OpeningRefusal.NO_REASON)
    if not hasattr(of, "done"):
        return Refused(OpeningRefusal.NOT_DONE)
    if not of.rows.filter(building__code=building).exists():
        return Refused(OpeningRefusal.UNKNOWN_BUILDING, building)
    if OpeningAcceptance.objects.filter(batch=of, building__code=building).exists():
        return Refused(OpeningRefusal.ACCEPTED, building)
    content: Content = {"batch": of.pk, "building": building, "digest": of.digest}
    return ask(ACCEPTANCE, content, subject=building, why=why, actor=actor, now_ms=now_ms, key=key)


def _undone_if_refused(stored: OpeningBatch | Refused, subject: str, actor: User, now_ms: int) -> Asked:
    """Put a stored batch before those who sign; without a request there is no batch either."""
    if isinstance(stored, Refused):
        return stored
    rows = stored.rows.select_related("building")
    asked = ask(
        ACT_OF_KIND[OpeningBatch.Kind(stored.kind)],
        content_of(stored, rows),
        subject=subject or stored.pk,
        why=stored.why,
        actor=actor,
        now_ms=now_ms,
        key=stored.pk,
    )
    if isinstance(asked, ApprovalRefusal):
        transaction.set_rollback(True)
    return asked


def content_of(batch: OpeningBatch, rows: Iterable[OpeningBalance]) -> Content:
    """Give what is signed: the batch, the hash of its rows, and their sums by unit for whoever reads the request alone."""
    totals = {
        one.unit: {"rooms": len(one.rooms), "credit": one.credit, "subsidy": one.subsidy, "debt": one.debt}
        for one in by_unit(asked_sums(rows))
    }
    return {"batch": batch.pk, "digest": batch.digest, "of": batch.of_id or "", "totals": totals}


def refusal_of(asked: Asked) -> Refused | ApprovalRefusal | None:
    """Give what was refused; None for a request."""
    return None if isinstance(asked, Approval) else asked
