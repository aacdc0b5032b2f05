"""The hash chain over transfers and audit entries: each hash covers the one before and the row's exact content.

Pure: it is given rows and says which is the first that doesn't fit. Where rows lie is the ledger's business. A walk can be
broken off and gone on with from where it was (`Whole`); a hash that was printed is found again by its first digits.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

GENESIS = hashlib.sha256(b"cardroom ledger").digest()
"""What the first row's hash is chained to."""

Content = list[str | int]


@dataclass(frozen=True, slots=True)
class Link:
    """One row of the chain as stored: its table, its key, its content's fields in order."""

    position: int
    table: str
    key: str
    content: Content
    chain_hash: bytes


class Damage(StrEnum):
    """What is wrong at a place of the chain."""

    MISSING = "missing"
    """The row of this position isn't there; the one named is the next."""
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain doesn't hold."""

    position: int
    table: str
    key: str
    damage: Damage

    @property
    def why(self) -> str:
        """Say it in a sentence, for the command line."""
        if self.damage is Damage.MISSING:
            return f"row {self.position} is missing before it"
        return "its content doesn't match its hash"


@dataclass(frozen=True, slots=True)
class Whole:
    """The chain holds: how many rows, and the last hash."""

    rows: int
    last_hash: bytes


def next_hash(previous: bytes, table: str, position: int, content: Content) -> bytes:
    """Chain a row's content to the hash before it (SHA-256, 32 bytes)."""
    return hashlib.sha256(previous + msgspec.json.encode([table, position, *content])).digest()


def check(links: Iterable[Link], after: Whole = Whole(0, GENESIS)) -> Whole | Broken:
    """Walk the rows in order of position, on from where a walk held; name the first that is missing, moved or altered."""
    previous, position = after.last_hash, after.rows
    for link in links:
        position += 1
        if link.position != position:
            return Broken(position, link.table, link.key, Damage.MISSING)
        expected = next_hash(previous, link.table, position, link.content)
        if link.chain_hash != expected:
            return Broken(position, link.table, link.key, Damage.ALTERED)
        previous = expected
    return Whole(position, previous)


PRINTED_DIGITS = 32
"""Of a hash on paper: 128 bits. Nobody makes other books that end with the same ones."""
FEWEST_DIGITS = 16
"""That a printed hash is looked for by."""


def printed(chain_hash: bytes) -> str:
    """Write a hash as sheets bear it: its first digits in groups of four."""
    digits = chain_hash.hex()[:PRINTED_DIGITS]
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))


def read_printed(text: str) -> str | None:
    """Read hash digits as people type them from a sheet, in groups or not; None when they are none, or too few."""
    digits = "".join(text.split()).replace("-", "").lower()
    fits = FEWEST_DIGITS <= len(digits) <= 64 and set(digits) <= set("0123456789abcdef")
    return digits if fits else None
