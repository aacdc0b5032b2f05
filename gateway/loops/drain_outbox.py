"""Send the outbox up in order; central's signed acknowledgement is the only proof of storage (C-11).

A few batches are under way at once, so that a backlog of days drains at the link's speed. What is not acknowledged in time is sent
again from the last acknowledged row: central takes each row once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from gateway.application.outbox import Position, outbox_batch
from gateway.application.ports import Clock, Journal, Store, StoreFull
from gateway.contract.commands import CENTRAL
from gateway.contract.envelope import Signer, seal
from gateway.contract.facts import UpBatch
from gateway.contract.identifiers import GatewayId
from gateway.contract.topics import UP
from gateway.loops.signals import Signals, heard

BATCHES_UNDER_WAY = 8
ACK_PATIENCE_S = 10.0
LOOK_EVERY_S = 1.0

log = structlog.get_logger("outbox")


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch under way: its message's name, and its last row."""

    name: str
    last: Position


class Link(Protocol):
    """What the loop needs of the uplink."""

    connected: asyncio.Event

    async def publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool: ...


class OutboxDrain:
    """Drains one gateway's outbox."""

    def __init__(
        self,
        gateway: GatewayId,
        signer: Signer,
        link: Link,
        store: Store[Journal],
        clock: Clock,
        signals: Signals,
        progress: Callable[[], None],
    ) -> None:
        self._gateway = gateway
        self._signer = signer
        self._link = link
        self._store = store
        self._clock = clock
        self._signals = signals
        self._progress = progress
        self._under_way: deque[_Batch] = deque()
        self._last_ack_s = 0.0
        self.sent_again = 0
        """How often the acknowledgement was given up and the rows were sent again."""

    async def run(self) -> None:
        """Drain for ever."""
        while True:
            self._progress()
            if not self._link.connected.is_set():
                self._under_way.clear()
                await heard(self._link.connected, LOOK_EVERY_S)
                continue
            self._give_up_late_ones()
            self._signals.outbox.clear()
            if len(self._under_way) >= BATCHES_UNDER_WAY or not await self._send_next():
                await heard(self._signals.outbox, LOOK_EVERY_S)

    def acknowledged(self, position: Position, again: bool) -> None:
        """Note an acknowledgement the store has taken; `again`: central saw a gap, begin anew at its row."""
        if again:
            self._under_way.clear()
        while (
            self._under_way
            and self._under_way[0].last.epoch == position.epoch
            and self._under_way[0].last.seq <= position.seq
        ):
            self._under_way.popleft()
            self._last_ack_s = _now_s()
        self._signals.outbox.set()

    def is_under_way(self, name: str) -> bool:
        """Say whether a batch of this name was sent and not acknowledged yet."""
        return any(batch.name == name for batch in self._under_way)

    def begin_anew(self) -> None:
        """Central asked for old rows again: what is under way is forgotten."""
        self._under_way.clear()
        self._signals.outbox.set()

    def _give_up_late_ones(self) -> None:
        if self._under_way and _now_s() - self._last_ack_s > ACK_PATIENCE_S:
            log.warning("not-acknowledged", batches=len(self._under_way), first=self._under_way[0].name)
            self._under_way.clear()
            self.sent_again += 1

    async def _send_next(self) -> bool:
        after = self._under_way[-1].last if self._under_way else None
        try:
            batch = await self._store.run(lambda journal: outbox_batch(journal, after=after))
        except StoreFull:
            return False
        if batch is None:
            return False
        if not self._under_way:
            self._last_ack_s = _now_s()
        self._under_way.append(_Batch(_name(batch), Position(batch.epoch, batch.rows[-1].seq)))
        if not await self._link.publish(UP, self._sealed(batch)):
            self._under_way.clear()
            return False
        return True

    def _sealed(self, batch: UpBatch) -> bytes:
        return seal(
            self._signer,
            kind=UP,
            sender=self._gateway,
            recipient=CENTRAL,
            message_id=_name(batch),
            issued_ms=self._clock.now().wall_ms,
            body=msgspec.json.encode(batch),
        )


def _name(batch: UpBatch) -> str:
    return f"{batch.epoch}.{batch.rows[0].seq}"


def _now_s() -> float:
    return asyncio.get_running_loop().time()
