"""Hours of polling in a moment: the bus on a loop whose time jumps to the next timer, on a simulated port."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from gateway.adapters.serial_bus import PortSettings, open_line
from gateway.adapters.serial_bus.health import LineHealth
from gateway.application.ports import BackedOff, Rank
from gateway.protocols.driver import Answer, Item
from tests.line.pty_line import answer
from tests.line.toy import ToyDriver
from tests.virtual_time import VirtualLoop

EXCHANGE_S = 0.05


class SimulatedPort:
    """A line of meters that answer in EXCHANGE_S; the dead ones don't."""

    def __init__(self, protocol: asyncio.Protocol, dead: set[bytes]) -> None:
        self._protocol, self._dead = protocol, dead
        protocol.connection_made(self)  # type: ignore[arg-type]

    def write(self, data: bytes) -> None:
        if data[1:].split(b"/")[0] not in self._dead:
            asyncio.get_running_loop().call_later(
                EXCHANGE_S, self._protocol.data_received, answer(data.rstrip(), 1)
            )

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    async def wait_closed(self, limit_s: float) -> None:
        pass


def run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(work)


def test_three_dead_meters_of_thirty_two_cost_two_percent_once_known() -> None:
    async def poll_for_a_while() -> None:
        dead = {b"3", b"17", b"30"}

        async def opener(settings: PortSettings, protocol: asyncio.Protocol) -> SimulatedPort:
            return SimulatedPort(protocol, dead)

        loop = asyncio.get_running_loop()
        bus = open_line("north", "/simulated", 9600, "N", opener=opener)
        bus.start()
        meters = [ToyDriver(str(number)) for number in range(32)]

        async def sweep_until(instant_s: float) -> int:
            answers = 0
            while loop.time() < instant_s:
                for meter in meters:
                    answers += isinstance(await bus.read(meter, Item.ENERGY, Rank.POLL), Answer)
            return answers

        await sweep_until(300)
        known_since_s = loop.time()
        answers = await sweep_until(1500)
        spent_s = loop.time() - known_since_s
        assert (spent_s - answers * EXCHANGE_S) / spent_s <= 0.02
        await bus.close()

    run(poll_for_a_while())


def test_a_meter_that_comes_back_is_found_within_five_minutes() -> None:
    async def lose_and_find() -> None:
        dead = {b"3"}

        async def opener(settings: PortSettings, protocol: asyncio.Protocol) -> SimulatedPort:
            return SimulatedPort(protocol, dead)

        loop = asyncio.get_running_loop()
        bus = open_line("north", "/simulated", 9600, "N", opener=opener)
        bus.start()
        await bus.read(ToyDriver("1"), Item.ENERGY, Rank.POLL)
        while loop.time() < 7200:
            reply = await bus.read(ToyDriver("3"), Item.ENERGY, Rank.POLL)
            await asyncio.sleep(1)
        dead.clear()
        back_at = loop.time()
        while not isinstance(reply, Answer):
            reply = await bus.read(ToyDriver("3"), Item.ENERGY, Rank.POLL)
            assert isinstance(reply, Answer | BackedOff)
            await asyncio.sleep(1)
        assert loop.time() - back_at <= 300
        await bus.close()

    run(lose_and_find())


def test_a_line_that_was_wholly_silent_forgives_all_meters_at_its_first_answer() -> None:
    health = LineHealth()
    for address in ("1", "2", "3"):
        for _ in range(10):
            health.note_failure(address, now_s=100.0, spent_s=0.6)
    health.note_answer("2")
    assert [health.of(address).not_before_s for address in ("1", "2", "3")] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("failures", "pause_s"), [(1, 2.0), (2, 4.0), (5, 32.0), (7, 120.0), (40, 120.0)])
def test_pauses_double_up_to_a_fixed_share_of_the_line(failures: int, pause_s: float) -> None:
    health = LineHealth()
    for _ in range(failures):
        health.note_failure("1", now_s=50.0, spent_s=0.6)
    assert health.of("1").not_before_s == 50.0 + pause_s
