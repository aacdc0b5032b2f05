"""Read one line's meters round and round and hand each answer to its use case. One task per line; decides nothing about credit.

Every round asks each meter its energy. What changes slowly (relay, power, current) is asked every DETAIL_EVERY rounds, the
calendar and the number on the case more rarely still, spread over the meters so that no round is much longer than another.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from gateway.application.accounts import quarantine_of
from gateway.application.drive_relay import note_observation
from gateway.application.ports import (
    BackedOff,
    Clock,
    Journal,
    Line,
    LineGone,
    Rank,
    Store,
    StoreDamaged,
    StoreFull,
)
from gateway.application.post_reading import Posted, note_silence, post_reading
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.reading import ACCEPTED, MeterReading
from gateway.domain.relay import ObservedStatus
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.read_clock import has_clock, read_clock
from gateway.loops.signals import Signals
from gateway.protocols.driver import Answer, Item, MeterClock, Refused, Values

DETAIL_EVERY = 4
IDENTITY_EVERY = 64
IDLE_S = 0.25
"""Between rounds in which no meter could be asked: all are backed off, or the port is gone."""
PROGRESS_EVERY_S = 10.0
"""A line at rest is alive, too."""
NOT_TOLD = Values()

log = structlog.get_logger("poll")


@dataclass(frozen=True, slots=True)
class Details:
    """What was read beside the register in the same turn; None: not asked, or the meter doesn't tell."""

    power_w: int | None = None
    current_ma: int | None = None
    power_factor_milli: int | None = None


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
        self._bell = signals.line_bell()
        self._progress = progress
        self._pause_s = pause_ms / 1000
        self._met: set[MeterNo] = set()
        """Meters that said who they are, and answer."""
        self._broken: set[MeterNo] = set()
        """Meters whose last reading could not be booked, so that the log says it once."""
        self._watched: set[MeterNo] = set()
        """Meters whose power is under suspicion: it is read every round until it is settled."""
        self._with_factor: set[MeterNo] = set()
        """Meters whose account has a rule on the power factor; no other is asked it."""

    async def run(self) -> None:
        """Poll for ever."""
        round_number = 0
        while True:
            asked = await self._round(round_number)
            round_number += 1
            await self._rest(self._pause_s if asked else max(self._pause_s, IDLE_S))

    async def _round(self, number: int) -> int:
        """Poll each meter once, urgent ones in between; give how many could be asked."""
        asked = 0
        for place, meter in enumerate(self._fleet.on_line(self._line.name)):
            asked += await self._poll_urgent()
            if (number + place) % IDENTITY_EVERY == 0:
                self._met.discard(meter.meter)
            asked += await self._turn(meter.meter, Rank.POLL, (number + place) % DETAIL_EVERY == 0)
        return asked

    async def _rest(self, rest_s: float) -> None:
        """Rest between rounds; a meter that is to be read soon is read meanwhile."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + rest_s
        while (left_s := until_s - loop.time()) > 0:
            self._progress()
            try:
                await asyncio.wait_for(self._bell.wait(), min(left_s, PROGRESS_EVERY_S))
            except TimeoutError:
                continue
            await self._poll_urgent()

    async def _poll_urgent(self) -> int:
        self._bell.clear()
        mine = frozenset(meter.meter for meter in self._fleet.on_line(self._line.name))
        return sum(
            [
                await self._turn(number, Rank.AFTER_GRANT, detailed=False)
                for number in self._signals.take_urgent(mine)
            ]
        )

    async def _turn(self, number: MeterNo, rank: Rank, detailed: bool) -> bool:
        """Poll one meter; say whether the line was used."""
        meter = self._fleet.meter(number)
        if meter is None:
            return False
        try:
            return await self._poll(meter, rank, detailed or number in self._watched)
        except StoreFull:
            # Nothing was stored, so nothing was decided: the register keeps the energy until there is room (C-13).
            return True
        finally:
            self._progress()

    async def _poll(self, meter: FleetMeter, rank: Rank, detailed: bool) -> bool:
        """Ask one meter. The register comes last: it is what credit is decided on."""
        details: Details | None = NO_DETAILS
        if detailed and meter.meter in self._met:
            details = await self._look_closer(meter, rank)
        if details is None:
            self._met.discard(meter.meter)
            return True
        answer = await self._line.read(meter.driver, Item.ENERGY, rank)
        if not isinstance(answer, Answer) or answer.values.energy_wh is None:
            self._met.discard(meter.meter)
            return await self._note_silence(meter, isinstance(answer, BackedOff | LineGone))
        reading = self._reading(meter, answer.values.energy_wh, answer.raw, details)
        if meter.meter not in self._met:
            reading = await self._meet(meter, reading, rank)
        await self._post(meter, reading)
        return True

    async def _note_silence(self, meter: FleetMeter, not_asked: bool) -> bool:
        if not_asked:
            return False
        now = self._clock.now()
        await self._store.run(lambda journal: note_silence(journal, meter.meter, now))
        return True

    def _reading(self, meter: FleetMeter, register_wh: int, raw: bytes, details: Details) -> MeterReading:
        return MeterReading(
            meter.meter,
            register_wh,
            raw=raw,
            power_w=details.power_w,
            current_ma=details.current_ma,
            power_factor_milli=details.power_factor_milli,
            span_wh=meter.span_wh,
            step_wh=meter.step_wh,
        )

    async def _meet(self, meter: FleetMeter, reading: MeterReading, rank: Rank) -> MeterReading:
        """Ask who a meter is before its register counts again: after a start, a silence, a strange value, and now and then."""
        who = await self._ask(meter, Item.IDENTITY, rank)
        when = await read_clock(self._line, meter.driver, rank) if has_clock(meter.driver) else None
        if isinstance(when, MeterClock):
            self._clocks.note(meter.meter, when, self._clock.now())
        if who is None:
            return reading
        self._met.add(meter.meter)
        return replace(reading, identity=who.identity)

    async def _post(self, meter: FleetMeter, reading: MeterReading) -> None:
        """Post a reading, and what the use case asks to be read again at once."""
        posted = await self._book(reading, confirming=False)
        while posted is not None and (posted.confirm or posted.reread):
            answer = await self._line.read(meter.driver, Item.ENERGY, Rank.READ_BACK)
            if not isinstance(answer, Answer) or answer.values.energy_wh is None:
                return
            again = self._reading(meter, answer.values.energy_wh, answer.raw, NO_DETAILS)
            posted = await self._book(again, posted.confirm)

    async def _book(self, reading: MeterReading, confirming: bool) -> Posted | None:
        """Hand a reading over. What breaks on it concerns its account alone, which waits for a person then (C-17)."""
        now = self._clock.now()
        try:
            posted = await self._store.run(
                lambda journal: post_reading(journal, reading, now, confirming=confirming)
            )
        except (StoreFull, StoreDamaged):
            raise
        except Exception:
            await self._quarantine(reading)
            return None
        self._broken.discard(reading.meter)
        if posted.relay or posted.closed:
            self._signals.relay.set()
        if posted.outcome not in ACCEPTED:
            self._met.discard(reading.meter)
        for wanted, meters in ((posted.watch, self._watched), (posted.factor, self._with_factor)):
            (meters.add if wanted else meters.discard)(reading.meter)
        return posted

    async def _quarantine(self, reading: MeterReading) -> None:
        if reading.meter not in self._broken:
            log.exception("reading-not-booked", meter=reading.meter, register_wh=reading.register_wh)
        self._broken.add(reading.meter)
        now, why = self._clock.now(), "a reading could not be booked; the gateway's log says why"
        await self._store.run(lambda journal: quarantine_of(journal, reading.meter, why, now))

    async def _look_closer(self, meter: FleetMeter, rank: Rank) -> Details | None:
        """Ask relay, current and power: a contact that moved by itself, or one that lies, shows here. None: it fell silent."""
        seen_at = self._clock.line_now()
        relay = await self._ask(meter, Item.RELAY, rank)
        current = None if relay is None else await self._ask(meter, Item.CURRENT, rank)
        power = None if current is None else await self._ask(meter, Item.POWER, rank)
        factor = None if power is None else await self._ask_factor(meter, rank)
        if relay is None or current is None or power is None or factor is None:
            return None
        details = Details(power.power_w, current.current_ma, factor.power_factor_milli)
        if relay.relay_closed is not None:
            await self._note_relay(meter, relay, relay.relay_closed, details, seen_at)
        return details

    async def _ask_factor(self, meter: FleetMeter, rank: Rank) -> Values | None:
        return (
            await self._ask(meter, Item.POWER_FACTOR, rank) if meter.meter in self._with_factor else NOT_TOLD
        )

    async def _note_relay(
        self, meter: FleetMeter, relay: Values, closed: bool, details: Details, seen_at: Instant
    ) -> None:
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
        number = meter.meter
        if await self._store.run(lambda journal: note_observation(journal, number, status, now, seen_at)):
            self._signals.relay.set()

    async def _ask(self, meter: FleetMeter, item: Item, rank: Rank) -> Values | None:
        """Ask one more item; NOT_TOLD when the model or this very meter doesn't have it, None when nothing came back."""
        if item not in meter.driver.items:
            return NOT_TOLD
        answer = await self._line.read(meter.driver, item, rank)
        if isinstance(answer, Answer):
            return answer.values
        return NOT_TOLD if isinstance(answer, Refused) else None
