"""One open port and the one conversation on it.

A conversation is one try: send a request, feed the listener what comes, end on the last byte of the answer or when the answer can't
come any more. Its end is a call, not a task's awakening: what follows on the line leaves on that byte. Timing is the event loop's
alone, so that a loop with virtual time can run it. It must never know ranks, retries, meters or why a port was opened.

    |-- request --|<-- first_byte_timeout -->|-- answer --|        ends here: the next request may go
    |-- request --|-- echo --|<-- .. -->|-- ans             <-- byte_gap_timeout -->|   ends here: truncated
                                                          chatter that never pauses is cut off after LONGEST_ANSWER_BYTES
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.adapters.serial_bus.port import Transport
from gateway.adapters.serial_bus.tap import Kind, Note, Tap, tell
from gateway.protocols.driver import Accepted, Answer, Damaged, Exchange, Foreign, Listener, Refused

LONGEST_ANSWER_BYTES = 272
"""DL/T 645: 212 bytes with L=200 and as many FE as a meter may send; Modbus RTU: 256."""
ANSWERS = (Answer, Accepted, Refused)
"""A tuple: the union of types would be built anew for each answer."""
KEPT_BYTES = 512
KEPT_NAMES = 16
ABORT_GRACE_S = 1.0


@dataclass(slots=True)
class Heard:
    """What one try brought. `verdict` is the answer, if any; `gone` says that the port went away meanwhile."""

    verdict: Answer | Accepted | Refused | None = None
    gone: bool = False
    echoed: bool = False
    received: bytes = b""
    damages: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    spent_s: float = 0.0
    turn_round_s: float | None = None
    """From our last byte to the answer's first; None: not seen, as where an answer came in one piece with our echo."""


class Speaker(Protocol):
    """Who speaks on a wire."""

    def take_heard(self, heard: Heard) -> None:
        """The try that `converse` began is over; called once for each."""

    def note_stray(self, data: bytes) -> None:
        """Bytes came while nobody was asked."""

    def note_lost(self) -> None:
        """The port went away."""

    def note_bug(self, error: Exception) -> None:
        """A listener, or the speaker himself, raised while bytes were taken; the event loop would only log it."""


class Conversation:
    """One try on one wire; feed it until `is_over`."""

    __slots__ = (
        "_gap_s",
        "_latest",
        "_listener",
        "began_s",
        "deadline",
        "heard",
        "is_over",
        "request",
        "started",
    )

    def __init__(
        self, request: bytes, listener: Listener, gap_s: float, started: float, deadline: float, latest: float
    ) -> None:
        """All instants are the loop's time."""
        self.heard = Heard()
        self.is_over = False
        self.started = started
        self.began_s: float | None = None
        """When the first byte that is not our echo began."""
        self.deadline = deadline
        """When the line has been silent for too long; moves on with each byte, up to `latest`."""
        self._listener = listener
        self.request = request
        self._gap_s = gap_s
        self._latest = latest

    def feed(self, data: bytes, now: float) -> None:
        """Take bytes from the port. Raises what a listener raises, which is a programming error."""
        heard = self.heard
        heard.received += data[: KEPT_BYTES - len(heard.received)]
        self._listener.feed(data)
        while (verdict := self._listener.next_verdict()) is not None:
            self._weigh(verdict)
            if self.is_over:
                return
        self.deadline = max(self.deadline, min(now + self._gap_s, self._latest))

    def _weigh(self, verdict: Answer | Accepted | Refused | Damaged | Foreign) -> None:
        heard = self.heard
        if isinstance(verdict, ANSWERS):
            heard.verdict = verdict
            self.is_over = True
        elif isinstance(verdict, Damaged):
            heard.damages = _with(heard.damages, verdict.reason)
        elif verdict.kind == "echo":
            heard.echoed = True
            self._forget_echo()
        else:
            heard.foreign = _with(heard.foreign, verdict.kind)

    def _forget_echo(self) -> None:
        """Our own bytes are no evidence of what the meter sent."""
        before, found, after = self.heard.received.partition(self.request)
        if found:
            self.heard.received = before + after
        self.began_s = None

    def give_up(self) -> None:
        """The line fell silent: hear what the unfinished frame was, and what stood behind it."""
        verdict = self._listener.flush()
        while verdict is not None and not self.is_over:
            self._weigh(verdict)
            verdict = self._listener.next_verdict()
        self.is_over = True


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return (*names, name) if len(names) < KEPT_NAMES else names


