"""A master on the near end of a virtual line, and 645 frames written out by hand: no code of the gateway, none of the meter."""

import asyncio
import os
import tty

import msgspec

from firmware_tools.virtual_meter import ManualClock, MeterSpec, VirtualLine, VirtualMeter
from firmware_tools.virtual_meter.dlt645_server import Dlt645Server
from firmware_tools.virtual_meter.dlt645_wire import RequestReceiver

PA_02 = bytes([0x02, 0, 0, 0])
PA_04 = bytes([0x04, 0, 0, 0])
OPERATOR = bytes(4)
FAR_EXPIRY = bytes.fromhex("595923311299")


def frame(address: str, control: int, data: bytes = b"") -> bytes:
    """Build a frame for an address in reading order, FE none."""
    body = b"\x68" + bytes.fromhex(address.zfill(12))[::-1] + b"\x68" + bytes([control, len(data)])
    body += bytes((byte + 0x33) % 256 for byte in data)
    return body + bytes([sum(body) % 256, 0x16])


def read(address: str, di: str) -> bytes:
    """Build a read of an identifier in reading order (DI3 first)."""
    return frame(address, 0x11, bytes.fromhex(di)[::-1])


def relay(
    address: str, action: int, expiry: bytes = FAR_EXPIRY, password: bytes = PA_02, n2: int = 0
) -> bytes:
    """Build a plain-text relay command; the expiry is ss mm hh DD MM YY."""
    return frame(address, 0x1C, password + OPERATOR + bytes([action, n2]) + expiry)


def parse(reply: bytes) -> tuple[str, int, bytes]:
    """Take a reply apart, checking every part of its frame; return address, control, data without the 33H."""
    bare = reply.lstrip(b"\xfe")
    assert bare[0] == bare[7] == 0x68
    assert bare[-1] == 0x16
    assert len(bare) == 12 + bare[9]
    assert sum(bare[:-2]) % 256 == bare[-2]
    assert bare[8] & 0x80
    return bare[6:0:-1].hex(), bare[8], bytes((byte - 0x33) % 256 for byte in bare[10:-2])


def value(data: bytes) -> int:
    """Decode BCD, lowest byte first."""
    return int(data[::-1].hex())


def build_spec(**keys: object) -> MeterSpec:
    """Build a spec as the campus file would."""
    return msgspec.convert({"name": "m", "address": "1", **keys}, MeterSpec)


class Bench:
    """One meter with its protocol face, on a clock that the test moves; no wire."""

    def __init__(self, **spec: object) -> None:
        self.clock = ManualClock()
        self.meter = VirtualMeter(build_spec(**spec), self.clock.at_ms)
        self.events: list[tuple[str, int]] = []
        self.meter.observers.append(lambda meter, event: self.events.append((event.kind, event.at_ms)))
        self._server = Dlt645Server(self.meter)

    def pass_s(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.clock.at_ms += round(seconds * 1000)
        self.meter.advance(self.clock.at_ms)

    def ask(self, request: bytes) -> tuple[str, int, bytes] | None:
        """Send a frame; return the parsed reply, or None for silence."""
        found = RequestReceiver().feed(request)
        assert len(found) <= 1
        if not found or not self._server.hears(found[0][0]):
            return None
        reply = self._server.answer(found[0][0])
        return None if reply is None else parse(reply)

    def status_3(self) -> int:
        """Read status word 3."""
        answer = self.ask(read("1", "04000503"))
        assert answer is not None
        return int.from_bytes(answer[2][4:], "little")


class Master:
    """Talks to a running line through its pty."""

    def __init__(self, line: VirtualLine) -> None:
        self._descriptor = os.open(line.address, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        tty.setraw(self._descriptor)
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            self._arrived.put_nowait(os.read(self._descriptor, 4096))
        except OSError:
            self._arrived.put_nowait(b"")
            asyncio.get_running_loop().remove_reader(self._descriptor)

    def send(self, request: bytes) -> None:
        """Put bytes on the wire."""
        os.write(self._descriptor, request)

    async def hear(self, end: bytes = b"\x16", patience_s: float = 60.0) -> bytes:
        """Return what comes until something whole seems to end; a hang-up is an empty answer."""
        heard = b""
        async with asyncio.timeout(patience_s):
            while not heard.endswith(end) or len(heard.lstrip(b"\xfe")) < 12:
                part = await self._arrived.get()
                if not part:
                    return b""
                heard += part
        return heard

    async def hear_bytes(self, count: int, patience_s: float = 60.0) -> bytes:
        """Return the next `count` bytes or more."""
        heard = b""
        async with asyncio.timeout(patience_s):
            while len(heard) < count:
                heard += await self._arrived.get()
        return heard

    async def silence(self, seconds: float) -> bytes:
        """Listen for a while; return whatever came."""
        heard = b""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    heard += await self._arrived.get()
        except TimeoutError:
            return heard

    def close(self) -> None:
        """Hang up."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
