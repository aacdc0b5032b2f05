"""The masters that the gateway's bus is measured against: bare asyncio on the descriptor, and pymodbus. And the bus alone."""

import asyncio
import os
import time
import tty
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pymodbus.client import AsyncModbusSerialClient

from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import open_line
from gateway.application.ports import Rank
from gateway.protocols.dlt645 import functions
from gateway.protocols.driver import Answer, Driver, Item
from gateway.protocols.meters import make_driver
from tests.bench.bench_codec import bare_decode_645

REGISTER = 0x48
ENERGY = "00010000"
WAKING = b"\xfe"


@dataclass(frozen=True)
class Pace:
    """Transactions of all lines together, and what they took."""

    transactions: int
    seconds: float
    cpu_seconds: float

    @property
    def per_s(self) -> float:
        return self.transactions / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor time of this process per transaction."""
        return 1000 * self.cpu_seconds / max(1, self.transactions)


Master = Callable[[str, int, int, float], Awaitable[int]]
"""(port, baud, meters, loop time at which to stop) -> transactions done."""


async def pace_of(master: Master, ports: list[str], baud: int, meters: int, seconds: float) -> Pace:
    """Run one master per line, all in this process, for some seconds."""
    loop = asyncio.get_running_loop()
    began_s, cpu_s = loop.time(), time.process_time()
    done = await asyncio.gather(*(master(port, baud, meters, began_s + seconds) for port in ports))
    return Pace(sum(done), loop.time() - began_s, time.process_time() - cpu_s)


class _Bare:
    """A descriptor, a request, the bytes of its reply."""

    def __init__(self, descriptor: int, reply_bytes: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._descriptor, self._reply_bytes = descriptor, reply_bytes
        self._buffer = b""
        self._reply: asyncio.Future[bytes] = self._loop.create_future()
        self._loop.add_reader(descriptor, self._heard)

    async def ask(self, request: bytes) -> bytes:
        self._reply = self._loop.create_future()
        os.write(self._descriptor, request)
        return await self._reply

    def _heard(self) -> None:
        self._buffer += os.read(self._descriptor, 4096)
        if len(self._buffer) >= self._reply_bytes:
            reply, self._buffer = self._buffer, b""
            self._reply.set_result(reply)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)


async def bare(port: str, baud: int, meters: int, until_s: float) -> int:
    """Bare asyncio on the descriptor: ask, await, check the frame. No queue, no waiting time, no retry, no damage."""
    requests = [functions.read(f"{number:012}", ENERGY, 0) for number in range(1, meters + 1)]
    return await bare_requests(port, requests, 20, until_s)


async def bare_requests(port: str, requests: list[bytes], reply_bytes: int, until_s: float) -> int:
    """Ask these requests round and round; every reply has the same length."""
    loop = asyncio.get_running_loop()
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(descriptor)
        talk, done = _Bare(descriptor, reply_bytes), 0
        while loop.time() < until_s:
            reply = await talk.ask(requests[done % len(requests)])
            assert bare_decode_645(reply.lstrip(WAKING)) is not None, reply
            done += 1
        talk.close()
        return done
    finally:
        os.close(descriptor)


async def peer_pymodbus(port: str, baud: int, meters: int, until_s: float) -> int:
    """pymodbus as its manual shows it."""
    loop = asyncio.get_running_loop()
    client = AsyncModbusSerialClient(port, baudrate=baud or 115_200, parity="N", timeout=1, retries=0)
    assert await client.connect()
    done = 0
    while loop.time() < until_s:
        reply = await client.read_input_registers(REGISTER, count=2, device_id=1 + done % meters)
        assert not reply.isError(), reply
        done += 1
    client.close()
    return done


async def our_bus(port: str, baud: int, meters: int, until_s: float) -> int:
    """The serial bus with nothing above it, asked as the poller asks: the next question waits while the last one is on the wire."""
    loop = asyncio.get_running_loop()
    bus = open_line("bench", port, baud or 115_200, "N")
    owner = bus.start()
    row = read_models()["generic-dlt645-2007"]
    drivers = [make_driver(row, str(number), baud=baud or 115_200) for number in range(1, meters + 1)]

    async def ask(mine: list[Driver]) -> int:
        done = 0
        while loop.time() < until_s:
            reply = await bus.read(mine[done % len(mine)], Item.ENERGY, Rank.POLL)
            assert isinstance(reply, Answer), reply
            done += 1
        return done

    done = await asyncio.gather(*(ask(drivers[half::2]) for half in range(2)))
    await bus.close()
    assert owner.done()
    return sum(done)
