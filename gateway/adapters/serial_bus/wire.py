"""One open port and the one conversation on it.

A conversation is one try: send a request, feed the listener what comes, end on the last byte of the answer or when the answer can't
come any more. Timing is the event loop's alone, so that a loop with virtual time can run it. It must never know ranks, retries,
meters or why a port was opened.

    |-- request --|<-- first_byte_timeout -->|-- answer --|        ends here: the next request may go
    |-- request --|-- echo --|<-- .. -->|-- ans             <-- byte_gap_timeout -->|   ends here: truncated
                                                          chatter that never pauses is cut off after LONGEST_ANSWER_BYTES
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.adapters.serial_bus.port import Transport
from gateway.protocols.driver import Accepted, Answer, Damaged, Exchange, Foreign, Listener, Refused

LONGEST_ANSWER_BYTES = 272
"""DL/T 645: 212 bytes with L=200 and as many FE as a meter may send; Modbus RTU: 256."""
ANSWERS = (Answer, Accepted, Refused)
"""A tuple: the union of types would be built anew for each answer."""
KEPT_BYTES = 512
KEPT_NAMES = 16


@dataclass(slots=True)
class Heard:
    """What one try brought. `verdict` is the answer, if any; `gone` says that the port went away meanwhile."""

    verdict: Answer | Accepted | Refused | None = None
    gone: bool = False
    echoed: bool = False
    received: bytearray = field(default_factory=bytearray)
    damages: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    spent_s: float = 0.0


class Conversation:
    """One try on one wire; feed it until `done` is set."""

    def __init__(
        self,
        request: bytes,
        exchange: Exchange,
        listener: Listener,
        latency_s: float,
        loop: asyncio.AbstractEventLoop,
        first_byte_by: float,
        answer_over_by: float,
    ) -> None:
        """Both instants are the loop's time."""
        self.heard = Heard()
        self.done: asyncio.Future[None] = loop.create_future()
        self._listener = listener
        self._request = request
        self._gap_s = latency_s + exchange.byte_gap_timeout_ms / 1000
        self._loop = loop
        self.deadline = first_byte_by
        """When the line has been silent for too long; moves on with each byte, up to `answer_over_by`."""
        self._latest = answer_over_by

    def feed_or_fail(self, data: bytes) -> None:
        """Take bytes from the port. What a listener raises is a programming error: it reaches whoever awaits `done`, where the
        event loop would only log it."""
        try:
            self._feed(data)
        except Exception as error:
            self.done.set_exception(error)

    def _feed(self, data: bytes) -> None:
        self.heard.received += data[: KEPT_BYTES - len(self.heard.received)]
        self._listener.feed(data)
        while (verdict := self._listener.next_verdict()) is not None:
            self._weigh(verdict)
            if self.done.done():
                return
        self.deadline = max(self.deadline, min(self._loop.time() + self._gap_s, self._latest))

    def _weigh(self, verdict: Answer | Accepted | Refused | Damaged | Foreign) -> None:
        if isinstance(verdict, ANSWERS):
            self.heard.verdict = verdict
            self.finish()
        elif isinstance(verdict, Damaged):
            _keep(self.heard.damages, verdict.reason)
        elif verdict.kind == "echo":
            self.heard.echoed = True
            self._forget_echo()
        else:
            _keep(self.heard.foreign, verdict.kind)

    def _forget_echo(self) -> None:
        """Our own bytes are no evidence of what the meter sent."""
        before, found, after = self.heard.received.partition(self._request)
        if found:
            self.heard.received = before + after

    def give_up(self) -> None:
        """The line fell silent: hear what the unfinished frame was, and what stood behind it."""
        try:
            verdict = self._listener.flush()
            while verdict is not None and not self.done.done():
                self._weigh(verdict)
                verdict = self._listener.next_verdict()
        except Exception as error:
            self.done.set_exception(error)
        self.finish()

    def finish(self, *, gone: bool = False) -> None:
        """End the try, once."""
        self.heard.gone = self.heard.gone or gone
        if not self.done.done():
            self.done.set_result(None)


def _keep(names: list[str], name: str) -> None:
    if len(names) < KEPT_NAMES:
        names.append(name)


class Wire(asyncio.Protocol):
    """The asyncio protocol of one opened port; a new one for each opening."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds_per_byte: float, on_lost: Callable[[], None]
    ) -> None:
        self.made = loop.create_future()
        self.lost = loop.create_future()
        self.lost_why: str | None = None
        self.stray_bytes = 0
        self.busy_until = loop.time()
        """When the bus was last seen busy: our last byte out (by calculation) or the last byte in."""
        self._loop = loop
        self._seconds_per_byte = seconds_per_byte
        self._on_lost = on_lost
        self._conversation: Conversation | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._note_made()

    def _note_made(self) -> None:
        if not self.made.done():
            self.made.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.busy_until = self._loop.time()
        if self._conversation is None or self._conversation.done.done():
            self.stray_bytes += len(data)
        else:
            self._conversation.feed_or_fail(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost_why = str(exc) if exc else "closed"
        self._note_made()
        if not self.lost.done():
            self.lost.set_result(None)
        if self._conversation is not None:
            self._conversation.finish(gone=True)
        self._on_lost()

    def is_quiet(self, quiet_s: float) -> bool:
        """Say whether nothing was heard for so long."""
        return self.busy_until + quiet_s <= self._loop.time()

    async def wait_for_quiet(self, quiet_s: float, at_most_s: float) -> bool:
        """Wait until nothing was heard for `quiet_s`; False when the line chattered on for `at_most_s`."""
        give_up = self._loop.time() + at_most_s
        while (left := self.busy_until + quiet_s - self._loop.time()) > 0:
            if self._loop.time() > give_up:
                return False
            await asyncio.sleep(left)
        return True

    async def converse(
        self, transport: Transport, request: bytes, exchange: Exchange, listener: Listener, latency_s: float
    ) -> Heard:
        """Do one try on an open, quiet line. `request` is the exchange's, perhaps without its preamble; `latency_s` the adapter's
        own share of every wait."""
        started = self._loop.time()
        sent_by = started + len(request) * self._seconds_per_byte
        first_byte_by = sent_by + latency_s + exchange.first_byte_timeout_ms / 1000
        answer_over_by = first_byte_by + LONGEST_ANSWER_BYTES * self._seconds_per_byte
        conversation = Conversation(
            request, exchange, listener, latency_s, self._loop, first_byte_by, answer_over_by
        )
        self._conversation = conversation
        self._watch(first_byte_by)
        transport.write(request)
        try:
            await conversation.done
        finally:
            if not conversation.done.done():
                conversation.finish()
            self._conversation = None
        self.busy_until = max(self.busy_until, started if conversation.heard.verdict else sent_by)
        conversation.heard.spent_s = self._loop.time() - started
        return conversation.heard

    def _watch(self, deadline: float) -> None:
        """See that the timer rings by then. One that rings early looks again: answered tries leave it as it is."""
        if self._timer is None or self._timer.when() > deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        conversation = self._conversation
        if conversation is None or conversation.done.done():
            return
        if self._loop.time() < conversation.deadline:
            self._watch(conversation.deadline)
        else:
            conversation.give_up()
