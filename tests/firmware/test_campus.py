"""A campus: its file, its control channel, its truth, and what survives a kill -9."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from firmware_tools.virtual_meter import ManualClock, WallClock
from firmware_tools.virtual_meter.campus import Campus
from firmware_tools.virtual_meter.campus_file import read_campus
from firmware_tools.virtual_meter.control import ControlServer
from firmware_tools.virtual_meter.relay import Action
from firmware_tools.virtual_meter.supply import UWS_PER_WH

CAMPUS = """
[campus]
truth = "truth.db"
sample_s = 0.25
[[line]]
name = "north"
port = "pty:north"
baud = 9600
  [[line.meter]]
  name = "101"
  address = "202411110002"
  load = "1kW"
  register_kwh = "10.00"
  relay_delay_ms = 0
  [[line.meter]]
  name = "r"
  count = 3
  address = "5"
  load = "dormitory:4.5"
"""
HOUR_MS = 3_600_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "campus.toml"
    path.write_text(CAMPUS)
    return path


@asynccontextmanager
async def running(file: Path, clock: ManualClock) -> AsyncIterator[Campus]:
    campus = Campus(read_campus(file), file.parent, clock)
    await campus.start()
    try:
        yield campus
    finally:
        await campus.stop()


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(file.parent / "truth.db") as store:
        return store.execute(query).fetchall()


async def test_counted_meters_get_names_and_addresses(file: Path) -> None:
    async with running(file, ManualClock()) as campus:
        assert {name: meter.identity.address for name, meter in campus.meters.items()} == {
            "101": "202411110002",
            "r-001": "5",
            "r-002": "6",
            "r-003": "7",
        }
        assert campus.lines["north"].address == str(file.parent / "north")


async def test_truth_holds_every_relay_move_with_the_exact_energy(file: Path) -> None:
    clock = ManualClock()
    async with running(file, clock) as campus:
        clock.at_ms += HOUR_MS
        campus.advance()
        campus.meters["101"].command_relay(Action.TRIP)
        clock.at_ms += HOUR_MS
    moves = rows(
        file,
        "SELECT cause, at_ms, energy_wh, energy_rest_uws, register_centi_kwh, contact_closed, commanded_closed"
        " FROM samples WHERE meter='101' AND cause != 'sample' ORDER BY sample",
    )
    first = clock.at_ms - 2 * HOUR_MS
    assert moves == [
        ("start", first, 0, 0, 1000, 1, 1),
        ("relay-command", first + HOUR_MS, 1000, 0, 1100, 1, 0),
        ("relay", first + HOUR_MS, 1000, 0, 1100, 0, 0),
        ("stop", clock.at_ms, 1000, 0, 1100, 0, 0),
    ]
    assert rows(file, "SELECT count(*) FROM runs WHERE stopped_at_ms IS NOT NULL") == [(1,)]


async def test_nothing_is_delivered_while_open_except_through_a_weld(file: Path) -> None:
    clock = ManualClock()
    async with running(file, clock) as campus:
        campus.meters["r-001"].set_load("1kW")
        campus.meters["r-001"].break_relay(type(campus.meters["r-001"].relay.fault)("welded"))
        for name in ("101", "r-001"):
            campus.meters[name].command_relay(Action.TRIP)
            clock.at_ms += 1000
            campus.advance()
        clock.at_ms += HOUR_MS
    open_wh = dict(rows(file, "SELECT meter, open_wh FROM samples WHERE cause='stop'"))
    assert open_wh == {"101": 0, "r-001": 1000, "r-002": 0, "r-003": 0}


async def test_a_clean_stop_is_a_power_cut_and_a_restart_goes_on(file: Path) -> None:
    clock = ManualClock()
    async with running(file, clock) as campus:
        clock.at_ms += HOUR_MS
        campus.advance()
        campus.meters["101"].set_load("2kW")
        before = {name: meter.energy.total_uws for name, meter in campus.meters.items()}
    clock.at_ms += 10 * HOUR_MS
    async with running(file, clock) as campus:
        assert {name: meter.energy.total_uws for name, meter in campus.meters.items()} == before
        clock.at_ms += HOUR_MS
        campus.advance()
        assert campus.meters["101"].energy.total_uws == 3000 * UWS_PER_WH
        assert campus.meters["101"].counters.power_off == 1


async def test_after_an_unclean_end_the_rooms_have_gone_on(file: Path) -> None:
    clock = ManualClock()
    campus = Campus(read_campus(file), file.parent, clock)
    await campus.start()
    clock.at_ms += HOUR_MS
    campus.advance()
    campus.meters["101"].command_relay(Action.TRIP)
    for line in campus.lines.values():
        await line.stop()
    clock.at_ms += HOUR_MS
    again = Campus(read_campus(file), file.parent, clock)
    await again.start()
    assert again.meters["101"].energy.total_uws == 1000 * UWS_PER_WH
    assert not again.meters["101"].relay.contact_closed
    untouched = Campus(read_campus(file), file.parent, ManualClock(clock.at_ms - 2 * HOUR_MS))
    for meter in untouched.meters.values():
        meter.advance(clock.at_ms)
    for name in ("r-001", "r-002", "r-003"):
        assert again.meters[name].energy == untouched.meters[name].energy
    await again.stop()
    await campus.stop()


async def test_a_clock_that_went_back_takes_no_register_back(file: Path) -> None:
    clock = ManualClock()
    async with running(file, clock) as campus:
        clock.at_ms += HOUR_MS
    clock.at_ms -= 30 * 60_000
    async with running(file, clock) as campus:
        assert campus.meters["101"].register_centi_kwh() == 1100
        clock.at_ms += HOUR_MS
        campus.advance()
        assert campus.meters["101"].register_centi_kwh() == 1200


async def test_a_replaced_meter_is_a_new_install_in_the_truth(file: Path) -> None:
    clock = ManualClock()
    async with running(file, clock) as campus:
        clock.at_ms += HOUR_MS
        campus.advance()
        campus.meters["101"].replace("77", None, "3.00")
        clock.at_ms += HOUR_MS
    assert rows(file, "SELECT install, address, register_start_centi_kwh FROM meters WHERE meter='101'") == [
        (1, "202411110002", 1000),
        (2, "77", 300),
    ]
    ends = "SELECT install, energy_wh, register_centi_kwh FROM samples WHERE meter='101' AND cause IN ('removed', 'stop')"
    assert rows(file, ends) == [(1, 1000, 1100), (2, 1000, 400)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[[line]]\nname=1", r"\$\.line\[0\]\.name"),
        ("[[line]]\nname='a'\nboud=9600", "boud"),
        ("[[line]]\nname='a'\nbaud=0", "baud"),
        ("[[line]]\nname='a'\n[[line.meter]]\nname='m'\naddress='x'", "digits"),
        ("[[line]]\nname='a'\n[[line.meter]]\nname='m'\naddress='1'\nmodel='sdm'", "sdm120"),
        ("[[line]]\nname='a'\n[[line]]\nname='a'", "more than once"),
        ("line = []", "at least one"),
        ("[[line]\n", "no TOML"),
        ("name = '\xff'".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_wrong_campus_file_says_where(file: Path, wrong: str | bytes, said: str) -> None:
    file.write_bytes(wrong if isinstance(wrong, bytes) else wrong.encode())
    with pytest.raises(ValueError, match=said):
        read_campus(file)


def test_the_documented_campus_file_is_one(file: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "virtual-meter.md").read_text()
    example = page[page.index("    [campus]") : page.index("Two meters with")]
    file.write_text(textwrap.dedent(example))
    assert [meter.name for meter in read_campus(file).line[0].meter] == ["101"]


@pytest.mark.parametrize("content", ["", "{}", '{"demo_epoch_ms": 1, "real_epoch_ms": 0, "rate": 0}'])
def test_a_wrong_clock_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "clock.json").write_text(content)
    with pytest.raises(ValueError, match=r"clock\.json"):
        WallClock.from_file(tmp_path / "clock.json")


def test_the_clock_file_scales_time(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text('{"demo_epoch_ms": 1000, "real_epoch_ms": 0, "rate": 2}')
    real, scaled = WallClock(), WallClock.from_file(tmp_path / "clock.json")
    assert scaled.now_ms() == pytest.approx(1000 + 2 * real.now_ms(), abs=10_000)


class Controller:
    """The other end of a control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, **order: object) -> dict[str, Any]:
        """Send an order; return the next line."""
        self._writer.write(json.dumps(order).encode() + b"\n")
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        """Return the next line."""
        line = await asyncio.wait_for(self._reader.readline(), 60)
        found: dict[str, Any] = json.loads(line)
        return found


