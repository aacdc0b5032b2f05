"""The whole system once, small and real: meters on ptys, gateway, broker, web server and ingest as processes.

A payment at the web desk closes the relay; the credit runs out and the relay opens; the end leaves no process behind.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_tools.auditor.command import audit, gather
from firmware_tools.campus.cashier import Cashier
from firmware_tools.campus.demo_clock import DemoClock, real_now_ms
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.layout import Building, Campus, CustomerClass, Line, Room
from firmware_tools.campus.meter_control import MeterControl
from firmware_tools.campus.opening import CASHIER
from firmware_tools.campus.parts import Ports
from firmware_tools.campus.session import Manner, Session, free_port

ROOM = Room("101", "M101", "a", "202007010001", "24kW", occupants=("王伟",), trip_limit_a=200)
PAID = replace(ROOM, label="102", meter="M102", address="202007010002", load="500W", pays_yuan=("20.00",))
PROTECTED = replace(ROOM, label="103", meter="M103", address="202007010003", load="300W", protected=True)
BUILDING = Building("1", "1号楼", "b1", (Line("a", 9600),), (ROOM, PAID, PROTECTED))
CAMPUS = Campus(
    (BUILDING,), (CustomerClass("dormitory", "学生宿舍", "9.9999"),), polling={"readings_commit_s": 1}
)


@pytest.fixture
async def session(tmp_path, capsys):
    folder = Folder(tmp_path)
    DemoClock.resume(folder.root, 1, real_now_ms())
    session = Session(CAMPUS, folder, Ports(free_port(18_300), free_port(18_400)), print, Manner(sample_s=1))
    try:
        await session.start()
        yield session
    finally:
        await session.stop()
        for log in sorted(folder.logs.iterdir()):
            print(f"--- {log.name}\n{log.read_text()[-3000:]}")


async def contact(meters: MeterControl, meter: str, *, closed: bool) -> None:
    """Wait until a meter's contact is where it should be."""
    async with asyncio.timeout(40):
        while (await meters.state(meter))["contact_closed"] is not closed:
            await asyncio.sleep(0.05)


@pytest.mark.timeout(150)
async def test_a_payment_closes_the_relay_and_its_end_opens_it(session):
    meters = await MeterControl.connect(session.folder.control)
    await contact(meters, ROOM.meter, closed=False)

    cashier = Cashier(session.web_url)
    await asyncio.to_thread(cashier.sign_in, CASHIER.name, CASHIER.password)
    await asyncio.to_thread(cashier.pay, "1-101", "1.00")
    await contact(meters, ROOM.meter, closed=True)
    await contact(meters, ROOM.meter, closed=False)
    await contact(meters, PAID.meter, closed=True)
    await contact(meters, PROTECTED.meter, closed=True)
    meters.close()

    pids = [session.supervisor.pid(name) for name in ("meters", "broker", "ingest", "web", "gateway-b1")]
    await session.stop()
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []

    folder = session.folder
    evidence = gather(folder.central_db, folder.telemetry_db, [folder.journal(BUILDING)], folder.truth)
    assert len(evidence.books.payments) == 2
    kinds = [(entry.account, entry.kind) for entry in evidence.journals[0].entries]
    assert ("1-101.1", "grant") in kinds
    assert ("1-101.1", "consumption") in kinds
    assert audit(evidence, quiet=False) == []
