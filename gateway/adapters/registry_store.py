"""What the electrician found: lines, meters, their addresses and test results (C-3). One JSON file that `jq` can read.

No money, no readings and no binding of a meter to a room stand here: those are the journal's. Time is the caller's. Rules that
a line's and a meter's row must keep are here, each with a named refusal; how the file survives a power cut is registry_file's.
Writers of several processes (the daemon, a technician's command) take turns by a lock file; readers need none.
"""

import fcntl
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec
from tinydb import TinyDB, where

from gateway.adapters.registry_file import AtomicStorage, RegistryDamaged, damaged
from gateway.adapters.whole_file import owned_by_folder
from gateway.protocols.meters import address_mistake, names_one_meter
from gateway.protocols.models import ModelRow
from gateway.words import mark, say

__all__ = [
    "LineRow",
    "MeterRow",
    "Refusal",
    "RefusalReason",
    "RegistryDamaged",
    "RegistryStore",
    "TestResult",
    "stamp",
]

FILE_NAME = "registry.json"
LOCK_NAME = "registry.lock"
PARITIES = ("N", "E", "O")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class LineRow:
    """One RS-485 line as it is wired. `port` is a device or `socket://host:port`."""

    name: str
    port: str
    baud: int = 2400
    parity: str = "E"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What the technician's last test of a meter gave; `tested_at` is ISO 8601 with its offset."""

    __test__ = False  # a word of the trade, no test class
    tested_at: str
    outcome: str
    energy_wh: int | None = None
    relay_closed: bool | None = None
    by: str = ""
    ticks: dict[str, str] = field(default_factory=dict)
    """Each test that `commission` made, with its level: `{"reading": "good", "open": "skipped"}`."""


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One meter as found. `meter_number` is its number in the campus, unique; `address` is what it answers to on its line."""

    meter_number: str
    line: str
    address: str
    model: str
    ct_ratio: int = 1
    """Current transformer: real current / meter current, 1 for a direct meter."""
    location: str = ""
    test: TestResult | None = None


class RefusalReason(StrEnum):
    """Why the registry did not take a change."""

    DUPLICATE_LINE = "duplicate-line"
    DUPLICATE_PORT = "duplicate-port"
    DUPLICATE_METER = "duplicate-meter"
    DUPLICATE_ADDRESS = "duplicate-address"
    UNKNOWN_LINE = "unknown-line"
    UNKNOWN_MODEL = "unknown-model"
    UNKNOWN_METER = "unknown-meter"
    LINE_IN_USE = "line-in-use"
    BAD_ADDRESS = "bad-address"
    BAD_VALUE = "bad-value"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change not taken. `subject` is the row's name; `text` a marked sentence with what to do, its facts beside it."""

    reason: RefusalReason
    subject: str
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """The sentence in the language spoken now."""
        return say(self.text, **self.facts)

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason.value}: {self.detail}"


