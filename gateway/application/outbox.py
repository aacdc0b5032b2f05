"""What goes up and how far central has it (C-11). Signs nothing, sends nothing.

Epochs drain in the order in which this store began them. What is acknowledged is kept for some days, so that a restored central
can ask for it again.
"""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from gateway.application.alarms import raise_alarm, station
from gateway.application.ports import Journal
from gateway.application.records import ONLY, InboxRow, OutboxMark
from gateway.contract.commands import Ack
from gateway.contract.facts import CommandResult, Instant, UpBatch
from gateway.contract.identifiers import Epoch
from gateway.contract.rules import PolicyRule
from gateway.domain.clock_trust import CENTRAL_TOLERANCE_MS
from gateway.domain.instants import elapsed_ms
from gateway.domain.leeway import Heard, is_isolated

BATCH_BYTES = 200_000
HEARD_EVERY_MS = 600_000
SEND_AHEAD_ROWS = 1_000
"""How far ahead rows are marked as sendable, so that the mark costs a commit once per so many rows."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits for central."""

    rows: int
    oldest_ms: int | None
    """When the oldest of them was written; None when none waits."""


@dataclass(frozen=True, slots=True)
class Position:
    """A row of the outbox."""

    epoch: Epoch
    seq: int


class AckOutcome(StrEnum):
    """What an acknowledgement meant."""

    TAKEN = "taken"
    NOTHING_NEW = "nothing-new"
    SEND_AGAIN = "send-again"
    """Central saw a gap: the next batch begins there."""
    UNKNOWN_EPOCH = "unknown-epoch"
    AHEAD = "ahead"
    """Central has rows that this store never wrote: the store went back in time."""
    FORMER_EPOCH = "former-epoch"
    """The same of an epoch that has ended: the new one is the answer to it, and this is late, or a copy."""


def marks(journal: Journal) -> list[OutboxMark]:
    """List the epochs of this store, oldest first."""
    return sorted(journal.records(OutboxMark).values(), key=lambda mark: mark.number)


def depth(journal: Journal) -> Depth:
    """Tell how much waits for central, and since when."""
    waiting = [journal.written_ms(mark.epoch, mark.acked_seq) for mark in marks(journal)]
    return Depth(
        rows=sum(journal.last_seq(mark.epoch) - mark.acked_seq for mark in marks(journal)),
        oldest_ms=next((written for written in waiting if written is not None), None),
    )


def outbox_batch(
    journal: Journal, max_bytes: int = BATCH_BYTES, after: Position | None = None
) -> UpBatch | None:
    """Give the next rows that are not acknowledged, of one epoch; None when there are none.

    `after` is the last row in flight: rows up to it are not given again, so that several batches can be under way.
    """
    for mark in marks(journal):
        from_seq = mark.acked_seq
        if after is not None and after.epoch == mark.epoch:
            from_seq = max(from_seq, after.seq)
        rows = journal.outbox(mark.epoch, from_seq, max_bytes)
        if rows:
            _mark_sendable(journal, mark, rows[-1].seq)
            return UpBatch(mark.epoch, rows)
        if journal.last_seq(mark.epoch) > mark.acked_seq:
            return None
    return None


def _mark_sendable(journal: Journal, mark: OutboxMark, seq: int) -> None:
    """Store, before anything is sent, up to where rows must never change again: central compares what comes twice."""
    if seq > mark.sendable_seq:
        ahead_seq = journal.last_seq(mark.epoch) + SEND_AHEAD_ROWS
        journal.keep(mark.epoch, msgspec.structs.replace(mark, sendable_seq=ahead_seq))
        journal.must_commit()


