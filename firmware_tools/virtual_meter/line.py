"""One shared two-wire line: many meters, one plug for the master, paced like a real one.

Every byte takes its 10 or 11 bit times at the line's speed. A request counts as heard when its last byte would have arrived; a
reply starts after the meter's turn-round and leaves in small chunks, each at the instant at which its last byte is complete.
All instants are absolute, so that lateness never adds up. Pacing is real time always; meters live in virtual time.
"""

import asyncio
import heapq
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from firmware_tools.virtual_meter.dlt645_1997 import Dlt645Server1997
from firmware_tools.virtual_meter.dlt645_server import Dlt645Server
from firmware_tools.virtual_meter.dlt645_wire import RequestReceiver
from firmware_tools.virtual_meter.endpoint import Endpoint
from firmware_tools.virtual_meter.faults import LineFaults, collide, foreign_question, garble
from firmware_tools.virtual_meter.inverted import inverted
from firmware_tools.virtual_meter.meter import VirtualMeter
from firmware_tools.virtual_meter.modbus_server import ModbusServer
from firmware_tools.virtual_meter.modbus_wire import ModbusReceiver
from firmware_tools.virtual_meter.wall_clock import Clock

TALK_TOLERANCE_S = 0.002
OTHER_MASTER_LOOKS_S = 0.05
BREAK = b"\x00"
"""What a UART makes of a line that rests at the wrong level."""


class Receiver(Protocol):
    """Requests out of bytes, for one protocol."""

    silence_s: float
    """A longer pause makes it forget a half-heard frame."""

    def feed(self, data: bytes) -> list[tuple[Any, int]]: ...

    def forget(self) -> None: ...


class Server(Protocol):
    """The protocol face of one meter."""

    def hears(self, request: Any) -> bool: ...

    def answer(self, request: Any) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Party:
    """All meters of the line that speak one protocol."""

    receiver: Receiver
    stations: list[tuple[VirtualMeter, Server]]


@dataclass(slots=True)
class LineCounts:
    """What happened on the line since it started."""

    requests: int = 0
    replies: int = 0
    collisions: int = 0


