"""Batches of one gateway that waited beside each other, joined where one goes on where the other ends: same epoch, next row."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.contract.facts import UpBatch


@dataclass(frozen=True, slots=True)
class Joined:
    """What is taken as one batch, when the newest of its parts was issued, the last one's id, and of how many it is made."""

    batch: UpBatch
    issued_ms: int
    answers: str = ""
    of: int = 1


def join(batches: Iterable[Joined]) -> list[Joined]:
    """Join batches, in order; one that repeats rows, leaves some out or has no order stays alone."""
    joined: list[Joined] = []
    for one in batches:
        before = joined[-1] if joined else None
        if before is not None and _goes_on(before.batch, one.batch):
            batch = UpBatch(one.batch.epoch, [*before.batch.rows, *one.batch.rows])
            issued_ms = max(before.issued_ms, one.issued_ms)
            joined[-1] = Joined(batch, issued_ms, one.answers, before.of + one.of)
        else:
            joined.append(one)
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
