"""Turns on a port driven by hand: what leaves in which call, and what an old opening can still do to a new one."""

import asyncio

import pytest

from gateway.adapters.serial_bus import PortSettings, SerialBus, Transport, open_line
from gateway.adapters.serial_bus import wire as wire_module
from gateway.application.ports import LineGone, Rank, Silent
from gateway.protocols.driver import Answer, Item
from tests.line.pty_line import answer
from tests.line.toy import ToyDriver


class HandPort:
    """Keeps what is written; the test says what is heard, and when the port is lost."""

    def __init__(self, protocol: asyncio.Protocol, *, loses: bool = True) -> None:
        self.heard, self.lost = protocol.data_received, protocol.connection_lost
        self._loses = loses
        self.written: list[bytes] = []
        protocol.connection_made(self)  # type: ignore[arg-type]

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        if self._loses:
            asyncio.get_running_loop().call_soon(self.lost, None)

    async def wait_closed(self, limit_s: float) -> None:
        pass


def line_of_ports(ports: list[HandPort], *, loses: bool = True) -> SerialBus:
    async def opener(settings: PortSettings, protocol: asyncio.Protocol) -> Transport:
        ports.append(HandPort(protocol, loses=loses))
        return ports[-1]

    return open_line("north", "/by-hand", 9600, "N", latency_s=0.0, opener=opener)


def ask(bus: SerialBus, address: str) -> "asyncio.Task[object]":
    return asyncio.create_task(bus.read(ToyDriver(address), Item.ENERGY, Rank.POLL))


async def test_the_next_request_leaves_in_the_call_that_brings_the_last_byte() -> None:
    ports: list[HandPort] = []
    bus = line_of_ports(ports)
    bus.start()
    replies = [ask(bus, "1"), ask(bus, "2")]
    await asyncio.sleep(0.01)
    (port,) = ports
    assert port.written == [b"?1/energy\n"]
    whole = answer(b"?1/energy", 5)
    port.heard(whole[:-1])
    assert port.written == [b"?1/energy\n"]
    port.heard(whole[-1:])
    assert port.written == [b"?1/energy\n", b"?2/energy\n"]
    port.heard(answer(b"?2/energy", 6))
    assert all(isinstance(reply, Answer) for reply in await asyncio.gather(*replies))
    await bus.close()


async def test_a_question_on_an_idle_line_leaves_at_once() -> None:
    ports: list[HandPort] = []
    bus = line_of_ports(ports)
    bus.start()
    await asyncio.sleep(0.01)
    asked = bus.read(ToyDriver("1"), Item.ENERGY, Rank.POLL)
    asked.send(None)
    assert ports[0].written == [b"?1/energy\n"]
    asked.close()
    await bus.close()


async def test_a_port_that_is_lost_late_ends_its_own_opening_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter that never says it is gone is left behind; when it says so after all, the new port has a question on it."""
    monkeypatch.setattr(wire_module, "ABORT_GRACE_S", 0.01)
    ports: list[HandPort] = []
    bus = line_of_ports(ports, loses=False)
    bus.start()
    await asyncio.sleep(0.01)
    stuck = ports[0]
    stuck.get_write_buffer_size = lambda: 1  # type: ignore[method-assign]
    assert isinstance(await ask(bus, "1"), LineGone)
    while len(ports) < 2 or bus.trouble is not None:
        await asyncio.sleep(0.01)
    reply = ask(bus, "2")
    await asyncio.sleep(0)
    stuck.heard(b"!2/energy/666\n")
    stuck.lost(OSError("gone at last"))
    await asyncio.sleep(0.01)
    assert not reply.done()
    ports[1].heard(answer(b"?2/energy", 7))
    heard = await reply
    assert isinstance(heard, Answer)
    assert heard.values.energy_wh == 7
    await bus.close()


async def test_a_port_lost_before_a_retry_answers_who_waits() -> None:
    ports: list[HandPort] = []
    bus = line_of_ports(ports)
    bus.start()
    await asyncio.sleep(0.01)
    first, second = ask(bus, "1"), ask(bus, "2")
    await asyncio.sleep(0.01)
    ports[0].lost(OSError("pulled out"))
    replies = await asyncio.gather(first, second)
    assert all(isinstance(reply, LineGone) for reply in replies)
    assert "pulled out" in str(replies[0])
    assert not any(isinstance(reply, Silent) for reply in replies)
    await bus.close()


async def test_a_bug_while_an_answer_is_taken_reaches_the_caller_whose_turn_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ports: list[HandPort] = []
    bus = line_of_ports(ports)
    owner = bus.start()
    await asyncio.sleep(0.01)
    first, second = ask(bus, "1"), ask(bus, "2")
    await asyncio.sleep(0.01)

    def broken(address: str) -> None:
        raise ZeroDivisionError(address)

    monkeypatch.setattr(bus._turns.health, "note_answer", broken)
    ports[0].heard(answer(b"?1/energy", 5))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(first, 5)
    with pytest.raises(RuntimeError, match="programming error"):
        await asyncio.wait_for(second, 5)
    with pytest.raises(ZeroDivisionError):
        await owner
    await bus.close()
