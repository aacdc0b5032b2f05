"""How exactly a room is cut: 208 rooms on one 2400 baud line, 40 of them running out within a minute, three meters dead.

    make bench-cutoff            the whole run, some minutes
    make bench-cutoff SHORT=1    a small line, to see that it works

The real poller, relay driver, journal and serial bus speak over a pty to meters at the pace of the wire. The error of a cut is the
true energy when the contact opened, less the credit: above zero it was given away, below it was cut early. The same rooms run at
the same time on a second line whose poller asks round and round. Then a busy 9600 line: from the wish to the read-back.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from gateway.adapters.journal_store import JournalStore
from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.application.alarms import station
from gateway.application.boot import boot
from gateway.application.configure import apply_configure
from gateway.application.drive_relay import set_override
from gateway.application.grant import apply_grant
from gateway.application.ports import Journal
from gateway.contract.commands import Configure, Grant, Opening, RelayWish
from gateway.contract.facts import CommandOutcome, Instant, RelayVerdict
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import AccountRule, BindingRule, BucketRule, PolicyRule, PriceRule
from gateway.domain.poll_plan import PollPlan, Watch
from gateway.domain.reading import DLT645_SPAN_WH, MeterState
from gateway.domain.relay import RelayState
from gateway.loops.drive_relays import RelayDriver
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.poll_meters import LinePoller
from gateway.loops.signals import Signals
from gateway.protocols.meters import make_driver
from tests.bench.figures import Figures
from tests.bench.meters_process import MetersProcess, share_of_wire
from tests.bench.responder import REGISTER_STEP_MWH, LineSpec, MeterSpec

MODEL = "generic-dlt645-2007"
STEPS_W = (100, 200, 500, 1_000, 2_000, 3_500, 5_000)
START_WH = 1_000_000
PLENTY_WH = 200_000


@dataclass(frozen=True)
class Scene:
    """How large a run is."""

    rooms: int = 208
    baud: int = 2400
    ending: int = 40
    dead: int = 3
    lead_s: int = 150
    """The loads run this long before the first room runs out."""
    within_s: int = 60
    drain_s: int = 90
    commands: int = 200
    """Relay commands on the busy line."""


SHORT = Scene(rooms=10, baud=9600, ending=3, dead=1, lead_s=8, within_s=6, drain_s=12, commands=6)


class RoundRobin(PollPlan):
    """The peer: the one longest not asked, whatever it needs."""

    def watch(self, meter: MeterNo) -> Watch:
        return Watch(asked_ms=super().watch(meter).asked_ms)

    def choose(self, free: Iterable[MeterNo], now_ms: int) -> MeterNo | None:
        return min(free, key=lambda meter: self.watch(meter).asked_ms or 0, default=None)

    def want(self, *meters: MeterNo) -> None:
        """Nobody is preferred."""


class BenchClock:
    """The world's time."""

    def now(self) -> Instant:
        return Instant("boot", time.monotonic_ns() // 1_000_000, time.time_ns() // 1_000_000, True)

    line_now = now


class Settlements:
    """Hears, through the log, when a relay has settled."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[float]] = {}

    def __call__(self, _logger: object, _method: str, event: Any) -> Any:
        if event.get("event") == "relay-settled" and event["verdict"] is RelayVerdict.CONFIRMED:
            waiting = self.waiting.pop(event["meter"], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(time.monotonic())
        raise structlog.DropEvent


@dataclass
class Rooms:
    """One line's rooms: what each has, and what its meter will count."""

    scene: Scene
    specs: list[MeterSpec]
    credit_wh: dict[str, int]
    ending: list[str]

    @classmethod
    def drawn(cls, scene: Scene, chance: random.Random) -> "Rooms":
        specs, credit, ending = [], {}, []
        dead = set(chance.sample(range(scene.ending, scene.rooms), scene.dead))
        length_s = scene.lead_s + scene.within_s + scene.drain_s
        for number in range(scene.rooms):
            address = str(number + 1)
            loads, at_s = [], 0.0
            while at_s < length_s:
                loads.append((at_s, float(chance.choice(STEPS_W))))
                at_s += chance.uniform(20, 120)
            phase_mwh = chance.randrange(10_000)
            specs.append(MeterSpec(address, START_WH * 1000 + phase_mwh, loads, number in dead))
            credit[address] = PLENTY_WH
            if number < scene.ending:
                ends_s = scene.lead_s + chance.uniform(0, scene.within_s)
                credit[address] = max(1, int(phase_mwh + used_mwh(loads, ends_s)) // 1000)
                ending.append(address)
        return cls(scene, specs, credit, ending)

    def end_mwh(self, address: str) -> int:
        """The true energy at which a room's credit ends."""
        return (START_WH + self.credit_wh[address]) * 1000


def used_mwh(loads: list[tuple[float, float]], until_s: float) -> float:
    """What loads use until an instant."""
    ends = [start for start, _ in loads[1:]] + [until_s]
    return sum(
        watts * max(0.0, min(end, until_s) - start) / 3.6
        for (start, watts), end in zip(loads, ends, strict=True)
    )


class Gateway:
    """One line with its own journal, poller and relay driver."""

    def __init__(self, folder: Path, port: str, rooms: Rooms, plan: PollPlan, *, parity: str = "E") -> None:
        self.rooms = rooms
        self.clock = BenchClock()
        self.signals, self.fleet, self.clocks = Signals(), Fleet(), MeterClocks(480)
        folder.mkdir()
        self.store = JournalStore(folder / "journal.db")
        self.bus: SerialBus = open_line("a", port, rooms.scene.baud, parity)
        parts = (self.fleet, self.store, self.clock, self.clocks, self.signals, lambda: None)
        self.poller = LinePoller(self.bus, *parts, 0, plan)
        self.driver = RelayDriver(*parts)
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Gateway":
        await self.store.open()
        await self.store.run(lambda journal: boot(journal, "g1", self.clock.now()))
        await self.store.run(self._configure)
        model = read_models()[MODEL]
        baud = self.rooms.scene.baud
        self.fleet.replace(
            FleetMeter(
                f"m{spec.address}",
                make_driver(model, spec.address, baud=baud),
                self.bus,
                MODEL,
                DLT645_SPAN_WH,
                10,
            )
            for spec in self.rooms.specs
        )
        self.tasks = [
            self.bus.start(),
            asyncio.create_task(self.poller.run()),
            asyncio.create_task(self.driver.run()),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks[1:]:
            task.cancel()
        ended = await asyncio.gather(*self.tasks[1:], return_exceptions=True)
        await self.bus.close()
        await self.store.close()
        failures = [error for error in ended if isinstance(error, Exception)]
        assert not failures, failures

    def _configure(self, journal: Journal) -> None:
        bucket = BucketRule("paid", "kwh", 1, True)
        names = [spec.address for spec in self.rooms.specs]
        body = Configure(
            1,
            [AccountRule(f"a{n}", f"room {n}", "student", "kwh", [bucket]) for n in names],
            [BindingRule(f"b{n}", f"m{n}", f"a{n}", 0, START_WH) for n in names],
            [PriceRule("p1", "student", 0, 558_300)],
            PolicyRule(cut_guard_count=10_000, restore_gap_ms=0, new_account_grace_s=0),
            Opening(station(journal).epoch, [], {}, []),
        )
        done = apply_configure(journal, body, self.clock.now())
        assert done.outcome is CommandOutcome.APPLIED, done
        for n in names:
            grant = Grant(f"g{n}", f"a{n}", "paid", "kwh", self.rooms.credit_wh[n])
            assert apply_grant(journal, grant, self.clock.now()).outcome is CommandOutcome.APPLIED

    async def until_all_read(self) -> None:
        """Wait until every living meter was read and has its relay looked at."""
        living = [f"m{spec.address}" for spec in self.rooms.specs if not spec.dead]

        def waits(journal: Journal) -> int:
            meters, relays = journal.records(MeterState), journal.records(RelayState)
            return sum(
                m not in meters
                or meters[m].at is None
                or m not in relays
                or relays[m].observed_closed is None
                for m in living
            )

        while await self.store.run(waits):
            for task in self.tasks:
                assert not task.done(), task
            await asyncio.sleep(0.5)


@dataclass(frozen=True)
class Outcome:
    """Errors of one line's cuts, in watt-hours, and how much of its wire was used."""

    errors_wh: list[float]
    not_cut: int
    share: float


async def cut_rooms(scene: Scene, seed: int, folder: Path) -> dict[str, Outcome]:
    """Run the same rooms under both plans at once."""
    rooms = Rooms.drawn(scene, random.Random(seed))
    specs = [LineSpec(rooms.specs, scene.baud) for _ in range(2)]
    plans = {"plan": PollPlan, "round-robin": RoundRobin}
    with MetersProcess(specs) as meters:
        async with AsyncExitStack() as stack:
            now_ms = BenchClock().now().monotonic_ms
            gateways = [
                await stack.enter_async_context(Gateway(folder / name, port, rooms, plan(now_ms)))
                for port, (name, plan) in zip(meters.ports, plans.items(), strict=True)
            ]
            await asyncio.gather(*(gateway.until_all_read() for gateway in gateways))
            before = meters.go()
            await asyncio.sleep(scene.lead_s + scene.within_s + scene.drain_s)
            after = meters.count()
    found = {}
    for place, name in enumerate(plans):
        line = after["lines"][place]
        one = {"at_s": before["at_s"], "lines": [before["lines"][place]]}
        other = {"at_s": after["at_s"], "lines": [line]}
        found[name] = _outcome(rooms, line["meters"], share_of_wire(one, other))
    return found


def _outcome(rooms: Rooms, meters: dict[str, Any], share: float) -> Outcome:
    errors, not_cut = [], 0
    for address, meter in meters.items():
        if meter["opened_at_s"] is not None:
            errors.append((meter["energy_mwh"] - rooms.end_mwh(address)) / 1000)
        elif meter["energy_mwh"] // REGISTER_STEP_MWH * REGISTER_STEP_MWH >= rooms.end_mwh(address):
            not_cut += 1
    return Outcome(errors, not_cut, share)


async def command_relays(scene: Scene, seed: int, folder: Path) -> list[float]:
    """Open and close relays of a busy line; give the seconds from the wish to the settled read-back."""
    busy = Scene(rooms=min(scene.rooms, 32), baud=9600, ending=0, dead=0, lead_s=0, within_s=0, drain_s=3600)
    rooms = Rooms.drawn(busy, random.Random(seed))
    settled, chance = Settlements(), random.Random(seed)
    structlog.configure(processors=[settled])
    waits = []
    with MetersProcess([LineSpec(rooms.specs, busy.baud)]) as meters:
        async with Gateway(folder / "busy", meters.ports[0], rooms, PollPlan(0)) as gateway:
            await gateway.until_all_read()
            meters.go()
            is_open: set[str] = set()
            for number in range(scene.commands):
                meter = f"m{chance.choice(rooms.specs).address}"
                wish = RelayWish.CLOSE if meter in is_open else RelayWish.OPEN
                is_open ^= {meter}
                waiting = settled.waiting[meter] = asyncio.get_running_loop().create_future()
                began_s, now = time.monotonic(), gateway.clock.now()
                await gateway.store.run(
                    lambda journal, meter=meter, wish=wish, now=now, number=number: set_override(
                        journal, meter, wish, "bench", now, f"c{number}"
                    )
                )
                gateway.signals.relay.set()
                waits.append(await asyncio.wait_for(waiting, 60) - began_s)
                await asyncio.sleep(chance.uniform(0.05, 0.4))
    return waits


def show(name: str, outcome: Outcome) -> str:
    """Say what a plan's cuts were like, in one line."""
    errors = outcome.errors_wh
    if not errors:
        return f"{name}: none cut"
    early = sum(error < 0 for error in errors)
    return (
        f"{name}: mean {statistics.mean(errors):.1f} Wh, worst {max(errors):.1f}, early {early}, "
        f"not cut {outcome.not_cut}, wire {outcome.share:.3f}"
    )


async def run(scene: Scene, seed: int) -> int:
    figures = Figures("bench-cutoff")
    structlog.configure(processors=[Settlements()])
    with tempfile.TemporaryDirectory() as folder:
        print(
            f"cutting {scene.ending} of {scene.rooms} rooms at {scene.baud} baud, seed {seed} ...", flush=True
        )
        found = await cut_rooms(scene, seed, Path(folder))
        print(f"{scene.commands} relay commands on a busy 9600 line ...", flush=True)
        waits = await command_relays(scene, seed, Path(folder))
    ours, peer = found["plan"], found["round-robin"]
    beside = show("round-robin", peer)
    errors = ours.errors_wh or [float("nan")]
    figures.at_most("cut against true energy, mean", statistics.mean(errors), 10, " Wh", beside)
    figures.at_most("cut against true energy, worst", max(errors), 40, " Wh")
    figures.at_most("early cuts", sum(error < 0 for error in errors), 0)
    figures.at_most("rooms whose register showed the end and were not cut", ours.not_cut, 0)
    figures.note("share of the wire in use", f"{ours.share:.3f}")
    p99_s = sorted(waits)[max(0, -(-len(waits) * 99 // 100) - 1)]
    beside = f"median {statistics.median(waits):.3f} s, worst {max(waits):.3f} s of {len(waits)}"
    figures.at_most("relay command to read-back on a busy 9600 line, p99", p99_s, 0.5, " s", beside)
    return figures.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="a small line, to see that it works")
    parser.add_argument("--seed", type=int, default=20)
    arguments = parser.parse_args()
    return asyncio.run(run(SHORT if arguments.short else Scene(), arguments.seed))


if __name__ == "__main__":
    sys.exit(main())
