"""R-B5 through every real part: the broker is gone, cash is taken at the desk, a code and a file are carried in, the link returns.

Central's own command writes the vouchers, the gateway's own hands them in, the daemon is killed between, the auditor looks last.
"""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

from firmware_tools.auditor.command import run as run_audit
from firmware_tools.campus.cashier import Cashier
from firmware_tools.campus.demo_clock import DemoClock, real_now_ms
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.meter_control import MeterControl
from firmware_tools.campus.opening import CASHIER
from firmware_tools.campus.parts import Ports
from firmware_tools.campus.session import Manner, Session
from tests.free_ports import free_port
from tests.small_campus import BUILDING, CAMPUS, PATIENCE_S, SOLD

NOT_YET = "SELECT count(*) FROM link_delivery WHERE applied_ms IS NULL"
UNANSWERED = "SELECT count(*) FROM link_command WHERE state IN ('queued', 'sent') AND kind = 'grant'"
OUTCOMES = "SELECT outcome FROM link_command WHERE kind = 'grant' ORDER BY id DESC LIMIT 2"


async def test_r_b5_paid_while_the_link_is_down_is_carried_in_and_credited_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    DemoClock.resume(folder.root, 1, real_now_ms())
    session = Session(CAMPUS, folder, Ports(web=free_port(), mqtt=free_port()), print, Manner(sample_s=1))
    try:
        await session.start()
        meters = await MeterControl.connect(folder.control)
        await _contact(meters, closed=False)
        await session.supervisor.stop_part("broker")
        await _carry_in(session, meters)
        await session.supervisor.start(session.parts.broker("amqtt"))
        await _until_booked(folder)
        meters.close()
    finally:
        await session.stop()
    assert _ask(folder, OUTCOMES) == [("exists",), ("exists",)], "the commands came after the vouchers"
    audited = ["--central", folder.central_db, "--telemetry", folder.telemetry_db]
    audited += ["--gateway", folder.journal(BUILDING), "--truth", folder.truth]
    assert run_audit([str(one) for one in audited]) == 0


async def _carry_in(session: Session, meters: MeterControl) -> None:
    """The cut room's yuan by code: it is supplied. Then both payments by file, after a kill: one is new."""
    cashier = Cashier(session.web_url)
    await asyncio.to_thread(cashier.sign_in, CASHIER.name, CASHIER.password)
    await asyncio.to_thread(cashier.pay, "1-101", "1.00")
    [line] = (await session.opening.central("voucher", "1", "--codes")).splitlines()
    code, said = await _hand_in(session, line.split()[-1])
    assert (code, "applied  credited" in said) == (0, True), said
    await _contact(meters, closed=True)
    await asyncio.to_thread(cashier.pay, "1-102", "20.00")
    stick = session.folder.root / "cardroom-b1.voucher"
    stick.write_text(await session.opening.central("voucher", "1"), encoding="utf-8")
    session.supervisor.kill(f"gateway-{BUILDING.gateway}")
    async with asyncio.timeout(PATIENCE_S):
        while (answer := await _hand_in(session, str(stick)))[0] != 0:
            await asyncio.sleep(0.5)
    assert (answer[1].count("  applied  "), answer[1].count("  exists  ")) == (1, 1), answer[1]


async def _hand_in(session: Session, given: str) -> tuple[int, str]:
    config = session.folder.gateway_config(BUILDING)
    command = [sys.executable, "-m", "gateway", "voucher", given, "--config", str(config)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


async def _contact(meters: MeterControl, *, closed: bool) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await meters.state(SOLD.meter))["contact_closed"] is not closed:
            await asyncio.sleep(0.05)


async def _until_booked(folder: Folder) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while _ask(folder, NOT_YET) != [(0,)] or _ask(folder, UNANSWERED) != [(0,)]:
            await asyncio.sleep(0.5)


def _ask(folder: Folder, question: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(f"file:{folder.central_db}?mode=ro", uri=True, timeout=20)
    try:
        return database.execute(question).fetchall()
    finally:
        database.close()
