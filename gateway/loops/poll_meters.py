"""Poll one line's meters for ever, each when it is next worth reading. One task per line; decides nothing about credit.

The plan (domain/poll_plan) names the meter; a few turns overlap, so that the next question waits in the line's queue when the last
byte of an answer comes, while readings are still being stored. A meter has one turn at a time. Every DETAIL_EVERY turns of a meter
ask more than its register, every IDENTITY_EVERY its number and calendar, spread so that meters don't do so together.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Set

from gateway.application.ports import Clock, Journal, Line, Rank, Store, StoreFull
from gateway.contract.identifiers import MeterNo
from gateway.domain.poll_plan import PollPlan
from gateway.loops.fleet import Fleet
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.meter_turns import MeterTurns
from gateway.loops.signals import Signals, heard

DETAIL_EVERY = 4
PRESSING_DETAIL_EVERY = 16
IDENTITY_EVERY = 64
AT_ONCE = 3
"""Turns under way on a line: one on the wire, one waiting behind it, one being stored. A 100 ms sync hides behind them at 9600."""
IDLE_S = 0.25
"""While no meter can be asked: all are backed off, or the port is gone."""
LOOK_EVERY_S = 0.25
"""How often a resting line looks for a meter that can't wait for its end."""


class LinePoller:
    """Polls one line."""

    def __init__(
        self,
        line: Line,
        fleet: Fleet,
        store: Store[Journal],
        clock: Clock,
        clocks: MeterClocks,
        signals: Signals,
        progress: Callable[[], None],
        pause_ms: int = 0,
        plan: PollPlan | None = None,
    ) -> None:
        self._line = line
        self._fleet = fleet
        self._clock = clock
        self._signals = signals
        self._bell = signals.line_bell()
        self._progress = progress
        self._pause_s = pause_ms / 1000
        self._plan = plan or PollPlan(clock.now().monotonic_ms)
        self._turns = MeterTurns(line, store, clock, clocks, signals, self._plan)
        self._turn_counts: Counter[MeterNo] = Counter()
        self._under_way: set[MeterNo] = set()
        self._turn_over = asyncio.Event()
        self._held_until_s: dict[MeterNo, float] = {}
        """Meters that the line does not ask before this instant of the loop."""

    async def run(self) -> None:
        """Poll for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                rest_s = self._pause_s if await self._sweep(group) else max(self._pause_s, IDLE_S)
                if rest_s:
                    await self._rest(group, rest_s)

    async def _sweep(self, group: asyncio.TaskGroup) -> bool:
        """Start as many turns as the line has meters; say whether any could be started. Before a pause, wait for their end."""
        started = False
        for _ in range(len(self._mine())):
            meter = await self._next()
            if meter is None:
                break
            self._start(group, *meter)
            started = True
        while self._pause_s and self._under_way:
            await self._wait_for_a_turn()
        return started

    async def _next(self) -> tuple[MeterNo, Rank] | None:
        """Wait until a turn can start, and name its meter; None when none can be asked now."""
        while len(self._under_way) >= AT_ONCE:
            await self._wait_for_a_turn()
        while True:
            if urgent := self._signals.take_urgent(self._mine() - self._under_way, at_most=1):
                return urgent[0], Rank.AFTER_GRANT
            self._take_wishes()
            chosen = self._plan.choose(self._free(), self._now_ms())
            if chosen is not None:
                return chosen, Rank.POLL
            if not self._under_way:
                return None
            await self._wait_for_a_turn()

    def _take_wishes(self) -> None:
        self._plan.want(*self._signals.take_wanted(self._mine()))
        self._plan.together(*self._signals.take_together(self._mine()))

    def _turns_left(self) -> int:
        return max(0, AT_ONCE - len(self._under_way))

    async def _wait_for_a_turn(self) -> None:
        self._turn_over.clear()
        await self._turn_over.wait()

    def _mine(self) -> Set[MeterNo]:
        return self._fleet.on_line(self._line.name).keys()

    def _free(self) -> list[MeterNo]:
        """Meters that could be asked now, in the registry's order."""
        loop_s = asyncio.get_running_loop().time()
        return [
            meter
            for meter in self._mine()
            if meter not in self._under_way and self._held_until_s.get(meter, 0.0) <= loop_s
        ]

    def _now_ms(self) -> int:
        return self._clock.now().monotonic_ms

    async def _rest(self, group: asyncio.TaskGroup, rest_s: float) -> None:
        """Rest between sweeps; meters to be read soon, whose credit may run out or that a balance waits for, are read meanwhile."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + rest_s
        while (left_s := until_s - loop.time()) > 0:
            self._progress()
            self._bell.clear()
            for number in self._signals.take_urgent(self._mine() - self._under_way):
                self._start(group, number, Rank.AFTER_GRANT)
            self._take_wishes()
            for number in self._plan.pressing(self._free(), self._now_ms())[: self._turns_left()]:
                self._start(group, number, Rank.POLL)
            await heard(self._bell, min(left_s, LOOK_EVERY_S))

    def _start(self, group: asyncio.TaskGroup, number: MeterNo, rank: Rank) -> None:
        alone = rank is Rank.POLL and not self._plan.watch(number).together
        detailed = (alone and self._is_detailed(number)) or self._turns.is_watched(number)
        self._plan.asked(number, self._now_ms())
        self._under_way.add(number)
        group.create_task(self._take(number, rank, detailed))

    def _is_detailed(self, number: MeterNo) -> bool:
        """Count a meter's turn, from a start of its own, and say whether more is asked in it: rarely while it is pressing."""
        if number not in self._turn_counts:
            self._turn_counts[number] = len(self._turn_counts)
        count = self._turn_counts[number]
        self._turn_counts[number] += 1
        if count % IDENTITY_EVERY == 0:
            self._turns.meet_again(number)
        is_busy = self._plan.is_pressing(number, self._now_ms())
        return count % (PRESSING_DETAIL_EVERY if is_busy else DETAIL_EVERY) == 0

    async def _take(self, number: MeterNo, rank: Rank, detailed: bool) -> None:
        try:
            meter = self._fleet.meter(number)
            held_s = await self._turns.take(meter, rank, detailed) if meter else IDLE_S
            self._held_until_s[number] = asyncio.get_running_loop().time() + held_s
        except StoreFull:
            pass
        finally:
            self._under_way.discard(number)
            self._turn_over.set()
            self._bell.set()
            self._progress()
