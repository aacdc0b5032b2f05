"""One owner per RS-485 line: callers queue by rank, the owner speaks, one question at a time.

    read/switch -> queue (relay, read-back, after a grant, poll; first come first served within a rank)
                     -> owner task: open the port -> quiet -> one try -> answer | back to the queue for another try

A try that failed goes back to its place in the queue, so that a relay command waits for one try of a dead meter and never for
three. A caller that goes away (cancellation) leaves its try running to its end: the answer is heard and dropped, and the line stays
in step. It must never know what a meter's bytes mean, nor decide anything about credit; time is the event loop's.

What ends the owner: `close()`, or a programming error, which then reaches every caller and the task that `start()` returned.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

from gateway.adapters.serial_bus.callers import Job, RankedCallers
from gateway.adapters.serial_bus.diagnosis import COLLISION, FailedTry, diagnose
from gateway.adapters.serial_bus.health import LineHealth, MeterHealth
from gateway.adapters.serial_bus.look_rest import LookRest
from gateway.adapters.serial_bus.port import (
    Opener,
    PortFault,
    PortSettings,
    PortTrouble,
    Transport,
    open_port,
)
from gateway.adapters.serial_bus.preamble import PreambleHabit
from gateway.adapters.serial_bus.wire import Heard, Wire
from gateway.application.ports import BackedOff, Garbled, LineGone, LineReply, MeterCounts, Rank, Sent, Silent
from gateway.protocols.driver import Accepted, Driver, Exchange, Item, MeterClock, Refused, RelayAction

READ_TRIES = 3
PROBE_TRIES = 1
"""For a poll of a meter already known to be silent."""
COMMAND_TRIES = 1
"""A relay command is sent once: after silence its fate is unknown and must be read back first (C-15)."""
ADAPTER_LATENCY_S = 0.05
"""USB polling, an FTDI's 16 ms and a busy loop; on top of the protocol's own waits."""
SOCKET_LATENCY_S = 0.25
CHATTER_LIMIT_S = 1.0
FIRST_REOPEN_PAUSE_S = 0.25
LONGEST_REOPEN_PAUSE_S = 5.0
ABORT_GRACE_S = 1.0


class SerialBus:
    """The owner of one line (a `ports.Line`). Make it with `open_line`, then `start()` it inside a running loop."""

    def __init__(self, name: str, settings: PortSettings, latency_s: float, opener: Opener) -> None:
        self.name = name
        self.trouble: PortTrouble | None = None
        """Why the port is not open just now, with what to do; None while it is open or first being opened."""
        self._settings = settings
        self._latency_s = latency_s
        self._opener = opener
        self._callers = RankedCallers()
        self._health = LineHealth()
        self._look_rest = LookRest()
        self._counts: Counter[str] = Counter()
        self._echoes = False
        self._owner: asyncio.Task[None] | None = None

    # ---- callers -------------------------------------------------------------------------------------------------

    async def read(self, driver: Driver, item: Item, rank: Rank) -> LineReply:
        """Ask one meter for one item, with up to 3 tries. Raises KeyError when the model doesn't have the item."""
        return await self._read(driver, driver.read(item), rank)

    async def read_block(self, driver: Driver, items: Sequence[Item], rank: Rank) -> LineReply:
        """Ask one meter for several items in one exchange (see `Driver.groups`), with up to 3 tries."""
        return await self._read(driver, driver.read_block(items), rank)

    async def _read(self, driver: Driver, exchange: Exchange, rank: Rank) -> LineReply:
        tries = READ_TRIES
        if rank is Rank.POLL and (health := self._health.of(driver.address)).failures:
            pause_left_s = health.not_before_s - asyncio.get_running_loop().time()
            if pause_left_s > 0:
                self._counts["backed-off"] += 1
                return BackedOff(again_in_ms=round(pause_left_s * 1000))
            tries = PROBE_TRIES
        return self._why_not() or answered(await self._callers.ask(driver, exchange, rank, tries))

    async def switch(self, driver: Driver, action: RelayAction, valid_until: MeterClock) -> LineReply:
        """Send a relay command once, before everything else on the line."""
        return await self.tell(driver, driver.switch(action, valid_until))

    async def tell(self, driver: Driver, exchange: Exchange) -> LineReply:
        """Send once what changes a meter, before everything else on the line."""
        return self._why_not() or answered(
            await self._callers.ask(driver, exchange, Rank.RELAY, COMMAND_TRIES)
        )

    async def write_clock(
        self, driver: Driver, part: Item, clock: MeterClock, password: str | None
    ) -> LineReply:
        """Write a meter's date or time once. Raises KeyError when the model doesn't allow it."""
        exchange = driver.write_clock(part, clock, password)
        return self._why_not() or answered(
            await self._callers.ask(driver, exchange, Rank.READ_BACK, COMMAND_TRIES)
        )

    async def broadcast(self, driver: Driver, exchange: Exchange, rank: Rank) -> Sent | LineGone:
        """Send once what no meter answers, and hold the line for the protocol's time. Raises ValueError for a question."""
        if exchange.expects_reply:
            raise ValueError(f"{exchange.label} is answered: it is no broadcast")
        reply = self._why_not() or await self._callers.ask(driver, exchange, rank, COMMAND_TRIES)
        assert isinstance(reply, Sent | LineGone), "nobody answers a broadcast"
        return reply

    def _why_not(self) -> LineGone | None:
        """Say why nothing can be asked now, if so."""
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
        return self._health.counts()

    @property
    def echoes(self) -> bool:
        """Whether this adapter returned our own bytes with the last answer."""
        return self._echoes

    # ---- life ----------------------------------------------------------------------------------------------------

    def start(self) -> asyncio.Task[None]:
        """Start the owner. Await or watch the task: it ends with an exception only on a programming error."""
        self._owner = asyncio.get_running_loop().create_task(self._own(), name=f"line {self.name}")
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
            self._callers.answer_all(LineGone(f"line {self.name} was closed"))
            raise
        except Exception as error:
            self._callers.fail_all(error)
            raise

    async def _serve_one_opening(self) -> None:
        loop = asyncio.get_running_loop()
        wire = Wire(loop, self._settings.seconds_per_byte, self._callers.wake)
        transport = await self._open(wire)
        try:
            await wire.made
            self.trouble = None
            self._health.forgive_all()
            await self._serve(wire, transport)
        finally:
            await _abort(transport, wire)
            self._counts["stray-bytes"] += wire.stray_bytes
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
        self._callers.answer_all(LineGone(str(trouble)))

    # ---- the owner's work ----------------------------------------------------------------------------------------

    async def _serve(self, wire: Wire, transport: Transport) -> None:
        """Serve the queue until the port is lost or stuck."""
        while wire.lost_why is None:
            job = self._callers.take()
            if job is None:
                await self._callers.wait()
            elif rest_s := self._rest_s(job):
                self._callers.put_back(job)
                await self._callers.wait(rest_s)
            elif job.reply.done():
                self._counts["abandoned"] += 1
            elif transport.get_write_buffer_size():
                self._counts["stuck-writes"] += 1
                job.answer(LineGone(f"port {self._settings.path} takes no more bytes; it is being reopened"))
                return
            else:
                await self._serve_job(wire, transport, job)

    def _rest_s(self, job: Job) -> float:
        """How long a poll is kept back for the read-back that is about to come."""
        if job.rank <= Rank.READ_BACK or not self._look_rest.is_look_expected:
            return 0.0
        return self._look_rest.rest_s(asyncio.get_running_loop().time())

    async def _serve_job(self, wire: Wire, transport: Transport, job: Job) -> None:
        try:
            heard = await self._try(wire, transport, job)
        except asyncio.CancelledError:
            job.answer(LineGone(f"line {self.name} was closed"))
            raise
        except Exception as error:
            job.fail(error)
            raise
        if heard.gone:
            job.answer(LineGone(f"port {self._settings.path} went away: {wire.lost_why}"))
        elif not job.exchange.expects_reply:
            self._counts["broadcasts"] += 1
            sending_s = len(job.exchange.request) * self._settings.seconds_per_byte
            job.answer(Sent(ago_ms=max(0, round((heard.spent_s - sending_s) * 1000))))
        elif heard.verdict is not None:
            self._take_answer(job, heard)
        else:
            self._take_failure(job, heard)

    async def _try(self, wire: Wire, transport: Transport, job: Job) -> Heard:
        # Nobody answers a broadcast, and nobody's health is noted by it.
        meter = self._health.of(job.driver.address) if job.exchange.expects_reply else MeterHealth()
        if meter.late_answer_until_s or not wire.is_quiet(job.exchange.silence_before_ms / 1000):
            await self._settle(wire, job, meter)
        if wire.lost_why is not None:
            return Heard(gone=True)
        self._counts["exchanges"] += 1
        exchange = job.exchange
        listener = job.driver.listen(exchange, self._settings.baud)
        bare = exchange.preamble_bytes > 0 and _is_preamble_left_out(job, meter)
        request = exchange.request[exchange.preamble_bytes :] if bare else exchange.request
        heard = await wire.converse(transport, request, exchange, listener, self._latency_s)
        self._count(heard)
        if exchange.preamble_bytes and not heard.gone:
            self._note_preamble(meter.preamble, heard, bare)
        return heard

    def _note_preamble(self, habit: PreambleHabit, heard: Heard, bare: bool) -> None:
        if bare:
            self._counts["without-preamble"] += 1
            habit.note_without(answered=heard.verdict is not None, silent=not heard.received)
        else:
            habit.note_with(answered=heard.verdict is not None)

    async def _settle(self, wire: Wire, job: Job, meter: MeterHealth) -> None:
        """Wait for the protocol's silence, and until a late answer to an earlier question of this meter can't come any more.

        A Modbus answer doesn't say what was asked, and a status word from before a command must not confirm it. Only a retry, or
        the same poll again, may take such an answer: it is the register, at most a second old."""
        if not await wire.wait_for_quiet(job.exchange.silence_before_ms / 1000, CHATTER_LIMIT_S):
            self._counts["chatter"] += 1
        wait_s = meter.late_answer_until_s - asyncio.get_running_loop().time()
        same_poll = job.rank > Rank.READ_BACK and meter.unanswered == job.exchange.request
        if wait_s > 0 and not job.failed and not same_poll:
            self._counts["waits-for-late-answers"] += 1
            await asyncio.sleep(wait_s)

    def _count(self, heard: Heard) -> None:
        if heard.echoed:
            self._counts["echoes"] += 1
        if not heard.damages and not heard.foreign:
            return
        for damage in heard.damages:
            self._counts[f"damage:{damage}"] += 1
        for kind in heard.foreign:
            self._counts[f"foreign:{kind}"] += 1

    def _take_answer(self, job: Job, heard: Heard) -> None:
        assert heard.verdict is not None
        self._health.note_answer(job.driver.address)
        self._note_for_looks(job, heard)
        self._echoes = heard.echoed
        self._counts["refusals" if isinstance(heard.verdict, Refused) else "answers"] += 1
        job.answer(heard.verdict)

    def _note_for_looks(self, job: Job, heard: Heard) -> None:
        if job.rank is Rank.POLL:
            self._look_rest.note_poll(heard.spent_s)
        elif job.rank is Rank.RELAY and isinstance(heard.verdict, Accepted):
            self._look_rest.note_command(asyncio.get_running_loop().time())
        elif job.rank is Rank.READ_BACK:
            self._look_rest.note_looked(asyncio.get_running_loop().time())

    def _take_failure(self, job: Job, heard: Heard) -> None:
        now_s = asyncio.get_running_loop().time()
        self._health.note_unanswered(job.driver.address, job.exchange.request, now_s)
        job.failed.append(FailedTry(bytes(heard.received), tuple(heard.damages), tuple(heard.foreign)))
        if len(job.failed) < job.tries and not job.reply.done():
            self._counts["retries"] += 1
            self._callers.put_back(job)
            return
        self._health.note_failure(job.driver.address, now_s, heard.spent_s)
        job.answer(self._name_failure(job))

    def _name_failure(self, job: Job) -> Silent | Garbled:
        address = job.driver.address
        meter = self._health.of(address)
        tries = job.failed
        if len(tries) == 1 and tries[0].received:
            tries = [*meter.last_failed, *tries]
        meter.last_failed = tuple(tries[-READ_TRIES:])
        reason = diagnose(
            job.exchange.request,
            tries,
            ever_answered=meter.ever_answered,
            others_answer=self._health.others_answer(address),
        )
        if reason is None:
            self._counts["silences"] += 1
            return Silent(tries=len(job.failed))
        self._counts[f"garbled:{reason}"] += 1
        meter.collisions += reason == COLLISION
        return Garbled(reason=reason, tries=len(job.failed))


def _is_preamble_left_out(job: Job, meter: MeterHealth) -> bool:
    """A retry wakes the meter, and a relay command always does: it has one try."""
    return not job.failed and job.rank is not Rank.RELAY and not meter.failures and meter.preamble.is_left_out


async def _abort(transport: Transport, wire: Wire) -> None:
    """Close without waiting for unsent bytes; an asyncio transport already closing with none left must not be aborted again."""
    if not transport.is_closing() or transport.get_write_buffer_size():
        transport.abort()
    await asyncio.wait([wire.lost], timeout=ABORT_GRACE_S)


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
) -> SerialBus:
    """Describe a line; nothing is opened before `start()`. `port` is a device or `socket://host:port`; `opener` lets a
    simulated line take the port's place."""
    settings = PortSettings(port, baud, parity, stop_bits)
    if latency_s is None:
        latency_s = SOCKET_LATENCY_S if settings.is_socket else ADAPTER_LATENCY_S
    return SerialBus(name, settings, latency_s, opener)
