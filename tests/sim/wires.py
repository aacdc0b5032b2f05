"""The true building: rooms with real virtual meters, and the RS-485 line that asks them in DL/T 645, byte by byte.

The line is the gateway's port `Line` without time on the wire: the product's driver encodes the question, the virtual meter parses
and answers it, noise spoils some of the bytes, the driver judges what came back. Shares no rule with the gateway.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence

from firmware_tools.virtual_meter.dlt645_server import Dlt645Server
from firmware_tools.virtual_meter.dlt645_wire import RequestReceiver, address_bytes
from firmware_tools.virtual_meter.meter import MeterEvent, MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.supply import UWS_PER_WH
from gateway.application.ports import Garbled, LineGone, LineReply, MeterCounts, Rank, Sent, Silent
from gateway.protocols.driver import (
    Accepted,
    Answer,
    Driver,
    Exchange,
    Item,
    MeterClock,
    Refused,
    RelayAction,
)
from tests.sim.timeline import Timeline

BAUD = 9_600
EXCHANGE_MS, SILENCE_MS = 60, 600
TRIES = 3
SPAN_WH = 1_000_000_000
READ, ENERGY = 0x11, bytes.fromhex("00000100")


class Room:
    """One room: its meters one after the other, and what it truly used."""

    def __init__(self, building: int, number: int, dice: random.Random) -> None:
        self.building, self.number = building, number
        self.account = f"{building}-{100 + number}.1"
        self.protected = number == 0
        self.installed = 0
        self.dice = dice
        self.spec: MeterSpec
        self.meter: VirtualMeter
        self.server: Dlt645Server
        self.before_wh = 0.0
        """What its former meters counted."""
        self.stolen_wh = 0.0
        self.on_contact: Callable[[Room, bool], None] = lambda room, closed: None
        self.first_wh = 0.0
        """What its meters had counted when its account began: by the first binding, what flowed before it is nobody's."""
        self.has_begun = False
        self.energy_reads: deque[int] = deque(maxlen=4)
        """When its meter told its register: a cut needs a second look at once (C-16)."""
        self.dead = False

    @property
    def name(self) -> str:
        """The meter's number: a swapped one has another."""
        return f"m-{self.building}-{100 + self.number}" + (f"-{self.installed}" if self.installed else "")

    def install(self, at_ms: int) -> None:
        """Put a new meter on the wires; a swapped one begins at any register."""
        closed = self.meter.relay.contact_closed if hasattr(self, "meter") else True
        if hasattr(self, "meter"):
            self.meter.advance(at_ms)
            self._former = self.spec, self.meter, self.server, self.before_wh
            self.before_wh = self.true_wh
            self.installed += 1
        start = self.dice.randrange(0, 99_999_900) if self.dice.random() < 0.9 else 99_999_950
        self.spec = MeterSpec(
            name=self.name,
            address=f"{self.building:03}{self.number:04}{self.installed:03}",
            load=self._load(),
            register_kwh=f"{start / 100:.2f}",
            clock_offset_s=self.dice.randrange(-600, 600),
            relay_delay_ms=20,
            relay_open=not closed,
        )
        self.meter = VirtualMeter(self.spec, at_ms, seed=self.name)
        self.server = Dlt645Server(self.meter)
        self.meter.observers.append(self._heard)

    def take_out_again(self) -> None:
        """The swap was refused: the old meter stays where it was, and the new one is put away."""
        self.installed -= 1
        self.spec, self.meter, self.server, self.before_wh = self._former

    def _load(self) -> str:
        return f"{self.dice.randrange(30, 500)}W"

    def live_on(self, at_ms: int) -> None:
        """Use another power from now on."""
        self.meter.advance(at_ms)
        self.meter.set_load(self._load())

    def _heard(self, meter: VirtualMeter, event: MeterEvent) -> None:
        if event.kind == "relay" and meter is self.meter:
            self.on_contact(self, meter.relay.contact_closed)

    @property
    def is_closed(self) -> bool:
        return self.meter.relay.contact_closed

    @property
    def register_wh(self) -> int:
        """What its present meter shows."""
        return self.meter.register_centi_kwh() * 10

    @property
    def true_wh(self) -> float:
        """What its meters truly counted."""
        return self.before_wh + self.meter.energy.total_uws / UWS_PER_WH


