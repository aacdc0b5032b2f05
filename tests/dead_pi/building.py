"""One building with everything real: meters on ptys, central with its own authority and Mosquitto by certificates, and Pis that
are set up by `cardroom-gateway setup` on folders of their own. What dies is a folder and its daemon.
"""

import asyncio
import json
import os
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from firmware_tools.campus.campus_list import campus_sheets, write_workbook
from firmware_tools.campus.cashier import Cashier
from firmware_tools.campus.demo_clock import DemoClock, real_now_ms
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.layout import Building, Campus, CustomerClass, Line, Room
from firmware_tools.campus.meter_control import MeterControl
from firmware_tools.campus.opening import CASHIER, NO_SEASON, Opening
from firmware_tools.campus.parts import LOOPBACK, Parts, Ports, python, run_command
from firmware_tools.campus.supervisor import Part, Supervisor, port_answers
from gateway.adapters.control_client import ask
from gateway.adapters.control_protocol import SOCKET_NAME, Reply
from tests.brokers import require_mosquitto
from tests.free_ports import free_port

RUNS_OUT = Room(
    "101", "M101", "a", "202007010001", "40kW", occupants=("王伟",), trip_limit_a=200, pays_yuan=("1.00",)
)
PAID = replace(RUNS_OUT, label="102", meter="M102", address="202007010002", load="6kW", pays_yuan=("50.00",))
PAYS_LATER = replace(RUNS_OUT, label="103", meter="M103", address="202007010003")
KWH = replace(
    PAID, label="104", meter="M104", address="202007010004", customer_class="staff", pays_yuan=("20.00",)
)
BUILDING = Building("1", "1号楼", "b1", (Line("a", 9600),), (RUNS_OUT, PAID, PAYS_LATER, KWH))
CLASSES = (
    CustomerClass("dormitory", "学生宿舍", "9.9999"),
    CustomerClass("staff", "教工住户", "5.5583", unit="kwh", group="staff"),
)
CAMPUS = Campus((BUILDING,), CLASSES)
OPEN_CODE = ("enrol", BUILDING.code, "--id", BUILDING.gateway)
PATIENCE_S = 150
REPOSITORY = Path(__file__).parents[2]


