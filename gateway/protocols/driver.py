"""What any meter can be asked, whatever its protocol.

A driver turns a question into an `Exchange`: the request's bytes and the one rule that tells the answer from everything else
a shared two-wire line carries (our own echo, another meter's reply, noise). The line's owner sends the bytes, feeds what comes
back, and returns the first Answer, Accepted or Refused; Foreign and Damaged are counted and listening goes on until the line is
silent. Nothing here knows a port, a clock or a retry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec


class Item(StrEnum):
    """A question that a meter model may support; the names are the command line's."""

    ENERGY = "energy"
    VOLTAGE = "voltage"
    CURRENT = "current"
    POWER = "power"
    POWER_FACTOR = "power-factor"
    FREQUENCY = "frequency"
    RELAY = "relay"
    CLOCK = "clock"
    """Date and time in one answer; on DL/T 645 an extension that a pure-2007 meter refuses."""
    DATE = "date"
    TIME = "time"
    IDENTITY = "identity"
    REVERSE_ENERGY = "reverse-energy"
    """What flowed back through the meter; a plain room has none."""
    FROZEN_ENERGY = "frozen-energy"
    """The energy at the last instant freeze (DL/T 645 class 0501)."""
    SETTLED_ENERGY = "settled-energy"
    """The energy at the meter's own last settlement day: its monthly register."""
    SETTLEMENT_DAY = "settlement-day"
    """When in the month the meter settles (DL/T 645-2007: 04000B01, DDhh)."""
    FROZEN_AT = "frozen-at"
    """When that was by the meter's own calendar, to the minute."""
    COVER_OPENINGS = "cover-openings"
    """How often the meter's cover was opened."""
    STATUS_WORDS = "status-words"
    """All running status words of DL/T 645-2007 (040005FF)."""

    __hash__ = str.__hash__  # an enum's own is written in Python, and items are looked up for each answer


class RelayAction(StrEnum):
    """What a relay can be told. PERMIT lets the customer close it with the meter's own key (DL/T 645 1BH)."""

    OPEN = "open"
    CLOSE = "close"
    PERMIT = "permit"


@dataclass(frozen=True, slots=True)
class MeterClock:
    """A meter's own calendar, as it shows it (local time, no zone)."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int

    def __str__(self) -> str:
        """Show `2026-11-23 12:05:00`."""
        return (
            f"{MeterDate(self.year, self.month, self.day)} {MeterTime(self.hour, self.minute, self.second)}"
        )


@dataclass(frozen=True, slots=True)
class MeterDate:
    """The date part of a meter's calendar."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class MeterTime:
    """The time-of-day part of a meter's calendar."""

    hour: int
    minute: int
    second: int

    def __str__(self) -> str:
        return f"{self.hour:02}:{self.minute:02}:{self.second:02}"


def clock_of(date: MeterDate, time: MeterTime) -> MeterClock:
    """Put a date and a time of ONE moment together; the caller sees to it that no midnight lies between them."""
    return MeterClock(date.year, date.month, date.day, time.hour, time.minute, time.second)


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """One decoded answer. None means: not part of this answer, or the meter says the phase is not there (FF bytes).

    A Struct because one is made for each answer of a busy line: a frozen dataclass of so many fields costs ten times as much."""

    energy_wh: int | None = None
    power_w: int | None = None
    current_ma: int | None = None
    """Largest phase current."""
    voltage_mv: int | None = None
    """The first phase that is there."""
    power_factor_milli: int | None = None
    frequency_mhz: int | None = None
    """Millihertz."""
    relay_closed: bool | None = None
    relay_commanded_closed: bool | None = None
    """The last command the meter holds; differs from `relay_closed` while a trip is delayed (State Grid bit 6)."""
    clock: MeterClock | None = None
    date: MeterDate | None = None
    time: MeterTime | None = None
    identity: str | None = None
    """The meter's own number as it answers it; a change proves a replacement."""
    status_word: int | None = None
    reverse_wh: int | None = None
    frozen_wh: int | None = None
    settled_wh: int | None = None
    settles_on: tuple[int, int] | None = None
    """Day of the month and hour."""
    frozen_at: MeterClock | None = None
    """The minute shown then; its seconds are 0."""
    cover_openings: int | None = None
    status_words: tuple[int, ...] | None = None
    """Words 1 to 7 in order (annex C)."""


