"""The account map for Kingdee K/3: which account of finance's books each account of our ledger belongs to. Pure.

A row names our accounts by a pattern (`customer:*:yuan`), their account in K/3 and, in words with places to fill in, the
auxiliary item (核算项目) and the summary (摘要) of an entry. The row with the most letters of its own holds, so that an
exception stands beside its rule.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

MOST_ROWS = 300
LONGEST_CODE, LONGEST_NAME, LONGEST_ITEM, LONGEST_SUMMARY = 40, 80, 255, 255
"""As wide as the columns of the standard layout are."""
PATTERN = re.compile(r"[a-z0-9*](?:[\w.*:\-]*[\w*])?", re.ASCII)
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-_]*")
PLACE = re.compile(r"\{([^{}]*)\}")


class Fact(StrEnum):
    """What a text may have filled in, as `{building}`."""

    BUILDING = "building"
    BUILDING_NAME = "building_name"
    CLASS = "class"
    CLASS_NAME = "class_name"
    ITEM = "item"
    """What stands in our own account's name: the item collected on behalf, the drawer."""
    DAYS = "days"
    """The voucher's day, or its first and last one."""
    WHAT = "what"
    """What the voucher is about, in words."""


Facts = Mapping[Fact, str]


@dataclass(frozen=True, slots=True)
class MapRow:
    """Our accounts by a pattern, and theirs. `left_out`: K/3 does not keep what moves between two such accounts."""

    pattern: str
    code: str = ""
    name: str = ""
    item: str = ""
    summary: str = ""
    left_out: bool = False


class MapFault(StrEnum):
    """What is wrong with a map; `central/reports/k3/words.py` says it."""

    NO_ROWS = "no-rows"
    TOO_MANY_ROWS = "too-many-rows"
    BAD_PATTERN = "bad-pattern"
    PATTERN_TWICE = "pattern-twice"
    NO_CODE = "no-code"
    BAD_CODE = "bad-code"
    NO_NAME = "no-name"
    NO_SUMMARY = "no-summary"
    UNKNOWN_PLACE = "unknown-place"
    TWO_NAMES = "two-names"
    """One account of K/3 with two names."""
    CODE_AND_LEFT_OUT = "code-and-left-out"
    TOO_LONG = "too-long"


@dataclass(frozen=True, slots=True)
class MapFinding:
    """One thing that is wrong: in which row (from 1; 0: the whole), and what was found."""

    row: int
    fault: MapFault
    found: str = ""


def findings_in(rows: Sequence[MapRow]) -> list[MapFinding]:
    """Name all that keeps a map from being used."""
    if not rows:
        return [MapFinding(0, MapFault.NO_ROWS)]
    if len(rows) > MOST_ROWS:
        return [MapFinding(0, MapFault.TOO_MANY_ROWS, str(len(rows)))]
    found: list[MapFinding] = []
    patterns: set[str] = set()
    names: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        found += [MapFinding(number, fault, text) for fault, text in _faults_of(row)]
        if row.pattern in patterns:
            found.append(MapFinding(number, MapFault.PATTERN_TWICE, row.pattern))
        if row.code and names.setdefault(row.code, row.name) != row.name:
            found.append(MapFinding(number, MapFault.TWO_NAMES, row.code))
        patterns.add(row.pattern)
    return found


def _faults_of(row: MapRow) -> list[tuple[MapFault, str]]:
    found: list[tuple[MapFault, str]] = []
    if not PATTERN.fullmatch(row.pattern):
        found.append((MapFault.BAD_PATTERN, row.pattern))
    if row.left_out:
        return [*found, *([(MapFault.CODE_AND_LEFT_OUT, row.code)] if row.code else [])]
    if not row.code:
        found.append((MapFault.NO_CODE, row.pattern))
    elif not CODE.fullmatch(row.code):
        found.append((MapFault.BAD_CODE, row.code))
    if row.code and not row.name:
        found.append((MapFault.NO_NAME, row.code))
    if row.code and not row.summary:
        found.append((MapFault.NO_SUMMARY, row.code))
    for text, most in (
        *((row.code, LONGEST_CODE), (row.name, LONGEST_NAME)),
        *((row.item, LONGEST_ITEM), (row.summary, LONGEST_SUMMARY)),
    ):
        if len(text) > most or not text.isprintable():
            found.append((MapFault.TOO_LONG, text[:40]))
    unknown = [name for text in (row.item, row.summary) for name in places_in(text) if name not in set(Fact)]
    return [*found, *((MapFault.UNKNOWN_PLACE, f"{{{name}}}") for name in unknown)]


def places_in(text: str) -> list[str]:
    """Give the names of the places to fill in; a brace that stands alone counts as one without a name."""
    stray = [""] if set(PLACE.sub("", text)) & {"{", "}"} else []
    return [*PLACE.findall(text), *stray]


def missing_facts(text: str, facts: Facts) -> list[Fact]:
    """Give the places of a text that nothing is known for."""
    return [Fact(name) for name in places_in(text) if not facts.get(Fact(name))]


def filled(text: str, facts: Facts) -> str:
    """Fill a text's places in."""
    return PLACE.sub(lambda place: facts.get(Fact(place[1]), ""), text)


@dataclass(frozen=True)
class AccountMap:
    """A map that is in force: gives the row of each of our accounts."""

    rows: tuple[MapRow, ...]

    @cached_property
    def _ordered(self) -> list[tuple[re.Pattern[str], MapRow]]:
        by_letters = sorted(self.rows, key=lambda row: (-len(row.pattern.replace("*", "")), row.pattern))
        return [(_expression(row.pattern), row) for row in by_letters]

    @cached_property
    def _known(self) -> dict[str, MapRow | None]:
        return {}

    def row_of(self, account: str) -> MapRow | None:
        """Give the row that an account of our ledger belongs to; None when the map lacks it."""
        if account not in self._known:
            fitting = (row for expression, row in self._ordered if expression.fullmatch(account))
            self._known[account] = next(fitting, None)
        return self._known[account]


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in pattern.split("*")))


def rows_from_json(rows: Sequence[Mapping[str, object]]) -> tuple[MapRow, ...]:
    """Read a map's rows as they are kept."""
    return tuple(
        MapRow(
            pattern=str(row["pattern"]),
            code=str(row.get("code", "")),
            name=str(row.get("name", "")),
            item=str(row.get("item", "")),
            summary=str(row.get("summary", "")),
            left_out=bool(row.get("left_out", False)),
        )
        for row in rows
    )


def rows_to_json(rows: Sequence[MapRow]) -> list[dict[str, str | bool]]:
    """Write a map's rows as they are kept and signed."""
    return [
        {
            "pattern": row.pattern,
            "code": row.code,
            "name": row.name,
            "item": row.item,
            "summary": row.summary,
            "left_out": row.left_out,
        }
        for row in rows
    ]
