"""What a search asks and what it is told: the vocabulary of both searches."""

from dataclasses import dataclass
from enum import StrEnum

FULL_WINDOW_MS = 500
"""How long a meter may think before its first byte (DL/T 645-2007, clause 5.3.2: Td is 20 to 500 ms)."""


class Ask(StrEnum):
    """What a question asks for."""

    READ = "read"
    """The energy register: every meter has it."""
    ADDRESS = "address"
    """Its address by 13H (2007), for meters that answer a wildcard by nothing else, or with the wildcard itself."""
    IDENTITY = "identity"
    """Its address as data (04000401), for meters that echo a wildcard and have no 13H."""
    EVERYBODY = "everybody"
    """The energy at 999999999999: some 1997 meters answer there, with their own address."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `address` has twelve digits with `AA` for its open high bytes (DL/T 645), or is a unit number (Modbus)."""

    ask: Ask
    address: str
    window_ms: int
    """How long the first byte of an answer is waited for."""
    attempt: int = 0
    """How often this was asked before."""
    proving: bool = False
    """Everything likely was asked: this one proves that nobody else is there."""

    @property
    def is_exact(self) -> bool:
        """Whether one address alone is asked: the first good answer ends the waiting."""
        return "AA" not in self.address and self.ask is not Ask.EVERYBODY


class Done:
    """Nothing is left to ask."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one question brought, all of its window listened to. Nothing of it: silence."""

    addresses: tuple[str, ...] = ()
    """Whose good answers came: by their frames, or by their data where the question was for the address."""
    refused: tuple[str, ...] = ()
    """Who answered with an error: a meter, but perhaps of another edition."""
    echoed: bool = False
    """A good answer named a wildcard address."""
    damaged: bool = False
    """Bytes came that are no good frame: several meters at once, or noise."""
    energy_wh: int | None = None
    """What the answer said, so that two meters that answer in turn are told apart."""
    latest_start_ms: int | None = None
    """When the last answer can have begun, after the question's last byte."""
