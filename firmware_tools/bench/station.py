"""One meter on the bench's line: asked by its driver, with retries; a lost port ends the bench."""

import time
from dataclasses import dataclass

from firmware_tools.line.serial_line import LineGone, SerialLine, Silence
from gateway.protocols.driver import (
    Accepted,
    Answer,
    Damaged,
    Driver,
    Exchange,
    Foreign,
    Item,
    Listener,
    MeterClock,
    Refused,
    RelayAction,
    Values,
    Verdict,
    clock_of,
    merged,
)
from gateway.protocols.models import ModelRow

TRIES = 3


class PortLost(Exception):
    """The port went away: no test of this bench goes on."""

    def __init__(self, gone: LineGone) -> None:
        super().__init__(gone.why)
        self.gone = gone


@dataclass(frozen=True, slots=True)
class No:
    """No answer of use; `reason` is a stable word: `silent`, `refused:password`, `garbled:bad-checksum`."""

    reason: str


class DriverHearer:
    """Hears for a driver: its answer, acceptance or refusal; counts the rest as damage."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.damage = ""

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        self._listener.feed(data)

    def answer(self) -> Answer | Accepted | Refused | None:
        """Give what decides."""
        return self._decided(self._listener.next_verdict())

    def end(self) -> Answer | Accepted | Refused | None:
        """The line fell silent."""
        return self._decided(self._listener.flush())

    def _decided(self, verdict: Verdict | None) -> Answer | Accepted | Refused | None:
        while verdict is not None:
            if isinstance(verdict, Answer | Accepted | Refused):
                return verdict
            if isinstance(verdict, Damaged):
                self.damage = verdict.reason
            elif isinstance(verdict, Foreign) and verdict.kind != "echo":
                self.damage = verdict.kind
            verdict = self._listener.next_verdict()
        return None


class Station:
    """A meter and the line to it."""

    def __init__(self, line: SerialLine, row: ModelRow, driver: Driver) -> None:
        self.line = line
        self.row = row
        self.driver = driver

    def read(self, item: Item, tries: int = TRIES) -> Values | No:
        """Read one item."""
        if item not in self.driver.items:
            return No("no-such-item")
        reply = self._ask(self.driver.read(item), tries)
        return reply.values if isinstance(reply, Answer) else _no(reply)

    def switch(self, action: RelayAction, valid_until: MeterClock) -> No | None:
        """Command the relay once: a command whose answer is lost is read back, never repeated blindly."""
        reply = self._ask(self.driver.switch(action, valid_until), 1)
        return None if isinstance(reply, Accepted) else _no(reply)

    def clock(self) -> MeterClock | No:
        """Read the calendar, in one answer or in two."""
        whole = self.read(Item.CLOCK)
        if isinstance(whole, Values) and whole.clock is not None:
            return whole.clock
        date, moment = self.read(Item.DATE), self.read(Item.TIME)
        if isinstance(date, No) or isinstance(moment, No):
            return date if isinstance(date, No) else moment if isinstance(moment, No) else No("no-clock")
        both = merged(date, moment)
        return clock_of(both.date, both.time) if both.date and both.time else No("no-clock")

    def now_ms(self) -> int:
        """The bench's clock for durations."""
        return time.monotonic_ns() // 1_000_000

    def pause_ms(self, duration_ms: int) -> None:
        """Wait."""
        time.sleep(duration_ms / 1000)

    def _ask(self, exchange: Exchange, tries: int) -> Answer | Accepted | Refused | Silence:
        heard: Silence = Silence()
        for _ in range(tries):
            self.pause_ms(exchange.silence_before_ms)
            hearer = DriverHearer(self.driver.listen(exchange, self.line.settings.baud))
            waits = exchange.first_byte_timeout_ms, exchange.byte_gap_timeout_ms
            reply: Answer | Accepted | Refused | Silence | LineGone
            reply = self.line.exchange(exchange.request, hearer, *waits)
            if isinstance(reply, LineGone):
                raise PortLost(reply)
            if not isinstance(reply, Silence):
                return reply
            heard = reply if reply.damage else heard
        return heard


def _no(reply: Answer | Accepted | Refused | Silence) -> No:
    if isinstance(reply, Refused):
        return No(f"refused:{reply.reason}")
    if isinstance(reply, Silence):
        return No(f"garbled:{reply.damage}" if reply.damage else "silent")
    return No("unexpected")
