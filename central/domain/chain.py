"""The hash chain over transfers and audit entries: each hash covers the one before and the row's exact content.

Pure: it is given rows and says which is the first that doesn't fit. Where rows lie is the ledger's business.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain doesn't hold."""

    position: int
    table: str
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Whole:
    """The chain holds: how many rows, and the last hash."""

    rows: int
    last_hash: bytes


def next_hash(previous: bytes, table: str, position: int, content: Content) -> bytes:
    """Chain a row's content to the hash before it (SHA-256, 32 bytes)."""
    return hashlib.sha256(previous + msgspec.json.encode([table, position, *content])).digest()


def check(links: Iterable[Link]) -> Whole | Broken:
    """Walk the rows in order of position; name the first that is missing, moved or altered."""
    previous, position = GENESIS, 0
    for link in links:
        position += 1
        if link.position != position:
            return Broken(position, link.table, link.key, f"row {position} is missing before it")
        expected = next_hash(previous, link.table, position, link.content)
        if link.chain_hash != expected:
            return Broken(position, link.table, link.key, "its content doesn't match its hash")
        previous = expected
    return Whole(position, previous)
