"""What a search finds, and how far it got: plain facts, kept as JSON so that a search goes on where it was stopped.

Notes, doings and troubles are stable words for programs; whoever shows them puts them into the reader's language. Nothing here
talks to a port.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import msgspec

STATE_VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class LineSetting:
    """How a port was opened."""

    port: str
    baud: int
    parity: str
    """`N`, `E` or `O`."""


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A port at a speed and parity at which meters answer. A port with meters at two speeds gives two of these."""

    port: str
    baud: int
    parity: str
    protocols: tuple[str, ...]
    """Of `dlt645-2007`, `dlt645-1997`, `modbus-rtu`: those that were heard."""

    @property
    def setting(self) -> LineSetting:
        """How the line's meters are reached."""
        return LineSetting(self.port, self.baud, self.parity)


@dataclass(frozen=True, slots=True)
class FoundMeter:
    """One meter, its address proved by two exact reads; or one address that several meters answer to (`duplicate`)."""

    line: LineSetting
    address: str
    """Twelve digits (DL/T 645) or 1 to 247 (Modbus)."""
    protocol: str
    model: str | None = None
    """A row of models/*.toml, guessed from what the meter answers; None where none fits."""
    meter_number: str | None = None
    """Its own number (04000402, C032) as it tells it."""
    maker_text: str | None = None
    """What it calls itself (0400040B)."""
    energy_wh: int | None = None
    clock_offset_s: int | None = None
    """Meter's calendar minus the gateway's local time."""
    relay_closed: bool | None = None
    has_relay: bool | None = None
    """Whether the meter tells a relay's position. No relay was moved to find out."""
    own_prepay: bool | None = None
    """True: the meter counts a credit of its own and would cut by itself. None: nothing that it answers tells."""
    duplicate: bool = False
    is_read: bool = False
    """False: only the address is known so far; the rest is read before the search proves that nobody else is there."""
    notes: tuple[str, ...] = ()
    """Stable words, what follows a colon is a fact: `prepay-by:SOURCE`, `prepay-account-open`, `prepay-account-not-open`,
    `prepay-registers-empty`, `reverse-energy`, `silent-since`, `no-model`, `relay-register-refused`, `phases:N`."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one and the same meter in two runs of a search."""
        return self.line.port, self.protocol, self.address


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a port's search is; comes after each question that brought something, and at least once a second."""

    port: str
    baud: int
    parity: str
    protocol: str
    doing: str
    """`looking-for-speed`, `searching`, `proving` (all likely places were asked) or `reading-meter`."""
    asked: int
    left: int
    """Questions known to be still needed; grows when meters collide."""
    seconds_left: int
    found: int
    """Meters on this port so far."""


@dataclass(frozen=True, slots=True)
class Found:
    """A meter was found and read, or what is known of it changed."""

    meter: FoundMeter


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person should know of; the search of other ports goes on. `code` is a stable word."""

    port: str
    code: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortDone:
    """A port was searched to its end."""

    port: str
    found: int


Event = Progress | Found | Trouble | PortDone


@dataclass(slots=True)
class PortState:
    """How far one port is."""

    heard: dict[str, str] = field(default_factory=dict)
    """`2400E dlt645-2007` to what was heard at the first question: `silent`, `garbled`, `good`."""
    searches: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The same keys to a search's own JSON."""
    done: bool = False
    asked_for: str = ""
    """The plan it was searched by: another one goes on from here."""


@dataclass(slots=True)
class FindState:
    """Everything that a search found and asked. Only `gateway.technician.find` changes it; anybody may read it."""

    version: int = STATE_VERSION
    ports: dict[str, PortState] = field(default_factory=dict)
    meters: list[FoundMeter] = field(default_factory=list)
    saved: dict[str, list[str]] = field(default_factory=dict)
    """What `--save` added to the registry last, for `--undo`: `lines` and `meters` by name."""

    def port(self, name: str) -> PortState:
        """Give a port's state, new where there is none."""
        return self.ports.setdefault(name, PortState())

    def lines(self) -> list[FoundLine]:
        """Give the lines that have meters, in the order of their ports."""
        protocols: dict[LineSetting, set[str]] = {}
        for meter in self.meters:
            protocols.setdefault(meter.line, set()).add(meter.protocol)
        return [
            FoundLine(at.port, at.baud, at.parity, tuple(sorted(spoken)))
            for at, spoken in sorted(protocols.items())
        ]

    def keep(self, meter: FoundMeter) -> bool:
        """Keep a meter in the place of what was known of it; tell whether anything is new."""
        for place, known in enumerate(self.meters):
            if known.key == meter.key:
                self.meters[place] = meter
                return known != meter
        self.meters.append(meter)
        return True

    def only(self, ports: Sequence[str]) -> Self:
        """Give a view of these ports alone."""
        meters = [meter for meter in self.meters if meter.line.port in ports]
        kept = {name: port for name, port in self.ports.items() if name in ports}
        return replace(self, ports=kept, meters=meters)

    def forget_port(self, name: str) -> None:
        """Search a port anew: what was asked there is forgotten, what was found there, too."""
        self.ports.pop(name, None)
        self.meters = [meter for meter in self.meters if meter.line.port != name]

    def as_json(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return dict(msgspec.to_builtins(self))

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read `as_json` back. Raises msgspec.ValidationError for what is none."""
        return msgspec.convert(document, cls)


def noted(meter: FoundMeter, *notes: str) -> FoundMeter:
    """Give a meter with more notes, each once."""
    return replace(meter, notes=tuple(dict.fromkeys((*meter.notes, *notes))))