def acknowledge(journal: Journal, ack: Ack, now: Instant) -> AckOutcome:
    """Note what central has committed. Losing an acknowledgement is harmless, so that it waits for the next commit."""
    mark = journal.record(OutboxMark, ack.epoch)
    if mark is None:
        return AckOutcome.UNKNOWN_EPOCH
    last_seq = journal.last_seq(ack.epoch)
    if ack.seq > last_seq and ack.epoch != station(journal).epoch:
        return AckOutcome.FORMER_EPOCH
    if ack.seq > last_seq:
        detail = f"central has row {ack.seq} of epoch {ack.epoch}, this store ends at {last_seq}"
        raise_alarm(journal, "store-behind", station(journal).gateway, detail, now)
        return AckOutcome.AHEAD
    if ack.expected is not None:
        return _send_from(journal, mark, ack.expected)
    if ack.seq <= mark.acked_seq:
        return AckOutcome.NOTHING_NEW
    journal.keep(mark.epoch, msgspec.structs.replace(mark, acked_seq=ack.seq))
    _lower_high_water(journal, ack, now)
    _hear(journal, now)
    return AckOutcome.TAKEN


def _lower_high_water(journal: Journal, ack: Ack, now: Instant) -> None:
    """Clock and central agree on a time before the latest one ever believed: that one was wrong (C-14)."""
    here = station(journal)
    agree = now.trusted and abs(now.wall_ms - ack.central_ms) <= CENTRAL_TOLERANCE_MS
    if agree and here.high_water_ms > now.wall_ms + CENTRAL_TOLERANCE_MS:
        journal.keep(ONLY, msgspec.structs.replace(here, high_water_ms=now.wall_ms))


def _hear(journal: Journal, now: Instant) -> None:
    """Note that central is there: only something new proves it, an old acknowledgement may be anybody's copy."""
    here = station(journal)
    if not is_older(here.heard_at, now, HEARD_EVERY_MS):
        return
    policy = journal.record(PolicyRule, ONLY) or PolicyRule()
    isolated = is_isolated(policy, Heard(here.heard_at), now)
    back_at = now if isolated else here.back_at
    journal.keep(ONLY, msgspec.structs.replace(here, heard_at=now, back_at=back_at))


def _send_from(journal: Journal, mark: OutboxMark, from_seq: int) -> AckOutcome:
    acked_seq = min(max(from_seq, 1) - 1, journal.last_seq(mark.epoch))
    journal.keep(mark.epoch, msgspec.structs.replace(mark, acked_seq=acked_seq))
    return AckOutcome.SEND_AGAIN


def resend(journal: Journal, epoch: Epoch, from_seq: int) -> int | None:
    """Send everything kept from a row on again; give the first row that is still kept, None for an unknown epoch."""
    mark = journal.record(OutboxMark, epoch)
    if mark is None:
        return None
    first_seq = max(from_seq, journal.first_kept_seq(epoch), 1)
    journal.keep(epoch, msgspec.structs.replace(mark, acked_seq=min(mark.acked_seq, first_seq - 1)))
    journal.must_commit()
    return first_seq


def drop_old_rows(journal: Journal, policy: PolicyRule, now: Instant) -> int:
    """Delete rows that were acknowledged and written before the days to keep; never on an untrusted clock. Give how many."""
    if not now.trusted:
        return 0
    before_ms = now.wall_ms - policy.keep_acked_days * 86_400_000
    return sum(journal.drop_rows(mark.epoch, mark.acked_seq, before_ms) for mark in marks(journal))


def begin_epoch(journal: Journal, epoch: Epoch) -> OutboxMark:
    """Begin a life of this store: the next row is number 1 of a new epoch."""
    mark = OutboxMark(epoch, number=len(journal.records(OutboxMark)) + 1, sendable_seq=0)
    journal.keep(epoch, mark)
    journal.must_commit()
    return mark


def close_epoch(journal: Journal, epoch: Epoch) -> None:
    """Central has everything of an epoch that this store only half remembers: none of it is sent any more."""
    mark = journal.record(OutboxMark, epoch)
    if mark is not None:
        journal.keep(epoch, msgspec.structs.replace(mark, acked_seq=journal.last_seq(epoch)))


def answer_again(journal: Journal, result: CommandResult) -> None:
    """Make the end of a PENDING command what a repetition of it is answered with."""
    row = journal.record(InboxRow, str(result.number))
    if row is not None and row.command == result.command:
        journal.keep(str(result.number), msgspec.structs.replace(row, result=result))


def is_older(then: Instant | None, now: Instant, age_ms: int) -> bool:
    """Say whether something is at least so old; what can't be compared is."""
    passed = None if then is None else elapsed_ms(then, now)
    return passed is None or passed >= age_ms
