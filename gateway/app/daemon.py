"""The daemon from first to last: parts, lines, link, loops; an orderly stop on SIGTERM or Ctrl-C."""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, suppress

import structlog

from gateway.adapters.control_protocol import SOCKET_NAME
from gateway.adapters.control_socket import ControlServer
from gateway.adapters.systemd_notify import Notifier, keep_fed
from gateway.app.address_orders import keep_addresses
from gateway.app.assembly import Tick, assemble
from gateway.app.certificates import certificate_keeper
from gateway.app.orders import Orders
from gateway.app.parts import Parts
from gateway.app.registry_copies import keep_copied
from gateway.app.swap_orders import follow_swaps
from gateway.application.ports import Journal, StoreDamaged, StoreFull
from gateway.application.settle_due import write_health, write_watermark
from gateway.config import GatewayConfig
from gateway.contract.envelope import KeySigner
from gateway.loops.compare_periods import PeriodComparer
from gateway.loops.drive_relays import RelayDriver
from gateway.loops.keep_health import HealthKeeper
from gateway.loops.set_clocks import ClockSetter
from gateway.loops.watch_losses import LossWatch
from gateway.loops.watch_meters import MeterWatcher
from gateway.protocols.models import ModelRow

log = structlog.get_logger("daemon")


class CantStart(Exception):
    """The machine doesn't let the daemon start; the message says what is wrong and what to do."""


class Daemon:
    """One building's gateway. `run` returns after an orderly stop and raises what must stop the process (C-17)."""

    def __init__(
        self,
        config: GatewayConfig,
        signer: KeySigner,
        models: dict[str, ModelRow],
        renewal: Sequence[str] = (),
    ) -> None:
        """`renewal` is the command that renews the link's certificate; without it nothing does."""
        self._config = config
        self._signer = signer
        self._models = models
        self._renewal = renewal
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
        """Start everything; `endings` stops it in the opposite order."""
        parts, booted = await assemble(self._config, self._signer, self._models, endings)
        parts.certificate = certificate_keeper(parts, self._renewal)
        endings.push_async_callback(_last_words, parts)
        await self._open_control(parts, endings)
        endings.push_async_callback(parts.commissioning.close)
        await follow_swaps(parts)
        await parts.commissioning.begin()
        await parts.uplink.start()
        endings.push_async_callback(parts.uplink.stop)
        notifier = Notifier()
        endings.push_async_callback(self._end_tasks)
        self._spawn_loops(parts, notifier)
        notifier.ready(f"gateway {self._config.gateway.id}")
        endings.callback(notifier.stopping)
        log.info(
            "started",
            gateway=self._config.gateway.id,
            epoch=booted.epoch,
            config_version=booted.config_version,
            quarantined=len(booted.quarantined),
        )

    async def _open_control(self, parts: Parts, endings: AsyncExitStack) -> None:
        folder = self._config.gateway.data
        control = ControlServer(folder / SOCKET_NAME, Orders(parts).table())
        try:
            await control.start()
        except OSError as error:
            raise CantStart(
                f"the control socket can't be made in {folder}: {error.strerror or error}; "
                "see that the folder is the daemon's own, on a file system that has sockets"
            ) from error
        endings.push_async_callback(control.stop)

    def _spawn_loops(self, parts: Parts, notifier: Notifier) -> None:
        store, clock, fleet, signals = parts.store, parts.clock, parts.fleet, parts.signals
        relays = RelayDriver(fleet, store, clock, parts.clocks, signals, Tick(parts.progress, "relays"))
        health = HealthKeeper(
            store,
            clock,
            fleet,
            parts.troubles,
            parts.counters,
            signals,
            Tick(parts.progress, "health"),
            parts.room,
        )
        self._spawn("commissioning", parts.commissioning.follow())
        self._spawn("registry", keep_copied(parts))
        self._spawn("addresses", keep_addresses(parts))
        self._spawn("relays", relays.run())
        self._spawn("commands", parts.receiver.run())
        self._spawn("outbox", parts.drain.run())
        self._spawn("health", health.run())
        losses = LossWatch(store, clock, fleet, parts.clocks, signals, Tick(parts.progress, "losses"))
        self._spawn("losses", losses.run())
        meters = MeterWatcher(store, clock, fleet, parts.clocks, Tick(parts.progress, "meters"))
        self._spawn("meters", meters.run())
        periods = PeriodComparer(store, clock, fleet, parts.clocks, Tick(parts.progress, "periods"))
        self._spawn("periods", periods.run())
        setter = ClockSetter(store, clock, fleet, parts.clocks, Tick(parts.progress, "clocks"))
        self._spawn("clocks", setter.run())
        if parts.certificate is not None:
            self._spawn("certificate", parts.certificate.run())
        self._spawn("watchdog", keep_fed(notifier, parts.progress))

    def _spawn(self, name: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._note_end)
        self._tasks.append(task)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        """A loop never ends by itself: if one does, the process stops with its reason, and systemd starts it anew."""
        if task.cancelled() or self._ended.done():
            return
        error = task.exception() or RuntimeError(f"loop {task.get_name()} ended by itself")
        self._ended.set_exception(_cause(error))

    def _stop(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _cause(error: BaseException) -> BaseException:
    """The first of the errors that a group of tasks ended with."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _last_words(parts: Parts) -> None:
    """Leave balances and counters for central; a store that can't take them any more must not spoil the stop."""
    now, counters = parts.clock.now(), parts.counters()

    def write(journal: Journal) -> None:
        write_health(journal, counters, now)
        write_watermark(journal, now)

    with suppress(StoreFull, StoreDamaged):
        await parts.store.run(write)
