"""A small building in one process: the real loops, the real journal and the real bus over ptys, with virtual meters at the far end.

Time is the test's: for meters and gateway alike it runs RATE times as fast as the event loop's, which passes only while nothing
comes (`PatientLoop`): a machine that stands still makes no meter late. `skip` moves it on at once.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from gateway.adapters.journal_store import JournalStore
from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.application.alarms import standing_alarms, station
from gateway.application.boot import boot
from gateway.application.configure import apply_configure
from gateway.application.grant import apply_grant
from gateway.application.outbox import marks
from gateway.application.ports import Journal
from gateway.contract.commands import Configure, Grant, Opening
from gateway.contract.facts import CommandOutcome, Instant, RelayVerdict, decode_fact
from gateway.contract.rules import AccountRule, GroupRule, PolicyRule, PriceRule
from gateway.domain.ledger import AccountState
from gateway.domain.poll_plan import PollPlan
from gateway.domain.reading import MeterState
from gateway.domain.relay import RelayState
from gateway.loops.compare_periods import PeriodComparer
from gateway.loops.drive_relays import RelayDriver
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.keep_health import HealthKeeper, Trouble
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.poll_meters import LinePoller
from gateway.loops.set_clocks import ClockSetter
from gateway.loops.signals import Signals
from gateway.loops.watch_losses import LossWatch
from gateway.loops.watch_meters import MeterWatcher
from gateway.protocols.driver import RelayAction
from gateway.protocols.meters import make_driver
from tests.application.site import PRICE, START_MS, YUAN, room, tie
from tests.virtual_time import PatientLoop

MODELS = read_models()
BAUD = 115_200
RATE = 10.0
HOUR_MS = 3_600_000
PATIENCE_S = 60
"""Of the loop's time."""


class TestTime:
    """The building's time: the gateway's clock and the meters' in one."""

    __test__ = False
    rate = RATE

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._skipped_ms = 0
        self.trusted = True

    def now_ms(self) -> int:
        return START_MS + int((self._loop.time() - self._began_s) * 1000 * self.rate) + self._skipped_ms

    def skip(self, ms: int) -> None:
        self._skipped_ms += ms

    def now(self) -> Instant:
        wall_ms = self.now_ms()
        return Instant("boot", wall_ms - START_MS + 1_000, wall_ms, self.trusted)

    line_now = now


class PatientStore(JournalStore):
    """The journal in its thread, for whose work the building's time waits."""

    async def run(self, use_case: Callable[[Journal], Any]) -> Any:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PatientLoop)
        with loop.at_work():
            return await super().run(use_case)


@dataclass
class Room:
    """A room, its meter at the far end, and the model by which the gateway asks it. `spec` is the virtual meter's."""

    name: str
    yuan: float = 5.0
    spec: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] = field(default_factory=dict)
    model: str = "generic-dlt645-2007"
    actions: frozenset[RelayAction] | None = None
    """What the model may do to the relay, where that is less than usual."""
    line: str = "a"

    @property
    def meter(self) -> str:
        return f"m{self.name}"

    @property
    def account(self) -> str:
        return f"a{self.name}"


