"""The true building: time, wires, meters, what people use and what it costs. Shares no rule with the gateway.

Virtual meters on real (simulated) wires; the gateway's own clock is an offset to the true time that troubles may turn. Each room
keeps its own bill by true energy and true time, which is what cuts are judged by.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterEvent, MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.supply import UWS_PER_WH
from gateway.adapters.serial_bus import PortFault, PortSettings, PortTrouble

START_MS = 1_788_220_800_000
"""2026-09-01, 00:00 UTC: the first day of a term."""
DAY_MS = 86_400_000
BAUD = 9_600
PRICES = [("p1", 0, 558_300), ("p2", 15, 620_000), ("p3", 30, 500_000), ("p4", 50, 600_000)]
"""Version, day from which it holds, micro-yuan per kWh."""
ROOMS = {"1": "a", "2": "a", "3": "a", "4": "b", "5": "b", "6": "b"}
"""Room and line. Room 6 is protected."""
PROTECTED = "6"


class Endpoint:
    """The plug between the gateway's bus and the virtual meters, without a file descriptor."""

    def __init__(self) -> None:
        self.receive: Any = None
        self.master: Any = None

    async def plug(self, receive: Any) -> None:
        self.receive = receive

    async def unplug(self) -> None:
        self.receive = None
        if self.master is not None:
            self.master.lose()

    def send(self, data: bytes) -> None:
        if self.master is not None:
            self.master.protocol.data_received(data)

    def address(self) -> str:
        return "/simulated"

    def master_baud(self) -> int | None:
        return None

    async def open(self, settings: PortSettings, protocol: asyncio.Protocol) -> Any:
        """The bus's opener."""
        if self.receive is None:
            return PortTrouble(PortFault.MISSING, settings.path, "unplugged")
        self.master = Port(self, protocol)
        protocol.connection_made(self.master)  # type: ignore[arg-type]
        return self.master


class Port:
    """The bus's end."""

    def __init__(self, endpoint: Endpoint, protocol: asyncio.Protocol) -> None:
        self.endpoint, self.protocol, self.closing = endpoint, protocol, False

    def write(self, data: bytes) -> None:
        if self.endpoint.receive is not None:
            self.endpoint.receive(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.lose()

    def lose(self) -> None:
        if not self.closing:
            self.closing = True
            if self.endpoint.master is self:
                self.endpoint.master = None
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


@dataclass
class TrueBill:
    """What one room's energy truly costs, in units of 1/3.6e9 nano-yuan, so that nothing rounds."""

    spent: int = 0
    counted_uws: int = 0

    def go_on(self, total_uws: int, price: int) -> None:
        self.spent += (total_uws - self.counted_uws) * price
        self.counted_uws = total_uws

    @property
    def spent_micro_yuan(self) -> float:
        return self.spent / UWS_PER_WH / 1000


@dataclass(frozen=True, slots=True)
class Moved:
    """A contact moved."""

    room: str
    closed: bool
    at_ms: int


class World:
    """The building beyond the gateway."""

    rate = 1.0

    def __init__(self, dice: random.Random) -> None:
        self._loop = asyncio.get_running_loop()
        self.bills = {name: TrueBill() for name in ROOMS}
        self.meters = {name: self._meter(name, dice) for name in ROOMS}
        self.endpoints = {line: Endpoint() for line in sorted(set(ROOMS.values()))}
        self.lines = {line: self._line(line) for line in self.endpoints}
        self.moved: list[Moved] = []
        self.on_move: Any = None
        for version, day, _ in PRICES[1:]:
            self._loop.call_later(day * 86_400, self._price_edge, version)

    def now_ms(self) -> int:
        """True time."""
        return START_MS + int(self._loop.time() * 1000)

    def price(self) -> int:
        day = (self.now_ms() - START_MS) / DAY_MS
        return [price for _, since, price in PRICES if since <= day][-1]

    def _meter(self, name: str, dice: random.Random) -> VirtualMeter:
        spec = MeterSpec(
            name=f"m{name}",
            address=name,
            load=f"dormitory:{dice.uniform(3, 9):.2f}",
            register_kwh=f"{dice.randrange(0, 90_000_000) / 100:.2f}",
            clock_drift_ppm=dice.randrange(-200, 200),
            clock_offset_s=dice.randrange(-600, 600),
            clock_year=2000 if name == "2" else None,
            turn_round_ms=[20, 60],
        )
        meter = VirtualMeter(spec, START_MS, seed=str(dice.random()))
        meter.observers.append(lambda meter, event: self._heard(name, meter, event))
        return meter

    def _line(self, line: str) -> VirtualLine:
        meters = [self.meters[name] for name, on in ROOMS.items() if on == line]
        return VirtualLine(
            meters, self.endpoints[line], self, name=line, baud=BAUD, chunk_bytes=64, seed=line
        )

    def _heard(self, name: str, meter: VirtualMeter, event: MeterEvent) -> None:
        if event.kind == "relay":
            moved = Moved(name, meter.relay.contact_closed, event.at_ms)
            self.moved.append(moved)
            # Looked at once the meter is done with this instant: whoever looks brings meters to the present.
            self._loop.call_soon(self.on_move, moved)

    def _price_edge(self, version: str) -> None:
        """Bring every bill to the edge at the old price."""
        index = [one[0] for one in PRICES].index(version)
        _, day, _ = PRICES[index]
        for name in ROOMS:
            self.true_spent(name, at_ms=START_MS + day * DAY_MS, price=PRICES[index - 1][2])

    def true_spent(self, name: str, at_ms: int | None = None, price: int | None = None) -> float:
        """Give what a room truly spent by now, in micro-yuan."""
        meter = self.meters[name]
        meter.advance(self.now_ms() if at_ms is None else at_ms)
        self.bills[name].go_on(meter.energy.total_uws, self.price() if price is None else price)
        return self.bills[name].spent_micro_yuan

    def true_wh(self, name: str) -> float:
        self.true_spent(name)
        return self.bills[name].counted_uws / UWS_PER_WH

    async def plug(self, line: str) -> None:
        await self.lines[line].start()

    async def unplug(self, line: str) -> None:
        await self.lines[line].stop()


@dataclass
class GatewayTime:
    """The Pi's two clocks: monotonic time since power-on, and a wall clock that may be wrong (a `RealTime`)."""

    world: World
    on_since_ms: int = START_MS
    wrong_by_ms: int = 0

    def wall_ms(self) -> int:
        return self.world.now_ms() + self.wrong_by_ms

    def monotonic_ms(self) -> int:
        return self.world.now_ms() - self.on_since_ms + 1
