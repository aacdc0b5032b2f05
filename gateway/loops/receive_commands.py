"""Take what central sends: acknowledgements and numbered commands. Opens the envelope, hands the rest to its use case.

A message that is not central's, not ours or not whole is refused by name and counted; the counters travel with the health rows, so
that central's people see an attack even though nobody here acts on it (R-G5).
"""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from gateway.application.apply_command import Repeated, Taken, Verifier, apply_command, refuse_command
from gateway.application.outbox import AckOutcome, Position, acknowledge
from gateway.application.ports import Clock, Journal, Store, StoreDamaged, StoreFull
from gateway.contract.commands import CENTRAL, Ack, BeginEpoch, Resend, TrustKeys, decode_command
from gateway.contract.envelope import (
    BEYOND_ANY_COUNT,
    Keyring,
    Refusal,
    Sealed,
    Signer,
    body_of,
    seal,
    unseal,
)
from gateway.contract.facts import Answer, CommandOutcome, Instant
from gateway.contract.identifiers import GatewayId
from gateway.contract.topics import ACK, ANSWER, DOWN
from gateway.loops.drain_outbox import OutboxDrain
from gateway.loops.signals import Signals

log = structlog.get_logger("commands")
UNSTORED_MS = 60_000
"""So long central needn't be asked for a command that came and could not be stored: it sends it again by itself."""


class ArrivedMessage(Protocol):
    """A message as the link gives it."""

    @property
    def leaf(self) -> str: ...

    @property
    def payload(self) -> bytes: ...


class Link(Protocol):
    """What the loop needs of the uplink."""

    async def receive(self) -> ArrivedMessage: ...

    async def publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool: ...


def _can_be(ack: Ack) -> bool:
    """Say whether central can have counted so."""
    return all(0 <= count < BEYOND_ANY_COUNT for count in (ack.seq, ack.central_ms, ack.expected or 0))


class CommandReceiver:
    """Receives for one gateway."""

    def __init__(
        self,
        gateway: GatewayId,
        central: Keyring,
        approves: Verifier,
        signer: Signer,
        link: Link,
        store: Store[Journal],
        clock: Clock,
        heard_central: Callable[[int], None],
        drain: OutboxDrain,
        signals: Signals,
    ) -> None:
        self._gateway = gateway
        self._central = central
        self._approves = approves
        self._signer = signer
        self._link = link
        self._store = store
        self._clock = clock
        self._heard_central = heard_central
        self._drain = drain
        self._signals = signals
        self._names_batches = False
        """Whether central says which batch it answers: what doesn't is a copy from before it did so."""
        self._unstored: tuple[int, int] | None = None
        """The number of the last command that the disk had no room for, and the monotonic ms when it came."""
        self.counters: Counter[str] = Counter()
        """Commands and acknowledgements by outcome, refusals by name."""

    async def run(self) -> None:
        """Receive for ever."""
        while True:
            message = await self._link.receive()
            opened = unseal(
                message.payload, self._central, kind=message.leaf, sender=CENTRAL, recipient=self._gateway
            )
            if isinstance(opened, Refusal):
                self._refuse(message.leaf, opened)
            elif message.leaf == ACK:
                await self._take_ack(opened)
            elif message.leaf == DOWN:
                await self._take_command(opened)
            else:
                self._refuse(message.leaf, Refusal.WRONG_KIND)

    def _refuse(self, leaf: str, refusal: Refusal) -> None:
        self.counters[f"refused:{leaf}:{refusal}"] += 1
        log.warning("message-refused", leaf=leaf, refusal=refusal)

    async def _take_ack(self, opened: Sealed) -> None:
        ack = body_of(opened, Ack)
        if isinstance(ack, Refusal) or not _can_be(ack):
            self._refuse(ACK, ack if isinstance(ack, Refusal) else Refusal.MALFORMED)
            return
        if ack.expected is not None and not self._is_of_now(ack):
            self.counters["ack:stale"] += 1
            return
        now = self._clock.now()
        try:
            outcome = await self._store.run(lambda journal: acknowledge(journal, ack, now))
        except StoreFull:
            self.counters["ack:store-full"] += 1
            return
        self.counters[f"ack:{outcome}"] += 1
        if outcome is AckOutcome.TAKEN:
            self._names_batches = self._names_batches or bool(ack.answers)
            self._heard_central(ack.central_ms)
        if outcome in (AckOutcome.TAKEN, AckOutcome.SEND_AGAIN, AckOutcome.NOTHING_NEW):
            self._drain.acknowledged(Position(ack.epoch, ack.seq), outcome is AckOutcome.SEND_AGAIN)

    def _is_of_now(self, ack: Ack) -> bool:
        """An acknowledgement has no number: a copy of one that told of a gap would have rows of months sent again (R-G5)."""
        return self._drain.is_under_way(ack.answers) if ack.answers else not self._names_batches

    async def _take_command(self, opened: Sealed) -> None:
        now = self._clock.now()
        try:
            taken = await self._store.run(lambda journal: apply_command(journal, opened, now, self._approves))
        except StoreFull:
            # Not stored, so not done: central sends it again until there is room.
            self.counters["command:store-full"] += 1
            self._unstored = opened.number, now.monotonic_ms
            log.error("command-not-stored", number=opened.number, why="the disk is full")
            return
        except StoreDamaged:
            raise
        except Exception:
            # One command that can't be done must not stop the building's meters, nor the commands behind it.
            self.counters["command:failed"] += 1
            log.exception("command-failed", number=opened.number)
            await self._use_up(opened)
            return
        match taken:
            case Taken():
                self.counters[f"command:{taken.result.outcome}"] += 1
                log.info("command-taken", number=opened.number, outcome=taken.result.outcome)
                self._wake(taken, opened)
            case Repeated():
                self.counters["command:repeated"] += 1
            case Answer():
                self.counters[f"command:{taken.reason}"] += 1
                if not self._is_unstored(taken.expected, now):
                    await self._answer(taken)

    def _is_unstored(self, number: int, now: Instant) -> bool:
        """Say whether this number came just now and found no room: asked for, it and all behind it would come at once, for ever."""
        if self._unstored is None:
            return False
        unstored, came_ms = self._unstored
        return number == unstored and now.monotonic_ms - came_ms < UNSTORED_MS

    async def _use_up(self, opened: Sealed) -> None:
        now, why = self._clock.now(), "it could not be done; the gateway's log says why"
        try:
            await self._store.run(lambda journal: refuse_command(journal, opened, now, why))
        except StoreFull:
            self.counters["command:store-full"] += 1

    def _wake(self, taken: Taken, opened: Sealed) -> None:
        body = decode_command(bytes(opened.body))
        if isinstance(body, Resend | BeginEpoch):
            self._drain.begin_anew()
        if isinstance(body, TrustKeys) and taken.result.outcome is CommandOutcome.APPLIED:
            self._central.follow(body.keys, body.retired)
        self._signals.read_soon(*taken.read)
        self._signals.relay.set()

    async def _answer(self, answer: Answer) -> None:
        log.info("command-not-taken", number=answer.number, reason=answer.reason, expected=answer.expected)
        await self._link.publish(
            ANSWER,
            seal(
                self._signer,
                kind=ANSWER,
                sender=self._gateway,
                recipient=CENTRAL,
                message_id=f"answer.{answer.number}.{self._clock.now().monotonic_ms}",
                issued_ms=self._clock.now().wall_ms,
                body=msgspec.json.encode(answer),
            ),
        )
