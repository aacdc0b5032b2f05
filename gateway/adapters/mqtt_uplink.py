"""The building's link to the broker: paho-mqtt with its network thread on one side, asyncio on the other.

Connected or not, the daemon goes on: nothing here waits for a broker unless it is awaited, and nothing is kept in memory for
later. The outbox in the journal is the only store; `publish` says True once the broker has acknowledged (PUBACK) and False
otherwise, and even True is no proof that central has stored anything: only its signed acknowledgement is (C-11). This file moves
bytes and knows neither envelopes nor rows.
"""

import asyncio
import contextlib
import math
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import structlog

from gateway.adapters.link_fault import LinkFault, Trouble
from gateway.adapters.mqtt_session import INFLIGHT, Broker, Session
from gateway.contract.envelope import MAX_BYTES
from gateway.contract.facts import State
from gateway.contract.identifiers import BootId, GatewayId
from gateway.contract.topics import ACK, BIRTH, DOWN, STATE, UP, topic
from gateway.words import mark

ARRIVALS = 200
"""Messages not yet taken by the daemon. What comes on top is dropped and counted; central sends it again (C-5)."""
STEADY_S = 30.0
"""A connection that lived this long resets the back-off. Shorter ones don't: two daemons with one id throw each other out."""
GOODBYE_S = 2.0
"""How long the last word may take at a stop."""
HOME_AGAIN_S = 1_800.0
"""A gateway at a spare broker tries the first one again after half an hour to an hour, so that the load goes back."""
UNHEARD_S = 300.0
"""Rows were sent for so long and no word of central's came: it is not at this broker, and may be at another one."""
LOOK_S = 1.0