@asynccontextmanager
async def controlled(file: Path) -> AsyncIterator[tuple[Campus, Controller]]:
    async with running(file, ManualClock()) as campus:
        control = ControlServer(campus, file.parent / "control")
        await control.start()
        reader, writer = await asyncio.open_unix_connection(file.parent / "control")
        try:
            yield campus, Controller(reader, writer)
        finally:
            writer.close()
            await control.stop()


async def test_orders_change_meters_and_lines(file: Path) -> None:
    async with controlled(file) as (campus, controller):
        answer = await controller.say(meter="101", set={"load_w": 1200, "jump_centi_kwh": 5})
        assert (answer["ok"], answer["power_w"], answer["register_kwh"]) == (True, 1200.0, "10.05")
        assert (await controller.say(meter="101", weld=True))["relay_fault"] == "welded"
        assert (await controller.say(meter="101", replace={"register_kwh": "1.00"}))["install"] == 2
        assert (await controller.say(meter="101", press_key=True))["closing"] is False
        assert (await controller.say(line="north", fault={"loss": 0.25}))["faults"]["loss"] == 0.25
        assert (await controller.say(line="north", fault={"echo": True}))["faults"]["loss"] == 0.25
        assert (await controller.say(line="north", unplug=True))["plugged"] is False
        assert (await controller.say(line="north", plug=True))["plugged"] is True
        assert len((await controller.say(meter="*", get=True))["meters"]) == 4
        assert campus.meters["101"].load_text == "1200.0W"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"meter": "nobody"}, "nobody"),
        ({"meter": ["101"]}, "101"),
        ({"line": "south", "get": True}, "south"),
        ({"meter": "101", "set": {"lode_w": 1}}, "lode_w"),
        ({"meter": "101", "set": {"load": "much"}}, "500W"),
        ({"meter": "101", "replace": {"register_kwh": "-1"}}, "999999.99"),
        ({"line": "north", "fault": {"loss": "often"}}, "loss"),
        ({}, "list"),
    ],
)
async def test_a_wrong_order_is_refused_and_the_channel_goes_on(
    file: Path, order: dict[str, object], said: str
) -> None:
    async with controlled(file) as (_, controller):
        answer = await controller.say(**order)
        assert answer["ok"] is False
        assert said in answer["error"]
        assert (await controller.say(list=True))["ok"] is True


