"""Tell a line's meters the time when some of them are off by enough, once a day in its hour; read back who followed. One task.

    calendars polls brought -> worth telling? -> read those again -> broadcast -> forget all of the line -> read back -> report

A broadcast resets every calendar of the line, so that what was known of them dates no relay command any more (C-14).
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from gateway.application.clock_setting import Seen, begin_telling, note_telling, rule_now, worth_telling
from gateway.application.ports import Clock, Journal, Line, Rank, Sent, Store
from gateway.contract.rules import ClockRule
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.read_clock import has_clock, read_clock
from gateway.loops.ticking import tick_for_ever
from gateway.protocols.dlt645.broadcast import Dlt645Broadcast
from gateway.protocols.driver import MeterClock

TICK_S = 10.0

log = structlog.get_logger("clocks")


class ClockSetter:
    """Sets the clocks of all lines' meters."""

    def __init__(
        self,
        store: Store[Journal],
        clock: Clock,
        fleet: Fleet,
        clocks: MeterClocks,
        progress: Callable[[], None],
        *,
        tick_s: float = TICK_S,
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._clocks = clocks
        self._progress = progress
        self._tick_s = tick_s

    async def run(self) -> None:
        """Set for ever; lines are told one after the other."""
        await tick_for_ever(self._tick, self._progress, self._tick_s)

    async def _tick(self) -> None:
        lines: dict[str, list[FleetMeter]] = {}
        for meter in self._fleet.all():
            if has_clock(meter.driver):
                lines.setdefault(meter.line.name, []).append(meter)
        for meters in lines.values():
            await self._look_at(meters[0].line, meters)

    async def _look_at(self, line: Line, meters: list[FleetMeter]) -> None:
        """Tell one line, if some of its meters need it now. They are read again first: a poll's look may be hours old."""
        now, zone = self._clock.now(), self._clocks.utc_offset_minutes
        rule = await self._store.run(lambda journal: rule_now(journal, line.name, now, zone))
        if rule is None:
            return
        await self._read(line, await self._off(rule, meters))
        off = await self._off(rule, meters)
        if off:
            await self._tell(line, meters, off)

    async def _off(self, rule: ClockRule, meters: list[FleetMeter]) -> dict[FleetMeter, int]:
        """Give the meters that make telling worthwhile, and by how much each is off."""
        now = self._clock.now()
        seen = {m: off for m in meters if (off := self._clocks.off_s(m.meter)) is not None}
        off_s = {meter.meter: off for meter, off in seen.items()}
        worth = await self._store.run(lambda journal: worth_telling(journal, rule, off_s, now))
        return {meter: off for meter, off in seen.items() if meter.meter in worth}

    async def _read(self, line: Line, meters: Iterable[FleetMeter]) -> None:
        for meter in meters:
            clock = await read_clock(line, meter.driver, Rank.POLL)
            if isinstance(clock, MeterClock):
                self._clocks.note(meter.meter, clock, self._clock.now())
            self._progress()

    async def _tell(self, line: Line, meters: list[FleetMeter], off: dict[FleetMeter, int]) -> None:
        """Tell the line, and read back those that were off. The day is used up first: a second telling is never obeyed."""
        now, zone = self._clock.now(), self._clocks.utc_offset_minutes
        if not await self._store.run(lambda journal: begin_telling(journal, line.name, now, zone)):
            return
        loop, everybody = asyncio.get_running_loop(), Dlt645Broadcast()
        at, began_s = self._clock.now(), loop.time()
        # The time is written already: it waits behind nothing but the exchange that is on the wire.
        sent = await line.broadcast(everybody, everybody.set_time(self._clocks.right(at)), Rank.RELAY)
        passed_ms = round((loop.time() - began_s) * 1000)
        for meter in meters:
            self._clocks.forget(meter.meter)
        log.info("line-told-the-time", line=line.name, meters=len(off), sent=isinstance(sent, Sent))
        if not isinstance(sent, Sent):
            return
        late_ms = passed_ms - sent.ago_ms
        await self._read(line, off)
        seen = {meter.meter: Seen(was_s, self._clocks.off_s(meter.meter)) for meter, was_s in off.items()}
        others = len(meters) - len(off)
        await self._store.run(
            lambda journal: note_telling(journal, line.name, seen, others, at, zone, late_ms)
        )
