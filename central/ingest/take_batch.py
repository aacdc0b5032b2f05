"""Take a batch of outbox rows: commit it in both databases, then acknowledge (C-11).

A row is known by (gateway, epoch, sequence) and its digest: the same again is nothing new, the same sequence with other content is
an alarm. A row that can't be taken is quarantined, shown and acknowledged, so that one bad row never stops the building.
"""

from dataclasses import dataclass

from django.db import transaction

from central.ingest.database_failure import has_failed
from central.ingest.own_building import own_rows
from central.ingest.received_rows import BatchRefusal, ReceivedFact, newest_reading_ms, rows_of
from central.ingest.store_telemetry import Stored, store_telemetry, without_received
from central.ingest.take_facts import FactTaker
from central.link import outbox
from central.link.alarms import raise_alarm
from central.link.epochs import adopt_epoch, order_new_epoch
from central.link.models import Gateway, GatewayEpoch, QuarantinedRow
from central.prepared import Prepared, update
from gateway.contract.commands import Ack
from gateway.contract.facts import UpBatch
from gateway.contract.identifiers import Epoch


@dataclass(frozen=True, slots=True)
class Taken:
    """What is acknowledged, and what is counted."""

    ack: Ack
    counts: dict[str, int]
    newest_ms: int | None = None
    """When the newest reading of the batch was taken, by a trusted clock."""


_EPOCH = Prepared(
    lambda gateway, epoch: (
        GatewayEpoch.objects.filter(gateway=gateway, epoch=epoch)
        .select_related("gateway")
        .defer("gateway__counters", "gateway__meters_seen")
    ),
    str,
    str,
)
_LOCKED_EPOCH = Prepared(
    lambda gateway, epoch: (
        GatewayEpoch.objects.select_for_update().filter(gateway=gateway, epoch=epoch).order_by()
    ),
    str,
    str,
)


def take_batch(gateway_id: str, batch: UpBatch, issued_ms: int, now_ms: int) -> Taken | BatchRefusal:
    """Take a verified batch of an enrolled gateway. Database failures pass through: nothing is acknowledged then."""
    rows = rows_of(batch)
    if isinstance(rows, BatchRefusal):
        return rows
    epoch = _epoch(gateway_id, batch.epoch, now_ms)
    if epoch is None:
        return BatchRefusal.UNKNOWN_EPOCH
    if epoch.gateway.awaits_word and not epoch.opened:
        return BatchRefusal.AWAITS_WORD
    if epoch.closed:
        return _refuse_all(gateway_id, epoch, rows, issued_ms, now_ms)
    own = own_rows(epoch.gateway.building_id, rows)
    rows = own.rows
    stored = store_telemetry(gateway_id, batch.epoch, rows, issued_ms, now_ms, _Quarantine(epoch, now_ms))
    _sound_foreign_meters(gateway_id, own.foreign_meters, now_ms)
    try:
        received, counts = _take(gateway_id, batch.epoch, rows, stored, issued_ms, now_ms, one_by_one=False)
    except Exception as error:  # one bad row: take the others one by one and quarantine it
        if has_failed(error):
            raise
        received, counts = _take(gateway_id, batch.epoch, rows, stored, issued_ms, now_ms, one_by_one=True)
    committed = min(received, stored.position)
    gap = rows[0].seq > committed + 1
    if gap:
        counts["gaps"] = 1
    ack = Ack(Epoch(batch.epoch), committed, now_ms, expected=committed + 1 if gap else None)
    return Taken(ack, counts, newest_reading_ms(rows))


def _epoch(gateway_id: str, name: str, now_ms: int) -> GatewayEpoch | None:
    """Find an epoch; one that was ordered may show itself by its first batch, before a birth says so.

    Whether it is closed is looked at again under the lock that books its rows.
    """
    known = _EPOCH.first(gateway_id, name)
    if known is not None:
        return known
    with transaction.atomic():
        gateway = outbox.locked(gateway_id)
        if gateway.awaits_epoch and not gateway.awaits_word and not _EPOCH.rows(gateway_id, name):
            adopt_epoch(gateway, name, gateway.next_number - 1, now_ms)
        return _EPOCH.first(gateway_id, name)


def _sound_foreign_meters(gateway_id: str, meters: set[str], now_ms: int) -> None:
    """Say once of each meter that a gateway reads it and another building's list has it."""
    for meter in sorted(meters):
        with transaction.atomic():
            raise_alarm(
                "foreign-meter",
                meter,
                now_ms=now_ms,
                gateway_id=gateway_id,
                detail=f"gateway {gateway_id} reads meter {meter}, which the campus has in another building",
            )