class SimLine:
    """A line of one building: the gateway's port."""

    echoes = False

    def __init__(self, name: str, rooms: Sequence[Room], timeline: Timeline, dice: random.Random) -> None:
        self.name = name
        self._rooms, self._timeline, self._dice = rooms, timeline, dice
        self.noise = 0.0
        self.is_gone = False
        self.requests = self.damaged = 0
        self._by_address: dict[bytes, Room] = {}
        self.wire_again()

    def wire_again(self) -> None:
        """Take up the addresses as they are now."""
        self._by_address = {address_bytes(room.spec.address): room for room in self._rooms}

    async def read(self, driver: Driver, item: Item, rank: Rank) -> LineReply:
        return self._ask(driver, driver.read(item), TRIES)

    async def read_block(self, driver: Driver, items: Sequence[Item], rank: Rank) -> LineReply:
        return self._ask(driver, driver.read_block(items), TRIES)

    async def switch(self, driver: Driver, action: RelayAction, valid_until: MeterClock) -> LineReply:
        return self._ask(driver, driver.switch(action, valid_until), 1)

    async def tell(self, driver: Driver, exchange: Exchange) -> LineReply:
        return self._ask(driver, exchange, 1)

    async def write_clock(
        self, driver: Driver, part: Item, clock: MeterClock, password: str | None
    ) -> LineReply:
        return self._ask(driver, driver.write_clock(part, clock, password), 1)

    async def broadcast(self, driver: Driver, exchange: Exchange, rank: Rank) -> Sent | LineGone:
        return LineGone("not simulated")

    def counters(self) -> dict[str, int]:
        return {"requests": self.requests}

    def meter_counts(self) -> dict[str, MeterCounts]:
        return {}

    def _ask(self, driver: Driver, exchange: Exchange, tries: int) -> LineReply:
        damage = ""
        for _ in range(tries):
            if self.is_gone:
                return LineGone("unplugged")
            self.requests += 1
            self._timeline.now_ms += EXCHANGE_MS
            heard = self._wire(exchange.request)
            listener = driver.listen(exchange, BAUD)
            listener.feed(heard)
            while (verdict := listener.next_verdict()) is not None:
                if isinstance(verdict, Answer | Accepted | Refused):
                    return verdict
                damage = "damaged"
            self.damaged += bool(damage)
            self._timeline.now_ms += SILENCE_MS
        return Garbled(damage, tries) if damage else Silent(tries)

    def _wire(self, request: bytes) -> bytes:
        """Give what comes back of a request: the meter's answer, or less, or worse."""
        reply = b""
        for asked, _ in RequestReceiver().feed(self._spoilt(request)):
            room = self._by_address.get(asked.address)
            if room is None or room.dead:
                continue
            room.meter.advance(self._timeline.now_ms)
            if asked.control == READ and asked.data[:4] == ENERGY:
                room.energy_reads.append(self._timeline.now_ms)
            reply += room.server.answer(asked) or b""
            room.meter.advance(self._timeline.now_ms + EXCHANGE_MS)
        return self._spoilt(reply)

    def _spoilt(self, frame: bytes) -> bytes:
        if not self.noise or not frame or self._dice.random() >= self.noise:
            return frame
        what = self._dice.random()
        if what < 0.3:
            return b""
        place = self._dice.randrange(len(frame))
        if what < 0.6:
            return frame[:place]
        return frame[:place] + bytes([frame[place] ^ 1 << self._dice.randrange(8)]) + frame[place + 1 :]