class Wire(asyncio.Protocol):
    """The asyncio protocol of one opened port; a new one for each opening."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds_per_byte: float,
        speaker: Speaker,
        taps: Sequence[Tap] = (),
    ) -> None:
        """`taps` is looked at anew for each piece of bytes: listeners come and go."""
        self.made = loop.create_future()
        self.lost = loop.create_future()
        self.lost_why: str | None = None
        self.busy_until = loop.time()
        """When the bus was last seen busy: our last byte out (by calculation) or the last byte in."""
        self._loop = loop
        self._seconds_per_byte = seconds_per_byte
        self._speaker = speaker
        self._taps = taps
        self._conversation: Conversation | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._note_made()

    def _note_made(self) -> None:
        if not self.made.done():
            self.made.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.busy_until = now = self._loop.time()
        if self._taps:
            tell(self._taps, Note(now, Kind.IN, data))
        conversation = self._conversation
        if conversation is None:
            self._speaker.note_stray(data)
            return
        if conversation.began_s is None:
            conversation.began_s = now - len(data) * self._seconds_per_byte
        try:
            conversation.feed(data, now)
            if conversation.is_over:
                self._end(conversation)
        except Exception as error:
            self._speaker.note_bug(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost_why = str(exc) if exc else "closed"
        self._note_made()
        if not self.lost.done():
            self.lost.set_result(None)
        try:
            if self._conversation is not None:
                self._conversation.heard.gone = True
                self._end(self._conversation)
        except Exception as error:
            self._speaker.note_bug(error)
        self._speaker.note_lost()

    def quiet_in_s(self, quiet_s: float) -> float:
        """Say how long until nothing was heard for `quiet_s`; 0 or less: it is quiet."""
        return self.busy_until + quiet_s - self._loop.time()

    def converse(
        self,
        transport: Transport,
        request: bytes,
        exchange: Exchange,
        listener: Listener,
        latency_s: float,
    ) -> None:
        """Begin one try on an open, quiet line; the speaker hears what it brought. `request` is the exchange's, perhaps without its
        preamble; `latency_s` the adapter's own share of every wait."""
        started = self._loop.time()
        sent_by = started + len(request) * self._seconds_per_byte
        deadline = sent_by + latency_s + exchange.first_byte_timeout_ms / 1000
        latest = deadline + LONGEST_ANSWER_BYTES * self._seconds_per_byte
        gap_s = latency_s + exchange.byte_gap_timeout_ms / 1000
        self._conversation = Conversation(request, listener, gap_s, started, deadline, latest)
        self._watch(deadline)
        if self._taps:
            tell(self._taps, Note(started, Kind.OUT, request))
        transport.write(request)

    def forget(self) -> None:
        """Let nobody hear what the try under way brings."""
        self._conversation = None

    def _end(self, conversation: Conversation) -> None:
        """Hand over what a try brought. Without an answer the line counts as busy until our last byte has left."""
        self._conversation = None
        heard = conversation.heard
        heard.spent_s = self._loop.time() - conversation.started
        sent_by = conversation.started + len(conversation.request) * self._seconds_per_byte
        if heard.verdict is None:
            self.busy_until = max(self.busy_until, sent_by)
        elif conversation.began_s is not None:
            heard.turn_round_s = max(0.0, conversation.began_s - sent_by)
        self._speaker.take_heard(heard)

    def _watch(self, deadline: float) -> None:
        """See that the timer rings by then. One that rings early looks again: answered tries leave it as it is."""
        if self._timer is None or self._timer.when() > deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        conversation = self._conversation
        if conversation is None:
            return
        if self._loop.time() < conversation.deadline:
            self._watch(conversation.deadline)
            return
        try:
            conversation.give_up()
            self._end(conversation)
        except Exception as error:
            self._speaker.note_bug(error)


async def abort(transport: Transport, wire: Wire) -> None:
    """Close without waiting for unsent bytes; the port is free for the next opening then. An asyncio transport already closing with
    none left must not be aborted again."""
    if not transport.is_closing() or transport.get_write_buffer_size():
        transport.abort()
    await asyncio.wait([wire.lost], timeout=ABORT_GRACE_S)
    await transport.wait_closed(ABORT_GRACE_S)
