"""Ask what is asked rarely (cover, reverse energy, status words) and look after meters and modules. One task; bills nothing.

Each line is asked one question at a time, and then left alone for SHARE times as long as the answer took: polling loses less than a
hundredth of the line to this, at any speed and with any number of meters. The questions go round by meter and item.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.application.meter_health import note_clock, note_line, note_look, note_still
from gateway.application.ports import Clock, Journal, Line, MeterCounts, Rank, Store
from gateway.contract.identifiers import MeterNo
from gateway.domain.meter_health import Still
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.ticking import tick_for_ever
from gateway.protocols.driver import Answer, Item

QUESTIONS = (Item.STATUS_WORDS, Item.COVER_OPENINGS, Item.REVERSE_ENERGY)
SHARE = 200
"""A look's pause in times of its own length: half a percent of the line."""
ROUND_S = 1800.0
"""No meter is asked the same more often than this, however short its line is."""
LOOK_EVERY_S = 60.0
"""Between two looks at what the polls brought: clocks, still registers, failures."""
TICK_S = 0.5
NOTHING = MeterCounts(0, 0, 0)


@dataclass(slots=True)
class LineTurn:
    """Where the questions stand on one line."""

    next_at_s: float
    place: int = 0
    judged: dict[str, MeterCounts] = field(default_factory=dict)
    """Each address's counts when it was compared with the others last."""
    still: dict[MeterNo, Still] = field(default_factory=dict)


class MeterWatcher:
    """Looks after all meters of the building."""

    def __init__(
        self,
        store: Store[Journal],
        clock: Clock,
        fleet: Fleet,
        clocks: MeterClocks,
        progress: Callable[[], None],
        *,
        share: float = SHARE,
        round_s: float = ROUND_S,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._clocks = clocks
        self._progress = progress
        self._share = share
        self._round_s = round_s
        self._look_every_s = look_every_s
        self._turns: dict[str, LineTurn] = {}
        self._look_at_s = 0.0

    async def run(self) -> None:
        """Watch for ever; what can't be stored now is looked at again in its turn."""
        await tick_for_ever(self._tick, self._progress, TICK_S)

    async def _tick(self) -> None:
        lines: dict[str, list[FleetMeter]] = {}
        for meter in self._fleet.all():
            lines.setdefault(meter.line.name, []).append(meter)
        self._turns = {name: self._turns.get(name) or self._begin(name) for name in lines}
        now_s = asyncio.get_running_loop().time()
        due = [name for name in lines if self._turns[name].next_at_s <= now_s]
        await asyncio.gather(*(self._ask_next(self._turns[name], lines[name]) for name in due))
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + self._look_every_s
            for name, meters in lines.items():
                await self._look(self._turns[name], meters)

    def _begin(self, name: str) -> LineTurn:
        """A line's first question waits a moment: after a start, the polls come first."""
        return LineTurn(asyncio.get_running_loop().time() + min(self._round_s, 60.0) / 2)

    async def _ask_next(self, turn: LineTurn, meters: list[FleetMeter]) -> None:
        questions = [(meter, item) for item in QUESTIONS for meter in meters if item in meter.driver.items]
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        if not questions:
            turn.next_at_s = began_s + self._round_s
            return
        meter, item = questions[turn.place % len(questions)]
        turn.place = (turn.place + 1) % len(questions)
        try:
            await self._ask(meter, item)
        finally:
            spent_s = loop.time() - began_s
            turn.next_at_s = loop.time() + max(spent_s * self._share, self._round_s / len(questions))

    async def _ask(self, meter: FleetMeter, item: Item) -> None:
        """A meter that refuses, or is silent, says nothing: its silence is the poller's to tell."""
        reply = await meter.line.read(meter.driver, item, Rank.POLL)
        if isinstance(reply, Answer):
            now = self._clock.now()
            await self._store.run(
                lambda journal: note_look(journal, meter.meter, reply.values, meter.step_wh, now)
            )

    async def _look(self, turn: LineTurn, meters: list[FleetMeter]) -> None:
        """Judge what the polls brought, in one transaction per line."""
        now = self._clock.now()
        line: Line = meters[0].line
        counts = line.meter_counts()
        fresh = {
            meter.meter: _since(
                turn.judged.get(meter.driver.address, NOTHING), counts.get(meter.driver.address, NOTHING)
            )
            for meter in meters
        }

        stands: dict[MeterNo, Still | None] = {}

        def look(journal: Journal) -> frozenset[MeterNo]:
            for meter in meters:
                still = note_still(journal, meter.meter, turn.still.get(meter.meter), meter.step_wh, now)
                stands[meter.meter] = still
                off_s = self._clocks.off_s(meter.meter)
                if off_s is not None:
                    note_clock(journal, meter.meter, off_s, now)
            return note_line(journal, fresh, now)

        judged = await self._store.run(look)
        turn.still = {number: still for number, still in stands.items() if still is not None}
        for meter in meters:
            if meter.meter in judged and meter.driver.address in counts:
                turn.judged[meter.driver.address] = counts[meter.driver.address]


def _since(then: MeterCounts, now: MeterCounts) -> MeterCounts:
    return MeterCounts(
        now.answered - then.answered, now.missed - then.missed, now.collisions - then.collisions
    )
