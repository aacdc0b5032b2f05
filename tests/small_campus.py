"""The whole system once, small and real: meters on ptys, gateway, broker, web server and ingest as processes. Run once per worker.

Four rooms: one runs out, is paid at the web desk, supplied, and runs out again; one has credit; one is protected
and unpaid; one counts in kWh, and its module is replaced while the gateway runs.
"""

import asyncio
import atexit
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from firmware_tools.campus.cashier import Cashier
from firmware_tools.campus.demo_clock import DemoClock, real_now_ms
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.layout import Building, Campus, CustomerClass, Line, Room
from firmware_tools.campus.meter_control import MeterControl, State
from firmware_tools.campus.opening import CASHIER
from firmware_tools.campus.parts import Ports, python, run_command
from firmware_tools.campus.session import Manner, Session
from tests.free_ports import free_port

SOLD = Room(
    "101", "M101", "a", "202007010001", "24kW", occupants=("王伟",), trip_limit_a=200, pays_yuan=("1.00",)
)
PAID = replace(SOLD, label="102", meter="M102", address="202007010002", load="500W", pays_yuan=("20.00",))
PROTECTED = replace(
    SOLD, label="103", meter="M103", address="202007010003", load="300W", protected=True, pays_yuan=()
)
KWH = replace(PAID, label="104", meter="M104", address="202007010004", customer_class="staff", load="6kW")
NEW_METER, NEW_ADDRESS = "N104", "202007010204"
"""The module that takes the place of the last one's."""
BUILDING = Building("1", "1号楼", "b1", (Line("a", 9600),), (SOLD, PAID, PROTECTED, KWH))
CLASSES = (
    CustomerClass("dormitory", "学生宿舍", "9.9999"),
    CustomerClass("staff", "教工住户", "5.5583", unit="kwh", group="staff"),
)
CAMPUS = Campus((BUILDING,), CLASSES, polling={"readings_commit_s": 1})
PATIENCE_S = 150
WORK_ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    "DJANGO_SETTINGS_MODULE": "central.config.settings",
}


@dataclass
class SmallRun:
    """What was seen, and where everything lies now that it has ended."""

    folder: Folder
    moves: list[tuple[str, bool]] = field(default_factory=list)
    """The sold room's contact as it moved: what happened before it, and whether it is closed."""
    work: list[str] = field(default_factory=list)
    """How the work order on two rooms stood: locked out, what a payment met, how they came back, its state."""
    locked_out: dict[str, bool] = field(default_factory=dict)
    """Both rooms' contacts after the payment, while people work there."""
    swap: dict[str, list[object]] = field(default_factory=dict)
    """What central made of a module that was replaced: its record, the store's devices, the true-up of what nobody metered."""
    closed_at_end: dict[str, bool] = field(default_factory=dict)
    pids: list[int] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.folder.journal(BUILDING)


@cache
def small_run() -> SmallRun:
    """Run it, or give what was seen the first time. Its folder goes with the process."""
    root = Path(mkdtemp(prefix="small-campus-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return asyncio.run(_run(Folder(root)))


async def _run(folder: Folder) -> SmallRun:
    DemoClock.resume(folder.root, 1, real_now_ms())
    session = Session(CAMPUS, folder, Ports(web=free_port(), mqtt=free_port()), print, Manner(sample_s=1))
    seen = SmallRun(folder)
    try:
        await session.start()
        meters = await MeterControl.connect(folder.control)
        await _sell(session, meters, seen)
        await _replace(session, meters, seen)
        seen.closed_at_end = {
            meter: state["contact_closed"] for meter, state in (await meters.states()).items()
        }
        meters.close()
        seen.pids = [
            session.supervisor.pid(name) for name in ("meters", "broker", "ingest", "web", "gateway-b1")
        ]
    finally:
        await session.stop()
        for log in sorted(folder.logs.iterdir()):
            print(f"--- {log.name}\n{log.read_text()[-3000:]}")
    return seen


async def _sell(session: Session, meters: MeterControl, seen: SmallRun) -> None:
    """A room whose yuan is used up is cut; paid while locked out for work, it is supplied with the release, then cut again."""
    seen.moves.append(("first yuan used up", await _contact(meters, closed=False)))
    seen.work += await _work(session, "begin")
    cashier = Cashier(session.web_url)
    await asyncio.to_thread(cashier.sign_in, CASHIER.name, CASHIER.password)
    await asyncio.to_thread(cashier.pay, "1-101", "1.00")
    seen.work += await _work(session, "paid", "1-101.1")
    seen.locked_out = {
        room.meter: (await meters.state(room.meter))["contact_closed"] for room in (SOLD, PAID)
    }
    seen.work += await _work(session, "end")
    seen.moves.append(("paid and released", await _contact(meters, closed=True)))
    seen.moves.append(("second yuan used up", await _contact(meters, closed=False)))


async def _replace(session: Session, meters: MeterControl, seen: SmallRun) -> None:
    """A faulty module's room stays on under software control; then another hangs in its place, and is typed at the gateway."""
    await _gateway(session, "software-control", "1-104", "--why", "display dark")
    begun = (await meters.state(KWH.meter))["register_kwh"]
    await _state(meters, KWH.meter, lambda state: state["register_kwh"] != begun)
    last = (await meters.state(KWH.meter))["register_kwh"]
    module = {"register_kwh": "0.00", "address": NEW_ADDRESS, "meter_number": NEW_ADDRESS}
    await meters.order({"meter": KWH.meter, "replace": module})
    place = ("--line", "a", "--address", NEW_ADDRESS, "--model", KWH.kind.model)
    read = ("--last", last, "--last-by", "lei", "--why", "display dark")
    await _gateway(session, "swap", KWH.meter, NEW_METER, *place, *read)
    seen.swap = await _central(session, "tests.journey.swap_leg", KWH.meter, NEW_METER)
    await _state(meters, KWH.meter, lambda state: state["contact_closed"])


async def _gateway(session: Session, *words: str) -> None:
    """Type a command at the gateway."""
    config = ("--config", str(session.folder.gateway_config(BUILDING)))
    await run_command(python("gateway", *words, "--yes", *config), {}, session.folder.root)


async def _work(session: Session, *act: str) -> list[str]:
    """Take a step of a work order at central, and wait for what the gateway reads back; give how it stands."""
    return await _central(session, "tests.journey.work_leg", *act)


async def _central(session: Session, module: str, *arguments: str) -> Any:
    """Run a leg of the journey in central's environment; give what it saw."""
    environment = {**session.parts.central_environment(), **WORK_ENVIRONMENT}
    return json.loads(await run_command(python(module, *arguments), environment, session.folder.root))


async def _contact(meters: MeterControl, *, closed: bool) -> bool:
    """Wait until the sold room's contact is where it should be; give where it is."""
    await _state(meters, SOLD.meter, lambda state: state["contact_closed"] is closed)
    return closed


async def _state(meters: MeterControl, meter: str, is_so: Callable[[State], object]) -> None:
    """Look at a meter again until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so(await meters.state(meter)):
            await asyncio.sleep(0.05)
