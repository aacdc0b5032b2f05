"""What waits for central, for a person who looks: how much of what, since when, and what was thinned. Changes nothing (C-11)."""

from collections.abc import Iterator

import msgspec

from gateway.application.alarms import station
from gateway.application.outbox import marks
from gateway.application.ports import Journal
from gateway.application.records import OutboxMark
from gateway.contract.facts import Instant, UpRow
from gateway.contract.identifiers import Epoch
from gateway.domain.instants import wall_of

ROWS_AT_ONCE = 2_000
BYTES_AT_ONCE = 4_000_000
MOST_COUNTED = 20_000
"""Rows whose kind is looked at: days of a busy building, some seconds of a Pi. The number of rows is told whole."""
UNREADABLE = "unreadable"
_KIND_FIRST = b'{"kind":"'


class KindWaiting(msgspec.Struct, frozen=True):
    """How much of one kind of fact waits."""

    kind: str
    rows: int
    bytes: int
    oldest_ms: int


class WaitingRow(msgspec.Struct, frozen=True):
    """One row that waits; `about` is its account, meter or subject where it has one."""

    epoch: Epoch
    seq: int
    kind: str
    about: str
    written_ms: int
    bytes: int


class EpochWaiting(msgspec.Struct, frozen=True):
    """One life of this store. `expected` is the next row that central needs; `dropped` were acknowledged and are no longer kept."""

    epoch: Epoch
    number: int
    last_seq: int
    acked_seq: int
    expected: int
    waiting: int
    kept_from_seq: int
    dropped: int
    thinned_readings: int


class OutboxLook(msgspec.Struct, frozen=True):
    """Everything that `cardroom-gateway outbox` knows from the store."""

    gateway: str
    epoch: Epoch
    is_opened: bool
    """Central has given this epoch its opening."""
    rows: int
    oldest_ms: int | None
    heard_ms: int | None
    """When central last acknowledged something new, to ten minutes; None: never, or by no clock that is known."""
    counted: int
    """How many of the rows `kinds` is about."""
    kinds: list[KindWaiting]
    listed: list[WaitingRow]
    """The oldest rows, as many as were asked for."""
    epochs: list[EpochWaiting]
    link: str | None = None
    """`connected`, or what is wrong with the link and what to do; None: the daemon is stopped."""
    link_connected: bool | None = None
    sent_again: int = 0
    """How often rows were sent again since the daemon's start, because nobody acknowledged them."""
    readings_lost: int = 0
    """Readings that a full disk kept from being written since the daemon's start; their energy is in the next ones."""


class _Gist(msgspec.Struct):
    """As much of a fact as is shown of it."""

    kind: str = ""
    account: str | None = None
    meter: str | None = None
    subject: str | None = None
    command: str | None = None


def look_at_outbox(journal: Journal, kind: str, limit: int, now: Instant) -> OutboxLook:
    """Look at every row that central has not acknowledged. `kind` empty: of all kinds."""
    here = station(journal)
    kinds: dict[str, KindWaiting] = {}
    listed: list[WaitingRow] = []
    counted = 0
    for epoch, row in _waiting(journal):
        counted += 1
        raw = bytes(row.fact)
        found = kind_of(raw)
        if found not in kinds:
            kinds[found] = KindWaiting(found, 0, 0, _written(journal, epoch, row))
        kinds[found] = _counted(kinds[found], len(raw))
        if len(listed) < limit and kind in ("", found):
            listed.append(
                WaitingRow(epoch, row.seq, found, about(raw), _written(journal, epoch, row), len(raw))
            )
    epochs = [_epoch(journal, mark) for mark in marks(journal)]
    return OutboxLook(
        gateway=here.gateway,
        epoch=here.epoch,
        is_opened=here.opened_epoch == here.epoch,
        rows=sum(epoch.waiting for epoch in epochs),
        oldest_ms=min((one.oldest_ms for one in kinds.values()), default=None),
        heard_ms=wall_of(here.heard_at, now) if here.heard_at else None,
        counted=counted,
        kinds=sorted(kinds.values(), key=lambda one: -one.rows),
        listed=listed,
        epochs=epochs,
    )


def _counted(before: KindWaiting, length: int) -> KindWaiting:
    return KindWaiting(before.kind, before.rows + 1, before.bytes + length, before.oldest_ms)


def _waiting(journal: Journal) -> Iterator[tuple[Epoch, UpRow]]:
    left = MOST_COUNTED
    for mark in marks(journal):
        after_seq = mark.acked_seq
        while left > 0:
            rows = journal.outbox(mark.epoch, after_seq, BYTES_AT_ONCE, min(ROWS_AT_ONCE, left))
            if not rows:
                break
            yield from ((mark.epoch, row) for row in rows)
            after_seq, left = rows[-1].seq, left - len(rows)


def _written(journal: Journal, epoch: Epoch, row: UpRow) -> int:
    return journal.written_ms(epoch, row.seq - 1) or 0


def kind_of(raw: bytes) -> str:
    """Give a fact's kind. It stands first in what is written here; of another writer's row the whole is read."""
    if raw.startswith(_KIND_FIRST):
        return raw[len(_KIND_FIRST) : raw.index(b'"', len(_KIND_FIRST))].decode(errors="replace")
    return _gist_of(raw).kind or UNREADABLE


def about(raw: bytes) -> str:
    """Give whom a fact is about: its account, meter, subject or command; nothing where it has none."""
    gist = _gist_of(raw)
    return gist.account or gist.meter or gist.subject or gist.command or ""


def _gist_of(raw: bytes) -> _Gist:
    try:
        return msgspec.json.decode(raw, type=_Gist)
    except msgspec.DecodeError:
        return _Gist()


def _epoch(journal: Journal, mark: OutboxMark) -> EpochWaiting:
    last_seq, first_kept = journal.last_seq(mark.epoch), journal.first_kept_seq(mark.epoch)
    return EpochWaiting(
        epoch=mark.epoch,
        number=mark.number,
        last_seq=last_seq,
        acked_seq=mark.acked_seq,
        expected=mark.acked_seq + 1,
        waiting=last_seq - mark.acked_seq,
        kept_from_seq=first_kept,
        dropped=max(0, first_kept - 1),
        thinned_readings=mark.thinned_readings,
    )
