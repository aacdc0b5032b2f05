"""One owner per RS-485 line: callers queue by rank, the owner speaks, one question at a time.

    read/switch -> queue (relay, read-back, after a grant, poll; first come first served within a rank)
                     -> turns: quiet -> one try -> answer | back to the queue for another try
    owner task: open the port -> let the turns serve it until it is lost -> open it again

A try that failed goes back to its place in the queue, so that a relay command waits for one try of a dead meter and never for
three. A caller that goes away (cancellation) leaves its try running to its end: the answer is heard and dropped, and the line stays
in step. It must never know what a meter's bytes mean, nor decide anything about credit; time is the event loop's.

What ends the owner: `close()`, or a programming error, which then reaches every caller and the task that `start()` returned.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gateway.adapters.serial_bus.look import LineLook, look_at
from gateway.adapters.serial_bus.port import (
    Opener,
    PortFault,
    PortSettings,
    PortTrouble,
    Transport,
    open_port,
)
from gateway.adapters.serial_bus.tap import Tap
from gateway.adapters.serial_bus.turns import READ_TRIES, Turns
from gateway.adapters.serial_bus.wire import Wire, abort
from gateway.application.ports import BackedOff, LineGone, LineReply, MeterCounts, Rank, Sent
from gateway.protocols.driver import Driver, Exchange, Item, MeterClock, Refused, RelayAction
from gateway.protocols.reading_only import only_reads

PROBE_TRIES = 1
"""For a poll of a meter already known to be silent."""
COMMAND_TRIES = 1
"""A relay command is sent once: after silence its fate is unknown and must be read back first (C-15)."""
ADAPTER_LATENCY_S = 0.05
"""USB polling, an FTDI's 16 ms and a busy loop; on top of the protocol's own waits."""
SOCKET_LATENCY_S = 0.25
FIRST_REOPEN_PAUSE_S = 0.25
LONGEST_REOPEN_PAUSE_S = 5.0
READS_ONLY = "reads-only"


class SerialBus:
    """The owner of one line (a `ports.Line`). Make it with `open_line`, then `start()` it inside a running loop."""

    def __init__(
        self, name: str, settings: PortSettings, latency_s: float, opener: Opener, *, reads_only: bool = False
    ) -> None:
        self.name = name
        self.trouble: PortTrouble | None = None
        """Why the port is not open just now, with what to do; None while it is open or first being opened."""
        self._settings = settings
        self._opener = opener
        self._reads_only = reads_only
        self._turns = Turns(name, settings, latency_s)
        self._counts = self._turns.counts
        self._owner: asyncio.Task[None] | None = None
        self._started_s: float | None = None

    # ---- callers -------------------------------------------------------------------------------------------------

    async def read(self, driver: Driver, item: Item, rank: Rank, *, tries: int = READ_TRIES) -> LineReply:
        """Ask one meter for one item, with up to 3 tries. Raises KeyError when the model doesn't have the item."""
        return await self._read(driver, driver.read(item), rank, tries)

    async def read_block(self, driver: Driver, items: Sequence[Item], rank: Rank) -> LineReply:
        """Ask one meter for several items in one exchange (see `Driver.groups`), with up to 3 tries."""
        return await self._read(driver, driver.read_block(items), rank)

    async def _read(
        self, driver: Driver, exchange: Exchange, rank: Rank, tries: int = READ_TRIES
    ) -> LineReply:
        if rank is Rank.POLL and (health := self._turns.health.of(driver.address)).failures:
            pause_left_s = health.not_before_s - asyncio.get_running_loop().time()
            if pause_left_s > 0:
                self._counts["backed-off"] += 1
                return BackedOff(again_in_ms=round(pause_left_s * 1000))
            tries = PROBE_TRIES
        return answered(await self._send(driver, exchange, rank, tries))

    async def switch(self, driver: Driver, action: RelayAction, valid_until: MeterClock) -> LineReply:
        """Send a relay command once, before everything else on the line."""
        return await self.tell(driver, driver.switch(action, valid_until))

    async def tell(self, driver: Driver, exchange: Exchange) -> LineReply:
        """Send once what changes a meter, before everything else on the line."""
        return answered(await self._send(driver, exchange, Rank.RELAY, COMMAND_TRIES))

    async def write_clock(
        self, driver: Driver, part: Item, clock: MeterClock, password: str | None
    ) -> LineReply:
        """Write a meter's date or time once. Raises KeyError when the model doesn't allow it."""
        exchange = driver.write_clock(part, clock, password)
        return answered(await self._send(driver, exchange, Rank.READ_BACK, COMMAND_TRIES))

    async def broadcast(self, driver: Driver, exchange: Exchange, rank: Rank) -> Sent | LineGone:
        """Send once what no meter answers, and hold the line for the protocol's time. Raises ValueError for a question."""
        if exchange.expects_reply:
            raise ValueError(f"{exchange.label} is answered: it is no broadcast")
        reply = await self._send(driver, exchange, rank, COMMAND_TRIES)
        if isinstance(reply, Refused):
            return LineGone(READS_ONLY)
        assert isinstance(reply, Sent | LineGone), "nobody answers a broadcast"
        return reply

    async def _send(self, driver: Driver, exchange: Exchange, rank: Rank, tries: int) -> LineReply | Sent:
        return self._why_not(exchange) or await self._turns.callers.ask(driver, exchange, rank, tries)

    def _why_not(self, exchange: Exchange) -> LineGone | Refused | None:
        """Say why this can't be sent now, if so. A line that only reads takes nothing that could change a meter."""
        if self._reads_only and not only_reads(exchange.request):
            self._counts[READS_ONLY] += 1
            return Refused(READS_ONLY, b"")
        if self._owner is not None and self._owner.cancelled():
            return LineGone(f"line {self.name} was closed")
        if self._owner is None or self._owner.done():
            raise RuntimeError(f"line {self.name} has no running owner: call start() first")
        if self.trouble is not None:
            return LineGone(str(self.trouble))
        return None

    def counters(self) -> dict[str, int]:
        """Everything counted since start; names with a colon carry their reason (`damage:bad-checksum`)."""
        return dict(self._counts)

    def meter_counts(self) -> dict[str, MeterCounts]:
        """What each address did: tries answered and not, calls lost to a collision."""
        return self._turns.health.counts()

    @property
    def echoes(self) -> bool:
        """Whether this adapter returned our own bytes with the last answer."""
        return self._turns.echoes

    def look(self) -> LineLook:
        """What the line and each of its addresses did so far, for people."""
        now_s = asyncio.get_running_loop().time()
        up_s = now_s - self._started_s if self._started_s is not None else 0.0
        return look_at(self._turns, up_s, now_s)

    @contextmanager
    def tapped(self) -> Iterator[Tap]:
        """Listen to the wire for a while; what goes over it is in the tap, whoever asks."""
        tap = Tap(is_amid=self._turns.is_asking)
        self._turns.taps.append(tap)
        try:
            yield tap
        finally:
            self._turns.taps.remove(tap)

    # ---- life ----------------------------------------------------------------------------------------------------

    def start(self) -> asyncio.Task[None]:
        """Start the owner. Await or watch the task: it ends with an exception only on a programming error."""
        loop = asyncio.get_running_loop()
        self._started_s = loop.time()
        self._owner = loop.create_task(self._own(), name=f"line {self.name}")
        return self._owner

    async def close(self) -> None:
        """End the owner and the port; callers still waiting get `LineGone`."""
        if self._owner is not None and not self._owner.done():
            self._owner.cancel()
            await asyncio.wait([self._owner])

    async def _own(self) -> None:
        try:
            while True:
                await self._serve_one_opening()
        except asyncio.CancelledError:
            self._turns.callers.answer_all(LineGone(f"line {self.name} was closed"))
            raise
        except Exception as error:
            self._turns.callers.fail_all(error)
            raise

    async def _serve_one_opening(self) -> None:
        loop = asyncio.get_running_loop()
        wire = Wire(loop, self._settings.seconds_per_byte, self._turns, self._turns.taps)
        transport = await self._open(wire)
        try:
            await wire.made
            self.trouble = None
            self._turns.health.forgive_all()
            await self._turns.serve(wire, transport)
        finally:
            await abort(transport, wire)
        self._go_down(
            PortTrouble(PortFault.LOST, self._settings.path, wire.lost_why or "it takes no more bytes")
        )

    async def _open(self, wire: Wire) -> Transport:
        """Try to open the port until it opens, in growing pauses; callers meanwhile get `LineGone` at once."""
        pause_s = FIRST_REOPEN_PAUSE_S
        while isinstance(opened := await self._opener(self._settings, wire), PortTrouble):
            self._counts["open-failures"] += 1
            self._go_down(opened)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_REOPEN_PAUSE_S)
        self._counts["openings"] += 1
        return opened

    def _go_down(self, trouble: PortTrouble) -> None:
        self.trouble = trouble
        self._turns.callers.answer_all(LineGone(str(trouble)))


def answered(reply: LineReply | Sent) -> LineReply:
    """Narrow a reply to a question."""
    assert not isinstance(reply, Sent), "a question is not a broadcast"
    return reply


def open_line(
    name: str,
    port: str,
    baud: int,
    parity: str,
    *,
    stop_bits: int = 1,
    latency_s: float | None = None,
    opener: Opener = open_port,
    reads_only: bool = False,
) -> SerialBus:
    """Describe a line; nothing is opened before `start()`. `port` is a device or `socket://host:port`; `opener` lets a
    simulated line take the port's place; with `reads_only` whatever could change a meter is refused as `reads-only`."""
    settings = PortSettings(port, baud, parity, stop_bits)
    if latency_s is None:
        latency_s = SOCKET_LATENCY_S if settings.is_socket else ADAPTER_LATENCY_S
    return SerialBus(name, settings, latency_s, opener, reads_only=reads_only)