def merged(*answers: Values) -> Values:
    """Put the values of several answers into one; where two tell the same, the later one holds."""
    found = {}
    for answer in answers:
        told = msgspec.structs.asdict(answer)
        found.update({name: value for name, value in told.items() if value is not None})
    return Values(**found)


class Answer(msgspec.Struct, frozen=True):
    """The meter answered the question; `raw` is the whole frame, kept as evidence behind a ledger entry (C-12)."""

    values: Values
    raw: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The meter took a command. It has not necessarily done it: read the relay back (protocols.md 1.6)."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The meter answered with an error; `reason` is a stable name such as `password`, `no-such-data`, `expired`, `keep-power`."""

    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes came that are no good frame, `reason` as the codec names it (`bad-checksum`, `bad-crc`, `garbage`, ...); or a good
    frame whose content has no meaning (`wrong-length`, `non-bcd`, `not-there`, `not-a-number`, `out-of-range`)."""

    reason: str
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A good frame that is not the answer; `kind` is `echo` (our own request), `other-meter`, `stale` (our meter, an older
    question) or `unexpected` (another master's request)."""

    kind: str
    raw: bytes


Verdict = Answer | Accepted | Refused | Damaged | Foreign


class Listener(Protocol):
    """Hears one exchange: fed raw bytes, gives verdicts in order. Bounded; never raises on any input."""

    def feed(self, data: bytes) -> None: ...

    def next_verdict(self) -> Verdict | None:
        """The next verdict, or None while more bytes are needed."""

    def flush(self) -> Verdict | None:
        """Called when the line fell silent: name what an unfinished frame was (`truncated`), or None. What stood behind it
        follows from `next_verdict()`."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question, and how long to wait for its answer. A listener comes from `Driver.listen`."""

    request: bytes
    expects_reply: bool
    """False for a broadcast: it is sent once, and what comes back is no answer."""
    first_byte_timeout_ms: int
    """From the last byte sent to the first byte received, by the standard of the protocol; the line adds its own latency. For a
    broadcast: how long the line is held."""
    byte_gap_timeout_ms: int
    """The longest pause inside one answer."""
    silence_before_ms: int
    """What the bus must be quiet before the request (Modbus: 3.5 characters)."""
    label: str
    """For logs: `652022122003 energy`."""
    preamble_bytes: int = 0
    """How many of the request's first bytes only wake the meter: the line leaves them out where a meter has shown to need none."""


class Driver(Protocol):
    """One meter of one model at one address."""

    address: str
    items: frozenset[Item]
    relay_actions: frozenset[RelayAction]

    def read(self, item: Item) -> Exchange:
        """Ask for one item. Raises KeyError when the model doesn't have it (ask `items` first)."""

    def groups(self, items: Sequence[Item]) -> list[tuple[Item, ...]]:
        """Put the items that the model has into groups, each of which one exchange answers and saves time on the wire by it."""

    def read_block(self, items: Sequence[Item]) -> Exchange:
        """Ask for one of these groups at once; a meter may refuse a block whose items it answers one by one."""

    def switch(self, action: RelayAction, valid_until: MeterClock) -> Exchange:
        """Command the relay; `valid_until` is by the meter's own clock (C-14) and is ignored by models without expiry."""

    def write_clock(self, part: Item, clock: MeterClock, password: str | None = None) -> Exchange:
        """Write a calendar's date or time by address; `password` (8 hex digits, wire order) replaces the model's. Raises KeyError
        when the model doesn't allow it."""

    def listen(self, exchange: Exchange, baud: int) -> Listener:
        """A fresh listener for this exchange at this speed (Modbus derives its gaps from the baud rate)."""
