"""Rows of a batch as ingest works on them: decoded once, or with the reason why they can't be."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from gateway.contract.facts import Fact, Instant, Readings, UpBatch, decode_fact

INT64 = 1 << 63


class BatchRefusal(StrEnum):
    """Why a batch is not taken and not acknowledged."""

    BROKEN_ORDER = "broken-order"
    UNKNOWN_EPOCH = "unknown-epoch"
    AWAITS_WORD = "awaits-word"
    """This central was restored, and doesn't know yet whether the one that was lost opened this epoch: it is said soon."""


@dataclass(frozen=True, slots=True)
class ReceivedFact:
    """One outbox row: its sequence, bytes and digest, and the fact, or why there is none."""

    seq: int
    raw: bytes
    digest: bytes
    fact: Fact | None
    reason: str = ""


def rows_of(batch: UpBatch) -> list[ReceivedFact] | BatchRefusal:
    """Decode a batch's rows; refuse one that is empty, has gaps or counts from below 1."""
    first = batch.rows[0].seq if batch.rows else 0
    if not 1 <= first < INT64 - len(batch.rows) or any(
        row.seq != first + i for i, row in enumerate(batch.rows)
    ):
        return BatchRefusal.BROKEN_ORDER
    return [_decoded(row.seq, bytes(row.fact)) for row in batch.rows]


def _decoded(seq: int, raw: bytes) -> ReceivedFact:
    digest = hashlib.sha256(raw).digest()
    try:
        return ReceivedFact(seq, raw, digest, decode_fact(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return ReceivedFact(seq, raw, digest, None, f"not a known fact: {error}"[:200])


def instant_ms(at: Instant, now_ms: int) -> int:
    """Give when something happened: the gateway's wall clock while it was trusted, else when central learnt it (C-14)."""
    return at.wall_ms if at.trusted else now_ms


def newest_reading_ms(rows: Sequence[ReceivedFact]) -> int | None:
    """Give when the newest reading of a batch was taken, by a trusted clock; None where its last round has none."""
    last = next((row.fact for row in reversed(rows) if isinstance(row.fact, Readings)), None)
    return max((row.wall_ms for row in last.rows if row.trusted), default=None) if last else None
