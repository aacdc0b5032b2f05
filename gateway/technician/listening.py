"""Hear what others say on lines whose daemon is stopped: ports are opened, read, and never written to."""

import asyncio
import sys
from collections.abc import Callable, Sequence

from gateway.adapters.control_protocol import TraceBatch, TraceNote
from gateway.adapters.registry_store import LineRow
from gateway.adapters.serial_bus import PortSettings, PortTrouble, Transport, open_port

EVERY_S = 0.2


class Ear(asyncio.Protocol):
    """One port that is only heard."""

    def __init__(self, line: str, heard: list[TraceNote]) -> None:
        self._line = line
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self.is_gone = False

    def data_received(self, data: bytes) -> None:
        self._heard.append(TraceNote(self._line, round(self._loop.time() * 1e6), "in", data.hex()))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True


def hear_lines(lines: Sequence[LineRow], seconds: int, show: Callable[[TraceBatch], None]) -> int:
    """Hear these lines for so long; 0: until Ctrl-C. Returns 1 when none can be opened, or all went away."""
    return asyncio.run(_hear(lines, seconds, show))


async def _hear(lines: Sequence[LineRow], seconds: int, show: Callable[[TraceBatch], None]) -> int:
    loop = asyncio.get_running_loop()
    heard: list[TraceNote] = []
    ears: list[Ear] = []
    transports: list[Transport] = []
    for line in lines:
        ear = Ear(line.name, heard)
        opened = await open_port(PortSettings(line.port, line.baud, line.parity), ear)
        if isinstance(opened, PortTrouble):
            print(f"{line.name}: {opened.why}. {opened.remedy}", file=sys.stderr)
        else:
            ears.append(ear)
            transports.append(opened)
    end_s = loop.time() + seconds if seconds else None
    try:
        while not all(ear.is_gone for ear in ears) and (end_s is None or loop.time() < end_s):
            await asyncio.sleep(EVERY_S)
            notes, heard[:] = list(heard), []
            show(TraceBatch(notes, now_us=round(loop.time() * 1e6)))
    finally:
        for transport in transports:
            transport.abort()
    return int(all(ear.is_gone for ear in ears))
