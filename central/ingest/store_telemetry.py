"""Write readings and histories to the telemetry database, once per row, with the roll-up that charts need.

Its position is its own: the two databases commit apart, and a batch is acknowledged when both have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.utils import InterfaceError, OperationalError

from central.ingest.received_rows import INT64, ReceivedFact, instant_ms
from central.ingest.store_balances import store_balances
from central.ingest.write_readings import Last, add_use, insert_readings, keep_last, last_readings
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
    ReadingOutcome,
    ReadingRow,
    Readings,
    RelayReport,
)

HOUR_MS = 3_600_000
ACCEPTED = frozenset({ReadingOutcome.ADVANCED, ReadingOutcome.UNCHANGED, ReadingOutcome.ROLLOVER})
RESTARTS = frozenset({ReadingOutcome.FIRST, ReadingOutcome.REPLACED})


@dataclass(slots=True)
class Stored:
    """What became of a batch here: where telemetry stands, rows that differ from what was received, rows it couldn't take."""

    position: int
    conflicts: list[ReceivedFact] = field(default_factory=list)
    refused: list[tuple[ReceivedFact, str]] = field(default_factory=list)


_POSITION = Prepared(
    lambda gateway, epoch: (
        TelemetryPosition.objects.select_for_update().filter(gateway=gateway, epoch=epoch).order_by()
    ),
    str,
    str,
)


def _begun(gateway_id: str, epoch: str) -> TelemetryPosition:
    return TelemetryPosition.objects.select_for_update().get_or_create(gateway=gateway_id, epoch=epoch)[0]


def store_telemetry(gateway_id: str, epoch: str, rows: Sequence[ReceivedFact], now_ms: int) -> Stored:
    """Store what is new of a batch in one transaction; a row the database refuses is left out and named."""
    try:
        return _store(gateway_id, epoch, rows, now_ms, one_by_one=False)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # whatever one row does to the whole batch, it must not stop the others
        return _store(gateway_id, epoch, rows, now_ms, one_by_one=True)


def _store(
    gateway_id: str, epoch: str, rows: Sequence[ReceivedFact], now_ms: int, *, one_by_one: bool
) -> Stored:
    with transaction.atomic(using=TELEMETRY):
        position = _POSITION.first(gateway_id, epoch) or _begun(gateway_id, epoch)
        known = [row for row in rows if row.seq <= position.seq]
        stored = Stored(position.seq, _conflicts(gateway_id, epoch, known))
        new = [row for row in rows if row.seq > position.seq]
        if not new or new[0].seq != position.seq + 1:
            return stored
        ReceivedRow.objects.bulk_create(
            [ReceivedRow(gateway=gateway_id, epoch=epoch, seq=row.seq, digest=row.digest) for row in new]
        )
        if one_by_one:
            for row in new:
                _store_alone(gateway_id, epoch, row, now_ms, stored)
        else:
            _store_facts(gateway_id, epoch, new, now_ms)
        position.seq = stored.position = new[-1].seq
        update(position, "seq")
    return stored


def _store_alone(gateway_id: str, epoch: str, row: ReceivedFact, now_ms: int, stored: Stored) -> None:
    try:
        with transaction.atomic(using=TELEMETRY):
            _store_facts(gateway_id, epoch, [row], now_ms)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # C-11: quarantined with its reason, shown, acknowledged
        stored.refused.append((row, f"telemetry: {type(error).__name__}: {error}"[:200]))


def without_received(gateway_id: str, epoch: str, rows: Sequence[ReceivedFact]) -> list[ReceivedFact]:
    """Leave out the rows that were received before with this very content."""
    digests = _digests(gateway_id, epoch, rows)
    return [row for row in rows if digests.get(row.seq) != row.digest]


def _conflicts(gateway_id: str, epoch: str, known: list[ReceivedFact]) -> list[ReceivedFact]:
    digests = _digests(gateway_id, epoch, known)
    return [row for row in known if row.seq in digests and digests[row.seq] != row.digest]


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
        numbers = (reading.wall_ms, reading.register_wh, reading.power_w or 0, reading.current_ma or 0)
        if not all(-INT64 <= number < INT64 for number in numbers):
            raise ValueError(f"a number of meter {reading.meter} is beyond 64 bits")
    insert_readings(readings)
    _roll_up(gateway_id, readings)


def _roll_up(gateway_id: str, readings: list[ReadingRow]) -> None:
    last = last_readings(reading.meter for reading in readings)
    use: dict[tuple[str, int], int] = {}
    for reading in readings:
        before = last.get(reading.meter)
        base = before.register_wh if before else reading.register_wh
        if reading.trusted and reading.outcome in ACCEPTED:
            key = (reading.meter, reading.wall_ms // HOUR_MS * HOUR_MS)
            use[key] = use.get(key, 0) + _advance(base, reading.register_wh, reading.outcome)
            base = reading.register_wh
        elif reading.outcome in RESTARTS:
            base = reading.register_wh
        last[reading.meter] = _newest(gateway_id, reading, base, before)
    keep_last(list(last.values()))
    add_use(use)


def _newest(gateway_id: str, reading: ReadingRow, base_wh: int, before: Last | None) -> Last:
    """Keep what this reading did not ask: power, current and relay are read every few rounds only."""
    power_w, current_ma, closed = reading.power_w, reading.current_ma, reading.relay_closed
    if before is not None:
        power_w = before.power_w if power_w is None else power_w
        current_ma = before.current_ma if current_ma is None else current_ma
        closed = before.relay_closed if closed is None else closed
    outcome = reading.outcome.value
    return Last(reading.meter, gateway_id, reading.wall_ms, base_wh, power_w, current_ma, closed, outcome)


def _advance(base_wh: int, register_wh: int, outcome: ReadingOutcome) -> int:
    if outcome == ReadingOutcome.ROLLOVER and register_wh < base_wh:
        return int(10 ** len(str(base_wh))) - base_wh + register_wh
    return max(register_wh - base_wh, 0)


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