@dataclass
class Pi:
    """A card: what `setup` writes is below its root, and nothing else."""

    root: Path
    daemon: asyncio.subprocess.Process | None = None

    @property
    def data(self) -> Path:
        return self.root / "var/lib/cardroom"

    @property
    def config(self) -> Path:
        return self.root / "etc/cardroom/gateway.toml"

    async def gateway(self, *words: str) -> str:
        """Run a command of the gateway to its end; its exit code must be 0."""
        process = await asyncio.create_subprocess_exec(
            *python("gateway", "--lang", "en", *words), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, (words, out.decode(), err.decode())
        return out.decode()

    async def start(self) -> None:
        with (self.root / "daemon.log").open("ab") as log:
            self.daemon = await asyncio.create_subprocess_exec(
                *python("gateway", "run", "--config", str(self.config)), stdout=log, stderr=log
            )
        await until(lambda: (self.data / SOCKET_NAME).exists() or self._ended(), "the daemon runs")
        assert not self._ended(), (self.root / "daemon.log").read_text()

    def _ended(self) -> bool:
        return self.daemon is None or self.daemon.returncode is not None

    async def status(self) -> dict[str, Any]:
        reply = await asyncio.to_thread(ask, self.data / SOCKET_NAME, "status")
        return json.loads(bytes(reply.result)) if isinstance(reply, Reply) else {}

    async def stop(self) -> None:
        """End the daemon in order: its last words leave."""
        if self.daemon is not None and self.daemon.returncode is None:
            self.daemon.terminate()
            await self.daemon.wait()

    async def die(self) -> None:
        """The Pi burns: no last word, and the card is lost."""
        assert self.daemon is not None
        self.daemon.kill()
        await self.daemon.wait()
        shutil.rmtree(self.root)


class Site:
    """Central, broker and meters of one building, as processes."""

    def __init__(self, root: Path) -> None:
        self.folder = Folder(root)
        self.ports = Ports(web=free_port(), mqtt=free_port())
        self.clock = DemoClock.resume(root, 1, real_now_ms())
        self.parts = Parts(CAMPUS, self.folder, self.ports, restart_delay_s=0.2)
        self.supervisor = Supervisor(self.folder.logs, print, root)
        self.opening = Opening(CAMPUS, self.folder, self.parts.central_environment())
        self.meters: MeterControl
        self.first_code = ""

    async def start(self) -> None:
        """Set central up with authority and broker, and start everything but a gateway."""
        require_mosquitto()
        self.opening.write_bench_files(self.ports, sample_s=1, with_passwords=False)
        _, said = await asyncio.gather(
            self.supervisor.start(self.parts.virtual_meters()), self._set_up_central()
        )
        self.first_code = code_in(said)
        self.meters = await MeterControl.connect(self.folder.control)
        broker = self.folder.root / "broker"
        await self.supervisor.start(self._broker(broker))
        await asyncio.gather(
            self.supervisor.start(self._ingest(broker)), self.supervisor.start(self.parts.web())
        )

    async def _set_up_central(self) -> str:
        """What an administrator types on the server, up to the building's code."""
        write_workbook(campus_sheets(CAMPUS), self.folder.campus_list)
        broker, port = str(self.folder.root / "broker"), str(self.ports.mqtt)
        store = f"{self.folder.root}/mosquitto/"
        return await self.at_central(
            (("init", "--admin", "admin", "--password-stdin"), "look-after-rooms"),
            (("user", "add", CASHIER.name, "--role", "cashier", "--password-stdin"), CASHIER.password),
            (("import-campus", str(self.folder.campus_list)), ""),
            (NO_SEASON, ""),
            (("ca", "make"), ""),
            (("broker-config", broker, "--host", LOOPBACK, "--port", port, "--store", store), ""),
            (OPEN_CODE, ""),
        )

    async def at_central(self, *commands: tuple[Sequence[str], str], approve: bool = False) -> str:
        """Type commands on the server, in one process; `approve`: let the card that waits replace the living gateway, then."""
        environment = {**self.parts.central_environment(), "PYTHONPATH": str(REPOSITORY)}
        more = ("--approve", BUILDING.code) if approve else ()
        return await run_command(
            python("tests.dead_pi.at_central", json.dumps(commands), *more), environment, self.folder.root
        )

    def _broker(self, folder: Path) -> Part:
        """Central's own configuration of it; as root it would change to its own user and lose sight of the folder."""
        own = self.folder.root / "mosquitto-here.conf"
        as_root = "user root\n" if os.geteuid() == 0 else ""
        own.write_text((folder / "mosquitto.conf").read_text() + as_root)
        return Part(
            "broker", (require_mosquitto(), "-c", str(own)), {}, port_answers(LOOPBACK, self.ports.mqtt)
        )

    def _ingest(self, broker: Path) -> Part:
        own = str(self.folder.central / "ingest.pem")
        words = (
            *(
                "--mqtt-host",
                LOOPBACK,
                "--mqtt-port",
                str(self.ports.mqtt),
                "--mqtt-ca-file",
                str(broker / "ca.pem"),
            ),
            *("--mqtt-certificate-file", own, "--mqtt-key-file", own),
        )
        return Part("ingest", python("central", "ingest", *words), self.parts.central_environment())

    async def stop(self) -> None:
        await self.supervisor.stop()
        self.clock.stop()
        for log in sorted(self.folder.logs.iterdir()):
            print(f"--- {log.name}\n{log.read_text()[-1500:]}")

    # --- what people do

    async def commission(self, pi: Pi) -> None:
        """Enter line and meters, as the electrician found them."""
        port = str(self.folder.port(BUILDING, BUILDING.lines[0]))
        await pi.gateway(
            "lines", "add", "a", "--port", port, "--baud", "9600", "--parity", "N", "--data", str(pi.data)
        )
        rows = [
            f"{room.meter},{room.line},{room.address},{room.kind.model},{room.label}"
            for room in BUILDING.rooms
        ]
        sheet = pi.root / "meters.csv"
        sheet.write_text("\n".join(["meter_number,line,address,model,location", *rows]) + "\n")
        await pi.gateway("meters", "import", str(sheet), "--data", str(pi.data))

    async def pay(self, *sums: tuple[Room, str]) -> None:
        """Pay at the web desk."""
        cashier = Cashier(f"http://{LOOPBACK}:{self.ports.web}")
        await asyncio.to_thread(cashier.sign_in, CASHIER.name, CASHIER.password)
        for room, yuan in sums:
            await asyncio.to_thread(cashier.pay, f"{BUILDING.code}-{room.label}", yuan)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.folder.central_db}?mode=ro", uri=True)) as central:
            return central.execute(query).fetchall()

    async def register_wh(self, room: Room) -> int:
        """What a meter shows."""
        kwh = (await self.meters.state(room.meter))["register_kwh"]
        whole, _, hundredths = kwh.partition(".")
        return int(whole) * 1000 + int(hundredths) * 10

    async def is_closed(self, room: Room) -> bool:
        return bool((await self.meters.state(room.meter))["contact_closed"])


@asynccontextmanager
async def running_site(root: Path) -> AsyncIterator[Site]:
    """A site whose processes end with the test."""
    site = Site(root)
    try:
        await site.start()
        yield site
    finally:
        await site.stop()


def code_in(said: str) -> str:
    """Give the code that `enrol` printed, as the last of the commands."""
    found = re.findall(r"^(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}$", said, re.MULTILINE)
    assert found, said
    return str(found[-1])


async def until(true: Any, what: str) -> None:
    """Wait for an answer that is true; the question may be awaitable."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = true()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.1)
