"""A running campus: lines and their meters on one clock, with truth written as they change.

In a test without processes: `campus = Campus(spec, base)`, `await campus.start()`, `campus.meters["r1"]`, `await campus.stop()`.
"""

import asyncio
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path

from firmware_tools.virtual_meter.campus_file import CampusSpec, LineSpec, expand
from firmware_tools.virtual_meter.endpoint import open_endpoint
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterEvent, VirtualMeter
from firmware_tools.virtual_meter.truth import TruthLog
from firmware_tools.virtual_meter.wall_clock import Clock, WallClock

TICK_S = 0.25
"""How often meters are brought to the present when nobody asks them: moves that wait for the load happen within this."""
SLICE = 4
"""So many meters at a time, spread over the tick: no reply waits for a whole campus."""

Listener = Callable[[VirtualMeter, MeterEvent], None]


class Campus:
    """Everything that one campus file describes."""

    def __init__(self, spec: CampusSpec, base: Path, clock: Clock | None = None) -> None:
        """Build all meters and lines; raise ValueError on what can't be built. Paths are relative to `base`."""
        settings = spec.campus
        if clock is None:
            clock = WallClock.from_file(base / settings.clock_file) if settings.clock_file else WallClock()
        self.clock: Clock = clock
        self.lines: dict[str, VirtualLine] = {}
        self.meters: dict[str, VirtualMeter] = {}
        self.listeners: list[Listener] = []
        self._settings = settings
        self._base = base
        for line in spec.line:
            self._add_line(line)
        for meter in self.meters.values():
            meter.behind = self._behind(meter)
        meters_on = {meter.name: line.name for line in self.lines.values() for meter in line.meters}
        self._truth = TruthLog(base / settings.truth, meters_on) if settings.truth else None
        self._ticking: asyncio.Task[None] | None = None

    def _add_line(self, spec: LineSpec) -> None:
        now_ms, settings = self.clock.now_ms(), self._settings
        meters = [
            VirtualMeter(meter, now_ms, settings.utc_offset_min, self._base, settings.seed)
            for meter in expand(spec.meter)
        ]
        self.meters |= {meter.name: meter for meter in meters}
        self.lines[spec.name] = VirtualLine(
            meters,
            open_endpoint(spec.port, self._base),
            self.clock,
            name=spec.name,
            baud=spec.baud,
            parity=spec.parity,
            turn_round_ms=spec.turn_round_ms,
            chunk_bytes=spec.chunk_bytes,
            strict_baud=spec.strict_baud,
            faults=spec.faults,
            seed=settings.seed,
        )

    def _behind(self, master: VirtualMeter) -> tuple[VirtualMeter, ...]:
        """Find the meters whose supply flows through a master; raise ValueError on one that is not there."""
        if strange := [name for name in master.spec.behind if name not in self.meters or name == master.name]:
            raise ValueError(f"meter {master.name}: no meters {', '.join(strange)} can be behind it")
        return tuple(self.meters[name] for name in master.spec.behind)

    async def start(self) -> None:
        """Resume from the truth file, plug in all lines, begin to sample."""
        for meter in self.meters.values():
            meter.observers.append(self._on_event)
        if self._truth is not None:
            self._resume(self._truth)
        for line in self.lines.values():
            await line.start()
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def run(self) -> None:
        """Stay until the campus can't go on (its truth file can't be written): raise what stopped it. `start` comes first."""
        assert self._ticking is not None
        await self._ticking

    async def stop(self) -> None:
        """Unplug everything and write the last truth; a campus that never started writes none."""
        for line in self.lines.values():
            await line.stop()
        if self._ticking is None:
            return
        self._ticking.cancel()
        self.advance()
        if self._truth is not None:
            self._truth.record(self.meters.values(), "stop")
            self._truth.end(self.clock.now_ms())

    def advance(self) -> None:
        """Bring every meter to the present."""
        for line in self.lines.values():
            line.advance()

    def _resume(self, truth: TruthLog) -> None:
        now_ms = self.clock.now_ms()
        clean, states = truth.begin(now_ms), truth.states()
        for meter in self.meters.values():
            if meter.name in states:
                meter.restore(states[meter.name], now_ms)
                if clean and self._settings.outage == "off":
                    meter.power_up(now_ms)
            meter.advance(now_ms)
        truth.record(self.meters.values(), "start")

    def _on_event(self, meter: VirtualMeter, event: MeterEvent) -> None:
        if self._truth is not None:
            self._truth.record([meter], event.kind)
        for listener in tuple(self.listeners):
            listener(meter, event)

    async def _tick(self) -> None:
        slices = _slices(list(self.meters.values()))
        rounds_per_sample = max(1, round(self._settings.sample_s / TICK_S))
        for turn, (index, meters) in zip(count(), cycle(enumerate(slices)), strict=False):
            await asyncio.sleep(TICK_S / len(slices))
            now_ms = self.clock.now_ms()
            for meter in meters:
                meter.advance(now_ms)
            if (
                self._truth is not None
                and turn // len(slices) % rounds_per_sample == index % rounds_per_sample
            ):
                self._truth.record(meters, "sample")


def _slices(meters: list[VirtualMeter]) -> list[list[VirtualMeter]]:
    return [meters[start : start + SLICE] for start in range(0, len(meters), SLICE)] or [[]]
