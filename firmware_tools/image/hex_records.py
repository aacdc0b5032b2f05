"""Intel HEX: text to segments of memory and back, with EVERY mistake by its line. Pure.

    :LLAAAATTDD..CC   LL data bytes, AAAA address, TT type, CC two's complement of the sum of all bytes before it

Types: 00 data, 01 end, 02 extended segment address (x16, data wraps inside its 64 KiB), 03 start CS:IP, 04 extended linear address
(high 16 bits), 05 start EIP (Intel, Hexadecimal Object File Format Specification, revision A, 1988). Damage to expect: a line
lost or cut by a mail program, two files pasted together, a file that ends without its end record.
"""

import re
from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from operator import itemgetter

DATA, END, SEGMENT, START_SEGMENT, LINEAR, START_LINEAR = range(6)
FIELD_BYTES = {END: 0, SEGMENT: 2, START_SEGMENT: 4, LINEAR: 2, START_LINEAR: 4}
SPACE = 1 << 32
BLOCK = 1 << 16
RECORD_BYTES = 16
SHORTEST_DIGITS = 10
MOST_MISTAKES = 100
"""A file of noise has a mistake on each line; nobody reads more than these."""

_DIGITS = re.compile(rb"[0-9A-Fa-f]+")


class HexReason(StrEnum):
    """What is wrong with a line."""

    NO_COLON = "no-colon"
    NOT_HEX = "not-hex"
    WRONG_LENGTH = "wrong-length"
    BAD_CHECKSUM = "bad-checksum"
    UNKNOWN_TYPE = "unknown-type"
    BAD_FIELD = "bad-field"
    """The record's own field has the wrong size."""
    OVERLAP = "overlap"
    """Writes memory that an earlier line wrote."""
    BEYOND_END = "beyond-end"
    """Goes beyond 4 GiB."""
    AFTER_END = "after-end"
    NO_END = "no-end"
    """The file has no end record: its tail may be lost."""
    MORE = "more"
    """Further mistakes are not listed."""


@dataclass(frozen=True, slots=True)
class HexMistake:
    """One mistake; lines count from 1."""

    line: int
    reason: HexReason


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes that lie together in memory."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + len(self.data)


@dataclass(frozen=True, slots=True)
class HexFile:
    """What a file says. With mistakes the segments are what could be read, for showing only."""

    segments: tuple[Segment, ...]
    start: int | None
    """Where the program begins, if the file says so: EIP, or CS:IP as one number."""
    records: int
    mistakes: tuple[HexMistake, ...]


def read_hex(text: bytes) -> HexFile:
    """Read a whole file. Never raises; memory and time stay in proportion to the text."""
    reader = _Reader()
    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        if stripped := line.strip():
            reader.take(number, stripped)
    reader.close(number)
    return HexFile(
        tuple(reader.memory.segments()), reader.start, reader.records, tuple(reader.mistakes[:MOST_MISTAKES])
    )


class _Reader:
    def __init__(self) -> None:
        self.memory = _Memory()
        self.start: int | None = None
        self.records = 0
        self.mistakes: list[HexMistake] = []
        self._base = 0
        self._wraps = False
        self._ended = False

    def take(self, number: int, line: bytes) -> None:
        found = _record(line)
        if isinstance(found, HexReason):
            return self._wrong(number, found)
        if self._ended:
            return self._wrong(number, HexReason.AFTER_END)
        self.records += 1
        address, kind, data = found
        if kind == DATA:
            return self._data(number, address, data)
        if len(data) != FIELD_BYTES[kind]:
            return self._wrong(number, HexReason.BAD_FIELD)
        return self._mark(kind, int.from_bytes(data, "big"))

    def close(self, last_line: int) -> None:
        if not self._ended:
            self._wrong(last_line or 1, HexReason.NO_END)

    def _mark(self, kind: int, value: int) -> None:
        if kind == END:
            self._ended = True
        elif kind == SEGMENT:
            self._base, self._wraps = value << 4, True
        elif kind == LINEAR:
            self._base, self._wraps = value << 16, False
        else:
            self.start = value

    def _data(self, number: int, offset: int, data: bytes) -> None:
        before_wrap = BLOCK - offset if self._wraps else len(data)
        parts = [(self._base + offset, data[:before_wrap]), (self._base, data[before_wrap:])]
        for address, part in parts:
            if not part:
                continue
            if address + len(part) > SPACE:
                return self._wrong(number, HexReason.BEYOND_END)
            if not self.memory.add(address, part):
                return self._wrong(number, HexReason.OVERLAP)
        return None

    def _wrong(self, number: int, reason: HexReason) -> None:
        if len(self.mistakes) < MOST_MISTAKES:
            self.mistakes.append(HexMistake(number, reason))
        else:
            self.mistakes[MOST_MISTAKES - 1] = HexMistake(number, HexReason.MORE)


