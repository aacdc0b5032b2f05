"""A campus for measuring: its own folder, rate 1, started, its relay moves heard, and ended whatever happens."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from firmware_tools.campus.demo_clock import DemoClock, real_now_ms
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.layout import Campus, full_label
from firmware_tools.campus.meter_control import MeterControl
from firmware_tools.campus.parts import Ports
from firmware_tools.campus.session import Manner, Session, free_port
from tests.journey.room_life import Desk, RelayWatch

WEB_PORT, MQTT_PORT = 18_100, 18_200
CUTS_APPROVED = 100_000
"""A journey cuts more rooms than any building should: a person on site says so beforehand (C-10)."""


@dataclass
class Bench:
    """A running campus with everything needed to live in it and to look at it."""

    session: Session
    watch: RelayWatch
    desk: Desk
    meters: MeterControl

    @property
    def folder(self) -> Folder:
        return self.session.folder

    @property
    def rooms(self) -> list[tuple[str, str]]:
        """Meter and full label of every room."""
        return [(room.meter, full_label(building, room)) for building, room in self.session.campus.rooms()]

    async def approve_cuts(self) -> None:
        """Let every cut go on."""
        for building in self.session.campus.buildings:
            config = str(self.folder.gateway_config(building))
            count = str(CUTS_APPROVED)
            await self.session.opening.gateway(
                "approve-cuts", "--count", count, "--minutes", "1440", "--config", config
            )


@asynccontextmanager
async def running_bench(campus: Campus, root: Path, manner: Manner) -> AsyncIterator[Bench]:
    """Start a fresh campus in a folder; stop all of it at the end."""
    if root.exists():
        shutil.rmtree(root)
    folder = Folder(root.absolute())
    folder.root.mkdir(parents=True)
    clock = DemoClock.resume(folder.root, 1, real_now_ms())
    ports = Ports(web=free_port(WEB_PORT), mqtt=free_port(MQTT_PORT))
    session = Session(campus, folder, ports, lambda text: print(text, flush=True), manner)
    listening: asyncio.Task[None] | None = None
    try:
        await session.start()
        watch = RelayWatch(folder.control)
        listening = asyncio.create_task(watch.listen())
        meters = await MeterControl.connect(folder.control)
        for meter, state in (await meters.states()).items():
            watch.knows(meter, closed=state["contact_closed"])
        yield Bench(session, watch, Desk(session.web_url), meters)
        meters.close()
    finally:
        if listening is not None:
            listening.cancel()
        await session.stop()
        clock.stop()
