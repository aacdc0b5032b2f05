"""`cardroom-gateway find` as it is typed: killed, gone on with, written into the registry, taken back; its mistakes explained."""

import asyncio
import fcntl
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.wall_clock import WallClock
from gateway.__main__ import main
from gateway.technician.find.state_file import StateFile

SETTING = ("--baud", "9600", "--protocol", "dlt645-2007", "--expect", "3")


def meter(address: str, **spec: object) -> VirtualMeter:
    return VirtualMeter(MeterSpec(name=address, address=address, **spec), WallClock().now_ms())  # type: ignore[arg-type]


@pytest.fixture
async def line() -> AsyncIterator[VirtualLine]:
    meters = [
        meter("202411110001"),
        meter("202411110002", own_prepay="energy", own_credit="7.00"),
        meter("202411110004", clock_offset_s=900),
    ]
    line = VirtualLine(meters, PtyEndpoint(), WallClock(), baud=9600, turn_round_ms=(20, 30))
    await line.start()
    yield line
    await line.stop()


async def start(*words: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        "find",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def outcome(process: Process) -> tuple[int | None, str, str]:
    out, err = await process.communicate()
    assert "Traceback" not in err.decode()
    return process.returncode, out.decode(), err.decode()


Typed = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type a command in this process, beside the line: a process costs a second."""

    async def type_it(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("gateway.words._asked", ["en"])
        monkeypatch.setattr(sys, "argv", ["cardroom-gateway", "find", *words])
        capsys.readouterr()
        code = await asyncio.to_thread(main)
        return code, *capsys.readouterr()

    return type_it


async def until_found(kept: Path, count: int) -> None:
    async with asyncio.timeout(60):
        while not kept.exists() or len(json.loads(kept.read_bytes())["meters"]) < count:
            await asyncio.sleep(0.05)


def registry(folder: Path) -> dict[str, list[dict[str, Any]]]:
    tables = json.loads((folder / "registry.json").read_bytes())
    return {name: list(rows.values()) for name, rows in tables.items()}


async def test_a_search_is_killed_gone_on_with_written_down_and_taken_back(
    line: VirtualLine, tmp_path: Path, typed: Typed
) -> None:
    where = ("--port", line.address, "--data", str(tmp_path), *SETTING)
    killed = await start(*where)
    await until_found(tmp_path / "find.json", 1)
    killed.kill()
    await killed.wait()

    code, out, err = await typed(*where, "--save", "--yes")
    assert code == 0, err
    assert "3 meters" in out
    assert "Meter 202411110002 counts a credit of its own: it would cut by itself." in out
    assert "The clock of meter 202411110004 is +15 min off." in out
    rows = registry(tmp_path)
    assert [(row["name"], row["port"], row["baud"]) for row in rows["lines"]] == [("a", line.address, 9600)]
    assert {row["meter_number"]: row["address"] for row in rows["meters"]} == {
        "002411110001": "202411110001",
        "002411110002": "202411110002",
        "002411110004": "202411110004",
    }

    code, out, err = await typed(*where, "--json")
    shown = json.loads(out)
    assert (code, err) == (0, "")
    assert (shown["ok"], shown["done"], len(shown["meters"])) == (True, True, 3)
    assert {one["code"] for one in shown["findings"]} == {"own-prepay", "clock-off"}
    code, out, _ = await typed(*where, "--save", "--lang", "zh")
    assert code == 0
    assert "自带预付费" in out
    assert "已有 3 块表在登记中" in out

    assert (await typed("--undo", "--data", str(tmp_path)))[:2] == (0, "Taken back: 1 lines, 3 meters.\n")
    assert not any(registry(tmp_path).values())
    assert (await typed("--undo", "--data", str(tmp_path)))[0] == 1
    (tmp_path / "find.json").unlink()

    stopped = await start(*where)
    await until_found(tmp_path / "find.json", 1)
    stopped.send_signal(signal.SIGINT)
    code, out, err = await outcome(stopped)
    assert code == 1
    assert "the same command goes on" in out


async def test_what_cant_be_searched_is_explained(line: VirtualLine, tmp_path: Path, typed: Typed) -> None:
    data = ("--data", str(tmp_path))
    for words, code, sentence in (
        (("--expect", "0"), 2, "1 or more"),
        (("--baud", "7"), 2, "mostly 2400 or 9600"),
        (("--json", "--save"), 2, "give --yes"),
        (("--undo", "--save"), 2, "searches nothing"),
        (("--data", str(tmp_path / "none")), 1, "Check that the folder exists"),
        (("--port", str(tmp_path / "tty"), *data), 1, "is not there"),
        (("--port", __file__, *data), 1, "can't be opened"),
    ):
        got, out, err = await typed(*words)
        assert (got, sentence in out + err) == (code, True), (words, out, err)
    with StateFile(tmp_path).held():
        code, out, err = await typed("--json", *data)
    assert (code, json.loads(out)["error"]) == (1, "already-running")
    kept = tmp_path / "find.json"
    kept.write_text('{"version": 99}')
    busy = os.open(line.address, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(busy, fcntl.LOCK_EX)
    code, out, err = await typed("--port", line.address, *data)
    os.close(busy)
    assert code == 1
    assert "is in use" in out
    assert "systemctl stop cardroom-gateway" in out
    assert "put aside" in err
    assert kept.with_suffix(".json.damaged").exists()
