"""One run of a campus: all its processes started in order, the first time opened on the way, and ended in order."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Literal

from firmware_tools.campus.folder import Folder
from firmware_tools.campus.layout import Campus
from firmware_tools.campus.opening import Opening
from firmware_tools.campus.parts import LOOPBACK, Parts, Ports
from firmware_tools.campus.supervisor import Supervisor
from gateway.words import say

Tell = Callable[[str], None]
BrokerKind = Literal["amqtt", "mosquitto"]
PORTS_TRIED = 20
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Manner:
    """How a campus is run: which broker, how often truth is sampled, how soon a part that died comes back."""

    broker: BrokerKind = "amqtt"
    sample_s: float = 20.0
    restart_delay_s: float = 1.0


class Session:
    """Starts and stops one campus. Its clock file must exist."""

    def __init__(
        self, campus: Campus, folder: Folder, ports: Ports, tell: Tell, manner: Manner | None = None
    ) -> None:
        self.campus = campus
        self.folder = folder
        self.ports = ports
        self._tell = tell
        self._manner = manner or Manner()
        self.supervisor = Supervisor(folder.logs, tell, folder.root)
        self.parts = Parts(campus, folder, ports, self._manner.restart_delay_s)
        self.opening = Opening(campus, folder, self.parts.central_environment())

    @property
    def web_url(self) -> str:
        """Where central's pages are."""
        return f"http://{LOOPBACK}:{self.ports.web}"

    async def start(self) -> None:
        """Start all parts; a folder that holds no campus yet gets one. Raises PartFailed or CommandFailed."""
        first = not self.folder.opened.exists()
        await self._start_bench()
        if first:
            self._tell(
                say("Setting up central and the gateways: databases, keys, people, rooms, lines, meters ...")
            )
            await side_by_side(self.opening.set_up_central(), self.opening.commission_meters())
        else:
            self._tell(say("Checking central's databases ..."))
            await self.opening.central("init")
        await self.opening.write_gateway_configs(self.ports)
        await self._start_central(first=first)
        if first:
            self._tell(say("Taking the first payments at the desk ..."))
            await self.opening.take_first_payments(self.ports)
        self._tell(say("Starting the gateways ..."))
        gateways = [self.parts.gateway(building) for building in self.campus.buildings]
        await side_by_side(*(self.supervisor.start(gateway) for gateway in gateways))
        self.folder.opened.touch()

    async def _start_central(self, *, first: bool) -> None:
        self._tell(
            say("Starting the web server and ingest, enrolling the gateways ...")
            if first
            else say("Starting central ...")
        )
        parts = (self.parts.ingest(), self.parts.web(), self.parts.notices())
        steps = [self.supervisor.start(part) for part in parts]
        await side_by_side(*steps, *([self.opening.enrol_gateways()] if first else []))

    async def stop(self) -> None:
        """End all parts: gateways first, so that their last rows still arrive; the meters last."""
        await self.supervisor.stop()

    async def _start_bench(self) -> None:
        self._tell(say("Starting the broker and the virtual meters ..."))
        with_passwords = self._manner.broker == "amqtt"
        self.opening.write_bench_files(
            self.ports, sample_s=self._manner.sample_s, with_passwords=with_passwords
        )
        await self.supervisor.start(self.parts.broker(self._manner.broker))
        await self.supervisor.start(self.parts.virtual_meters())


async def side_by_side(*steps: Coroutine[object, object, None]) -> None:
    """Do steps at the same time; when one fails, give up the others and raise its error alone."""
    tasks = [asyncio.create_task(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class NoFreePort(OSError):
    """All ports that were tried are in use."""


def free_port(wanted: int) -> int:
    """The wanted port, or the next free one on loopback. Raises NoFreePort."""
    last = min(wanted + PORTS_TRIED - 1, MAX_PORT)
    for port in range(wanted, last + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise NoFreePort(f"Ports {wanted} to {last} are all in use. Free one, or name another.")
