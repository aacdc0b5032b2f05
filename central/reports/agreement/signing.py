"""Sign-off of a building's period: the lines as they stand go to the other parties and the director, then the period is locked.

The card room sends them, and signs by that; finance answers for K/3, the electrician for his readings, the network centre for its
registers, the director for all (R-4.1.9). Who signs is a dated setting like every other chain; deputies sign by their delegations.
"""

from collections.abc import Collection
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from central.campus.models import Building
from central.desk.day_sums import open_days_in
from central.domain.periods import Period
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.losses.readings.sheets import named_period
from central.office.acts import Approved, Content
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from central.office.roles import Role
from central.papers.accounting import instants_of, period_before
from central.reports.agreement.content import BuildingContent, digest_of, pack, seal_of
from central.reports.agreement.gathering import compared, gather, is_over
from central.reports.agreement.looking import Seen, is_locked, seen, want
from central.reports.agreement.models import REASON_LENGTH, AgreementKept, AgreementLock
from central.reports.agreement.voiding import AGREEMENT, subject_of
from central.reports.books.locks import LockRefusal, lock, lock_of
from central.reports.books.queries import account_periods
from central.workshop.replacements.queries import undecided_until


class SignRefusal(StrEnum):
    """Why nothing was sent to be signed; `words.py` says it."""

    NOT_OVER = "not-over"
    LOCKED = "locked"
    CHANGED = "changed"
    STILL_LOOKING = "still-looking"
    DAYS_OPEN = "days-open"
    EARLIER_OPEN = "earlier-open"
    TRUE_UPS = "true-ups"
    """What nobody metered in it is not decided yet (R-4.3.5)."""
    NO_REASON = "no-reason"


def ask_for_signatures(
    building: Building, period: Period, shown: str, why: str, *, actor: User, now_ms: int
) -> Approval | SignRefusal | ApprovalRefusal:
    """Send a building's lines to be signed, as they were shown (`shown`: their digest); they are gathered once more first."""
    if not is_over(period, now_ms):
        return SignRefusal.NOT_OVER
    if is_locked(building, period):
        return SignRefusal.LOCKED
    if open_days_in(period):
        return SignRefusal.DAYS_OPEN
    if has_open_before(building, period):
        return SignRefusal.EARLIER_OPEN
    if undecided_until(building.code, instants_of(period)[1], now_ms):
        return SignRefusal.TRUE_UPS
    found = seen(building, period)
    if not found.digest == shown == digest_of(figures_now(building, period, now_ms)):
        want(period, [building.code], now_ms)
        return SignRefusal.CHANGED
    if not found.is_searched:
        return SignRefusal.STILL_LOOKING
    why = why.strip()
    if found.unexplained and not why:
        return SignRefusal.NO_REASON
    return _ask(found, why or _("All lines agree, or what differs is explained."), actor=actor, now_ms=now_ms)


def figures_now(building: Building, period: Period, now_ms: int) -> BuildingContent:
    """Gather a building's lines as they are at this instant."""
    return compared(gather(period, [building.code], now_ms, alone=True), building)


@one_writer
@transaction.atomic
def _ask(found: Seen, why: str, *, actor: User, now_ms: int) -> Approval | ApprovalRefusal:
    content = keep(found, now_ms)
    subject = subject_of(found.building, found.period.name)
    tries = Approval.objects.filter(act=AGREEMENT, subject=subject).exclude(state=Approval.State.WAITING)
    key = f"{AGREEMENT} {subject} {found.digest[:16]} {tries.count()}"[:64]
    return ask(AGREEMENT, content, subject=subject, why=why, actor=actor, now_ms=now_ms, key=key)


def keep(found: Seen, now_ms: int) -> Content:
    """Keep the lines as they are signed; give what the request asks for."""
    assert found.content is not None, "what was never looked at is not sent to be signed"
    content, explained = pack(found.content), pack(found.explained)
    AgreementKept.objects.get_or_create(
        digest=found.digest,
        defaults={
            "building": found.building,
            "period": found.period.name,
            "content": content,
            "explained": explained,
            "seal": seal_of(content, explained),
            "at_ms": now_ms,
        },
    )
    return {
        "building": found.building.code,
        "name": found.building.name,
        "period": found.period.name,
        "digest": found.digest,
    }


def has_open_before(building: Building, period: Period) -> bool:
    """Say whether the period before has books and is not locked: periods follow one another."""
    before = period_before(period)
    return lock_of(building.code, before.name) is None and bool(account_periods(before, building.code))


def carry_out(content: Content, approved: Approved) -> str:
    """Lock the period with the last signature; "" when it is done, else why it can't be any more.

    The ledger's head is held while the lines are gathered once more: what is locked is what all have signed, and nothing is booked
    between.
    """
    building = Building.objects.filter(code=content["building"]).first()
    period = named_period(content["period"])
    kept = AgreementKept.objects.filter(digest=content["digest"]).first()
    if building is None or period is None or kept is None or is_locked(building, period):
        return _("The period is locked already, or the building is gone.")
    lock_head()
    if digest_of(figures_now(building, period, approved.now_ms)) != kept.digest:
        return _("The figures have changed since. Signatures given for the former ones are void.")
    booked = lock(building.code, period, actor=approved.asked_by.get_username(), now_ms=approved.now_ms)
    if booked is LockRefusal.TRUE_UPS:
        return _(
            "True-ups of this period are not decided yet: see the page of true-ups. What nobody metered would be forgotten."
        )
    if booked is LockRefusal.EARLIER_OPEN:
        return _("An earlier period of this building is not locked yet. Periods are locked in order.")
    if isinstance(booked, LockRefusal):
        return _("The period is locked already, or the building is gone.")
    return _lock(building, period, kept, approved)


def _lock(building: Building, period: Period, kept: AgreementKept, approved: Approved) -> str:
    signers = [f"{one.get_role_display()} {one.spoken_name}" for one in approved.signed_by]
    AgreementLock.objects.create(
        building=building,
        period=period.name,
        kept=kept,
        approval=approved.number,
        asked_by=approved.asked_by.spoken_name,
        signed_by=signers,
        why=approved.why[:REASON_LENGTH],
        at_ms=approved.now_ms,
    )
    record_audit(
        actor=approved.asked_by.get_username(),
        action="agreement-lock",
        subject=building.code,
        detail=f"{period.name}, approval {approved.number}: {kept.digest[:16]}",
        now_ms=approved.now_ms,
    )
    return ""


def barred(content: Content) -> Collection[int]:
    """Give the electricians of other buildings: each answers for his own."""
    others = User.objects.filter(role=Role.ELECTRICIAN, buildings__isnull=False)
    own = User.objects.filter(buildings__code=content["building"]).values("pk")
    return list(others.exclude(pk__in=own).values_list("pk", flat=True).distinct())
