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
from tests.simulate.masters import MASTERS, MasterMeter
from tests.simulate.tariffs import (
    BY_STEPS,
    HOUR_MS,
    START_MS,
    TARIFFS,
    base_price,
    month,
    step_cost,
)

BAUD = 9_600
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

    async def wait_closed(self, limit_s: float) -> None:
        pass

    def lose(self) -> None:
        if not self.closing:
            self.closing = True
            if self.endpoint.master is self:
                self.endpoint.master = None
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


@dataclass
class TrueBill:
    """What one room's energy truly costs, in units of 1/3.6e9 nano-yuan, so that nothing rounds."""

    tariff: str
    spent: int = 0
    counted_uws: int = 0
    month: tuple[int, int] = (0, 0)
    month_uws: int = 0

    def go_on(self, total_uws: int, before_ms: int) -> None:
        """Charge what was used since, all of it under the price just before an instant."""
        used = total_uws - self.counted_uws
        self.spent += used * base_price(self.tariff, before_ms - 1)
        self.counted_uws = total_uws
        if self.tariff == BY_STEPS:
            if month(before_ms - 1) != self.month:
                self.month, self.month_uws = month(before_ms - 1), 0
            self.spent -= step_cost(self.month_uws, UWS_PER_WH)
            self.month_uws += used
            self.spent += step_cost(self.month_uws, UWS_PER_WH)

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
        self.bills = {name: TrueBill(TARIFFS[name]) for name in ROOMS}
        self.meters = {name: self._meter(name, dice) for name in ROOMS}
        self.masters = {
            "8": MasterMeter("8", [self.meters[name] for name in "456"], START_MS),
            "9": MasterMeter("9", list(self.meters.values()), START_MS),
        }
        self.heated_until_ms = dict.fromkeys(ROOMS, 0)
        self.endpoints = {line: Endpoint() for line in sorted(set(ROOMS.values()))}
        self.lines = {line: self._line(line) for line in self.endpoints}
        self.moved: list[Moved] = []
        self.on_move: Any = None
        self._loop.call_later(3_600, self._full_hour, START_MS + HOUR_MS)

    def now_ms(self) -> int:
        """True time."""
        return START_MS + int(self._loop.time() * 1000)

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
        meters: list[VirtualMeter] = [self.meters[name] for name, on in ROOMS.items() if on == line]
        meters += [self.masters[name] for name, on in MASTERS.items() if on == line]
        return VirtualLine(
            meters, self.endpoints[line], self, name=line, baud=BAUD, chunk_bytes=64, seed=line
        )

    def _heard(self, name: str, meter: VirtualMeter, event: MeterEvent) -> None:
        if event.kind == "relay":
            moved = Moved(name, meter.relay.contact_closed, event.at_ms)
            self.moved.append(moved)
            # Looked at once the meter is done with this instant: whoever looks brings meters to the present.
            self._loop.call_soon(self.on_move, moved)

    def _full_hour(self, at_ms: int) -> None:
        """Bring every bill to the hour at the price before it: all edges lie on full hours."""
        for name in ROOMS:
            self.true_spent(name, at_ms=at_ms)
        self._loop.call_at((at_ms + HOUR_MS - START_MS) / 1000, self._full_hour, at_ms + HOUR_MS)

    def true_spent(self, name: str, at_ms: int | None = None) -> float:
        """Give what a room truly spent by now, in micro-yuan."""
        meter = self.meters[name]
        now_ms = self.now_ms() if at_ms is None else at_ms
        meter.advance(now_ms)
        self.bills[name].go_on(meter.energy.total_uws, max(now_ms, meter.at_ms))
        return self.bills[name].spent_micro_yuan

    def heat(self, name: str, load: str, lasts_ms: int) -> None:
        """Somebody plugs a heater in; it is pulled out again after a while."""
        meter = self.meters[name]
        usual = meter.spec.load
        self.true_spent(name)
        meter.set_load(load)
        self.heated_until_ms[name] = self.now_ms() + lasts_ms
        self._loop.call_later(lasts_ms / 1000, self._cool, name, usual)

    def _cool(self, name: str, usual: str) -> None:
        self.true_spent(name)
        self.meters[name].set_load(usual)

    def recent_peak_w(self, name: str, hours: int = 12) -> int:
        """Give the highest power that a room's load had lately, whether its contact let it through or not."""
        now_ms = self.now_ms()
        if now_ms - self.heated_until_ms[name] < hours * HOUR_MS:
            return 10**6
        load = self.meters[name].load
        return max(load.power_mw(now_ms - n * 300_000) for n in range(hours * 12)) // 1000

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
