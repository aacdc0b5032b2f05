"""Batches of one gateway that waited beside each other, joined where one goes on where the other ends: same epoch, next row."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.contract.facts import UpBatch


@dataclass(frozen=True, slots=True)
class Joined:
    """What is taken as one batch, when the newest of its parts was issued, and of how many it is made."""

    batch: UpBatch
    issued_ms: int
    of: int = 1


def join(batches: Iterable[tuple[UpBatch, int]]) -> list[Joined]:
    """Join batches with their issued instants, in order; one that repeats rows, leaves some out or has no order stays alone."""
    joined: list[Joined] = []
    for batch, issued_ms in batches:
        before = joined[-1] if joined else None
        if before is not None and _goes_on(before.batch, batch):
            rows = [*before.batch.rows, *batch.rows]
            joined[-1] = Joined(UpBatch(batch.epoch, rows), max(before.issued_ms, issued_ms), before.of + 1)
        else:
            joined.append(Joined(batch, issued_ms))
    return joined


def _goes_on(before: UpBatch, batch: UpBatch) -> bool:
    return (
        before.epoch == batch.epoch
        and _is_in_order(before)
        and _is_in_order(batch)
        and batch.rows[0].seq == before.rows[-1].seq + 1
    )


def _is_in_order(batch: UpBatch) -> bool:
    return bool(batch.rows) and all(row.seq == batch.rows[0].seq + i for i, row in enumerate(batch.rows))
