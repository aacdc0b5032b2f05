"""The only abstract file: what the loops and use cases need from the world. Adapters implement these; tests fake them by name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeVar

from gateway.protocols.driver import Accepted, Answer, Driver, Item, MeterClock, Refused, RelayAction

T = TypeVar("T")
Tx_co = TypeVar("Tx_co", covariant=True)


class Rank(IntEnum):
    """Who goes first on a line: a relay command never waits behind a sweep (architecture: ranked callers)."""

    RELAY = 0
    READ_BACK = 1
    AFTER_GRANT = 2
    POLL = 3


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing came within the standard's time, retries included. On DL/T 645 a damaged request looks the same (clause 5.3.4)."""

    tries: int


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes came, no good answer among them; `reason` is the last damage or `other-meter`, `wrong-parity`, `collision`."""

    reason: str
    tries: int


@dataclass(frozen=True, slots=True)
class BackedOff:
    """Not asked: this meter was silent lately and its turn has not come yet. Only polls are backed off."""

    again_in_ms: int


@dataclass(frozen=True, slots=True)
class LineGone:
    """The port is missing or was taken away; the bus reopens it by itself. `why` is the system's word."""

    why: str


LineReply = Answer | Accepted | Refused | Silent | Garbled | BackedOff | LineGone


class Line(Protocol):
    """One RS-485 line with one owner."""

    name: str

    async def read(self, driver: Driver, item: Item, rank: Rank) -> LineReply: ...

    async def switch(self, driver: Driver, action: RelayAction, valid_until: MeterClock) -> LineReply:
        """Send a relay command ONCE, never retried: after silence the caller reads back first (C-15)."""

    def counters(self) -> dict[str, int]:
        """Exchanges, answers, silences, damages by reason, echoes, foreign frames, reopenings: since start."""

    @property
    def echoes(self) -> bool:
        """Whether this adapter returns our own bytes (learnt)."""


class Store(Protocol[Tx_co]):
    """The journal. One writer thread owns it, so that a slow disk never stalls a line (C-13)."""

    async def run(self, use_case: Callable[[Tx_co], T]) -> T:
        """Run a use case in the writer's thread. Returns after its commit when it wrote an entry, a decision or a command,
        at once otherwise (plain readings are committed within 30 s)."""
