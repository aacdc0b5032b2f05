"""Write readings and histories to the telemetry database, once per row, with the roll-up that charts need.

Its position is its own: the two databases commit apart, and a batch is acknowledged when both have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.db import transaction

from central.ingest.database_failure import has_failed
from central.ingest.received_rows import INT64, ReceivedFact, instant_ms
from central.ingest.roll_up import rolled_up
from central.ingest.store_balances import store_balances
from central.ingest.write_readings import add_use, insert_readings, keep_last, last_readings, note_received
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.models import (
    DecisionEvent,
    ReceivedRow,
    RelayEvent,
    TelemetryPosition,
)
from central.prepared import Prepared, update
from gateway.contract.facts import (
    Decision,
    ReadingRow,
    Readings,
    RelayReport,
)

_POSITION = Prepared(
    lambda gateway, epoch: TelemetryPosition.objects.select_for_update().filter(gateway=gateway, epoch=epoch),
    str,
    str,
)


@dataclass(slots=True)
class Stored:
    """What became of a batch here: where telemetry stands, rows that differ from what was received, how many it couldn't take."""

    position: int
    conflicts: list[ReceivedFact] = field(default_factory=list)
    quarantined: int = 0


class Refuses(Protocol):
    """Keeps a row that telemetry can't take, with the reason; gives 1 where it was not kept before."""

    def __call__(self, row: ReceivedFact, reason: str) -> int: ...


def store_telemetry(
    gateway_id: str, epoch: str, rows: Sequence[ReceivedFact], issued_ms: int, now_ms: int, refuse: Refuses
) -> Stored:
    """Store what is new of a batch in one transaction; a row the database refuses is given to `refuse` and left out.

    Before the commit: a row that is left out here is known from then on, and would be asked for by nobody.
    """
    try:
        return _store(gateway_id, epoch, rows, issued_ms, now_ms, None)
    except Exception as error:  # whatever one row does to the whole batch, it must not stop the others
        if has_failed(error):
            raise
        return _store(gateway_id, epoch, rows, issued_ms, now_ms, refuse)


def _store(
    gateway_id: str,
    epoch: str,
    rows: Sequence[ReceivedFact],
    issued_ms: int,
    now_ms: int,
    refuse: Refuses | None,
) -> Stored:
    """`refuse`: take the rows one by one, and give it those that can't be taken."""
    with transaction.atomic(using=TELEMETRY):
        position = _POSITION.first(gateway_id, epoch) or _first_position(gateway_id, epoch)
        known = [row for row in rows if row.seq <= position.seq]
        stored = Stored(position.seq, _differing(position, known, issued_ms))
        new = [row for row in rows if row.seq > position.seq]
        if not new or new[0].seq != position.seq + 1:
            return stored
        note_received(gateway_id, epoch, new)
        if refuse is None:
            _store_facts(gateway_id, epoch, new, now_ms)
        else:
            stored.quarantined = sum(_store_alone(gateway_id, epoch, row, now_ms, refuse) for row in new)
        position.seq = stored.position = new[-1].seq
        update(position, "seq")
    return stored


def _first_position(gateway_id: str, epoch: str) -> TelemetryPosition:
    position, _made = TelemetryPosition.objects.select_for_update().get_or_create(
        gateway=gateway_id, epoch=epoch
    )
    return position


def _store_alone(gateway_id: str, epoch: str, row: ReceivedFact, now_ms: int, refuse: Refuses) -> int:
    try:
        with transaction.atomic(using=TELEMETRY):
            _store_facts(gateway_id, epoch, [row], now_ms)
    except Exception as error:  # C-11: quarantined with its reason, shown, acknowledged
        if has_failed(error):
            raise
        return refuse(row, f"telemetry: {type(error).__name__}: {error}"[:200])
    return 0


def without_received(
    gateway_id: str, epoch: str, rows: Sequence[ReceivedFact], issued_ms: int
) -> list[ReceivedFact]:
    """Leave out the rows that were received before with this very content."""
    position = TelemetryPosition.objects.filter(gateway=gateway_id, epoch=epoch).first()
    copied = position.forgotten_seq if position and issued_ms <= position.forgotten_ms else 0
    digests = _digests(gateway_id, epoch, rows)
    return [
        row for row in rows if digests.get(row.seq) != row.digest and not _is_forgotten(row, copied, digests)
    ]


def _differing(position: TelemetryPosition, known: list[ReceivedFact], issued_ms: int) -> list[ReceivedFact]:
    """Give the rows that aren't what was received under their numbers.

    A digest that was forgotten compares with nothing: but what was issued since is no copy of a row that came before.
    """
    digests = _digests(position.gateway, position.epoch, known)
    written_anew = position.forgotten_seq if issued_ms > position.forgotten_ms else 0
    return [
        row
        for row in known
        if digests.get(row.seq, row.digest) != row.digest or _is_forgotten(row, written_anew, digests)
    ]


def _is_forgotten(row: ReceivedFact, up_to: int, digests: Mapping[int, bytes]) -> bool:
    return row.seq <= up_to and row.seq not in digests


def _digests(gateway_id: str, epoch: str, rows: Sequence[ReceivedFact]) -> dict[int, bytes]:
    """Give the digests of the rows received under these numbers; `rows` are in order."""
    if not rows:
        return {}
    received = ReceivedRow.objects.filter(
        gateway=gateway_id, epoch=epoch, seq__gte=rows[0].seq, seq__lte=rows[-1].seq
    )
    return {seq: bytes(digest) for seq, digest in received.values_list("seq", "digest")}


def _store_facts(gateway_id: str, epoch: str, rows: Sequence[ReceivedFact], now_ms: int) -> None:
    readings = [reading for row in rows if isinstance(row.fact, Readings) for reading in row.fact.rows]
    if readings:
        _store_readings(gateway_id, readings)
    RelayEvent.objects.bulk_create(
        [_relay_event(row.fact, now_ms) for row in rows if isinstance(row.fact, RelayReport)]
    )
    DecisionEvent.objects.bulk_create(
        [_decision_event(row.fact, now_ms) for row in rows if isinstance(row.fact, Decision)]
    )
    store_balances(gateway_id, epoch, rows, now_ms)


def _store_readings(gateway_id: str, readings: list[ReadingRow]) -> None:
    for reading in readings:
        if not _has_numbers_of_64_bits(reading):
            raise ValueError(f"a number of meter {reading.meter} is beyond 64 bits")
    insert_readings(readings)
    last, use = rolled_up(gateway_id, readings, last_readings(reading.meter for reading in readings))
    keep_last(last)
    add_use(use)


def _has_numbers_of_64_bits(reading: ReadingRow) -> bool:
    return (
        -INT64 <= reading.wall_ms < INT64
        and -INT64 <= reading.register_wh < INT64
        and -INT64 <= (reading.power_w or 0) < INT64
        and -INT64 <= (reading.current_ma or 0) < INT64
    )


def _relay_event(report: RelayReport, now_ms: int) -> RelayEvent:
    return RelayEvent(
        meter=report.meter,
        at_ms=instant_ms(report.at, now_ms),
        desired_closed=report.desired_closed,
        commanded_closed=report.commanded_closed,
        observed_closed=report.observed_closed,
        verdict=report.verdict.value,
        why=report.why[:200],
        current_ma=report.current_ma,
        status_word=report.status_word,
    )


def _decision_event(decision: Decision, now_ms: int) -> DecisionEvent:
    return DecisionEvent(
        account=decision.account,
        at_ms=instant_ms(decision.at, now_ms),
        decision=decision.decision.value,
        reason=decision.reason[:64],
        balance=decision.balance,
    )
