"""A central that was restored begins a new incarnation: it asks before it sends, numbers above, lists what people must do (C-11).

Run once, on the unpacked backup, before any process of central starts on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.clock import minute_text
from central.ledger.operations import record_audit
from central.link import outbox
from central.link.alarms import TOLD, clear_alarm, raise_alarm
from central.link.epochs import ask_for_word
from central.link.grants import serials_above
from central.link.lost_with_central import newest_restoration
from central.link.models import Gateway, GatewayEpoch, Restoration, RestorationTick, RestoredGateway
from central.link.telemetry.models import TelemetryPosition
from central.office.notices import notify, was_told

CENTRAL_RESTORED = "central-restored"
CONFIGURATIONS_LOST = 1 << 20
"""So many versions of a configuration no central made between a backup and its loss."""


class Point(StrEnum):
    """What a person must do after a restoration: no file knows it. A text key for the pages."""

    REVOKE = "revoke-again"
    BROKER = "broker-config"
    SIGNING_KEYS = "retire-keys-again"
    CODES = "open-codes-again"
    PEOPLE = "people-again"
    MONEY = "money-again"
    PAPERS = "papers-again"
    NEW_BACKUP = "new-backup"


class TickRefusal(StrEnum):
    """Why a point was not ticked."""

    NOT_RESTORED = "not-restored"
    UNKNOWN = "unknown-point"


@dataclass(frozen=True, slots=True)
class Still:
    """What is open: points without a tick, gateways that have not said their last number."""

    restoration: Restoration
    ticks: dict[str, RestorationTick]
    questions: Sequence[RestoredGateway]

    @property
    def points(self) -> list[Point]:
        """Points that nobody ticked."""
        return [point for point in Point if point.value not in self.ticks]

    @property
    def unheard(self) -> list[RestoredGateway]:
        """Gateways that nothing is sent to yet."""
        return [one for one in self.questions if one.heard_ms is None]

    @property
    def is_over(self) -> bool:
        """Whether the page may be forgotten."""
        return not self.points and not self.unheard


def begin_incarnation(incarnation: str, backup_ms: int, software: str, now_ms: int) -> Restoration:
    """Begin anew, inside the caller's transaction; the same incarnation again changes nothing."""
    known = Restoration.objects.filter(incarnation=incarnation).first()
    if known is not None:
        return known
    restoration = Restoration.objects.create(
        incarnation=incarnation, backup_ms=backup_ms, restored_ms=now_ms, software=software[:64]
    )
    for name in Gateway.objects.order_by("pk").values_list("pk", flat=True):
        _hold(restoration, outbox.locked(name), now_ms)
    record_audit(
        actor="console", action="restore-central", subject=incarnation, detail=str(backup_ms), now_ms=now_ms
    )
    detail = f"the books end {minute_text(backup_ms)}"
    raise_alarm(CENTRAL_RESTORED, incarnation, now_ms=now_ms, detail=detail)
    return restoration


def _hold(restoration: Restoration, gateway: Gateway, now_ms: int) -> None:
    """Send a gateway nothing but the question; configurations and serials leap over whatever the lost central gave."""
    epoch = gateway.epochs.filter(epoch=gateway.epoch).first()
    RestoredGateway.objects.create(
        restoration=restoration,
        gateway=gateway,
        epoch=gateway.epoch,
        from_seq=epoch.received_seq + 1 if epoch else 1,
        last_number=gateway.next_number - 1,
    )
    gateway.awaits_word = True
    gateway.config_version = max(gateway.config_version, gateway.applied_config_version) + CONFIGURATIONS_LOST
    gateway.save(update_fields=["awaits_word", "config_version"])
    serials_above(gateway.pk, now_ms)
    if epoch is not None:
        ask_for_word(outbox.locked(gateway.pk), now_ms)


def go_on_without_telemetry() -> int:
    """Where telemetry begins empty: let it begin where the books are, for nobody keeps its older rows. Give how many epochs."""
    begun = 0
    for epoch in GatewayEpoch.objects.filter(received_seq__gt=0):
        _row, made = TelemetryPosition.objects.get_or_create(
            gateway=epoch.gateway_id, epoch=epoch.epoch, defaults={"seq": epoch.received_seq}
        )
        begun += made
    return begun


def still_open() -> Still | None:
    """Give what the newest restoration still waits for; None for a central that was never restored."""
    restoration = newest_restoration()
    if restoration is None:
        return None
    ticks = {tick.point: tick for tick in restoration.ticks.all()}
    asked = restoration.gateways.exclude(gateway__public_key="")  # nobody believes what a revoked one says
    questions = asked.select_related("gateway__building").order_by("gateway__building__code")
    return Still(restoration, ticks, list(questions))


@transaction.atomic
def tick(point: str, note: str, *, actor: str, now_ms: int) -> RestorationTick | TickRefusal:
    """Put on record that a point was done; done before, it stays as it was. The last one ends the alarm."""
    restoration = newest_restoration()
    if restoration is None:
        return TickRefusal.NOT_RESTORED
    if point not in {one.value for one in Point}:
        return TickRefusal.UNKNOWN
    row, made = RestorationTick.objects.get_or_create(
        restoration=restoration,
        point=point,
        defaults={"by": actor, "at_ms": now_ms, "note": note.strip()[:200]},
    )
    if made:
        record_audit(actor=actor, action="tick-restoration", subject=point, detail=row.note, now_ms=now_ms)
    look_at_restoration(now_ms)
    return row


def look_at_restoration(now_ms: int) -> bool:
    """Tell of a restoration once, end its alarm when nothing is open; looked at each minute, too. Say whether something is open."""
    still = still_open()
    if still is None:
        return False
    name = still.restoration.incarnation
    if still.is_over:
        clear_alarm(CENTRAL_RESTORED, name, now_ms=now_ms)
        return False
    if not was_told(key := f"{CENTRAL_RESTORED}-{name}", CENTRAL_RESTORED, now_ms):
        with transaction.atomic():
            notify(CENTRAL_RESTORED, {"open": len(still.points)}, to=TOLD, key=key, now_ms=now_ms)
    return True
