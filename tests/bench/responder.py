"""Meters at the pace of the wire, for the benches: ptys, the standard library, and not a line of the gateway or the virtual meter.

    python -m tests.bench.responder < orders

Orders and answers are lines of JSON. The first order describes the lines (see `LineSpec`, `MeterSpec`); the answer names their
ports. Then {"do": "go"} starts the loads' clock, {"do": "count"} gives what each line and meter has done. A pty is faster than any
wire, so a line waits: the request's bytes at 11 bits each, the meter's turn-round, then the reply, 8 bytes at a time, as adapters
hand them over. Timers are select()'s, which are exact to microseconds; epoll's would be a millisecond late each time.
"""

import asyncio
import bisect
import json
import os
import selectors
import struct
import sys
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BITS_PER_BYTE = 11
PORTION_BYTES = 8
REGISTER_STEP_MWH = 10_000
VOLTS = 220
MWH_PER_WATT_SECOND = 1000 / 3600


@dataclass
class MeterSpec:
    """`loads`: (second from `go` on, watts), ascending. `energy_mwh`: what the meter has counted at `go`."""

    address: str
    energy_mwh: int = 1_000_000_000
    loads: list[tuple[float, float]] = field(default_factory=list)
    dead: bool = False
    dies: bool = False
    """From `go` on it is dead. Before, it says nothing of its relay: then a wish for it is open, whose look-backs go on."""


@dataclass
class LineSpec:
    """`baud` 0: as fast as the processor. `protocol`: `dlt645` or `modbus` (input or holding registers, two each)."""

    meters: list[MeterSpec]
    baud: int = 0
    turn_round_ms: float = 20.0
    protocol: str = "dlt645"
    answers_preamble: bool = False
    """Whether replies begin with four FE although the request did not."""


class Meter:
    """One meter's energy, contact and answers."""

    def __init__(self, spec: MeterSpec, elapsed_s: Callable[[], float]) -> None:
        self.spec = spec
        self.starts = [float(start) for start, _ in spec.loads]
        self.elapsed_s = elapsed_s
        self.answered = 0
        self.is_closed = True
        self.opened_at_s: float | None = None
        self.opened_at_mwh: float | None = None
        self.gone_mwh = 0.0
        """What did not flow while the contact was open."""
        self.wire_address = bytes.fromhex(spec.address.zfill(12))[::-1]

    def load_mwh(self, at_s: float) -> float:
        """What the loads would have used by an instant."""
        total = 0.0
        for place, (start, watts) in enumerate(self.spec.loads):
            end = self.starts[place + 1] if place + 1 < len(self.starts) else at_s
            total += watts * MWH_PER_WATT_SECOND * max(0.0, min(at_s, end) - start)
        return total

    @property
    def energy_mwh(self) -> float:
        at_s = self.elapsed_s()
        if self.opened_at_mwh is not None:
            return self.opened_at_mwh
        return self.spec.energy_mwh + self.load_mwh(at_s) - self.gone_mwh

    @property
    def is_dead(self) -> bool:
        return self.spec.dead or (self.spec.dies and self.elapsed_s() > 0)

    @property
    def watts(self) -> float:
        place = bisect.bisect_right(self.starts, self.elapsed_s()) - 1
        return self.spec.loads[place][1] if self.is_closed and place >= 0 else 0.0

    def switch(self, closed: bool) -> None:
        if closed == self.is_closed:
            return
        if closed:
            assert self.opened_at_mwh is not None
            self.gone_mwh = self.spec.energy_mwh + self.load_mwh(self.elapsed_s()) - self.opened_at_mwh
            self.opened_at_mwh = None
        else:
            self.opened_at_mwh, self.opened_at_s = self.energy_mwh, self.elapsed_s()
        self.is_closed = closed

    def counts(self) -> dict[str, Any]:
        return {
            "answered": self.answered,
            "energy_mwh": self.energy_mwh,
            "closed": self.is_closed,
            "opened_at_s": self.opened_at_s,
        }


