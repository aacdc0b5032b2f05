"""What time alone brings: hourly settlements, price edges, watermarks, health rows, alarms about the clock and the lines."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from gateway.application.alarms import clear_alarm, raise_alarm, station
from gateway.application.ports import Clock, Journal, Store, StoreFull
from gateway.application.settle_due import next_price_edge, settle_due, write_health
from gateway.contract.facts import Instant
from gateway.loops.fleet import Fleet
from gateway.loops.signals import Signals

TICK_S = 0.5
SETTLE_EVERY_MS = 20_000
"""How often it is looked whether an hour, an expiry or a watermark is due."""
HEALTH_EVERY_S = 300.0

log = structlog.get_logger("health")


class WatchedLine(Protocol):
    """A line as this loop sees it."""

    name: str

    @property
    def trouble(self) -> object | None:
        """Why the port is not open; None while it is."""


class HealthKeeper:
    """Keeps one gateway's books up with time."""

    def __init__(
        self,
        store: Store[Journal],
        clock: Clock,
        fleet: Fleet,
        lines: Callable[[], Iterable[WatchedLine]],
        counters: Callable[[], dict[str, int]],
        signals: Signals,
        progress: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._lines = lines
        self._counters = counters
        self._signals = signals
        self._progress = progress
        self._settled_at: Instant | None = None
        self._edge_ms: int | None = None
        self._health_s = 0.0
        self.store_full = False
        """The disk is full: decisions can't be stored, so none acts (C-13)."""

    async def run(self) -> None:
        """Keep for ever. A full disk is said once, waited for, and said to be over."""
        while True:
            try:
                await self._tick()
                self._say_full(False)
            except StoreFull as error:
                self._say_full(True, str(error))
            self._progress()
            await asyncio.sleep(TICK_S)

    def _say_full(self, full: bool, why: str = "") -> None:
        if full is not self.store_full:
            self.store_full = full
            log.error("store-full", why=why) if full else log.info("store-has-room-again")

    async def _tick(self) -> None:
        now = self._clock.now()
        await self._read_at_edge(now)
        if self._is_settling_due(now):
            passed = await self._store.run(lambda journal: settle_due(journal, now))
            self._settled_at = now
            if passed.relay:
                self._signals.relay.set()
            self._edge_ms = await self._store.run(lambda journal: next_price_edge(journal, now))
            troubles = {line.name: line.trouble for line in self._lines()}
            await self._store.run(lambda journal: _tell_troubles(journal, troubles, now))
        await self._write_health(now)

    def _is_settling_due(self, now: Instant) -> bool:
        last = self._settled_at
        return (
            last is None
            or last.trusted is not now.trusted
            or now.monotonic_ms - last.monotonic_ms >= SETTLE_EVERY_MS
        )

    async def _read_at_edge(self, now: Instant) -> None:
        """At a price edge every meter is read at once, so that the split interval is short (C-9)."""
        if self._edge_ms is not None and now.trusted and now.wall_ms >= self._edge_ms:
            self._edge_ms = None
            self._signals.read_soon(*(meter.meter for meter in self._fleet.all()))

    async def _write_health(self, now: Instant) -> None:
        loop_s = asyncio.get_running_loop().time()
        if self._health_s and loop_s - self._health_s < HEALTH_EVERY_S:
            return
        self._health_s = loop_s
        counters = self._counters()
        await self._store.run(lambda journal: write_health(journal, counters, now))


def _tell_troubles(journal: Journal, troubles: dict[str, object | None], now: Instant) -> None:
    """Raise and clear the alarms about the building's own parts."""
    gateway = station(journal).gateway
    if now.trusted:
        clear_alarm(journal, "clock-untrusted", gateway, now)
    else:
        raise_alarm(journal, "clock-untrusted", gateway, "the lowest price is billed and trued up later", now)
    for line, trouble in troubles.items():
        if trouble is None:
            clear_alarm(journal, "line-gone", f"{gateway}/{line}", now)
        else:
            raise_alarm(journal, "line-gone", f"{gateway}/{line}", str(trouble), now)