async def test_subscribers_hear_relay_moves_with_a_monotonic_instant(file: Path) -> None:
    async with controlled(file) as (_, controller):
        begun = (await controller.say(subscribe=True))["monotonic_s"]
        assert (await controller.say(meter="101", trip=True))["event"] == "relay-command"
        moved = await controller.hear()
        assert (moved["event"], moved["contact_closed"]) == ("relay", False)
        assert begun <= moved["monotonic_s"] <= asyncio.get_running_loop().time()
        assert (await controller.hear())["ok"] is True


async def test_a_second_process_on_the_same_socket_is_refused(file: Path) -> None:
    async with controlled(file) as (campus, _):
        with pytest.raises(ValueError, match="in use"):
            await ControlServer(campus, file.parent / "control").start()


async def test_a_file_at_the_control_path_is_kept(file: Path) -> None:
    (file.parent / "control").write_text("notes")
    with pytest.raises(ValueError, match="no socket"):
        await ControlServer(Campus(read_campus(file), file.parent), file.parent / "control").start()
    assert (file.parent / "control").read_text() == "notes"


def start_process(file: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "firmware_tools",
        "virtual-meter",
        "--campus",
        str(file),
        "--control",
        str(file.parent / "c"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["line"] == "north"
    return process


def test_registers_and_relays_survive_kill_nine(file: Path) -> None:
    async def shown(order: dict[str, object]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(file.parent / "c")
        try:
            return await Controller(reader, writer).say(**order)
        finally:
            writer.close()

    energy = 0
    for round_number in range(3):
        process = start_process(file)
        try:
            answer = asyncio.run(shown({"meter": "101", "set": {"load": f"{round_number + 1}00kW"}}))
            assert answer["energy_wh"] * UWS_PER_WH + answer["energy_rest_uws"] >= energy
            energy = answer["energy_wh"] * UWS_PER_WH + answer["energy_rest_uws"]
            assert answer["load"] == f"{round_number + 1}00kW"
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    process = start_process(file)
    answer = asyncio.run(shown({"meter": "101", "get": True}))
    assert answer["load"] == "300kW"
    assert answer["energy_wh"] * UWS_PER_WH + answer["energy_rest_uws"] > energy
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert not os.path.lexists(file.parent / "north")


def test_a_truth_file_that_breaks_ends_the_process_with_a_sentence(file: Path) -> None:
    process = start_process(file)
    with sqlite3.connect(file.parent / "truth.db") as store:
        store.execute("DROP TABLE samples")
    _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "truth file can't be written" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "com1"], "tcp:"),
        (["--load", "lots"], "500W"),
        (["--address", "x"], "digits"),
        (["--register", "-1"], "register"),
        (["--campus", "none.toml"], "none.toml"),
        (["--truth", "/proc/none/truth.db"], "truth"),
        (["--model", "sdm120", "--address", "999"], "247"),
    ],
)
def test_wrong_arguments_end_with_a_sentence_not_a_traceback(arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "firmware_tools", "virtual-meter", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


MASTER = """
  [[line.meter]]
  name = "main"
  address = "9"
  model = "dlt645-3p"
  load = "100W"
  behind = ["101", "r-001"]
  lost_ppm = 20000
"""


async def test_a_master_counts_what_flows_through_it_and_not_what_is_cut(file: Path) -> None:
    file.write_text(CAMPUS + MASTER)
    clock = ManualClock(1_790_000_000_000)
    async with running(file, clock) as campus:
        main, subs = campus.meters["main"], [campus.meters["101"], campus.meters["r-001"]]
        clock.at_ms += 6 * HOUR_MS
        campus.advance()
        used = sum(sub.energy.total_uws for sub in subs)
        assert main.energy.total_uws == pytest.approx(used * 1.02 + 600 * UWS_PER_WH, rel=1e-6)
        subs[0].command_relay(Action.TRIP)
        before = main.energy.total_uws
        clock.at_ms += 1_000
        campus.advance()
        clock.at_ms += HOUR_MS
        campus.advance()
        assert main.energy.total_uws - before < 900 * UWS_PER_WH, "its kilowatt is gone"


def test_a_master_of_meters_that_are_not_there_is_refused(file: Path) -> None:
    file.write_text(CAMPUS + MASTER.replace("r-001", "nobody"))
    with pytest.raises(ValueError, match="meter main: no meters nobody can be behind it"):
        Campus(read_campus(file), file.parent, ManualClock(1_790_000_000_000))
