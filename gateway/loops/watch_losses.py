"""Compare master and subs at one instant, every hour: freeze, read, balance. One task; decides nothing about loss itself (R-B2).

    readings before -> broadcast freeze per line -> THE INSTANT -> each meter is read soon -> frozen registers -> one transaction

Meters that can't freeze are interpolated between their readings on both sides of the instant. A meter that isn't heard in a quarter
of the interval is missing: the balance is said to be incomplete, and the next one covers its time, too.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gateway.application.balance import NOT_FOUND, Found, take_balances
from gateway.application.decide import policy
from gateway.application.group_readings import (
    Frozen,
    Register,
    around,
    found_at,
    is_read_after,
    may_freeze,
    note_freeze,
    states_of,
)
from gateway.application.groups import group_meters
from gateway.application.ports import Clock, Journal, Line, Rank, Sent, Store
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.freeze_moment import Took
from gateway.domain.instants import elapsed_ms
from gateway.domain.loss import interpolate
from gateway.domain.reading import MeterState
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.read_clock import has_clock, read_clock
from gateway.loops.signals import Signals
from gateway.loops.ticking import tick_for_ever
from gateway.protocols.dlt645.broadcast import Dlt645Broadcast
from gateway.protocols.driver import Answer, Item, MeterClock, Refused

TICK_S = 0.25
HEARD_WITHIN = 4
"""A quarter of the interval."""


@dataclass(frozen=True, slots=True)
class Due:
    """What the configuration wants now."""

    meters: tuple[MeterNo, ...]
    """Group by group."""
    every_ms: int


class LossWatch:
    """Watches all groups of the building."""

    def __init__(
        self,
        store: Store[Journal],
        clock: Clock,
        fleet: Fleet,
        clocks: MeterClocks,
        signals: Signals,
        progress: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._clocks = clocks
        self._momentless: set[MeterNo] = set()
        """Meters that freeze and don't say when: known until the next start."""
        self._signals = signals
        self._progress = progress
        self._last: Instant | None = None
        """The last balance that was tried, or the loop's beginning."""

    async def run(self) -> None:
        """Watch for ever. While nothing can be stored, nothing is balanced: the marks stay, the next balance covers the time."""
        await tick_for_ever(self._tick, self._progress, TICK_S)

    async def _tick(self) -> None:
        now = self._clock.now()
        due = await self._store.run(
            lambda journal: Due(group_meters(journal, now), policy(journal).balance_every_s * 1000)
        )
        if self._last is None:
            self._last = now
        if due.meters and is_due(self._last, now, due.every_ms):
            self._last = now
            await self._balance(due)

    async def _balance(self, due: Due) -> None:
        before = await self._store.run(lambda journal: states_of(journal, due.meters))
        known = [meter for number in due.meters if (meter := self._fleet.meter(number)) is not None]
        told = await self._freeze(known)
        at = max(told.values(), key=lambda one: one.monotonic_ms, default=self._clock.now())
        await self._read_together(due, known, told, at)
        after = await self._read_after(due, at)
        frozen = await self._read_frozen(known, before, after, at, told)
        found = {
            meter.meter: found_at(
                Register(meter.meter, meter.span_wh, meter.step_wh),
                before.get(meter.meter),
                after.get(meter.meter),
                at,
                frozen.get(meter.meter),
            )
            for meter in known
        }
        await self._store.run(lambda journal: _take(journal, found, frozen, due.meters, at))

    # --- the instant

    async def _freeze(self, meters: Iterable[FleetMeter]) -> dict[str, Instant]:
        """Tell every line with meters that may freeze to do so, all at once; give when each was told."""
        now = self._clock.now()
        able = [meter for meter in meters if Item.FROZEN_ENERGY in meter.driver.items]
        asked = await self._store.run(
            lambda journal: [meter for meter in able if may_freeze(journal, meter.meter, now)]
        )
        lines = {meter.line.name: meter.line for meter in asked}
        told = await asyncio.gather(*(self._tell(line) for line in lines.values()))
        return {name: at for name, at in zip(lines, told, strict=True) if at is not None}

    async def _tell(self, line: Line) -> Instant | None:
        """Give the instant at which a line's last byte left. On a bench our clock may run faster than the line."""
        loop, everybody = asyncio.get_running_loop(), Dlt645Broadcast()
        began, began_s = self._clock.now(), loop.time()
        sent = await line.broadcast(everybody, everybody.freeze_now(), Rank.AFTER_GRANT)
        now, passed_s = self._clock.now(), loop.time() - began_s
        if not isinstance(sent, Sent) or passed_s <= 0:
            return None
        return _ago(
            now, round((now.monotonic_ms - began.monotonic_ms) * min(1.0, sent.ago_ms / 1000 / passed_s))
        )

    # --- the readings around it

    async def _read_together(
        self, due: Due, known: Iterable[FleetMeter], told: Mapping[str, Instant], at: Instant
    ) -> None:
        """Have all meters read behind the instant: first, group by group, those that froze nothing, whose error grows till then."""
        able = [m for m in known if m.line.name in told and Item.FROZEN_ENERGY in m.driver.items]
        frozen = await self._store.run(
            lambda journal: {meter.meter for meter in able if may_freeze(journal, meter.meter, at)}
        )
        self._signals.read_together(sorted(due.meters, key=lambda meter: meter in frozen))

    async def _read_after(self, due: Due, at: Instant) -> dict[MeterNo, MeterState]:
        """Wait until each meter was read after the instant or is in doubt; keep the first such reading, which is the nearest."""
        after: dict[MeterNo, MeterState] = {}
        while len(after) < len(due.meters):
            states = await self._store.run(lambda journal: states_of(journal, due.meters))
            heard = {m: one for m, one in states.items() if one.doubt or is_read_after(one, at)}
            after = heard | after
            passed_ms = elapsed_ms(at, self._clock.now())
            if passed_ms is None or passed_ms * HEARD_WITHIN >= due.every_ms:
                break
            self._progress()
            await asyncio.sleep(TICK_S)
        return after

    async def _read_frozen(
        self,
        meters: Iterable[FleetMeter],
        before: Mapping[MeterNo, MeterState],
        after: Mapping[MeterNo, MeterState],
        at: Instant,
        told: Mapping[str, Instant],
    ) -> dict[MeterNo, Frozen | None]:
        """Read the frozen registers where interpolation is not exact, each line for itself. None: the meter has no freeze."""
        wanted = [
            meter
            for meter in meters
            if meter.line.name in told
            and Item.FROZEN_ENERGY in meter.driver.items
            and _is_rough(before.get(meter.meter), after.get(meter.meter), at)
        ]
        asked = await self._store.run(
            lambda journal: [meter for meter in wanted if may_freeze(journal, meter.meter, at)]
        )
        lines = [[meter for meter in asked if meter.line.name == name] for name in told]
        read = await asyncio.gather(*(self._ask(line, told) for line in lines))
        return {meter: frozen for answers in read for meter, frozen in answers.items()}

    async def _ask(
        self, meters: Iterable[FleetMeter], told: Mapping[str, Instant]
    ) -> dict[MeterNo, Frozen | None]:
        answers: dict[MeterNo, Frozen | None] = {}
        for meter in meters:
            reply = await meter.line.read(meter.driver, Item.FROZEN_ENERGY, Rank.POLL)
            if isinstance(reply, Answer) and reply.values.frozen_wh is not None:
                told_at = told[meter.line.name]
                answers[meter.meter] = Frozen(
                    reply.values.frozen_wh, told_at, await self._took(meter, told_at)
                )
            elif isinstance(reply, Refused):
                answers[meter.meter] = None
            self._progress()
        return answers

    async def _took(self, meter: FleetMeter, told: Instant) -> Took:
        """Ask for the freeze's moment. If it doesn't fit, the meter missed it, or its clock was set: that is read anew."""
        if Item.FROZEN_AT not in meter.driver.items or meter.meter in self._momentless:
            return Took.UNKNOWN
        reply = await meter.line.read(meter.driver, Item.FROZEN_AT, Rank.POLL)
        if isinstance(reply, Refused):
            self._momentless.add(meter.meter)
        moment = reply.values.frozen_at if isinstance(reply, Answer) else None
        if moment is None:
            return Took.UNKNOWN
        took = self._clocks.took(meter.meter, moment, told)
        if took is not Took.THIS and has_clock(meter.driver):
            clock = await read_clock(meter.line, meter.driver, Rank.POLL)
            if isinstance(clock, MeterClock):
                self._clocks.note(meter.meter, clock, self._clock.now())
                took = self._clocks.took(meter.meter, moment, told)
        return took


def is_due(last: Instant, now: Instant, every_ms: int) -> bool:
    """Say whether a new interval has begun: by the wall clock's hours while it can be trusted, else by the time passed."""
    if last.trusted and now.trusted and last.boot == now.boot:
        return now.wall_ms // every_ms > last.wall_ms // every_ms
    passed_ms = elapsed_ms(last, now)
    return passed_ms is None or passed_ms >= every_ms


def _is_rough(before: MeterState | None, after: MeterState | None, at: Instant) -> bool:
    seen = around(before, after, at)
    return seen is not None and interpolate(*seen, 0).skew_wh > 0


def _take(
    journal: Journal,
    found: Mapping[MeterNo, Found],
    frozen: Mapping[MeterNo, Frozen | None],
    meters: Iterable[MeterNo],
    at: Instant,
) -> None:
    for meter, answer in frozen.items():
        if found[meter].total is not None:
            note_freeze(journal, meter, found[meter].frozen, answer is None, at)
    take_balances(journal, {meter: found.get(meter, NOT_FOUND) for meter in meters}, at)


def _ago(now: Instant, ms: int) -> Instant:
    return Instant(now.boot, now.monotonic_ms - ms, now.wall_ms - ms, now.trusted)