# ---- DL/T 645-2007 -------------------------------------------------------------------------------------------------------


def bcd(value: int, size: int) -> bytes:
    """Digits two to a byte, lowest byte first."""
    return bytes.fromhex(f"{value:0{2 * size}d}")[::-1]


def now_digits(pattern: str) -> bytes:
    return bytes.fromhex(datetime.now().strftime(pattern))


ENERGY = 0x00010000
ANSWERS: dict[int, Callable[[Meter], bytes]] = {
    ENERGY: lambda m: bcd(int(m.energy_mwh) // REGISTER_STEP_MWH % 10**8, 4),
    0x02010100: lambda m: bcd(VOLTS * 10, 2),
    0x02020100: lambda m: bcd(round(m.watts / VOLTS * 1000), 3),
    0x02030000: lambda m: bcd(round(m.watts * 10), 3),
    0x04000503: lambda m: bytes((0x00 if m.is_closed else 0x50, 0x00)),
    0x04000101: lambda m: now_digits("0%w%d%m%y"),
    0x04000102: lambda m: now_digits("%S%M%H"),
    0x0400010C: lambda m: now_digits("%S%M%H0%w%d%m%y"),
    0x04000402: lambda m: m.wire_address,
}


def answer_645(meter: Meter, control: int, data: bytes) -> bytes:
    """Answer a whole frame's content: reading and the relay; anything else is refused."""
    if control == 0x1C:
        meter.switch({0x1A: False, 0x1B: True, 0x1C: True}[data[8]])
        return frame_645(meter, 0x9C, b"")
    known = ANSWERS.get(int.from_bytes(data[:4], "little")) if control == 0x11 else None
    if known is None or (meter.spec.dies and known is not ANSWERS[ENERGY]):
        return frame_645(meter, control | 0xC0, b"\x02")
    return frame_645(meter, 0x91, data[:4] + known(meter))


def frame_645(meter: Meter, control: int, data: bytes) -> bytes:
    body = bytes((0x68, *meter.wire_address, 0x68, control, len(data), *((b + 0x33) % 256 for b in data)))
    return body + bytes((sum(body) % 256, 0x16))


def cut_645(buffer: bytearray) -> bytes | None:
    """Take one request off the buffer, preamble included; None while it isn't whole."""
    start = buffer.find(0x68)
    if start < 0 or len(buffer) < start + 10 or len(buffer) < start + 12 + buffer[start + 9]:
        return None
    end = start + 12 + buffer[start + 9]
    request = bytes(buffer[:end])
    del buffer[:end]
    return request


# ---- Modbus RTU ----------------------------------------------------------------------------------------------------------


def crc(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def answer_modbus(meter: Meter, request: bytes) -> bytes:
    """Answer a read of two registers with the energy in kWh as a float."""
    body = request[:2] + b"\x04" + struct.pack(">f", meter.energy_mwh // REGISTER_STEP_MWH / 100)
    return body + crc(body)


# ---- a line --------------------------------------------------------------------------------------------------------------


class Line:
    """One pty with its meters. `wire_s` is the time that a wire without any pause would have taken for what was said."""

    def __init__(
        self, spec: LineSpec, loop: asyncio.AbstractEventLoop, elapsed_s: Callable[[], float]
    ) -> None:
        self.spec = spec
        self.loop = loop
        self.master, slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self.slave = slave
        os.set_blocking(self.master, False)
        self.meters = [Meter(MeterSpec(**meter), elapsed_s) for meter in spec.meters]  # type: ignore[arg-type]
        self.by_address = {
            m.wire_address if spec.protocol == "dlt645" else bytes((int(m.spec.address),)): m
            for m in self.meters
        }
        self.buffer = bytearray()
        self.byte_s = BITS_PER_BYTE / spec.baud if spec.baud else 0.0
        self.made: dict[bytes, tuple[float, bytes]] = {}
        self.exchanges = 0
        self.with_preamble = 0
        self.unheard = 0
        self.wire_s = 0.0
        self.lag_s = 0.0
        loop.add_reader(self.master, self.heard)

    def heard(self) -> None:
        self.buffer += os.read(self.master, 4096)
        arrived_s = self.loop.time()
        if self.spec.protocol == "modbus":
            if len(self.buffer) >= 8:
                request = bytes(self.buffer[:8])
                self.buffer.clear()
                self.take(request, self.by_address.get(request[:1]), arrived_s)
            return
        while (request := cut_645(self.buffer)) is not None:
            start = request.index(0x68)
            self.with_preamble += start > 0
            self.take(request, self.by_address.get(request[start + 1 : start + 7]), arrived_s)

    def take(self, request: bytes, meter: Meter | None, arrived_s: float) -> None:
        self.exchanges += 1
        said_s = len(request) * self.byte_s
        if meter is None or meter.is_dead:
            self.unheard += 1
            self.wire_s += said_s
            return
        turned_s = said_s + (self.spec.turn_round_ms / 1000 if self.spec.baud else 0.0)
        if not self.spec.baud:
            self.answer_at_once(meter, request)
            return
        # What the meter does and shows is of the instant at which its reply begins.
        self.loop.call_at(arrived_s + turned_s, self.reply, meter, request, arrived_s + turned_s)
        self.wire_s += turned_s

    def answer_at_once(self, meter: Meter, request: bytes) -> None:
        """On a fast line nothing may cost more than the pty: an answer once made stands for half a second."""
        at_s, reply = self.made.get(request, (-1.0, b""))
        if self.loop.time() - at_s > 0.5:
            reply = self.answer(meter, request)
            self.made[request] = self.loop.time(), reply
        else:
            meter.answered += 1
        os.write(self.master, reply)

    def reply(self, meter: Meter, request: bytes, begins_s: float) -> None:
        reply = self.answer(meter, request)
        self.wire_s += len(reply) * self.byte_s
        for start in range(0, len(reply), PORTION_BYTES):
            portion = reply[start : start + PORTION_BYTES]
            at_s = begins_s + (start + len(portion)) * self.byte_s
            self.loop.call_at(at_s, self.write, portion, at_s)

    def write(self, portion: bytes, due_s: float) -> None:
        self.lag_s += max(0.0, self.loop.time() - due_s)
        os.write(self.master, portion)

    def answer(self, meter: Meter, request: bytes) -> bytes:
        meter.answered += 1
        if self.spec.protocol == "modbus":
            return answer_modbus(meter, request)
        start = request.index(0x68)
        data = bytes((byte - 0x33) % 256 for byte in request[start + 10 : -2])
        wakes = start > 0 or self.spec.answers_preamble
        return (b"\xfe" * 4 if wakes else b"") + answer_645(meter, request[start + 8], data)

    def counts(self) -> dict[str, Any]:
        return {
            "exchanges": self.exchanges,
            "with_preamble": self.with_preamble,
            "unheard": self.unheard,
            "wire_s": self.wire_s,
            "lag_s": self.lag_s,
            "meters": {meter.spec.address: meter.counts() for meter in self.meters},
        }


async def serve() -> None:
    """Take orders until the input ends."""
    loop = asyncio.get_running_loop()
    began_s: list[float] = []

    def elapsed_s() -> float:
        return loop.time() - began_s[0] if began_s else 0.0

    reader = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    specs = json.loads(await reader.readline())
    lines = [Line(LineSpec(**spec), loop, elapsed_s) for spec in specs]
    print(json.dumps([line.path for line in lines]), flush=True)
    while order := await reader.readline():
        if json.loads(order)["do"] == "go":
            began_s[:] = [loop.time()]
        print(
            json.dumps(
                {"at_s": loop.time(), "cpu_s": time.process_time(), "lines": [x.counts() for x in lines]}
            ),
            flush=True,
        )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(serve())
