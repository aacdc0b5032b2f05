"""Read one line's meters round and round and hand each answer to its use case. One task per line; decides nothing about credit.

Every round asks each meter its energy. What changes slowly (relay, power, current) is asked every DETAIL_EVERY rounds, the
calendar and the number on the case more rarely still, spread over the meters so that no round is much longer than another.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from gateway.application.drive_relay import note_observation
from gateway.application.ports import BackedOff, Clock, Journal, Line, LineGone, Rank, Store, StoreFull
from gateway.application.post_reading import Posted, note_silence, post_reading
from gateway.contract.facts import ReadingOutcome
from gateway.contract.identifiers import MeterNo
from gateway.domain.reading import MeterReading
from gateway.domain.relay import ObservedStatus
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.signals import Signals
from gateway.protocols.driver import Answer, Item, Values

DETAIL_EVERY = 4
IDENTITY_EVERY = 64
IDLE_S = 0.25
"""Between rounds in which no meter could be asked: all are backed off, or the port is gone."""

log = structlog.get_logger("poll")


@dataclass(frozen=True, slots=True)
class Details:
    """What was read beside the register in the same turn; None: not asked or no answer."""

    power_w: int | None = None
    current_ma: int | None = None


NO_DETAILS = Details()


class LinePoller:
    """Polls one line."""

    def __init__(
        self,
        line: Line,
        fleet: Fleet,
        store: Store[Journal],
        clock: Clock,
        clocks: MeterClocks,
        signals: Signals,
        progress: Callable[[], None],
        pause_ms: int = 0,
    ) -> None:
        self._line = line
        self._fleet = fleet
        self._store = store
        self._clock = clock
        self._clocks = clocks
        self._signals = signals
        self._progress = progress
        self._pause_s = pause_ms / 1000
        self._met: set[MeterNo] = set()
        """Meters that said who they are, and answer."""

    async def run(self) -> None:
        """Poll for ever."""
        round_number = 0
        while True:
            try:
                asked = await self._round(round_number)
            except StoreFull:
                # Nothing was stored, so nothing was decided: the register keeps the energy until there is room (C-13).
                asked = 0
            self._progress()
            round_number += 1
            if not asked:
                await asyncio.sleep(IDLE_S)
            elif self._pause_s:
                await asyncio.sleep(self._pause_s)

    async def _round(self, number: int) -> int:
        """Poll each meter once, urgent ones in between; give how many could be asked."""
        asked = 0
        meters = self._fleet.on_line(self._line.name)
        mine = frozenset(meter.meter for meter in meters)
        for place, meter in enumerate(meters):
            for urgent in self._signals.take_urgent(mine):
                asked += await self._poll(urgent, Rank.AFTER_GRANT, detailed=True)
            asked += await self._poll(meter.meter, Rank.POLL, (number + place) % DETAIL_EVERY == 0)
            if (number + place) % IDENTITY_EVERY == 0:
                self._met.discard(meter.meter)
        return asked

    async def _poll(self, number: MeterNo, rank: Rank, detailed: bool) -> bool:
        """Ask one meter; say whether the line was used. The register comes last: it is what credit is decided on."""
        meter = self._fleet.meter(number)
        if meter is None:
            return False
        details = await self._look_closer(meter) if detailed and number in self._met else NO_DETAILS
        answer = await self._line.read(meter.driver, Item.ENERGY, rank)
        if isinstance(answer, BackedOff | LineGone):
            return False
        if not isinstance(answer, Answer) or answer.values.energy_wh is None:
            self._met.discard(number)
            await self._store.run(lambda journal: note_silence(journal, number, self._clock.now()))
            return True
        reading = self._reading(meter, answer, details)
        if number not in self._met:
            reading = await self._meet(meter, reading)
        await self._post(meter, reading)
        return True

    def _reading(self, meter: FleetMeter, answer: Answer, details: Details) -> MeterReading:
        assert answer.values.energy_wh is not None
        return MeterReading(
            meter.meter,
            answer.values.energy_wh,
            raw=answer.raw,
            power_w=details.power_w,
            current_ma=details.current_ma,
            span_wh=meter.span_wh,
            step_wh=meter.step_wh,
        )

    async def _meet(self, meter: FleetMeter, reading: MeterReading) -> MeterReading:
        """Ask who a meter is before its register counts again: after a start, a silence, a strange value, and now and then."""
        identity = await self._ask(meter, Item.IDENTITY)
        clock = await self._ask(meter, Item.CLOCK)
        if clock is not None and clock.clock is not None:
            self._clocks.note(meter.meter, clock.clock, self._clock.now())
        self._met.add(meter.meter)
        if identity is None or identity.identity is None:
            return reading
        return replace(reading, identity=identity.identity)

    async def _post(self, meter: FleetMeter, reading: MeterReading) -> None:
        """Post a reading, and what the use case asks to be read again at once."""
        posted = await self._book(reading, confirming=False)
        while posted.confirm or posted.reread:
            confirming = posted.confirm
            if posted.outcome in (
                ReadingOutcome.REPLACED,
                ReadingOutcome.BACKWARDS,
                ReadingOutcome.IMPLAUSIBLE,
            ):
                self._met.discard(meter.meter)
            answer = await self._line.read(meter.driver, Item.ENERGY, Rank.READ_BACK)
            if not isinstance(answer, Answer) or answer.values.energy_wh is None:
                return
            posted = await self._book(self._reading(meter, answer, NO_DETAILS), confirming)

    async def _book(self, reading: MeterReading, confirming: bool) -> Posted:
        now = self._clock.now()
        posted = await self._store.run(
            lambda journal: post_reading(journal, reading, now, confirming=confirming)
        )
        if posted.relay or posted.closed:
            self._signals.relay.set()
        return posted

    async def _look_closer(self, meter: FleetMeter) -> Details:
        """Ask relay, current and power: a contact that moved by itself, or one that lies, shows here."""
        relay = await self._ask(meter, Item.RELAY)
        current = await self._ask(meter, Item.CURRENT)
        power = await self._ask(meter, Item.POWER)
        details = Details(
            current_ma=current.current_ma if current else None, power_w=power.power_w if power else None
        )
        if relay is not None and relay.relay_closed is not None:
            await self._note_relay(meter, relay, relay.relay_closed, details)
        return details

    async def _note_relay(self, meter: FleetMeter, relay: Values, closed: bool, details: Details) -> None:
        """An open status word without a current says nothing: it is not passed on."""
        if not closed and details.current_ma is None:
            return
        status = ObservedStatus(
            closed=closed,
            current_ma=details.current_ma,
            commanded_closed=relay.relay_commanded_closed,
            status_word=relay.status_word,
        )
        now = self._clock.line_now()
        if await self._store.run(lambda journal: note_observation(journal, meter.meter, status, now)):
            self._signals.relay.set()

    async def _ask(self, meter: FleetMeter, item: Item) -> Values | None:
        if item not in meter.driver.items:
            return None
        answer = await self._line.read(meter.driver, item, Rank.POLL)
        return answer.values if isinstance(answer, Answer) else None
