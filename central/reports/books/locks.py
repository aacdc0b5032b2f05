"""Lock an accounting period of a building once all have agreed on it: what comes later counts in a later one, with both dates."""

from enum import StrEnum

from django.db import transaction
from django.db.models import F

from central.domain.book_periods import ordinal_of
from central.domain.periods import Period, PeriodKind
from central.ledger.models import ChainHead
from central.ledger.operations import record_audit
from central.link.models import GatewayEpoch
from central.reports.books.edges import accounting_begins
from central.reports.books.folding import catch_up, current_state
from central.reports.books.gathering import entries_key
from central.reports.books.models import BookRow, EnergyPosition, FoldState, PeriodLock
from central.workshop.replacements.queries import undecided_until


class LockRefusal(StrEnum):
    """Why a period was not locked."""

    NOT_OVER = "not-over"
    EARLIER_OPEN = "earlier-open"
    """The period before has books and isn't locked."""
    TRUE_UPS = "true-ups"
    """True-ups of intervals that ended in it are not decided (R-4.3.5)."""
    ALREADY = "already"
    """It is locked, or a later one is."""


def lock_of(building: str, period: str) -> PeriodLock | None:
    """Give the lock of a building's period by its name; None while it is open."""
    return PeriodLock.objects.filter(building=building, period=period).first()


def lock(building: str, period: Period, *, actor: str, now_ms: int) -> PeriodLock | LockRefusal:
    """Lock an accounting period of a building, with all that is booked up to now. There is no way back."""
    if period.kind is not PeriodKind.ACCOUNTING:
        raise ValueError(f"only accounting periods are locked, not {period.name}")
    catch_up()
    with transaction.atomic():
        head = ChainHead.objects.select_for_update().filter(pk=1).first()
        catch_up()  # what came since: with the head locked, nothing more of money does
        FoldState.objects.update(turns=F("turns") + 1)  # what was gathered without this lock is thrown away
        return _locked(building, period, head.position if head else 0, actor, now_ms)


def _locked(
    building: str, period: Period, position: int, actor: str, now_ms: int
) -> PeriodLock | LockRefusal:
    ordinal = ordinal_of(period)
    last = PeriodLock.objects.filter(building=building).order_by("-ordinal").first()
    if last is not None and last.ordinal >= ordinal:
        return LockRefusal.ALREADY
    edges = current_state().begins
    from_ms = last.until_ms if last else edges.get(ordinal) or accounting_begins(ordinal)
    until_ms = edges.get(ordinal + 1) or accounting_begins(ordinal + 1)
    if now_ms < until_ms:
        return LockRefusal.NOT_OVER
    if undecided_until(building, until_ms, now_ms):
        return LockRefusal.TRUE_UPS
    if last.ordinal < ordinal - 1 if last else _has_books(building, ordinal):
        return LockRefusal.EARLIER_OPEN
    seqs = {entries_key(one.gateway, one.epoch): one.seq for one in _positions(building)}
    made = PeriodLock.objects.create(
        building=building,
        period=period.name,
        ordinal=ordinal,
        from_ms=from_ms,
        until_ms=until_ms,
        position=position,
        entries=seqs,
        locked_ms=now_ms,
        by=actor,
    )
    record_audit(
        actor=actor,
        action="lock-period",
        subject=building,
        detail=f"{period.name} up to row {position}",
        now_ms=now_ms,
    )
    return made


def _has_books(building: str, ordinal: int) -> bool:
    """Say whether a building has books before a period."""
    rows = BookRow.objects.filter(kind=PeriodKind.ACCOUNTING.value, building=building, ordinal__lt=ordinal)
    return rows.exists()


def _positions(building: str) -> list[EnergyPosition]:
    epochs = set(
        GatewayEpoch.objects.filter(gateway__building__code=building).values_list("gateway_id", "epoch")
    )
    return [one for one in EnergyPosition.objects.all() if (one.gateway, one.epoch) in epochs]