class Building:
    """Rooms on lines; use it in an `async with`, then `start`."""

    def __init__(
        self,
        folder: Path,
        *rooms: Room,
        policy: PolicyRule | None = None,
        prices: Iterable[PriceRule] = (PRICE,),
        pause_ms: int = 20,
        groups: Iterable[GroupRule] = (),
    ) -> None:
        self.folder = folder
        self.rooms = {room.name: room for room in rooms}
        self.time = TestTime()
        self.policy = policy or PolicyRule(new_account_grace_s=0, restore_gap_ms=0)
        self.prices = list(prices)
        self.groups = list(groups)
        self.version = 0
        self.pause_ms = pause_ms
        self.plan = PollPlan(self.time.now().monotonic_ms)
        self.signals = Signals()
        self.fleet = Fleet()
        self.clocks = MeterClocks(480)
        self.troubles: list[Trouble] = []
        self.counters: dict[str, int] = {}
        self.ticks = 0
        self.kept = 0
        self.store = PatientStore(
            folder / "journal.db", readings_commit_s=1, on_commit=self.signals.outbox.set
        )
        self.lines: dict[str, VirtualLine] = {}
        self.buses: dict[str, SerialBus] = {}
        self.meters: dict[str, VirtualMeter] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self._pollers: list[asyncio.Task[None]] = []
        self._endings = AsyncExitStack()

    async def __aenter__(self) -> "Building":
        await self._endings.__aenter__()
        await self._endings.enter_async_context(self.store)
        await self.ask(lambda journal: boot(journal, "g1", self.time.now()))
        await self.configure()
        for one in self.rooms.values():
            if one.yuan:
                await self.grant(one.name, one.yuan, "opening")
        for name in sorted({one.line for one in self.rooms.values()}):
            await self._wire(name)
        self.commission()
        return self

    async def __aexit__(self, *_: object) -> None:
        everything = [*self.tasks, *self._pollers]
        for task in everything:
            task.cancel()
        ended = await asyncio.gather(*everything, return_exceptions=True)
        await self._endings.aclose()
        failures = [e for e in ended if isinstance(e, Exception)]
        assert not failures, failures

    async def _wire(self, name: str) -> None:
        meters = [self._meter(one) for one in self.rooms.values() if one.line == name]
        endpoint = PtyEndpoint(self.folder / f"line-{name}")
        line = VirtualLine(meters, endpoint, self.time, name=name, baud=BAUD, turn_round_ms=(1, 2))
        await line.start()
        self._endings.push_async_callback(line.stop)
        bus = open_line(name, line.address, BAUD, "E", latency_s=0.02)
        bus.start()
        self._endings.push_async_callback(bus.close)
        self.lines[name], self.buses[name] = line, bus

    def _meter(self, one: Room) -> VirtualMeter:
        spec = MeterSpec(name=one.meter, **{"address": one.name, "load": "500W", **one.spec})
        self.meters[one.name] = VirtualMeter(spec, self.time.now_ms())
        return self.meters[one.name]

    def commission(self, *without: str) -> None:
        """Tell the loops which meters there are."""
        self.fleet.replace(self._commissioned(one) for one in self.rooms.values() if one.name not in without)

    def _commissioned(self, one: Room) -> FleetMeter:
        model = MODELS[one.model]
        driver = make_driver(model, one.spec.get("address", one.name), baud=BAUD)
        if one.actions is not None:
            assert model.relay is not None
            fewer = {a: code for a, code in model.relay.actions.items() if a in one.actions}
            driver = make_driver(replace(model, relay=replace(model.relay, actions=fewer)), one.name)
        span_wh = 1_000_000_000 if model.protocol.startswith("dlt645") else None
        return FleetMeter(one.meter, driver, self.buses[one.line], one.model, span_wh, 10)

    # --- loops

    def start(
        self,
        *,
        poll: bool = True,
        drive: bool = True,
        keep: bool = False,
        watch: bool = False,
        look: bool = False,
        compare: bool = False,
        set_clocks: bool = False,
    ) -> None:
        """Start the loops that a test wants."""
        if poll:
            self._poll()
        if drive:
            parts = (self.fleet, self.store, self.time, self.clocks, self.signals, self.tick)
            self._run(RelayDriver(*parts).run())
        if watch:
            self._run(
                LossWatch(self.store, self.time, self.fleet, self.clocks, self.signals, self.tick).run()
            )
        if look:
            parts_of = (self.store, self.time, self.fleet, self.clocks, self.tick)
            self._run(MeterWatcher(*parts_of, share=1, round_s=0.3, look_every_s=0.3).run())
        if compare:
            parts_to = (self.store, self.time, self.fleet, self.clocks, self.tick)
            self._run(PeriodComparer(*parts_to).run())
        if set_clocks:
            self._run(
                ClockSetter(self.store, self.time, self.fleet, self.clocks, self.tick, tick_s=0.1).run()
            )
        if keep:
            self._run(self.keeper().run())

    def _poll(self) -> None:
        self._pollers = [asyncio.create_task(self.poller(bus).run()) for bus in self.buses.values()]

    def poller(self, bus: SerialBus) -> LinePoller:
        return LinePoller(
            bus,
            self.fleet,
            self.store,
            self.time,
            self.clocks,
            self.signals,
            self.tick,
            self.pause_ms,
            self.plan,
        )

    def keeper(self) -> HealthKeeper:
        return HealthKeeper(
            self.store, self.time, self.fleet, lambda: self.troubles, lambda: self.counters, self.signals, self.keep_tick
        )  # fmt: skip

    async def skip(self, ms: int) -> None:
        """Let time pass at once, between two exchanges: a register must not be dated after the leap it was read before."""
        for poller in self._pollers:
            poller.cancel()
        await asyncio.gather(*self._pollers, return_exceptions=True)
        self.time.skip(ms)
        if self._pollers:
            self._poll()

    def _run(self, work: Any) -> None:
        self.tasks.append(asyncio.create_task(work))

    def tick(self) -> None:
        """Progress of lines, relays and outbox."""
        self.ticks += 1

    def keep_tick(self) -> None:
        """Progress of the health keeper."""
        self.kept += 1

    # --- central's part

    async def configure(self) -> None:
        """Publish the rooms as they stand."""
        self.version += 1
        accounts: list[AccountRule] = [room(one.account, **one.rule) for one in self.rooms.values()]
        ties = [tie(one.account, one.meter) for one in self.rooms.values()]
        epoch = (await self.ask(station)).epoch
        opening = Opening(epoch, [], {}, [])
        body = Configure(self.version, accounts, ties, self.prices, self.policy, opening, self.groups)
        done = await self.ask(lambda journal: apply_configure(journal, body, self.time.now()))
        assert done.outcome is CommandOutcome.APPLIED, done
        self.signals.relay.set()

    async def grant(self, name: str, yuan: float, grant: str = "top-up") -> None:
        body = Grant(f"{grant}-{name}", f"a{name}", "paid", "yuan", int(yuan * YUAN))
        now = self.time.now()
        done = await self.store.run(lambda journal: apply_grant(journal, body, now))
        assert done.outcome is CommandOutcome.APPLIED, done
        self.signals.read_soon(*done.read)
        self.signals.relay.set()

    # --- what is there

    async def ask(self, question: Callable[[Journal], Any]) -> Any:
        return await self.store.run(question)

    async def relay(self, name: str) -> RelayState:
        found = await self.ask(lambda journal: journal.record(RelayState, f"m{name}"))
        return found or RelayState(f"m{name}")

    async def state(self, name: str) -> AccountState:
        return await self.ask(lambda journal: journal.record(AccountState, f"a{name}"))

    async def meter(self, name: str) -> MeterState:
        found = await self.ask(lambda journal: journal.record(MeterState, f"m{name}"))
        return found or MeterState(f"m{name}")

    async def alarms(self) -> set[tuple[str, str]]:
        standing = await self.ask(standing_alarms)
        return {(alarm.what, alarm.subject) for alarm in standing}

    async def facts(self, *kinds: type) -> list[Any]:
        def rows(journal: Journal) -> list[Any]:
            found = [row for mark in marks(journal) for row in journal.outbox(mark.epoch, 0, 10**9)]
            return [decode_fact(bytes(row.fact)) for row in found]

        return [fact for fact in await self.ask(rows) if isinstance(fact, kinds)]

    async def billed_wh(self, name: str) -> int:
        from gateway.contract.facts import Entry

        return sum(entry.energy_wh for entry in await self.facts(Entry) if entry.account == f"a{name}")

    async def until(self, true: Callable[[], Any], what: str = "") -> None:
        """Wait until an awaited question is answered with yes; say where everything stands when it never is."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await true():
                    for task in (*self.tasks, *self._pollers):
                        assert not task.done(), task
                    await asyncio.sleep(0.02)
        except TimeoutError:
            relays = {name: await self.relay(name) for name in self.rooms}
            states = {name: await self.state(name) for name in self.rooms}
            raise AssertionError(f"never {what or 'so'}: {relays} {states} {await self.alarms()}") from None

    async def until_verdict(self, name: str, verdict: RelayVerdict, closed: bool) -> RelayState:
        """Wait until a relay that should be so has this verdict."""

        async def reached() -> bool:
            relay = await self.relay(name)
            return relay.verdict is verdict and relay.desired_closed is closed

        await self.until(reached, f"{name} {verdict} desired closed={closed}")
        return await self.relay(name)

    async def until_read(self, name: str, times: int = 1) -> None:
        """Wait for good readings that began after now."""
        for _ in range(times):
            began_ms = self.time.now().monotonic_ms

            async def read_again(began_ms: int = began_ms) -> bool:
                at = (await self.meter(name)).at
                return at is not None and at.monotonic_ms > began_ms

            await self.until(read_again, f"{name} read again")

    async def until_alarm(self, what: str, subject: str, stands: bool = True) -> None:
        async def told() -> bool:
            return ((what, subject) in await self.alarms()) is stands

        await self.until(told, f"{what} {subject} stands={stands}")

    async def use_up(self, *names: str) -> None:
        """Let enough time pass that the rooms use more than they have."""
        for name in names:
            await self.until_verdict(name, RelayVerdict.CONFIRMED, closed=True)
        await self.skip(30 * HOUR_MS)
