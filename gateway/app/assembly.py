"""Puts the daemon's parts together: store first, then what needs it. Runs none of them, decides nothing."""

import asyncio
from contextlib import AsyncExitStack
from importlib.metadata import version

import msgspec
from cryptography.exceptions import InvalidSignature

from gateway.adapters.disk_room import free_bytes
from gateway.adapters.journal_store import JOURNAL_NAME, JournalStore
from gateway.adapters.key_file import read_password
from gateway.adapters.mqtt_session import Broker
from gateway.adapters.mqtt_uplink import Uplink
from gateway.adapters.registry_store import RegistryStore
from gateway.adapters.serial_bus import SerialBus
from gateway.adapters.system_clock import SystemClock, read_bench_file
from gateway.adapters.systemd_notify import Progress
from gateway.app.commissioning import Commissioning
from gateway.app.parts import Parts
from gateway.application.boot import Booted, boot, proved_ms
from gateway.application.status import station_status
from gateway.application.trust_keys import keys_told
from gateway.config import GatewayConfig
from gateway.contract.commands import CENTRAL
from gateway.contract.envelope import Keyring, KeySigner, keyring_from_hex, seal
from gateway.contract.facts import Birth
from gateway.contract.identifiers import KeyId
from gateway.contract.topics import BIRTH
from gateway.contract.voucher_code import shared_key
from gateway.domain.poll_plan import PollPlan
from gateway.loops.drain_outbox import OutboxDrain
from gateway.loops.fleet import Fleet
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.poll_meters import LinePoller
from gateway.loops.receive_commands import CommandReceiver
from gateway.loops.signals import Signals
from gateway.loops.store_room import StoreRoom
from gateway.protocols.models import ModelRow

PATIENCE_S = {
    "relays": 60.0,
    "outbox": 120.0,
    "health": 60.0,
    "losses": 60.0,
    "meters": 60.0,
    "periods": 60.0,
    "clocks": 60.0,
}
LINE_PATIENCE_S = 60.0
"""One meter's turn at 600 baud with every try, and a slow disk."""


async def assemble(
    config: GatewayConfig, signer: KeySigner, models: dict[str, ModelRow], endings: AsyncExitStack
) -> tuple[Parts, Booted]:
    """Open the store, boot it, and build the rest over it. What was opened is closed by `endings`.

    Raises what a store or a bench clock's file can be refused for; each says what to do.
    """
    clock = SystemClock(bench=read_bench_file(config.clock.bench_file) if config.clock.bench_file else None)
    signals = Signals()
    store = JournalStore(
        config.gateway.data / JOURNAL_NAME,
        readings_commit_s=config.polling.readings_commit_s,
        on_commit=signals.outbox.set,
    )
    await store.open()
    endings.push_async_callback(store.close)
    booted = await _boot(store, config, clock)
    parts = _parts(config, signer, models, clock, store, signals)
    told = await store.run(keys_told)
    parts.central.follow(told.keys, told.retired)
    return parts, booted


async def _boot(store: JournalStore, config: GatewayConfig, clock: SystemClock) -> Booted:
    """The clock learns what the store proves before its first instant is used (C-14)."""
    stored_ms = await store.run(proved_ms)
    if stored_ms is not None:
        clock.know_stored(stored_ms)
    now = clock.now()
    return await store.run(lambda journal: boot(journal, config.gateway.id, now))


def _parts(
    config: GatewayConfig,
    signer: KeySigner,
    models: dict[str, ModelRow],
    clock: SystemClock,
    store: JournalStore,
    signals: Signals,
) -> Parts:
    gateway, fleet, progress = config.gateway.id, Fleet(), Progress(PATIENCE_S)
    central = keyring_from_hex(list(config.central.public_keys))
    approves = Approver(keyring_from_hex(list(config.central.approver_keys)))
    uplink = Uplink(broker_of(config), gateway, clock.boot, lambda: _birth(parts, signer))
    drain = OutboxDrain(gateway, signer, uplink, store, clock, signals, Tick(progress, "outbox"))
    receiver = CommandReceiver(
        gateway, central, approves, signer, uplink, store, clock, clock.heard_central, drain, signals
    )
    registry = RegistryStore(config.gateway.data, models)
    parts = Parts(
        config=config,
        software=version("cardroom"),
        central=central,
        code_key=lambda key: shared_key(signer.private_key, key, gateway),
        clock=clock,
        clocks=MeterClocks(config.clock.utc_offset_minutes),
        store=store,
        fleet=fleet,
        plan=PollPlan(clock.now().monotonic_ms),
        signals=signals,
        uplink=uplink,
        drain=drain,
        receiver=receiver,
        commissioning=Commissioning(registry, models, fleet, lambda bus: _begin_line(parts, bus)),
        progress=progress,
        room=StoreRoom(lambda: free_bytes(config.gateway.data)),
    )
    return parts


def _begin_line(parts: Parts, bus: SerialBus) -> asyncio.Task[None]:
    """Start a line's poller; the watch over it ends with it."""
    name = f"line {bus.name}"
    parts.progress.watch(name, LINE_PATIENCE_S)
    poller = LinePoller(
        bus,
        parts.fleet,
        parts.store,
        parts.clock,
        parts.clocks,
        parts.signals,
        Tick(parts.progress, name),
        parts.config.polling.pause_ms,
        parts.plan,
    )
    task = asyncio.create_task(poller.run(), name=f"poll {bus.name}")
    task.add_done_callback(lambda _: parts.progress.forget(name))
    return task


async def _birth(parts: Parts, signer: KeySigner) -> bytes:
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
        central_keys=sorted(parts.central.keys),
    )
    parts.drain.begin_anew()
    return seal(
        signer,
        kind=BIRTH,
        sender=parts.config.gateway.id,
        recipient=CENTRAL,
        message_id=f"birth.{parts.clock.boot}.{parts.clock.monotonic_ms()}",
        issued_ms=parts.clock.now().wall_ms,
        body=msgspec.json.encode(birth),
    )


def broker_of(config: GatewayConfig) -> Broker:
    """Give the broker as it is configured. Raises what reading the password's file raises."""
    mqtt = config.mqtt
    return Broker(
        host=mqtt.host,
        port=mqtt.port,
        spares=mqtt.spare_brokers,
        username=mqtt.username,
        password=None if mqtt.password_file is None else read_password(mqtt.password_file),
        tls=mqtt.tls,
        ca_file=mqtt.ca_file,
        certificate_file=mqtt.certificate_file,
        key_file=mqtt.key_file,
        reconnect_min_ms=mqtt.reconnect_min_ms,
        reconnect_max_ms=mqtt.reconnect_max_ms,
    )


class Tick:
    """A loop's own progress call."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name

    def __call__(self) -> None:
        self._progress.progress(self._name)


class Approver:
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