log = structlog.get_logger("uplink")
_dice = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the broker; still unproven: open its envelope before believing a byte of it."""

    leaf: str
    payload: bytes


class Uplink:
    """One gateway's link. Use from the event loop's thread."""

    def __init__(
        self, broker: Broker, gateway: GatewayId, boot: BootId, birth: Callable[[], Awaitable[bytes]]
    ) -> None:
        """`birth` makes the sealed birth message; it is asked at every connection, before anything else is said."""
        self._brokers = broker.everywhere()
        self._gateway = gateway
        self._birth = birth
        self._inward = {topic(gateway, leaf): leaf for leaf in (ACK, DOWN)}
        self._online = msgspec.json.encode(State(online=True, boot=boot))
        self._offline = msgspec.json.encode(State(online=False, boot=boot))
        self._arrivals: asyncio.Queue[Arrived] = asyncio.Queue(ARRIVALS)
        self._slots = asyncio.Semaphore(INFLIGHT)
        self._session: Session | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._counters: Counter[str] = Counter()
        self._unheard_since_s: float | None = None
        """When the first row was sent since central's last word; None while none was."""
        self.connected = asyncio.Event()
        """Set while the link is up and the birth message has been taken by the broker."""
        self.fault: LinkFault | None = LinkFault(
            Trouble.NOT_YET, mark("Connecting to {place}."), {"place": f"{broker.host}:{broker.port}"}
        )
        """Why the link is down; None while it is up."""

    async def start(self) -> None:
        """Begin to connect, and go on trying for ever. Returns at once."""
        self._keeper = asyncio.create_task(self._keep_connected(), name="uplink")

    async def stop(self) -> None:
        """Say offline if the broker is there to hear it, then disconnect."""
        if self.connected.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.publish(STATE, self._offline, retain=True), GOODBYE_S)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        self.fault = LinkFault(Trouble.STOPPED, mark("The link was closed in order."))

    async def connect_anew(self) -> None:
        """End the present connection in order; the next one reads the files of key and certificates again."""
        if self._session is not None:
            await self._session.close()

    async def publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool:
        """Publish at QoS 1. True once the broker acknowledged; False when it is not connected or the link broke meanwhile.

        After a False, wait for `connected` before the next try: it is cleared by then.
        """
        async with self._slots:
            if self._session is None or not self.connected.is_set():
                self._counters["publish-refused"] += 1
                return False
            if leaf == UP and self._unheard_since_s is None:
                self._unheard_since_s = _now_s()
            taken = await self._session.publish(topic(self._gateway, leaf), payload, retain)
        self._counters["published" if taken else "publish-failed"] += 1
        return taken

    async def receive(self) -> Arrived:
        """The next message for this gateway (leaf `ack` or `down`), in the order of arrival."""
        return await self._arrivals.get()

    def counters(self) -> dict[str, int]:
        """Connections, losses, publishes, arrivals and drops since start."""
        return dict(self._counters)

    async def _keep_connected(self) -> None:
        """Connect to the first broker; while that fails, to each spare in turn. After a good one, the first is first again.

        Good is one that brings words of central's: one that takes everything and has lost central is left for the next.
        """
        attempt = place = 0
        while True:
            began_s, connections = _now_s(), self._counters["connections"]
            self.fault = await self._live_once(self._brokers[place], is_spare=place > 0)
            if _now_s() - began_s > STEADY_S:
                attempt = 0
            self._counters[f"link-{self.fault.trouble}"] += 1
            was_up = self._counters["connections"] > connections
            left, place = place, 0 if was_up and not self._is_unheard() else (place + 1) % len(self._brokers)
            if place != left:
                self._unheard_since_s = None
            first = self._brokers[0]
            wait_ms = backoff_ms(
                first.reconnect_min_ms,
                first.reconnect_max_ms,
                attempt // len(self._brokers),
                _dice.random(),
            )
            log.warning(
                "link-down",
                trouble=self.fault.trouble,
                message=self.fault.message,
                again_in_ms=wait_ms,
                attempt=attempt,
            )
            attempt += 1
            await asyncio.sleep(wait_ms / 1000)

    async def _live_once(self, broker: Broker, *, is_spare: bool) -> LinkFault:
        """One connection from first byte to last; gives why it ended."""
        session = Session(broker, self._gateway, self._offline, self._arrived, self.connected.clear)
        try:
            fault = await session.open()
            if fault is not None:
                return fault
            self._session = session
            if not await self._introduce(session):
                return session.fault or LinkFault(
                    Trouble.BIRTH_FAILED, mark("The birth message could not be made; see the log.")
                )
            if session.fault is not None:
                return session.fault
            self.fault = None
            self._counters["connections"] += 1
            self.connected.set()
            log.info("link-up", broker=str(broker))
            return await self._until_left(session, broker, is_spare=is_spare)
        finally:
            self.connected.clear()
            self._session = None
            await asyncio.shield(session.close())

    async def _until_left(self, session: Session, broker: Broker, *, is_spare: bool) -> LinkFault:
        """Stay until it ends. Where there are others: until central is not heard here, or the first is worth another try.

        The broker is told that we go.
        """
        if len(self._brokers) == 1:
            return await session.ended()
        home_s = _now_s() + HOME_AGAIN_S * (1 + _dice.random()) if is_spare else math.inf
        while not self._is_unheard() and _now_s() < home_s:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    return await session.ended()
        await session.publish(topic(self._gateway, STATE), self._offline, True)
        if self._is_unheard():
            text = mark(
                "{place} takes what is sent, and central does not answer there. Trying the next broker."
            )
            return LinkFault(Trouble.NO_ANSWER, text, {"place": f"{broker.host}:{broker.port}"})
        return LinkFault(Trouble.STOPPED, mark("The link was closed in order."))

    def _is_unheard(self) -> bool:
        return self._unheard_since_s is not None and _now_s() - self._unheard_since_s > UNHEARD_S

    async def _introduce(self, session: Session) -> bool:
        try:
            birth = await self._birth()
        except Exception:
            # Without a birth central can't know what to send: try again with the next connection, the meters go on.
            log.exception("birth-failed")
            return False
        said = ((BIRTH, birth), (STATE, self._online))
        return all(
            [await session.publish(topic(self._gateway, leaf), payload, True) for leaf, payload in said]
        )

    def _arrived(self, name: str, payload: bytes) -> None:
        if len(payload) > MAX_BYTES:
            self._counters["arrival-too-long"] += 1
            return
        leaf = self._inward.get(name)
        if leaf is None:
            # Some brokers hand out retained messages of topics nobody here subscribed to.
            self._counters["arrival-other-topic"] += 1
            return
        try:
            self._arrivals.put_nowait(Arrived(leaf, payload))
        except asyncio.QueueFull:
            self._counters["arrival-dropped"] += 1
            return
        self._counters["arrivals"] += 1
        self._unheard_since_s = None


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def backoff_ms(shortest_ms: int, longest_ms: int, attempt: int, dice: float) -> int:
    """How long to wait before connection attempt `attempt` + 1: doubling, capped, spread over its upper half by `dice` (0..1), so
    that a campus of gateways does not return in one instant."""
    ceiling_ms = min(longest_ms, shortest_ms * 2 ** min(attempt, 20))
    return int(ceiling_ms * (0.5 + dice / 2))