def _take(
    gateway_id: str,
    epoch_name: str,
    rows: list[ReceivedFact],
    stored: Stored,
    issued_ms: int,
    now_ms: int,
    *,
    one_by_one: bool,
) -> tuple[int, dict[str, int]]:
    with transaction.atomic():
        gateway = outbox.locked(gateway_id)
        outbox.lock_building(gateway.building_id)
        epoch = _LOCKED_EPOCH.first(gateway_id, epoch_name)
        if epoch is None:
            raise GatewayEpoch.DoesNotExist(epoch_name)
        new = [row for row in rows if row.seq > epoch.received_seq]
        if new and new[0].seq != epoch.received_seq + 1:
            new = []
        counts = {"rows": len(new), "rows-known": len([r for r in rows if r.seq <= epoch.received_seq])}
        if stored.quarantined:
            counts["quarantined"] = stored.quarantined
        _take_conflicts(gateway_id, epoch, stored.conflicts, counts, now_ms)
        if epoch.closed:  # just now: what else this store says would be booked again by its next epoch
            counts["quarantined"] = counts.get("quarantined", 0) + _keep_unbooked(gateway, epoch, new, now_ms)
        elif one_by_one:
            for row in new:
                refused = _take_alone(gateway, epoch, row, now_ms)
                counts["quarantined"] = counts.get("quarantined", 0) + refused
        else:
            taker = FactTaker(gateway, epoch, now_ms)
            taker.prepare(new)
            for row in new:
                taker.take(row)
            taker.finish()
        if new:
            epoch.received_seq = new[-1].seq
        epoch.last_batch_issued_ms = max(epoch.last_batch_issued_ms, issued_ms)
        update(epoch, "received_seq", "last_batch_issued_ms")
        if new:  # an old batch may be anybody's copy: only what is new proves that the gateway is there
            gateway.last_seen_ms = now_ms
            update(gateway, "last_seen_ms")
        return epoch.received_seq, counts


def _take_alone(gateway: Gateway, epoch: GatewayEpoch, row: ReceivedFact, now_ms: int) -> int:
    try:
        with transaction.atomic():
            taker = FactTaker(gateway, epoch, now_ms)
            taker.take(row)
            taker.finish()
    except Exception as error:  # C-11: whatever is wrong with this row, the next ones are taken
        if has_failed(error):
            raise
        return _quarantine(gateway, epoch, row, f"{type(error).__name__}: {error}"[:200], now_ms)
    return 0


def _take_conflicts(
    gateway_id: str, epoch: GatewayEpoch, conflicts: list[ReceivedFact], counts: dict[str, int], now_ms: int
) -> None:
    """The same sequence with other content: the store went back in time, or someone else writes in its name."""
    if not conflicts:
        return
    gateway = Gateway.objects.get(pk=gateway_id)
    for row in conflicts:
        _quarantine(gateway, epoch, row, "exists-with-different", now_ms)
    counts["rows-differ"] = len(conflicts)
    detail = f"epoch {epoch.epoch}, row {conflicts[0].seq}: received before with other content"
    raise_alarm("row-differs", gateway_id, now_ms=now_ms, gateway_id=gateway_id, detail=detail)
    if epoch.epoch == gateway.epoch:
        order_new_epoch(gateway, epoch, now_ms)


def _refuse_all(
    gateway_id: str, epoch: GatewayEpoch, rows: list[ReceivedFact], issued_ms: int, now_ms: int
) -> Taken | BatchRefusal:
    """Quarantine rows of a closed epoch: their store went back in time, and the new epoch opens with central's books.

    What was received while the epoch lived is only its copy, whoever says it again.
    """
    with transaction.atomic():
        gateway = outbox.locked(gateway_id)
        fresh = without_received(gateway_id, epoch.epoch, rows, issued_ms)
        kept = _keep_unbooked(gateway, epoch, fresh, now_ms)
    ack = Ack(Epoch(epoch.epoch), rows[-1].seq, now_ms)
    return Taken(ack, {"quarantined": kept, "rows-known": len(rows) - kept})


def _keep_unbooked(gateway: Gateway, epoch: GatewayEpoch, rows: list[ReceivedFact], now_ms: int) -> int:
    """Quarantine rows of a closed epoch; give how many are new. One alarm tells of all of them."""
    kept = sum(_quarantine(gateway, epoch, row, "epoch-went-back", now_ms, sound=False) for row in rows)
    if kept:
        detail = f"epoch {epoch.epoch} is closed; {kept} more rows of it were kept, not booked"
        raise_alarm("rows-of-closed-epoch", epoch.epoch, now_ms=now_ms, gateway_id=gateway.pk, detail=detail)
    return kept


@dataclass(frozen=True, slots=True)
class _Quarantine:
    """Keeps what telemetry can't take, in a transaction of its own."""

    epoch: GatewayEpoch
    now_ms: int

    def __call__(self, row: ReceivedFact, reason: str) -> int:
        with transaction.atomic():
            gateway = outbox.locked(self.epoch.gateway_id)
            return _quarantine(gateway, self.epoch, row, reason, self.now_ms)


def _quarantine(
    gateway: Gateway, epoch: GatewayEpoch, row: ReceivedFact, reason: str, now_ms: int, *, sound: bool = True
) -> int:
    _row, made = QuarantinedRow.objects.get_or_create(
        gateway=gateway,
        epoch=epoch.epoch,
        seq=row.seq,
        reason=reason.replace("\x00", ""),
        defaults={"fact": row.raw.decode("utf-8", "replace").replace("\x00", ""), "received_ms": now_ms},
    )
    if made and sound:
        raise_alarm(
            "row-quarantined",
            f"{epoch.epoch}.{row.seq}",
            now_ms=now_ms,
            gateway_id=gateway.pk,
            detail=reason.replace("\x00", ""),
        )
    return int(made)