def _record(line: bytes) -> tuple[int, int, bytes] | HexReason:
    """Give address, type and data of one line."""
    digits = line[1:]
    if line[:1] != b":":
        return HexReason.NO_COLON
    if not _DIGITS.fullmatch(digits) or len(digits) % 2:
        return HexReason.NOT_HEX
    raw = bytes.fromhex(digits.decode("ascii"))
    if len(digits) < SHORTEST_DIGITS or len(raw) != raw[0] + 5:
        return HexReason.WRONG_LENGTH
    if sum(raw) & 0xFF:
        return HexReason.BAD_CHECKSUM
    if raw[3] > START_LINEAR:
        return HexReason.UNKNOWN_TYPE
    return int.from_bytes(raw[1:3], "big"), raw[3], raw[4:-1]


@dataclass(slots=True)
class _Run:
    address: int
    data: bytearray

    @property
    def end(self) -> int:
        return self.address + len(self.data)


@dataclass(slots=True)
class _Memory:
    """Runs in the order of the file, and sorted by address; lines mostly follow one another, so most bytes join the last run."""

    _sorted: list[tuple[int, int]] = field(default_factory=list)
    """(address, index into `_runs`)."""
    _runs: list[_Run] = field(default_factory=list)

    def add(self, address: int, data: bytes) -> bool:
        """Take bytes; False when some of that memory is written already."""
        place = bisect_right(self._sorted, address, key=itemgetter(0))
        before = self._runs[self._sorted[place - 1][1]] if place else None
        after = self._sorted[place][0] if place < len(self._sorted) else SPACE
        if (before is not None and before.end > address) or address + len(data) > after:
            return False
        if before is not None and before.end == address:
            before.data += data
        else:
            insort(self._sorted, (address, len(self._runs)))
            self._runs.append(_Run(address, bytearray(data)))
        return True

    def segments(self) -> Iterable[Segment]:
        """Give the segments by address, neighbours joined."""
        joined: list[_Run] = []
        for _, index in self._sorted:
            run = self._runs[index]
            if joined and joined[-1].end == run.address:
                joined[-1].data += run.data
            else:
                joined.append(_Run(run.address, bytearray(run.data)))
        return [Segment(run.address, bytes(run.data)) for run in joined]


@dataclass(frozen=True, slots=True)
class Gap:
    """Memory between two segments that the file says nothing about."""

    address: int
    size: int


def gaps(segments: tuple[Segment, ...]) -> list[Gap]:
    """Give the gaps between segments that are sorted by address."""
    return [Gap(left.end, right.address - left.end) for left, right in pairwise(segments)]


def flat(segments: tuple[Segment, ...], most_bytes: int, fill: int = 0xFF) -> bytes | None:
    """Lay the segments out from the lowest address on, gaps filled as erased flash is (FF); None when that is too much."""
    if not segments:
        return b""
    base, end = segments[0].address, segments[-1].end
    if end - base > most_bytes:
        return None
    memory = bytearray([fill]) * (end - base)
    for segment in segments:
        memory[segment.address - base : segment.end - base] = segment.data
    return bytes(memory)
