"""One life of the daemon, from power-on to kill -9: the real loops, use cases, bus and journal, joined as the daemon joins them.

In place of the writer's thread, whose moments no virtual clock can order, a store in the loop's own thread that commits by the same
rule; `make crash` proves the thread and the disk. A killed store answers nobody any more and rolls back what was not committed.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from gateway.adapters.journal_store import SqliteJournal
from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.adapters.system_clock import SystemClock
from gateway.application import thin_outbox
from gateway.application.boot import Booted, boot, proved_ms
from gateway.application.ports import Journal
from gateway.application.status import station_status
from gateway.contract.commands import CENTRAL
from gateway.contract.envelope import seal
from gateway.contract.facts import Birth
from gateway.contract.identifiers import BootId
from gateway.contract.topics import BIRTH
from gateway.loops import drain_outbox, drive_relays, keep_health, poll_meters, watch_losses, watch_meters
from gateway.loops.drain_outbox import OutboxDrain
from gateway.loops.drive_relays import RelayDriver
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.keep_health import HealthKeeper, Trouble
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.poll_meters import LinePoller
from gateway.loops.receive_commands import CommandReceiver
from gateway.loops.set_clocks import ClockSetter
from gateway.loops.signals import Signals
from gateway.loops.watch_losses import LossWatch
from gateway.loops.watch_meters import MeterWatcher
from gateway.protocols.meters import make_driver
from tests.simulate.link import GATEWAY, Central, Link
from tests.simulate.masters import MASTERS
from tests.simulate.world import BAUD, ROOMS, GatewayTime, World

MODELS = read_models()
MODEL = "generic-dlt645-2007"
READINGS_COMMIT_S = 5.0
SWEEP_PAUSE_MS = 1_200_000
COARSER = {
    (drive_relays, "LOOK_EVERY_S"): 60.0,
    (keep_health, "TICK_S"): 60.0,
    (drain_outbox, "LOOK_EVERY_S"): 60.0,
    (poll_meters, "LOOK_EVERY_S"): 600.0,
    (watch_losses, "TICK_S"): 60.0,
    (watch_meters, "TICK_S"): 60.0,
    (thin_outbox, "KEPT_WHOLE_ROWS"): 400,
    (thin_outbox, "ROWS_AT_ONCE"): 100,
}
"""The loops' own periods for looking whether something is to be done: news ring the bell, so that only idleness is longer. And
fewer rows kept whole, because six meters write fewer."""


class InlineStore:
    """The port's `Store` in the loop's thread."""

    trouble = None

    def __init__(self, path: Path, on_commit: Callable[[], None]) -> None:
        self.journal = SqliteJournal(path)
        self._on_commit = on_commit
        self._timer: asyncio.TimerHandle | None = None
        self._runs_left: int | None = None
        self._dies_committed = False
        self.died = asyncio.Event()

    def die_after(self, runs: int, committed: bool) -> None:
        """Be killed at the n-th use case from now, just before or just after its commit."""
        self._runs_left, self._dies_committed = runs, committed

    async def run(self, use_case: Callable[[Journal], Any]) -> Any:
        await self._live()
        journal = self.journal
        result = journal.perform(use_case)
        if self._runs_left is not None:
            self._runs_left -= 1
            if self._runs_left <= 0:
                if self._dies_committed:
                    journal.commit()
                self.died.set()
                await self._live()
        if journal.commit_wanted or not journal.has_changes:
            self._commit()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(READINGS_COMMIT_S, self._commit)
        return result

    async def _live(self) -> None:
        """Nothing comes back from a dead process."""
        if self.died.is_set():
            await asyncio.Event().wait()

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.died.is_set():
            writes = self.journal.has_changes
            self.journal.commit()
            if writes:
                self._on_commit()

    def kill(self) -> None:
        self.died.set()
        if self._timer is not None:
            self._timer.cancel()
        self.journal.roll_back()
        self.journal.close()


class Life:
    """The daemon between a start and a kill."""

    def __init__(
        self, folder: Path, world: World, central: Central, time: GatewayTime, boot_number: int
    ) -> None:
        for (module, name), value in COARSER.items():
            assert hasattr(module, name), name
            setattr(module, name, value)
        self.world, self.central = world, central
        self.signals, self.fleet, self.clocks = Signals(), Fleet(), MeterClocks(480)
        self.clock = SystemClock(source=time)  # type: ignore[arg-type]
        self.clock.boot = self.clock._line_boot = BootId(f"boot{boot_number}")
        self.store = InlineStore(folder / "journal.db", self.signals.outbox.set)
        self.link = Link(central, self._birth)
        self.tasks: list[asyncio.Task[Any]] = []
        self.buses: dict[str, SerialBus] = {}
        self.booted: Booted

    async def start(self) -> None:
        stored_ms = await self.store.run(proved_ms)
        if stored_ms is not None:
            self.clock.know_stored(stored_ms)
        now = self.clock.now()
        self.booted = await self.store.run(lambda journal: boot(journal, GATEWAY, now))
        for name, endpoint in self.world.endpoints.items():
            bus = open_line(name, "/simulated", BAUD, "E", opener=endpoint.open)
            self.tasks.append(bus.start())
            self.buses[name] = bus
        self.fleet.replace(self._meter(name, line) for name, line in {**ROOMS, **MASTERS}.items())
        self._start_loops()
        self.central.link = self.link
        self.tasks.append(asyncio.create_task(self.link.keep()))

    def _meter(self, name: str, line: str) -> FleetMeter:
        driver = make_driver(MODELS[MODEL], name, baud=BAUD)
        return FleetMeter(f"m{name}", driver, self.buses[line], MODEL, 1_000_000_000, 10)

    def _start_loops(self) -> None:
        signer, store, clock, signals = self.central.gateway_signer, self.store, self.clock, self.signals
        drain = self.drain = OutboxDrain(GATEWAY, signer, self.link, store, clock, signals, _nothing)
        receiver = CommandReceiver(
            GATEWAY, self.central.ring, _no_approver, signer, self.link, store, clock,
            clock.heard_central, drain, signals,
        )  # fmt: skip
        self.receiver = receiver
        loops = [
            drain.run(),
            receiver.run(),
            RelayDriver(self.fleet, store, clock, self.clocks, signals, _nothing).run(),
            LossWatch(store, clock, self.fleet, self.clocks, signals, _nothing).run(),
            MeterWatcher(store, clock, self.fleet, self.clocks, _nothing).run(),
            ClockSetter(store, clock, self.fleet, self.clocks, _nothing).run(),
            HealthKeeper(
                store, clock, self.fleet, self._troubles, receiver.counters.copy, signals, _nothing
            ).run(),
        ]
        for bus in self.buses.values():
            parts = (bus, self.fleet, store, clock, self.clocks, signals, _nothing, SWEEP_PAUSE_MS)
            loops.append(LinePoller(*parts).run())
        self.tasks += [asyncio.create_task(loop) for loop in loops]

    def _troubles(self) -> list[Trouble]:
        if self.clock.doubt is None:
            return []
        return [Trouble("clock-untrusted", GATEWAY, str(self.clock.doubt))]

    async def _birth(self) -> bytes:
        here = await self.store.run(station_status)
        birth = Birth(
            self.clock.boot,
            here.epoch,
            "simulated",
            here.last_seq,
            here.last_command,
            here.config_version,
            [],
        )
        self.drain.begin_anew()
        return seal(
            self.central.gateway_signer,
            kind=BIRTH,
            sender=GATEWAY,
            recipient=CENTRAL,
            message_id="birth",
            issued_ms=self.clock.now().wall_ms,
            body=msgspec.json.encode(birth),
        )

    def failures(self) -> list[str]:
        """Give the loops that ended by themselves: none ever should."""
        ended = [task for task in self.tasks if task.done() and not task.cancelled()]
        return [repr(task.exception() or task) for task in ended]

    async def kill(self) -> None:
        """kill -9: whatever was under way stops where it is."""
        self.store.died.set()
        if self.central.link is self.link:
            self.central.link = None
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.store.kill()


def _nothing() -> None:
    pass


def _no_approver(*_: object) -> bool:
    return False
