"""What time alone brings: hourly settlements, price edges, watermarks, health rows, alarms about the building's own parts."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from gateway.application.alarms import keep_alarms, note, station
from gateway.application.bind import counted_on
from gateway.application.close_period import next_closing
from gateway.application.outbox import depth
from gateway.application.ports import Clock, Journal, Store
from gateway.application.settle_due import next_price_edge, settle_due, write_health
from gateway.contract.facts import Instant
from gateway.loops.fleet import Fleet
from gateway.loops.signals import Signals
from gateway.loops.store_room import StoreRoom
from gateway.loops.ticking import tick_for_ever

TICK_S = 0.5
SETTLE_EVERY_MS = 20_000
"""How often it is looked whether an hour, an expiry or a watermark is due."""
HEALTH_EVERY_S = 300.0
METER_MISSING = "meter-missing"
TROUBLES = frozenset({"clock-untrusted", "line-gone", "registry-damaged", "meter-unusable", METER_MISSING})
"""The alarms that this loop raises and clears."""

log = structlog.get_logger("health")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part of the building's own that doesn't work now; `what` is one of TROUBLES, `detail` says why and what to do."""

    what: str
    subject: str
    detail: str


class HealthKeeper:
    """Keeps one gateway's books up with time."""

    def __init__(
        self,
        store: Store[Journal],
        clock: Clock,
        fleet: Fleet,
        troubles: Callable[[], Iterable[Trouble]],
        counters: Callable[[], dict[str, int]],
        signals: Signals,
        progress: Callable[[], None],
        room: StoreRoom | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._troubles = troubles
        self._counters = counters
        self._signals = signals
        self._progress = progress
        self._room = room
        self._settled_at: Instant | None = None
        self._edge_ms: int | None = None
        self._health_s: float | None = None
        self._full = ""

    async def run(self) -> None:
        """Keep for ever. A full disk is said once, waited for, and said to be over."""
        await tick_for_ever(self._tick, self._progress, TICK_S)

    async def _watch_store(self) -> None:
        """While nothing can be stored, try with a row that tells of it: central learns of it when it is over."""
        if self._store.trouble is not None and not self._full:
            self._full = str(self._store.trouble)
            log.error("store-full", why=self._full)
        if self._full:
            now, why = self._clock.now(), self._full
            await self._store.run(
                lambda journal: note(journal, "store-full", station(journal).gateway, why, now)
            )
            self._full = ""
            log.info("store-has-room-again")

    async def _tick(self) -> None:
        await self._watch_store()
        now = self._clock.now()
        await self._read_at_edge(now)
        standing = {(trouble.what, trouble.subject): trouble.detail for trouble in self._troubles()}
        await self._store.run(lambda journal: self._keep_alarms(journal, standing, now))
        if self._is_settling_due(now):
            await self._settle(now)
        await self._write_health(now)

    def _keep_alarms(self, journal: Journal, standing: Mapping[tuple[str, str], str], now: Instant) -> None:
        known = {meter.meter for meter in self._fleet.all()}
        why = "central counts on it, but it is on no line here; add it: cardroom-gateway meters add"
        missing: dict[tuple[str, str], str] = {
            (METER_MISSING, meter): why for meter in counted_on(journal) if meter not in known
        }
        keep_alarms(journal, TROUBLES, {**standing, **missing}, now)

    def _is_settling_due(self, now: Instant) -> bool:
        last = self._settled_at
        return (
            last is None
            or last.trusted is not now.trusted
            or now.monotonic_ms - last.monotonic_ms >= SETTLE_EVERY_MS
        )

    async def _settle(self, now: Instant) -> None:
        passed = await self._store.run(lambda journal: settle_due(journal, now))
        self._settled_at = now
        if passed.relay:
            self._signals.relay.set()
        edges = await self._store.run(
            lambda journal: (next_price_edge(journal, now), next_closing(journal, now))
        )
        self._edge_ms = min((edge for edge in edges if edge is not None), default=None)

    async def _read_at_edge(self, now: Instant) -> None:
        """At a price edge or a period's end every meter is read at once, so that the split interval is short (C-9, R-4.1.9)."""
        if self._edge_ms is not None and now.trusted and now.wall_ms >= self._edge_ms:
            self._edge_ms = None
            self._signals.read_soon(*(meter.meter for meter in self._fleet.all()))

    async def _write_health(self, now: Instant) -> None:
        loop_s = asyncio.get_running_loop().time()
        if self._health_s is not None and loop_s - self._health_s < HEALTH_EVERY_S:
            return
        if self._room is not None:
            stored, waiting = await self._store.run(lambda journal: (journal.stored_bytes(), depth(journal)))
            self._room.note(stored, waiting, now)
        counters = self._counters()
        await self._store.run(lambda journal: write_health(journal, counters, now))
        self._health_s = loop_s
