"""The control socket under friends and foes: orders are done, nothing a client sends or withholds stops the daemon."""

import asyncio
import contextlib
import getpass
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters import control_socket
from gateway.adapters.control_client import Trouble, Unreachable, ask
from gateway.adapters.control_protocol import (
    MAX_LINE_BYTES,
    ControlRefusal,
    Reply,
    decode_reply,
    decode_request,
)
from gateway.adapters.control_socket import AlreadyRunning, ControlServer, Handler, Order, Unable


async def echo(order: Order) -> object:
    return {"by": order.by, **order.arguments}


async def release(order: Order) -> object:
    if order.text("account") != "b1-301":
        raise Unable("there is no such account; `status` shows them")
    return None


async def broken(_order: Order) -> object:
    raise ZeroDivisionError


async def number(order: Order) -> object:
    return order.number("count")


HANDLERS: dict[str, Handler] = {"echo": echo, "release": release, "broken": broken, "number": number}


@contextlib.asynccontextmanager
async def serving(path: Path) -> AsyncIterator[ControlServer]:
    server = ControlServer(path, HANDLERS)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def asked(
    path: Path, do: str, arguments: dict[str, str | int | bool] | None = None
) -> Reply | Unreachable:
    return await asyncio.to_thread(ask, path, do, arguments, 60)


async def sent(path: Path, data: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE_BYTES)
    with contextlib.suppress(ConnectionError):
        writer.write(data)
        await writer.drain()
    try:
        return await asyncio.wait_for(reader.readline(), 60)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_an_order_is_done_and_knows_who_asked(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with serving(path):
        reply = await asked(path, "echo", {"account": "1-301 宿舍", "count": 3, "end": True})
        assert isinstance(reply, Reply)
        assert msgspec.json.decode(reply.result) == {
            "by": getpass.getuser(), "account": "1-301 宿舍", "count": 3, "end": True,
        }  # fmt: skip
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert not path.exists()


@pytest.mark.parametrize(
    ("do", "arguments", "refusal", "says"),
    [
        ("relase", {}, ControlRefusal.UNKNOWN_ORDER, "release"),
        ("release", {"account": "b9"}, ControlRefusal.REFUSED, "no such account"),
        ("release", {}, ControlRefusal.REFUSED, "'account'"),
        ("release", {"account": 5}, ControlRefusal.REFUSED, "as text"),
        ("number", {"count": True}, ControlRefusal.REFUSED, "whole number"),
        ("broken", {}, ControlRefusal.FAILED, "journalctl"),
    ],
)
async def test_what_is_not_done_says_why(
    tmp_path: Path, do: str, arguments: dict[str, str | int | bool], refusal: ControlRefusal, says: str
) -> None:
    path = tmp_path / "control.sock"
    async with serving(path):
        reply = await asked(path, do, arguments)
        assert isinstance(reply, Reply)
        assert reply.refusal is refusal
        assert says in reply.message
        assert isinstance(await asked(path, "echo"), Reply)


async def test_no_daemon_is_told_apart_from_a_daemon_that_left_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    for _ in range(2):
        answer = await asked(path, "echo")
        assert isinstance(answer, Unreachable)
        assert answer.trouble is Trouble.NOT_RUNNING
        assert "systemctl start" in answer.message
        with socket.socket(socket.AF_UNIX) as left_behind, contextlib.suppress(OSError):
            left_behind.bind(str(path))
    async with serving(path):
        assert isinstance(await asked(path, "echo"), Reply)


async def test_a_second_daemon_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with serving(path):
        with pytest.raises(AlreadyRunning):
            await ControlServer(path, HANDLERS).start()
        assert isinstance(await asked(path, "echo"), Reply)


async def test_a_folder_deeper_than_a_sockets_address_works(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    async with serving(folder / "control.sock"):
        assert isinstance(await asked(folder / "control.sock", "echo"), Reply)


async def test_a_line_without_end_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with serving(path):
        reply = decode_reply(await sent(path, b"x" * (MAX_LINE_BYTES * 2)))
        assert reply is None or reply.refusal is ControlRefusal.TOO_LONG
        too_long = await asked(path, "echo", {"sealed": "x" * MAX_LINE_BYTES})
        assert isinstance(too_long, Unreachable)
        assert too_long.trouble is Trouble.TOO_LONG
        assert isinstance(await asked(path, "echo"), Reply)


async def test_silent_clients_are_sent_away_and_too_many_wait_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_socket, "REQUEST_TIMEOUT_S", 1.0)
    path = tmp_path / "control.sock"
    async with serving(path):
        silent = [await asyncio.open_unix_connection(path) for _ in range(control_socket.MAX_CLIENTS)]
        busy = await asked(path, "echo")
        assert isinstance(busy, Reply)
        assert busy.refusal is ControlRefusal.BUSY
        for reader, writer in silent:
            assert await asyncio.wait_for(reader.read(), 60) == b""
            writer.close()
        reply = await asked(path, "echo")
        assert isinstance(reply, Reply)
        assert reply.refusal is None


async def test_stop_sends_waiting_clients_away(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with serving(path):
        reader, writer = await asyncio.open_unix_connection(path)
        await asyncio.sleep(0)
    assert await asyncio.wait_for(reader.read(), 60) == b""
    writer.close()


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(msgspec.json.encode)
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_line_raises(line: bytes) -> None:
    decode_request(line)
    decode_reply(line)


async def test_hostile_lines_cost_nobody_anything(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    hostile = [
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"do":5}\n',
        b'{"do":"echo","arguments":{"a":[1]}}\n',
    ]
    async with serving(path):
        for data in hostile:
            reply = decode_reply(await sent(path, data))
            assert reply is not None
            assert reply.refusal is ControlRefusal.MALFORMED
        assert isinstance(await asked(path, "echo"), Reply)


def test_something_else_on_the_socket_is_told(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        import threading

        def answer() -> None:
            connection, _ = listener.accept()
            connection.recv(1_000)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        reply = ask(path, "echo", timeout_s=20)
        thread.join()
    assert isinstance(reply, Unreachable)
    assert reply.trouble is Trouble.GARBLED
