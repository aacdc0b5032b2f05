"""One gateway with the product's own parts, from power-on to the next power cut, run without waiting.

Real: the journal in its file, clock trust, boot, the poll loop's turns, the command receiver with its envelopes, every use case.
In place of the writer's thread a store that commits by the same rule (`make crash` proves the thread and the disk); in place of
the asyncio tasks a sweep every few hours (`tests/simulate` runs the loops themselves).
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from gateway.adapters.model_files import read_models
from gateway.adapters.system_clock import SystemClock
from gateway.application.boot import Booted, boot, proved_ms
from gateway.application.drive_relay import next_step, relay_tasks, report_relay
from gateway.application.new_epoch import renew_epoch
from gateway.application.outbox import Position, outbox_batch
from gateway.application.ports import Rank, StoreFull
from gateway.application.records import KnownGrant, OutboxMark
from gateway.application.settle_due import settle_due, write_health
from gateway.application.status import station_status
from gateway.contract import topics
from gateway.contract.commands import CENTRAL
from gateway.contract.envelope import Keyring, KeySigner, keyring_from_hex, seal
from gateway.contract.facts import Birth, RelayVerdict, UpBatch
from gateway.contract.identifiers import BootId, GatewayId, MeterNo
from gateway.domain.poll_plan import PollPlan
from gateway.domain.relay import (
    CommandAccepted,
    CommandRefused,
    CommandUnanswered,
    ObservedStatus,
    ReadBack,
    ReadBackUnanswered,
    RelayEvent,
    RelayState,
    Rest,
    Send,
    Settled,
)
from gateway.loops.fleet import FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.meter_turns import MeterTurns
from gateway.loops.receive_commands import CommandReceiver
from gateway.loops.signals import Signals
from gateway.protocols.driver import Accepted, Answer, Item, Refused, RelayAction
from gateway.protocols.meters import make_driver
from tests.sim.broker import Broker
from tests.sim.gateway_parts import (
    Arrived,
    Drain,
    GatewayTime,
    NothingLeft,
    PowerCut,
    SimLink,
    SimStore,
    run_now,
)
from tests.sim.timeline import MINUTE_MS, Timeline
from tests.sim.wires import BAUD, SPAN_WH, Room, SimLine

MODELS = read_models()
MODEL = "generic-dlt645-2007"
BATCHES_UNDER_WAY = 8
AGAIN_MS = (30_000, 10 * MINUTE_MS)
LONGEST_DRIVE = 40
RESTED_MS = 30_000
"""A relay that must rest longer is looked at by a later sweep."""


class GatewaySite:
    """One building's gateway."""

    def __init__(
        self,
        name: str,
        rooms: list[Room],
        folder: Path,
        timeline: Timeline,
        broker: Broker,
        line: SimLine,
        signer: KeySigner,
        central_key: str,
    ) -> None:
        self.name, self.rooms, self.line = GatewayId(name), rooms, line
        self.path = folder / "journal.db"
        self.timeline, self.broker = timeline, broker
        self.signer, self._central_key = signer, central_key
        self.time = GatewayTime(timeline)
        self.on_commit: Callable[[], None] = lambda: None
        self.on_heard: Callable[[], None] = lambda: None
        self.on_power_cut: Callable[[], None] = lambda: None
        self.on_died: Callable[[], None] = lambda: None
        self.boots = 0
        self.is_on = False
        self.quarantined_at_boot: set[str] = set()
        self.booted: Booted
        self.last_epoch = ""
        self.store: SimStore
        self.sweeps = 0
        self._sent: Position | None = None
        """The last row that is under way."""
        self._again_ms = 0
        self.counts: Counter[str] = Counter()
        broker.subscribe(name, self.hear)

    # --- lives

    def start(self, *, new_epoch: bool = False) -> None:
        """Turn the power on. `new_epoch`: the store is a backup that was just put back."""
        self.boots += 1
        self.time.on_since_ms = self.timeline.now_ms
        self.clock = SystemClock(source=self.time)  # type: ignore[arg-type]
        self.clock.boot = self.clock._line_boot = BootId(f"{self.name}boot{self.boots}")
        self.signals, self.clocks, self.drain = Signals(), MeterClocks(480), Drain()
        self.store = SimStore(self.path, lambda: self.on_commit(), self.counts)
        stored_ms = self.store.do(proved_ms)
        if stored_ms is not None:
            self.clock.know_stored(stored_ms)
        now = self.clock.now()
        self.is_on = True
        self.booted = self.store.do(lambda journal: boot(journal, self.name, now))
        self.last_epoch = self.booted.epoch
        self.quarantined_at_boot |= set(self.booted.quarantined)
        if new_epoch:
            self.last_epoch = self.store.do(lambda journal: renew_epoch(journal, now))
        self._join()
        self.connect()
        self.timeline.say(f"{self.name}: on (boot {self.boots})")

    def _join(self) -> None:
        self.link = SimLink(self)
        self.ring: Keyring = keyring_from_hex([self._central_key])
        self.receiver = CommandReceiver(
            self.name, self.ring, _no_approver, self.signer, self.link, self.store, self.clock,
            self.clock.heard_central, self.drain, self.signals,
        )  # type: ignore[arg-type]  # fmt: skip
        plan = PollPlan(self.clock.now().monotonic_ms)
        self.turns = MeterTurns(self.line, self.store, self.clock, self.clocks, self.signals, plan)
        self.wire_again()

    def wire_again(self) -> None:
        """Take up the meters as they are on the wires now."""
        self.line.wire_again()
        self.meters = {room.name: self._meter(room) for room in self.rooms}

    def _meter(self, room: Room) -> FleetMeter:
        driver = make_driver(MODELS[MODEL], room.spec.address, baud=BAUD)
        return FleetMeter(MeterNo(room.name), driver, self.line, MODEL, SPAN_WH, 10)

    def cut_power(self) -> None:
        """Turn the power off."""
        if self.is_on:
            self.is_on = False
            self.store.close()
            self.timeline.say(f"{self.name}: power cut")
            self.on_power_cut()

    def guarded(self, act: Callable[[], Any]) -> Any:
        """Run something of the daemon's; a power cut in it ends this life, a full disk only this act."""
        if not self.is_on:
            return None
        try:
            return act()
        except PowerCut:
            self.counts["gateways killed in a commit"] += 1
            self.cut_power()
            self.on_died()
        except StoreFull:
            self.timeline.say(f"{self.name}: the disk is full")
        return None

    # --- link

    @property
    def is_connected(self) -> bool:
        return self.is_on and self.name not in self.broker.split

    def publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool:
        if self.is_connected:
            self.broker.publish(topics.topic(self.name, leaf), payload, retain=retain)
        return self.is_connected

    def connect(self) -> None:
        """Say who we are, and send what waits."""
        self._sent = None
        if self.is_connected:
            self.guarded(self._say_birth)
            self.guarded(self.send)

    def _say_birth(self) -> None:
        here = self.store.do(station_status)
        seen = [meter.seen for meter in self.meters.values()]
        birth = Birth(
            self.clock.boot,
            here.epoch,
            "simulated",
            here.last_seq,
            here.last_command,
            here.config_version,
            seen,
        )
        self.publish(topics.BIRTH, self._sealed(topics.BIRTH, "birth", birth), retain=True)

    def _sealed(self, kind: str, message_id: str, body: object) -> bytes:
        return seal(
            self.signer,
            kind=kind,
            sender=self.name,
            recipient=CENTRAL,
            message_id=message_id,
            issued_ms=self.clock.now().wall_ms,
            body=msgspec.json.encode(body),
        )

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a message from the broker, and do what it brings."""
        if self.is_on:
            self.link.arrivals.append(Arrived(topic.rpartition("/")[2], payload))
            self.guarded(self._take_messages)
            self.on_heard()
            self.guarded(self.follow_up)

    def _take_messages(self) -> None:
        with suppress(NothingLeft):
            run_now(self.receiver.run())

    def follow_up(self) -> None:
        """Read what should be read soon, drive relays, send what is new: what the loops do when their bells ring."""
        urgent = self.signals.take_urgent(self.meters.keys())
        for meter in urgent:
            self._turn(meter, detailed=False)
        if self.signals.relay.is_set():
            self.signals.relay.clear()
            self.drive_relays()
        if self.drain.wanted and self.timeline.now_ms - self._again_ms > AGAIN_MS[0]:
            self._again_ms, self.drain.wanted, self._sent = self.timeline.now_ms, False, None
        self.send()

    def send(self, patience: tuple[int, ...] = AGAIN_MS) -> None:
        """Send some batches; what is not acknowledged in time is sent again, and by the next sweep at the latest."""
        if not self.is_connected:
            return
        after = before = self._sent
        for _ in range(BATCHES_UNDER_WAY):
            batch: UpBatch | None = self.store.do(
                lambda journal, after=after: outbox_batch(journal, after=after)
            )
            if batch is None:
                break
            after = Position(batch.epoch, batch.rows[-1].seq)
            name = f"{batch.epoch}.{batch.rows[0].seq}"
            self.drain.sent.add(name)
            self.publish(topics.UP, self._sealed(topics.UP, name, batch))
        self._sent = after
        if after is not None and after != before and patience:
            boots, sent = self.boots, after
            self.timeline.after(patience[0], lambda: self._look_again(boots, sent, patience[1:]))

    def _look_again(self, boots: int, sent: Position, patience: tuple[int, ...]) -> None:
        if self.is_on and self.boots == boots and self._is_unacknowledged(sent):
            self._sent = None
            self.guarded(lambda: self.send(patience))

    def _is_unacknowledged(self, sent: Position) -> bool:
        mark = self.store.do(lambda journal: journal.record(OutboxMark, sent.epoch))
        return mark is not None and mark.acked_seq < sent.seq

    # --- meters and relays

    def sweep(self) -> None:
        """Read every meter, settle what is due, drive relays, send: what hours of the daemon come to."""
        self.guarded(self._sweep)

    def _sweep(self) -> None:
        self.sweeps += 1
        for number in list(self.meters):
            self._turn(number, detailed=self.sweeps % 4 == 0)
        now = self.clock.now()
        passed = self.store.do(lambda journal: settle_due(journal, now))
        for meter in passed.relay:
            self.signals.worth_reading(meter)
        if self.sweeps % 6 == 0:
            counters = dict(self.receiver.counters)
            self.store.do(lambda journal: write_health(journal, counters, now))
        self.signals.relay.clear()
        self.drive_relays(also_proved=self.sweeps % 4 == 0)
        self.store.commit()
        self._sent = None
        self.send()

    def _turn(self, number: str, detailed: bool) -> None:
        meter = self.meters.get(number)
        if meter is not None:
            run_now(self.turns.take(meter, Rank.POLL, detailed))

    def drive_relays(self, *, also_proved: bool = False) -> None:
        """Take each relay that wants work to its rest; those whose proof is only old, now and then."""
        now = self.clock.line_now()
        for task in self.store.do(lambda journal: relay_tasks(journal, now)):
            meter = self.meters.get(task.meter)
            if meter is not None and (also_proved or not self._is_proved(task.meter)):
                self._drive(meter)

    def _is_proved(self, meter: MeterNo) -> bool:
        state = self.store.do(lambda journal: journal.record(RelayState, meter))
        return state is not None and state.verdict is RelayVerdict.CONFIRMED

    def _drive(self, meter: FleetMeter) -> None:
        step = self._next_step(meter)
        for _ in range(LONGEST_DRIVE):
            match step:
                case Settled():
                    return
                case Rest(after_ms=rest_ms):
                    if rest_ms > RESTED_MS:
                        return
                    self.timeline.now_ms += max(rest_ms, 20)
                    step = self._next_step(meter)
                case _:
                    step = self._report(meter, self._carry_out(meter, step))
        self.counts["relays that never came to rest"] += 1

    def _next_step(self, meter: FleetMeter) -> Any:
        now, actions = self.clock.line_now(), meter.driver.relay_actions
        return self.store.do(lambda journal: next_step(journal, meter.meter, actions, now))

    def _report(self, meter: FleetMeter, event: RelayEvent) -> Any:
        now, actions = self.clock.line_now(), meter.driver.relay_actions
        return self.store.do(lambda journal: report_relay(journal, meter.meter, event, actions, now))

    def _carry_out(self, meter: FleetMeter, step: ReadBack | Send) -> RelayEvent:
        if isinstance(step, Send):
            return self._switch(meter, step)
        self.timeline.now_ms += step.after_ms
        relay = run_now(self.line.read(meter.driver, Item.RELAY, Rank.READ_BACK))
        if not isinstance(relay, Answer) or relay.values.relay_closed is None:
            return ReadBackUnanswered()
        current = run_now(self.line.read(meter.driver, Item.CURRENT, Rank.READ_BACK))
        return ObservedStatus(
            closed=relay.values.relay_closed,
            current_ma=current.values.current_ma if isinstance(current, Answer) else None,
            commanded_closed=relay.values.relay_commanded_closed,
            status_word=relay.values.status_word,
        )

    def _switch(self, meter: FleetMeter, send: Send) -> RelayEvent:
        action = RelayAction.PERMIT if send.permit else RelayAction.CLOSE if send.close else RelayAction.OPEN
        if not self.clocks.is_fresh(meter.meter, self.clock.now()):
            self.turns.meet_again(meter.meter)
            self._turn(meter.meter, detailed=False)
        valid_until = self.clocks.valid_until(meter.meter, self.clock.now())
        match run_now(self.line.switch(meter.driver, action, valid_until)):
            case Accepted():
                return CommandAccepted()
            case Refused(reason=reason):
                self.clocks.forget(meter.meter)
                return CommandRefused(reason)
            case _:
                return CommandUnanswered()

    def name_of_forged(self) -> str:
        """Give the first ledger entry or relay override that only a forger asked for."""
        known = self.store.do(lambda journal: journal.records(KnownGrant))
        relays = self.store.do(lambda journal: journal.records(RelayState))
        forged = [state.meter for state in relays.values() if state.override_why == "forged"]
        return next(iter([*(name for name in known if name == "forged"), *forged]), "")

    # --- backups

    def back_up(self, to: Path) -> None:
        """Copy what is committed, as `cardroom-gateway backup` does."""
        with sqlite3.connect(self.path) as source, sqlite3.connect(to) as copy:
            source.backup(copy)
        source.close()
        copy.close()

    def put_back(self, backup: Path) -> None:
        """Put an older store in the place of this one; the power is off."""
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)
        shutil.copy(backup, self.path)


def _no_approver(*_: object) -> bool:
    return False
