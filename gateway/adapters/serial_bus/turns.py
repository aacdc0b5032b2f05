"""Whose turn it is on an open line, try by try: the queue's first job speaks as soon as the line is free.

    a job comes | an answer ends | a wait is over -> look: the queue's first job
                                                      a poll in a read-back's way -> rests, and somebody else may come first
                                                      a bus not quiet, a late answer still possible -> waits, its turn kept
                                                      else -> one try -> answer | back to the queue for another try

All of it is calls, no task: the next request leaves in the very call that brought the last byte of an answer. The counts, the
health of the meters and the callers outlast an opening of the port; `serve` is one opening's life.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from gateway.adapters.serial_bus.callers import Job, RankedCallers
from gateway.adapters.serial_bus.diagnosis import COLLISION, FailedTry, diagnose
from gateway.adapters.serial_bus.health import LineHealth, MeterHealth
from gateway.adapters.serial_bus.look_rest import LookRest
from gateway.adapters.serial_bus.port import PortSettings, Transport
from gateway.adapters.serial_bus.preamble import PreambleHabit
from gateway.adapters.serial_bus.tap import Kind, Note, Tap, tell
from gateway.adapters.serial_bus.wire import Heard, Wire
from gateway.application.ports import Garbled, LineGone, Rank, Sent, Silent
from gateway.protocols.driver import Accepted, Refused

CHATTER_LIMIT_S = 1.0
STRAY_KEPT_BYTES = 64
READ_TRIES = 3
RELAY, READ_BACK, POLL = Rank.RELAY, Rank.READ_BACK, Rank.POLL
"""An enum looks its members up in Python each time; a rank is looked at several times for each try."""


class Turns:
    """One line's turns (a `wire.Speaker`)."""

    def __init__(self, name: str, settings: PortSettings, latency_s: float) -> None:
        self.callers = RankedCallers(self.look)
        self.health = LineHealth()
        self.counts: Counter[str] = Counter()
        self.echoes = False
        """Whether this adapter returned our own bytes with the last answer."""
        self.taps: list[Tap] = []
        self.busy_s = 0.0
        """How long the line was somebody's: questions, answers, and the waits between and after them."""
        self.stray = b""
        """The last bytes that came unasked."""
        self._name = name
        self._settings = settings
        self._latency_s = latency_s
        self._look_rest = LookRest()
        self._loop: asyncio.AbstractEventLoop
        self._wire: Wire | None = None
        self._transport: Transport
        self._over: asyncio.Future[None]
        self._job: Job | None = None
        """Whose turn it is: its try is on the wire, or it waits for the bus to be quiet."""
        self._meter = MeterHealth()
        self._is_bare = False
        """The try on the wire went without its preamble."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_asking(self) -> bool:
        """Whether a try is on the wire, or about to be."""
        return self._job is not None

    async def serve(self, wire: Wire, transport: Transport) -> None:
        """Serve the callers until the port is lost or stuck. Raises what a driver or listener raised: a programming error."""
        self._loop = asyncio.get_running_loop()
        self._over = self._loop.create_future()
        self._wire, self._transport = wire, transport
        try:
            if wire.lost_why is None:
                self.look()
                await self._over
        finally:
            wire.forget()
            self._stop_timer()
            job, self._job = self._job, None
            if job is not None:
                job.answer(self._gone())
            self._wire = None

    # ---- the wire's speaker --------------------------------------------------------------------------------------

    def take_heard(self, heard: Heard) -> None:
        """A try is over: answer its caller or queue it again, and let the next one speak."""
        job, self._job = self._job, None
        assert job is not None, "only a job's try is on the wire"
        self.busy_s += heard.spent_s
        if self.taps:
            tell(self.taps, Note(self._loop.time(), Kind.END, b"", job.driver.address, _outcome(job, heard)))
        try:
            self._answer_or_queue(job, heard)
        except Exception as error:
            # `note_bug` knows of no job any more, and this one's caller must not wait for ever.
            job.fail(error)
            raise
        self._next()

    def _answer_or_queue(self, job: Job, heard: Heard) -> None:
        self._count(heard)
        if job.exchange.preamble_bytes and not heard.gone:
            self._note_preamble(self._meter.preamble, heard)
        if heard.gone:
            job.answer(self._gone())
        elif not job.exchange.expects_reply:
            self.counts["broadcasts"] += 1
            sending_s = len(job.exchange.request) * self._settings.seconds_per_byte
            job.answer(Sent(ago_ms=max(0, round((heard.spent_s - sending_s) * 1000))))
        elif heard.verdict is not None:
            self._take_answer(job, heard)
        else:
            self._take_failure(job, heard)

    def note_stray(self, data: bytes) -> None:
        """Somebody spoke unasked: another master, a late answer, noise."""
        self.counts["stray-bytes"] += len(data)
        self.stray = (self.stray + data)[-STRAY_KEPT_BYTES:]

    def note_lost(self) -> None:
        """A port went away; if it is this opening's, the opening is over."""
        if self._wire is not None and self._wire.lost_why is not None:
            self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def note_bug(self, error: Exception) -> None:
        """A programming error reaches the caller whose turn it is, and ends the owner, who tells the others."""
        job, self._job = self._job, None
        if job is not None:
            job.fail(error)
        if self._wire is not None and not self._over.done():
            self._over.set_exception(error)

    # ---- whose turn it is ------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Let the next caller speak if the line is free; else whoever frees it looks again."""
        if self._job is None:
            self._guarded(self._next)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            self.note_bug(error)

    def _next(self) -> None:
        while self._job is None and self._wire is not None and not self._over.done():
            job = self.callers.take()
            if job is None or self._is_lost(self._wire, job):
                return
            if rest_s := self._rest_s(job):
                self.callers.put_back(job)
                self._again_in(rest_s, self._next)
                return
            if job.reply.done():
                self.counts["abandoned"] += 1
            elif self._transport.get_write_buffer_size():
                self.counts["stuck-writes"] += 1
                job.answer(LineGone(f"port {self._settings.path} takes no more bytes; it is being reopened"))
                self._end()
            else:
                self._begin(self._wire, job)

    def _is_lost(self, wire: Wire, job: Job) -> bool:
        """A job whose turn comes when the port is gone waits for the owner's word to all."""
        if wire.lost_why is None:
            return False
        self.callers.put_back(job)
        return True

    def _again_in(self, wait_s: float, step: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(wait_s, self._guarded, step)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rest_s(self, job: Job) -> float:
        """How long a poll is kept back for the read-back that is about to come."""
        if job.rank <= READ_BACK or not self._look_rest.is_look_expected:
            return 0.0
        return self._look_rest.rest_s(self._loop.time())

    def _begin(self, wire: Wire, job: Job) -> None:
        self._job = job
        # Nobody answers a broadcast, and nobody's health is noted by it.
        self._meter = self.health.of(job.driver.address) if job.exchange.expects_reply else MeterHealth()
        if self._meter.late_answer_until_s or wire.quiet_in_s(job.exchange.silence_before_ms / 1000) > 0:
            self._wait_for_quiet(wire, job, self._loop.time() + CHATTER_LIMIT_S)
        else:
            self._speak(wire, job)

    def _wait_for_quiet(self, wire: Wire, job: Job, give_up_s: float) -> None:
        """Wait for the protocol's silence; a line that chatters on is spoken to all the same."""
        quiet_in_s = wire.quiet_in_s(job.exchange.silence_before_ms / 1000)
        if quiet_in_s > 0 and self._loop.time() <= give_up_s:
            self._again_in(quiet_in_s, lambda: self._wait_for_quiet(wire, job, give_up_s))
            return
        if quiet_in_s > 0:
            self.counts["chatter"] += 1
        self._wait_for_late_answers(wire, job)

    def _wait_for_late_answers(self, wire: Wire, job: Job) -> None:
        """Wait until a late answer to an earlier question of this meter can't come any more.

        A Modbus answer doesn't say what was asked, and a status word from before a command must not confirm it. Only a retry, or
        the same poll again, may take such an answer: it is the register, at most a second old."""
        wait_s = self._meter.late_answer_until_s - self._loop.time()
        same_poll = job.rank > READ_BACK and self._meter.unanswered == job.exchange.request
        if wait_s > 0 and not job.failed and not same_poll:
            self.counts["waits-for-late-answers"] += 1
            self._again_in(wait_s, lambda: self._speak(wire, job))
        else:
            self._speak(wire, job)

    def _speak(self, wire: Wire, job: Job) -> None:
        """Put one try on the wire."""
        self.counts["exchanges"] += 1
        exchange = job.exchange
        listener = job.driver.listen(exchange, self._settings.baud)
        self._is_bare = exchange.preamble_bytes > 0 and _is_preamble_left_out(job, self._meter)
        request = exchange.request[exchange.preamble_bytes :] if self._is_bare else exchange.request
        wire.converse(self._transport, request, exchange, listener, self._latency_s)

    # ---- what a try brought ------------------------------------------------------------------------------------------

    def _count(self, heard: Heard) -> None:
        if heard.echoed:
            self.counts["echoes"] += 1
        for damage in heard.damages:
            self.counts[f"damage:{damage}"] += 1
        for kind in heard.foreign:
            self.counts[f"foreign:{kind}"] += 1

    def _note_preamble(self, habit: PreambleHabit, heard: Heard) -> None:
        if self._is_bare:
            self.counts["without-preamble"] += 1
            habit.note_without(answered=heard.verdict is not None, silent=not heard.received)
        else:
            habit.note_with(answered=heard.verdict is not None)

    def _gone(self) -> LineGone:
        if self._wire is None or self._wire.lost_why is None:
            return LineGone(f"line {self._name} was closed")
        return LineGone(f"port {self._settings.path} went away: {self._wire.lost_why}")

    def _take_answer(self, job: Job, heard: Heard) -> None:
        assert heard.verdict is not None
        self.health.note_answer(job.driver.address, heard.turn_round_s)
        self._note_for_looks(job, heard)
        self.echoes = heard.echoed
        self.counts["refusals" if isinstance(heard.verdict, Refused) else "answers"] += 1
        job.answer(heard.verdict)

    def _note_for_looks(self, job: Job, heard: Heard) -> None:
        if job.rank is POLL:
            self._look_rest.note_poll(heard.spent_s)
        elif job.rank is RELAY and isinstance(heard.verdict, Accepted):
            self._look_rest.note_command(self._loop.time())
        elif job.rank is READ_BACK:
            self._look_rest.note_looked(self._loop.time())

    def _take_failure(self, job: Job, heard: Heard) -> None:
        now_s = self._loop.time()
        self.health.note_unanswered(job.driver.address, job.exchange.request, now_s)
        job.failed += (FailedTry(heard.received, heard.damages, heard.foreign),)
        if len(job.failed) < job.tries and not job.reply.done():
            self.counts["retries"] += 1
            self.callers.put_back(job)
            return
        self.health.note_failure(job.driver.address, now_s, heard.spent_s)
        job.answer(self._name_failure(job))

    def _name_failure(self, job: Job) -> Silent | Garbled:
        address = job.driver.address
        meter = self.health.of(address)
        tries = job.failed
        if len(tries) == 1 and tries[0].received:
            tries = (*meter.last_failed, *tries)
        meter.last_failed = tries[-READ_TRIES:]
        reason = diagnose(
            job.exchange.request,
            tries,
            ever_answered=meter.ever_answered,
            others_answer=self.health.others_answer(address),
        )
        meter.reason = reason or "silent"
        if reason is None:
            self.counts["silences"] += 1
            return Silent(tries=len(job.failed))
        self.counts[f"garbled:{reason}"] += 1
        meter.collisions += reason == COLLISION
        return Garbled(reason=reason, tries=len(job.failed))


def _outcome(job: Job, heard: Heard) -> str:
    if heard.gone:
        return "gone"
    if isinstance(heard.verdict, Refused):
        return "refused"
    if heard.verdict is not None:
        return "answer"
    if not job.exchange.expects_reply:
        return "sent"
    return "damaged" if heard.damages or heard.foreign else "silent"


def _is_preamble_left_out(job: Job, meter: MeterHealth) -> bool:
    """A retry wakes the meter, and a relay command always does: it has one try."""
    return not job.failed and job.rank is not RELAY and not meter.failures and meter.preamble.is_left_out