class VirtualLine:
    """Meters on one line. `await start()`, open `address`, `await stop()`; `faults` may be replaced at any time."""

    def __init__(
        self,
        meters: Iterable[VirtualMeter],
        endpoint: Endpoint,
        clock: Clock,
        *,
        name: str = "line",
        baud: int = 2400,
        parity: str = "E",
        turn_round_ms: tuple[int, int] = (20, 50),
        chunk_bytes: int = 8,
        strict_baud: bool = False,
        faults: LineFaults | None = None,
        seed: str = "",
    ) -> None:
        """Join the meters to the endpoint; `parity` N means 10 bits per byte, else 11.

        `strict_baud`: a meter hears only a master that has set the meter's own speed (visible on a pty).
        """
        self.name = name
        self.meters = list(meters)
        self.baud = baud
        self.faults = faults or LineFaults()
        self.counts = LineCounts()
        self._endpoint = endpoint
        self._clock = clock
        self._has_parity = parity != "N"
        self._bits_per_byte = 10 + self._has_parity
        self._turn_round_ms = turn_round_ms
        self._chunk_bytes = chunk_bytes
        self._strict_baud = strict_baud
        self._dice = random.Random(f"line:{name}:{seed}")  # noqa: S311 - faults must be repeatable
        self._other_dice = random.Random(f"other master:{name}:{seed}")  # noqa: S311
        self._parties = list(_parties(self.meters))
        self._session = 0
        self.plugged = False
        self._heard_until = 0.0
        self._talking_until = 0.0
        self._leaving: list[tuple[float, int, bytes]] = []
        """A heap of what is on its way to the master: when it is complete on the wire, its place in the order, bytes."""
        self._order = count()
        self._late_s = 0.0
        """How late the last chunk left. A wire has no such lateness, so the master's next request is dated back by it."""

    @property
    def address(self) -> str:
        """What a master opens."""
        return self._endpoint.address()

    @property
    def byte_s(self) -> float:
        """Seconds that one byte takes on the wire."""
        return self._bits_per_byte / self._wire_baud()

    async def start(self) -> None:
        """Plug the line in."""
        self._session += 1
        await self._endpoint.plug(self._receive)
        self.plugged = True
        self._let_other_master_speak(self._session)

    async def stop(self) -> None:
        """Unplug the line: masters see a hang-up, what is on its way is lost. `start` brings it back."""
        self._session += 1
        self._leaving.clear()
        self.plugged = False
        await self._endpoint.unplug()

    def advance(self) -> None:
        """Bring all meters to the present."""
        now_ms = self._clock.now_ms()
        for meter in self.meters:
            meter.advance(now_ms)

    def watch_relay(self, meter: VirtualMeter) -> None:
        """Arrange that a relay move which is due soon happens on time, not when somebody looks."""
        due_ms = meter.relay.next_due_ms()
        if due_ms is not None and due_ms >= meter.at_ms:
            wait_s = max(0.0, (due_ms - self._clock.now_ms()) / 1000 / self._clock.rate)
            asyncio.get_running_loop().call_later(wait_s + 0.0005, self._advance_one, meter)

    def _advance_one(self, meter: VirtualMeter) -> None:
        meter.advance(self._clock.now_ms())

    # -- hearing ----------

    def _receive(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        byte_s = self.byte_s
        start = max(loop.time() - self._late_s, self._heard_until)
        self._late_s = 0.0
        for party in self._parties:
            if start - self._heard_until > party.receiver.silence_s:
                party.receiver.forget()
        end = self._heard_until = start + len(data) * byte_s
        if self.faults.echo:
            self._emit(start, data, is_echo=True)
        elif start < self._talking_until - TALK_TOLERANCE_S:
            self.counts.collisions += 1
            return
        if self.faults.inverted:
            data = inverted(data, has_parity=self._has_parity)
            self._emit(end, BREAK, is_echo=True)
        for party in self._parties:
            for request, bytes_after in party.receiver.feed(data):
                heard_at = end - bytes_after * byte_s
                loop.call_at(heard_at, self._serve, self._session, party, request, heard_at)

    def _serve(self, plugged: int, party: Party, request: Any, heard_at: float) -> None:
        if plugged != self._session:
            return
        self.counts.requests += 1
        if self._dice.random() < self.faults.deaf:
            return
        talkers = [
            talker
            for station in self._reached(party)
            if (talker := self._ask(*station, request, heard_at)) is not None
        ]
        if not talkers:
            return
        self.counts.replies += 1
        self.counts.collisions += len(talkers) > 1
        at, reply = talkers[0] if len(talkers) == 1 else collide(talkers, self.byte_s)
        for stretch in garble(reply, self.faults, self._dice):
            at = self._emit(at + stretch.pause_ms / 1000, stretch.data)

    def _ask(
        self, meter: VirtualMeter, server: Server, request: Any, heard_at: float
    ) -> tuple[float, bytes] | None:
        if meter.glitches.dead or not server.hears(request):
            return None
        if self._strict_baud and self._wire_baud() != (meter.baud or self.baud):
            return None
        meter.advance(self._clock.now_ms())
        reply = server.answer(request)
        self.watch_relay(meter)
        if reply is None:
            return None
        shortest_ms, longest_ms = meter.spec.turn_round_ms or self._turn_round_ms
        return heard_at + self._dice.uniform(shortest_ms, longest_ms) / 1000, reply

    def _reached(self, party: Party) -> list[tuple[VirtualMeter, Server]]:
        """Give the stations before the break of the wire, if there is one."""
        if not self.faults.break_after:
            return party.stations
        before = self.meters[: self.faults.break_after]
        return [station for station in party.stations if station[0] in before]

    def _let_other_master_speak(self, session: int) -> None:
        """Look every moment whether the other master asks now."""
        if session != self._session:
            return
        loop = asyncio.get_running_loop()
        if self._other_dice.random() < self.faults.second_master * OTHER_MASTER_LOOKS_S:
            self._emit(loop.time(), foreign_question(self._other_dice))
        loop.call_later(OTHER_MASTER_LOOKS_S, self._let_other_master_speak, session)

    def _wire_baud(self) -> int:
        return (self._endpoint.master_baud() or self.baud) if self._strict_baud else self.baud

    # -- talking ----------

    def _emit(self, at: float, data: bytes, *, is_echo: bool = False) -> float:
        """Send bytes that begin on the wire at `at`; return the instant at which the last one is complete. `is_echo`: they are made
        in the master's own adapter, on its side of swapped wires."""
        byte_s = self.byte_s
        if self.faults.inverted and not is_echo:
            data = inverted(data, has_parity=self._has_parity)
        end = at + len(data) * byte_s
        self._talking_until = max(self._talking_until, end)
        is_waiting = bool(self._leaving)
        for due, chunk in _chunks(at, data, self._chunk_bytes, byte_s):
            heapq.heappush(self._leaving, (due, next(self._order), chunk))
        if not is_waiting:
            self._wait()
        return end

    def _wait(self) -> None:
        """Come back for what leaves next."""
        if self._leaving:
            asyncio.get_running_loop().call_at(self._leaving[0][0], self._send_due, self._session)

    def _send_due(self, session: int) -> None:
        """Send all that is due, in the order of the wire: on a late loop nothing that began later may overtake the rest."""
        if session != self._session:
            return
        loop = asyncio.get_running_loop()
        while self._leaving and self._leaving[0][0] <= loop.time():
            due, _, chunk = heapq.heappop(self._leaving)
            if self.faults.adapter_ms:
                loop.call_later(self.faults.adapter_ms / 1000, self._endpoint.send, chunk)
            else:
                self._endpoint.send(chunk)
            self._late_s = loop.time() - due
        self._wait()


def _chunks(at: float, data: bytes, size: int, byte_s: float) -> Iterator[tuple[float, bytes]]:
    for start in range(0, len(data), size):
        chunk = data[start : start + size]
        yield at + (start + len(chunk)) * byte_s, chunk


def _parties(meters: list[VirtualMeter]) -> Iterator[Party]:
    dlt645 = [(meter, _server_of(meter)) for meter in meters if meter.model.protocol == "dlt645"]
    modbus = [(meter, ModbusServer(meter)) for meter in meters if meter.model.protocol == "modbus"]
    if dlt645:
        yield Party(RequestReceiver(), list(dlt645))
    if modbus:
        yield Party(ModbusReceiver(), list(modbus))


def _server_of(meter: VirtualMeter) -> Dlt645Server | Dlt645Server1997:
    return Dlt645Server1997(meter) if meter.model.edition == 1997 else Dlt645Server(meter)
