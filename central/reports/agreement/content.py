"""A building's lines with their rows and explanations as bytes that are kept: always the same bytes for the same figures."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from central.domain.agreement_rows import Row
from central.domain.four_way import Line, LineKind, LineUnit, Party, Term
from central.domain.gap_findings import GapExplanation


class LineKey(StrEnum):
    """The lines of a building's page. Accounts kept in kWh have a bridge of their own."""

    MONEY = "money"
    ENERGY = "energy"
    BRIDGE = "bridge"
    BRIDGE_KWH = "bridge-kwh"


KIND_OF = {key: LineKind.BRIDGE if key is LineKey.BRIDGE_KWH else LineKind(key.value) for key in LineKey}
OF_KEY = {
    LineKey.MONEY: (Party.CARD_ROOM, Party.K3),
    LineKey.ENERGY: (Party.ELECTRICIAN, Party.AUTOMATIC),
}
"""Whose lists a line sets side by side; a bridge's parties are all in one building's own books."""


@dataclass(frozen=True, slots=True)
class PartyRows:
    """What one party says on a line."""

    party: Party
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class LineContent:
    """One line: its terms, and each party's rows."""

    key: LineKey
    unit: LineUnit
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    rows: tuple[PartyRows, ...]

    def line(self, building: str, period: str) -> Line:
        """Give it as the pure rules know it."""
        return Line(KIND_OF[self.key], self.unit, building, period, self.left, self.right)

    def rows_of(self, party: Party) -> tuple[Row, ...]:
        """Give a party's rows."""
        return next((one.rows for one in self.rows if one.party is party), ())


@dataclass(frozen=True, slots=True)
class BuildingContent:
    """A building's period as it is shown, signed and locked. `from_ms`, `until_ms`: the edges that were used."""

    building: str
    name: str
    period: str
    from_ms: int
    until_ms: int
    lines: tuple[LineContent, ...]

    def get(self, key: str) -> LineContent | None:
        """Give one line; None where the building has none of the kind."""
        return next((one for one in self.lines if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Explained:
    """What was found for one line."""

    key: LineKey
    gap: GapExplanation


def pack(value: BuildingContent | Sequence[Explained]) -> bytes:
    """Give bytes to keep."""
    return zlib.compress(msgspec.json.encode(value, order="sorted"), 6)


def content_in(packed: bytes) -> BuildingContent:
    """Read what `pack` gave."""
    return msgspec.json.decode(zlib.decompress(packed), type=BuildingContent)


def explained_in(packed: bytes) -> tuple[Explained, ...]:
    """Read what `pack` gave; nothing was kept: nothing is known."""
    return msgspec.json.decode(zlib.decompress(packed), type=tuple[Explained, ...]) if packed else ()


def digest_of(content: BuildingContent) -> str:
    """Give the hash of all figures: who signs, signs these. Where a row can be looked at is no figure."""
    lines = tuple(replace(line, rows=tuple(_bare(one) for one in line.rows)) for line in content.lines)
    return hashlib.sha256(
        msgspec.json.encode(replace(content, name="", lines=lines), order="sorted")
    ).hexdigest()


def digest_of_rows(rows: Iterable[Row]) -> str:
    """Give the hash of what is searched."""
    found = hashlib.sha256()
    for row in rows:
        found.update(msgspec.json.encode(replace(row, origin="")))
    return found.hexdigest()


def seal_of(content: bytes, explained: bytes) -> str:
    """Give the hash of what is kept, as it is kept."""
    return hashlib.sha256(len(content).to_bytes(8, "big") + content + explained).hexdigest()


def _bare(one: PartyRows) -> PartyRows:
    return PartyRows(one.party, tuple(replace(row, origin="") for row in one.rows))
