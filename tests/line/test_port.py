"""Opening, losing and finding again a port; and what the person at the keyboard is told."""

import asyncio
import fcntl
import os
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.serial_bus import PortFault, PortSettings, SerialBus, open_line, open_port, prompt_port
from gateway.adapters.serial_bus.bare_line import BareLine
from gateway.adapters.serial_bus.port import PortTrouble, name_trouble
from gateway.adapters.serial_bus.prompt_port import discard_and_close
from gateway.application.ports import LineGone, Rank
from gateway.protocols.driver import Answer, Item
from tests.free_ports import free_port
from tests.line.pty_line import PtyLine, answer
from tests.line.toy import ToyDriver


async def read(bus: SerialBus) -> object:
    return await bus.read(ToyDriver("1"), Item.ENERGY, Rank.READ_BACK)


async def until_it_answers(bus: SerialBus) -> None:
    while not isinstance(await read(bus), Answer):
        await asyncio.sleep(0.01)


async def fault_of(path: str) -> PortTrouble:
    trouble = await open_port(PortSettings(path, 2400, "E"), asyncio.Protocol())
    assert isinstance(trouble, PortTrouble)
    return trouble


async def test_a_missing_port_is_named_with_what_to_do() -> None:
    trouble = await fault_of("/dev/ttyUSB77")
    assert trouble.fault is PortFault.MISSING
    assert "/dev/ttyUSB77" in str(trouble)
    assert "plugged in" in str(trouble)


async def test_a_busy_port_is_named(far_end: PtyLine) -> None:
    holder = os.open(far_end.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    trouble = await fault_of(far_end.path)
    os.close(holder)
    assert trouble.fault is PortFault.BUSY
    assert f"fuser -v {far_end.path}" in trouble.remedy


async def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    (tmp_path / "meters.csv").touch()
    assert (await fault_of(str(tmp_path / "meters.csv"))).fault is PortFault.NOT_SERIAL
    assert (await fault_of(str(tmp_path))).fault is PortFault.NOT_SERIAL


async def test_a_serial_server_that_is_not_there_is_named() -> None:
    trouble = await fault_of(f"socket://127.0.0.1:{free_port()}")
    assert trouble.fault is PortFault.UNREACHABLE
    assert "refused" in trouble.detail


@pytest.mark.parametrize("path", ["socket://nowhere", "socket://127.0.0.1:99999", "nonsense://x", ""])
async def test_a_path_that_makes_no_sense_is_an_answer_too(path: str) -> None:
    await fault_of(path)


def test_no_permission_is_named() -> None:
    trouble = name_trouble(PortSettings("/dev/ttyUSB0", 2400, "E"), PermissionError(13, "Permission denied"))
    assert trouble.fault is PortFault.FORBIDDEN
    assert "dialout" in trouble.remedy


async def test_a_pty_opens_with_even_parity_again_and_again(far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(answer(request, 1))
    for _ in range(3):
        bus = open_line("north", far_end.path, 2400, "E")
        bus.start()
        await until_it_answers(bus)
        await bus.close()


async def test_a_missing_port_answers_at_once_and_is_found_when_it_comes(
    tmp_path: Path, far_end: PtyLine
) -> None:
    path = tmp_path / "ttyUSB0"
    bus = open_line("north", str(path), 9600, "N")
    bus.start()
    reply = await read(bus)
    assert isinstance(reply, LineGone)
    assert "missing" in reply.why
    assert bus.trouble is not None
    far_end.on_request = lambda request: far_end.send(answer(request, 1))
    path.symlink_to(far_end.path)
    await until_it_answers(bus)
    assert bus.trouble is None
    await bus.close()


async def test_an_adapter_unplugged_in_mid_exchange_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB0"
    first = PtyLine()
    path.symlink_to(first.path)
    bus = open_line("north", str(path), 9600, "N")
    bus.start()
    first.on_request = lambda request: first.unplug()
    assert isinstance(await read(bus), LineGone)
    assert isinstance(await read(bus), LineGone)
    second = PtyLine()
    second.on_request = lambda request: second.send(answer(request, 1))
    path.unlink()
    path.symlink_to(second.path)
    await until_it_answers(bus)
    assert bus.counters()["openings"] == 2
    await bus.close()
    second.unplug()


async def test_an_adapter_unplugged_while_idle_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB0"
    first = PtyLine()
    first.on_request = lambda request: first.send(answer(request, 1))
    path.symlink_to(first.path)
    bus = open_line("north", str(path), 9600, "N")
    bus.start()
    await until_it_answers(bus)
    first.unplug()
    second = PtyLine()
    second.on_request = lambda request: second.send(answer(request, 2))
    path.unlink()
    path.symlink_to(second.path)
    await until_it_answers(bus)
    await bus.close()
    second.unplug()


async def test_an_adapter_that_takes_no_bytes_is_reopened() -> None:
    """The far end never reads: the kernel's buffer fills, and the bus must neither hang nor pile up bytes."""
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    bus = open_line("north", os.ttyname(slave), 115200, "N", latency_s=0.0)
    bus.start()
    long_name = "9" * 2000
    replies = [await bus.read(ToyDriver(long_name), Item.ENERGY, Rank.READ_BACK) for _ in range(9)]
    assert any(isinstance(reply, LineGone) for reply in replies)
    assert bus.counters()["stuck-writes"] >= 1
    await bus.close()
    os.close(master)
    os.close(slave)


async def test_a_serial_server_that_drops_us_is_called_again() -> None:
    calls = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        request = await reader.readline()
        if calls > 1:
            writer.write(answer(request.rstrip(), 4))
            await writer.drain()
            await reader.readline()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    bus = open_line("north", f"socket://127.0.0.1:{number}", 9600, "N")
    bus.start()
    assert isinstance(await read(bus), LineGone)
    await until_it_answers(bus)
    assert calls == 2
    await bus.close()
    server.close()


async def test_closing_while_the_port_is_still_opening_leaves_nothing_behind(far_end: PtyLine) -> None:
    bus = open_line("north", far_end.path, 9600, "N")
    bus.start()
    await asyncio.sleep(0)
    await bus.close()
    far_end.on_request = lambda request: far_end.send(answer(request, 1))
    again = open_line("north", far_end.path, 9600, "N")
    again.start()
    await until_it_answers(again)
    await again.close()


async def test_a_line_that_was_closed_can_be_opened_at_once_though_closing_takes_its_time(
    far_end: PtyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def takes_its_time(port: Any) -> None:
        time.sleep(0.3)
        discard_and_close(port)

    monkeypatch.setattr(prompt_port, "discard_and_close", takes_its_time)
    for baud in (2400, 9600):
        line = BareLine(PortSettings(far_end.path, baud, "E"))
        assert await line.open() is None
        await line.close()
