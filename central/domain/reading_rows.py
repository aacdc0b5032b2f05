"""Read a sheet of readings that was written on paper and typed into a table: text in, entries or named mistakes out. Pure.

Columns are known by their usual names, Chinese or English. Nothing is guessed: a row with a mistake stops the whole sheet.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from central.domain.hand_reading import DisplayFault, Unreadable, read_display
from central.domain.imported_rows import BadCell, plain, read_number, read_time

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "meter": ("meter", "表号", "电表号", "电能表号", "表计编号", "电表"),
    "reading": (
        "reading",
        "reading, kwh",
        "本次读数 kwh",
        "本次读数(kwh)",
        "本次读数(度)",
        "本次读数",
        "抄表读数",
        "读数",
        "示数",
        "表底数",
        "本次示数",
    ),
    "time": ("time", "read at", "抄表时间", "时间", "日期时间"),
    "why": ("why", "why it can't be read", "未抄原因", "原因"),
    "remark": ("remark", "remarks", "备注", "说明"),
}
REQUIRED: Final = ("meter", "reading", "time")
WHY: Final[Mapping[str, Unreadable]] = {
    "dark": Unreadable.DARK,
    "显示屏不亮": Unreadable.DARK,
    "黑屏": Unreadable.DARK,
    "damaged": Unreadable.DAMAGED,
    "表坏": Unreadable.DAMAGED,
    "电表损坏": Unreadable.DAMAGED,
    "locked": Unreadable.LOCKED,
    "无人开门": Unreadable.LOCKED,
    "锁门": Unreadable.LOCKED,
    "not found": Unreadable.NOT_FOUND,
    "找不到": Unreadable.NOT_FOUND,
    "未找到电表": Unreadable.NOT_FOUND,
}
_LONG_TAIL: Final = re.compile(r"\d+\.\d{6,}")
"""A spreadsheet's own figure, off by less than a display shows: 12345.670000000002."""
LONGEST_REMARK: Final = 300


class SheetFault(StrEnum):
    """What is wrong with a table or a row of it; of figures also every DisplayFault."""

    UNREADABLE = "unreadable"
    TOO_LONG = "too-long-table"
    NO_ROWS = "no-rows"
    NO_COLUMN = "no-column"
    NO_METER = "no-meter"
    UNKNOWN_METER = "unknown-meter"
    TWICE = "twice"
    NOT_A_TIME = "not-a-time"
    IN_FUTURE = "in-future"
    FORMULA = "formula"
    SHORTENED = "shortened"
    UNKNOWN_WHY = "unknown-why"
    BOTH = "both"
    """A figure, and why there is none."""
    TOO_LONG_TEXT = "too-long-text"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SheetFinding:
    """One mistake: row as a spreadsheet shows it (0: the table), column, what was found."""

    row: int
    column: str
    fault: SheetFault | DisplayFault
    found: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One meter's entry as it was written. `at` is local time without a zone."""

    row: int
    meter: str
    typed: str
    at: datetime
    why: Unreadable | None = None
    remark: str = ""


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Give by field the place of its column; fields not found are missing."""
    places = {plain(title).casefold(): place for place, title in reversed(list(enumerate(header)))}
    found = {}
    for field, names in COLUMNS.items():
        place = next((places[name] for name in names if name in places), None)
        if place is not None:
            found[field] = place
    return found


def read_sheet(
    header: Sequence[str], rows: Sequence[tuple[int, list[str]]]
) -> tuple[list[SheetRow], list[SheetFinding]]:
    """Read every row that says anything of its meter; rows left empty are meters not read yet, and are passed over."""
    columns = columns_of(header)
    missing = [SheetFinding(0, name, SheetFault.NO_COLUMN) for name in REQUIRED if name not in columns]
    if missing:
        return [], missing
    read: list[SheetRow] = []
    findings: list[SheetFinding] = []
    seen: dict[str, int] = {}
    for number, cells in rows:
        said = {name: plain(cells[place]) if place < len(cells) else "" for name, place in columns.items()}
        if not said["reading"] and not said.get("why"):
            continue
        one = _read_row(number, said, findings)
        if one is None:
            continue
        if one.meter in seen:
            findings.append(
                SheetFinding(number, "meter", SheetFault.TWICE, f"{one.meter} ({seen[one.meter]})")
            )
            continue
        seen[one.meter] = number
        read.append(one)
    if not read and not findings:
        findings.append(SheetFinding(0, "", SheetFault.NO_ROWS))
    return read, findings


_CELLS: Final = {
    "formula": SheetFault.FORMULA,
    "shortened": SheetFault.SHORTENED,
    "not-a-time": SheetFault.NOT_A_TIME,
    "too-long-text": SheetFault.TOO_LONG_TEXT,
}


def _read_row(number: int, said: Mapping[str, str], findings: list[SheetFinding]) -> SheetRow | None:
    before = len(findings)

    def wrong(column: str, fault: SheetFault | DisplayFault) -> None:
        findings.append(SheetFinding(number, column, fault, said.get(column, "")[:40]))

    if not said["meter"]:
        wrong("meter", SheetFault.NO_METER)
    at = None
    for column in ("meter", "time"):
        try:
            if column == "time":
                at = read_time(said[column])
            else:
                read_number(said[column])
        except BadCell as bad:
            wrong(column, _CELLS.get(str(bad.args[0]), SheetFault.TOO_LONG_TEXT))
    for column in ("reading", "why", "remark"):
        if said.get(column, "").startswith(("=", "#", "@")):
            wrong(column, SheetFault.FORMULA)
    if len(said.get("remark", "")) > LONGEST_REMARK:
        wrong("remark", SheetFault.TOO_LONG_TEXT)
    typed, why = _figure(said["reading"]), WHY.get(said.get("why", "").casefold())
    if said.get("why") and why is None:
        wrong("why", SheetFault.UNKNOWN_WHY)
    elif typed and why is not None:
        wrong("why", SheetFault.BOTH)
    elif typed and isinstance(fault := read_display(typed), DisplayFault):
        wrong("reading", fault)
    if len(findings) > before or at is None:
        return None
    return SheetRow(number, said["meter"], typed, at, why, said.get("remark", ""))


def _figure(text: str) -> str:
    """Give a figure without a spreadsheet's own tail: 12345.670000000002 was typed as 12345.67."""
    if not _LONG_TAIL.fullmatch(text):
        return text
    rounded = round(float(text), 2)
    return f"{rounded:.2f}" if abs(rounded - float(text)) < 1e-5 else text
