"""The daemon from first to last: clock, store, lines, link, loops; an orderly stop on SIGTERM or Ctrl-C."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature

from gateway.adapters.control_protocol import SOCKET_NAME
from gateway.adapters.control_socket import ControlServer
from gateway.adapters.journal_store import JournalStore
from gateway.adapters.mqtt_session import Broker
from gateway.adapters.mqtt_uplink import Uplink
from gateway.adapters.registry_store import RegistryStore
from gateway.adapters.serial_bus import SerialBus
from gateway.adapters.system_clock import SystemClock, read_bench_file
from gateway.adapters.systemd_notify import Notifier, Progress, keep_fed
from gateway.app.commissioning import Commissioning
from gateway.app.orders import Orders
from gateway.app.parts import Parts
from gateway.application.boot import Booted, boot
from gateway.application.settle_due import write_watermark
from gateway.application.status import station_status
from gateway.config import GatewayConfig
from gateway.contract.commands import CENTRAL
from gateway.contract.envelope import Keyring, KeySigner, keyring_from_hex, seal
from gateway.contract.facts import Birth
from gateway.contract.identifiers import KeyId
from gateway.contract.topics import BIRTH
from gateway.loops.drain_outbox import OutboxDrain
from gateway.loops.drive_relays import RelayDriver
from gateway.loops.fleet import Fleet
from gateway.loops.keep_health import HealthKeeper
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.poll_meters import LinePoller
from gateway.loops.receive_commands import CommandReceiver
from gateway.loops.signals import Signals
from gateway.protocols.models import ModelRow

JOURNAL_NAME = "journal.db"
PATIENCE_S = {"relays": 60.0, "outbox": 120.0, "health": 60.0}
LINE_PATIENCE_S = 600.0
"""A round of a full line at 2400 baud with silent meters."""

log = structlog.get_logger("daemon")


class Daemon:
    """One building's gateway. `run` returns after an orderly stop and raises what must stop the process (C-17)."""

    def __init__(self, config: GatewayConfig, signer: KeySigner, models: dict[str, ModelRow]) -> None:
        self._config = config
        self._signer = signer
        self._models = models
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: asyncio.Future[None]
        """Done by an order to stop, or with what must stop the process."""

    async def run(self) -> None:
        """Run until told to stop."""
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        async with AsyncExitStack() as endings:
            await self._start(endings)
            await self._ended
            log.info("stopping")

    async def _start(self, endings: AsyncExitStack) -> None:
        parts, booted = await self._build(endings)
        notifier = Notifier()
        control = ControlServer(self._config.gateway.data / SOCKET_NAME, Orders(parts).table())
        await control.start()
        endings.push_async_callback(control.stop)
        await parts.uplink.start()
        endings.push_async_callback(parts.uplink.stop)
        clocks = self._clocks
        driver = RelayDriver(
            parts.fleet, parts.store, parts.clock, clocks, parts.signals, self._tick(parts, "relays")
        )
        health = HealthKeeper(
            parts.store,
            parts.clock,
            parts.fleet,
            lambda: [bus for _, bus in parts.commissioning.lines()],
            parts.counters,
            parts.signals,
            self._tick(parts, "health"),
        )
        endings.push_async_callback(self._end_tasks)
        self._spawn("commissioning", parts.commissioning.follow())
        self._spawn("relays", driver.run())
        self._spawn("commands", parts.receiver.run())
        self._spawn("outbox", parts.drain.run())
        self._spawn("health", health.run())
        self._spawn("watchdog", keep_fed(notifier, parts.progress))
        notifier.ready(f"gateway {self._config.gateway.id}")
        endings.callback(notifier.stopping)
        log.info(
            "started",
            gateway=self._config.gateway.id,
            epoch=booted.epoch,
            config_version=booted.config_version,
            quarantined=len(booted.quarantined),
        )

    async def _build(self, endings: AsyncExitStack) -> tuple[Parts, Booted]:
        config = self._config
        bench = read_bench_file(config.clock.bench_file) if config.clock.bench_file else None
        clock = SystemClock(bench=bench)
        signals = Signals()
        store = JournalStore(
            config.gateway.data / JOURNAL_NAME,
            readings_commit_s=config.polling.readings_commit_s,
            on_commit=signals.outbox.set,
        )
        await store.open()
        endings.push_async_callback(store.close)
        booted = await store.run(lambda journal: boot(journal, config.gateway.id, clock.now()))
        clock.know_stored(booted.high_water_ms)
        endings.push_async_callback(_last_watermark, store, clock)
        fleet, progress = Fleet(), Progress(PATIENCE_S)
        self._clocks = MeterClocks(config.clock.utc_offset_minutes)
        uplink = Uplink(_broker(config), config.gateway.id, clock.boot, lambda: self._birth(parts))
        drain = OutboxDrain(
            config.gateway.id,
            self._signer,
            uplink,
            store,
            clock,
            signals,
            lambda: progress.progress("outbox"),
        )
        central = keyring_from_hex(list(config.central.public_keys))
        receiver = CommandReceiver(
            config.gateway.id,
            central,
            _approver(keyring_from_hex(list(config.central.approver_keys))),
            self._signer,
            uplink,
            store,
            clock,
            clock.heard_central,
            drain,
            signals,
        )
        commissioning = Commissioning(
            RegistryStore(config.gateway.data, self._models),
            self._models,
            fleet,
            lambda bus: self._begin_line(parts, bus),
        )
        endings.push_async_callback(commissioning.close)
        parts = Parts(
            config=config,
            software=version("cardroom"),
            central=central,
            clock=clock,
            store=store,
            fleet=fleet,
            signals=signals,
            uplink=uplink,
            drain=drain,
            receiver=receiver,
            commissioning=commissioning,
            progress=progress,
        )
        return parts, booted

    def _begin_line(self, parts: Parts, bus: SerialBus) -> asyncio.Task[None]:
        name = f"line {bus.name}"
        parts.progress.watch(name, LINE_PATIENCE_S)
        poller = LinePoller(
            bus,
            parts.fleet,
            parts.store,
            parts.clock,
            self._clocks,
            parts.signals,
            self._tick(parts, name),
            self._config.polling.pause_ms,
        )
        return asyncio.create_task(poller.run(), name=f"poll {bus.name}")

    async def _birth(self, parts: Parts) -> bytes:
        here = await parts.store.run(station_status)
        birth = Birth(
            boot=parts.clock.boot,
            epoch=here.epoch,
            software=parts.software,
            last_seq=here.last_seq,
            last_command=here.last_command,
            config_version=here.config_version,
            meters=[meter.seen for meter in parts.fleet.all()],
            bench_clock=parts.clock.is_bench,
        )
        parts.drain.begin_anew()
        return seal(
            self._signer,
            kind=BIRTH,
            sender=self._config.gateway.id,
            recipient=CENTRAL,
            message_id=f"birth.{parts.clock.boot}.{parts.clock.monotonic_ms()}",
            issued_ms=parts.clock.now().wall_ms,
            body=msgspec.json.encode(birth),
        )

    def _tick(self, parts: Parts, name: str) -> "_Tick":
        return _Tick(parts.progress, name)

    def _spawn(self, name: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._note_end)
        self._tasks.append(task)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        """A loop never ends by itself: if one does, the process stops with its reason, and systemd starts it anew."""
        if task.cancelled() or self._ended.done():
            return
        error = task.exception() or RuntimeError(f"loop {task.get_name()} ended by itself")
        self._ended.set_exception(error)

    def _stop(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Tick:
    """A loop's own progress call."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name

    def __call__(self) -> None:
        self._progress.progress(self._name)


def _broker(config: GatewayConfig) -> Broker:
    mqtt = config.mqtt
    return Broker(
        host=mqtt.host,
        port=mqtt.port,
        username=mqtt.username,
        password=_password(mqtt.password_file),
        tls=mqtt.tls,
        ca_file=mqtt.ca_file,
        certificate_file=mqtt.certificate_file,
        key_file=mqtt.key_file,
        reconnect_min_ms=mqtt.reconnect_min_ms,
        reconnect_max_ms=mqtt.reconnect_max_ms,
    )


def _password(path: Path | None) -> str | None:
    return None if path is None else path.read_text(encoding="utf-8").strip()


def _approver(approvers: Keyring) -> "_Approver":
    return _Approver(approvers)


class _Approver:
    """Says whether an approver signed a text (C-10)."""

    def __init__(self, approvers: Keyring) -> None:
        self._approvers = approvers

    def __call__(self, key: KeyId, text: bytes, signature: bytes) -> bool:
        public_key = self._approvers.keys.get(key)
        if public_key is None:
            return False
        try:
            public_key.verify(signature, text)
        except InvalidSignature:
            return False
        return True


async def _last_watermark(store: JournalStore, clock: SystemClock) -> None:
    await store.run(lambda journal: write_watermark(journal, clock.now()))