class RegistryStore:
    """The registry of one gateway, in `folder`. Each change is one replacement of the file; each question reads it anew."""

    def __init__(self, folder: Path, models: Mapping[str, ModelRow]) -> None:
        self.path = folder / FILE_NAME
        self._models = models

    def lines(self) -> list[LineRow]:
        """All lines by name. Raises RegistryDamaged."""
        return sorted(self._rows("lines", LineRow), key=lambda row: row.name)

    def meters(self) -> list[MeterRow]:
        """All meters by number. Raises RegistryDamaged."""
        return sorted(self._rows("meters", MeterRow), key=lambda row: row.meter_number)

    def add_line(self, row: LineRow) -> Refusal | None:
        """Add a line whose name and port are new."""
        with self._locked() as tables:
            refusal = _judge_line(row, self.lines())
            if refusal is None:
                tables.table("lines").insert(asdict(row))
            return refusal

    def move_line(self, name: str, port: str) -> Refusal | None:
        """Put a line on another port: its adapter was replaced, its meters stay."""
        with self._locked() as tables:
            lines = self.lines()
            row = next((line for line in lines if line.name == name), None)
            if row is None:
                return _unknown_line(name)
            refusal = _judge_line(replace(row, port=port), [line for line in lines if line.name != name])
            if refusal is None:
                tables.table("lines").update({"port": port}, where("name") == name)
            return refusal

    def remove_line(self, name: str) -> Refusal | None:
        """Remove a line that no meter is on."""
        with self._locked() as tables:
            if used_by := [meter.meter_number for meter in self.meters() if meter.line == name]:
                text = mark("{count} meters are on it: remove them first")
                return Refusal(RefusalReason.LINE_IN_USE, name, text, {"count": len(used_by)})
            if not tables.table("lines").remove(where("name") == name):
                return _unknown_line(name)
            return None

    def add_meters(self, rows: Sequence[MeterRow]) -> list[Refusal]:
        """Add all rows or, when one of them is refused, none: each refusal is returned, in the order of the rows."""
        with self._locked() as tables:
            refusals = self._judge_meters(rows)
            if not refusals:
                tables.table("meters").insert_multiple(asdict(row) for row in rows)
            return refusals

    def add_meter(self, row: MeterRow) -> Refusal | None:
        """Add one meter whose number, and whose address on its line, are new."""
        refusals = self.add_meters([row])
        return refusals[0] if refusals else None

    def remove_meter(self, meter_number: str) -> Refusal | None:
        """Remove a meter. Its readings and money are the journal's and stay."""
        with self._locked() as tables:
            removed = tables.table("meters").remove(where("meter_number") == meter_number)
            return None if removed else _unknown_meter(meter_number)

    def meter(self, meter_number: str) -> MeterRow | None:
        """One meter, or None."""
        return next((row for row in self.meters() if row.meter_number == meter_number), None)

    def judge_replacement(self, meter_number: str, row: MeterRow) -> Refusal | None:
        """Say why a row could not take the place of a meter's, or None; its own number may be there already."""
        others = [one for one in self.meters() if one.meter_number not in (meter_number, row.meter_number)]
        refusals = self._judge_meters([row], others)
        return refusals[0] if refusals else None

    def replace_meter(self, meter_number: str, row: MeterRow) -> Refusal | None:
        """Put a meter in the place of another, which leaves. The same again, after a crash in the middle, ends it."""
        with self._locked() as tables:
            refusal = self.judge_replacement(meter_number, row)
            if refusal is not None:
                return refusal
            table, old, new = (
                tables.table("meters"),
                where("meter_number") == meter_number,
                where("meter_number") == row.meter_number,
            )
            present = table.contains(new)
            if not table.update(asdict(row), new if present else old):
                table.insert(asdict(row))
            if present:
                table.remove(old)
            return None

    def readdress(self, meter_number: str, address: str) -> Refusal | None:
        """Enter another address for a meter: it answers there already."""
        with self._locked() as tables:
            row = self.meter(meter_number)
            if row is None:
                return _unknown_meter(meter_number)
            moved = replace(row, address=address)
            refusal = self.judge_replacement(meter_number, moved)
            if refusal is None:
                tables.table("meters").update({"address": address}, where("meter_number") == meter_number)
            return refusal

    def relocate(self, meter_number: str, location: str) -> Refusal | None:
        """Enter where a meter hangs. Whom it bills is central's to say (C-3)."""
        with self._locked() as tables:
            found = tables.table("meters").update(
                {"location": location}, where("meter_number") == meter_number
            )
            return None if found else _unknown_meter(meter_number)

    def restore(self, lines: Sequence[LineRow], meters: Sequence[MeterRow]) -> bool:
        """Fill a registry that has neither line nor meter, in one replacement of the file; False where it has some.

        What central kept of the former gateway is not judged again: a model that is missing here is said when the daemon starts.
        """
        with self._locked():
            if self.lines() or self.meters():
                return False
            rows = {"lines": [asdict(row) for row in lines], "meters": [asdict(row) for row in meters]}
            AtomicStorage(self.path).write({name: dict(_numbered(table)) for name, table in rows.items()})
            return True

    def note_test(self, meter_number: str, result: TestResult) -> Refusal | None:
        """Keep a meter's last test."""
        with self._locked() as tables:
            noted = tables.table("meters").update(
                {"test": asdict(result)}, where("meter_number") == meter_number
            )
            return None if noted else _unknown_meter(meter_number)

    def _judge_meters(
        self, rows: Sequence[MeterRow], beside: Sequence[MeterRow] | None = None
    ) -> list[Refusal]:
        """`beside`: the meters that stay; all that are there, unless given."""
        lines = {line.name for line in self.lines()}
        numbers: Counter[str] = Counter()
        places: dict[tuple[str, str], str] = {}
        for present in self.meters() if beside is None else beside:
            numbers[present.meter_number] += 1
            places[_place(present)] = present.meter_number
        refusals = []
        for row in rows:
            refusal = self._judge_meter(row, lines, numbers, places)
            if refusal is not None:
                refusals.append(refusal)
            numbers[row.meter_number] += 1
            places.setdefault(_place(row), row.meter_number)
        return refusals

    def _judge_meter(
        self,
        row: MeterRow,
        lines: Collection[str],
        numbers: Mapping[str, int],
        places: Mapping[tuple[str, str], str],
    ) -> Refusal | None:
        def refuse(reason: RefusalReason, text: str, **facts: object) -> Refusal:
            return Refusal(reason, row.meter_number or say("(no number)"), text, facts)

        if not row.meter_number or not row.address:
            return refuse(RefusalReason.BAD_VALUE, mark("a meter needs a number and an address"))
        if row.ct_ratio < 1:
            text = mark("the CT ratio is a whole number from 1 up, not {found}")
            return refuse(RefusalReason.BAD_VALUE, text, found=row.ct_ratio)
        if numbers.get(row.meter_number):
            return refuse(
                RefusalReason.DUPLICATE_METER, mark("this number is taken; `meters list` shows by which")
            )
        if row.line not in lines:
            text = mark("there is no line {line}; add it with `lines add`")
            return refuse(RefusalReason.UNKNOWN_LINE, text, line=repr(row.line))
        if row.model not in self._models:
            known = ", ".join(sorted(self._models))
            text = mark("{model} is none of {known}")
            return refuse(RefusalReason.UNKNOWN_MODEL, text, model=repr(row.model), known=known)
        if mistake := address_mistake(self._models[row.model], row.address):
            return refuse(RefusalReason.BAD_ADDRESS, mark("{mistake}"), mistake=mistake)
        if not names_one_meter(row.address):
            text = mark("{address} speaks to more than one meter; enter the meter's own address")
            return refuse(RefusalReason.BAD_ADDRESS, text, address=row.address)
        if taken := places.get(_place(row)):
            text = mark("address {address} on line {line} is meter {meter}'s")
            facts = {"address": row.address, "line": row.line, "meter": taken}
            return refuse(RefusalReason.DUPLICATE_ADDRESS, text, **facts)
        return None

    def _rows(self, table: str, kind: type[Row]) -> list[Row]:
        tables = AtomicStorage(self.path).read() or {}
        rows = tables.get(table, {})
        try:
            return [msgspec.convert(row, kind) for row in rows.values()]
        except msgspec.ValidationError as error:
            raise damaged(self.path, f"table {table}: {error}") from None

    @contextmanager
    def _locked(self) -> Iterator[TinyDB]:
        """Let one writer at a time look and change. A fresh TinyDB each time: another process may have written."""
        with owned_by_folder(self.path.with_name(LOCK_NAME), "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with TinyDB(self.path, storage=AtomicStorage) as tables:
                yield tables


def _judge_line(row: LineRow, present: Sequence[LineRow]) -> Refusal | None:
    if not row.name or not row.port or row.baud <= 0 or row.parity not in PARITIES:
        return Refusal(
            RefusalReason.BAD_VALUE,
            row.name or say("(no name)"),
            mark("a line needs a name, a port, a speed and parity N, E or O"),
        )
    for other in present:
        if other.name == row.name:
            text = mark("it is on {port}; remove it first to change it")
            return Refusal(RefusalReason.DUPLICATE_LINE, row.name, text, {"port": other.port})
        if other.port == row.port:
            text = mark("{port} is line {line}'s; a port has one line")
            facts = {"port": row.port, "line": other.name}
            return Refusal(RefusalReason.DUPLICATE_PORT, row.name, text, facts)
    return None


def _numbered(rows: list[dict[str, object]]) -> Iterator[tuple[str, dict[str, object]]]:
    """TinyDB's own keys."""
    return ((str(number), row) for number, row in enumerate(rows, start=1))


def stamp(path: Path) -> tuple[int, int] | None:
    """Give what changes with each replacement of the file; None while there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino


def _place(row: MeterRow) -> tuple[str, str]:
    """Where a meter answers: leading zeros of an address are no difference on the wire."""
    return row.line, row.address.upper().lstrip("0")


def _unknown_line(name: str) -> Refusal:
    return Refusal(RefusalReason.UNKNOWN_LINE, name, mark("no such line; `lines list` shows them"))


def _unknown_meter(meter_number: str) -> Refusal:
    return Refusal(RefusalReason.UNKNOWN_METER, meter_number, mark("no such meter; `meters list` shows them"))
