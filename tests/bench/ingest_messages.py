"""What buildings say while all is well, made ahead: signed batches in the mix of a day, so that making them is not measured.

A batch is what a gateway sends each 25 s: one row of packed readings, the settlements that fell due, now and then a watermark with
all balances, and, seldom, a row that nobody can read.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.contract.facts import Entry, EntryKind, Fact, ReadingOutcome, ReadingRow, Readings
from tests.central.gateway_twin import GatewayTwin

READINGS_PER_BATCH = 347
"""208 meters each 15 s, committed each 25 s (`bench_drain`)."""
ENTRIES_PER_READING = 208 / 49_920
"""Each room once an hour; a meter is read 240 times in it."""
WATERMARK_EVERY = 144
"""Batches: an hour's."""
FIRST_WATERMARK = 10
BROKEN_EVERY = 100
FIRST_BROKEN = 15


@dataclass
class Building:
    """One building's twin, and how far its meters have counted."""

    twin: GatewayTwin
    number: int
    rooms: int
    turn: int = 0
    at: int = 0
    owed: float = 0.0
    register_wh: int = 1_000_000
    said: list[list[ReadingRow]] = field(default_factory=list)
    """The readings of the batches that were given last."""

    def messages(self, count: int) -> list[bytes]:
        """Give the next batches, signed."""
        self.said = []
        return [self.twin.batch(*self._facts()) for _ in range(count)]

    def _facts(self) -> Iterator[Fact | bytes]:
        turn, self.turn = self.turn, self.turn + 1
        self.said.append([self._reading() for _ in range(READINGS_PER_BATCH)])
        yield Readings(self.said[-1])
        self.owed += READINGS_PER_BATCH * ENTRIES_PER_READING
        while self.owed >= 1:
            self.owed -= 1
            yield self._settlement()
        if turn % WATERMARK_EVERY == FIRST_WATERMARK:
            yield self.twin.watermark()
        if turn % BROKEN_EVERY == FIRST_BROKEN:
            yield b'{"kind":"nobody-knows-this"}'

    def _reading(self) -> ReadingRow:
        self.at += 1
        if self.at % self.rooms == 0:
            self.register_wh += 10
        self.twin.now_ms += 72
        meter = f"m-{self.number}-{self.at % self.rooms}"
        return ReadingRow(
            meter, self.twin.now_ms, self.register_wh, 412, 1_890, True, ReadingOutcome.ADVANCED
        )

    def _settlement(self) -> Entry:
        room = self.twin.entries % self.rooms
        to_wh, account = self.register_wh, f"{self.number}-{100 + room}.1"
        return self.twin.entry(
            EntryKind.CONSUMPTION, account, -5_583, meter=f"m-{self.number}-{room}", energy_wh=10,
            register_from_wh=to_wh - 10, register_to_wh=to_wh, price_micro_yuan_per_kwh=558_300,
        )  # fmt: skip


def campus_rows(buildings: int, rooms: int) -> str:
    """Give the list of the campus, as CSV."""
    rows = ["building,building_name,floor,room,class,meter"]
    rows += [
        f"{building},B{building},1,{100 + room},dormitory,m-{building}-{room}"
        for building in range(1, buildings + 1)
        for room in range(rooms)
    ]
    return "\n".join(rows) + "\n"


def begin_ms() -> int:
    """Give the instant of the first reading: an hour ago, so that no clock is ahead."""
    return time.time_ns() // 1_000_000 - 3_600_000
