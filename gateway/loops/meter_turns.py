"""One meter's turn on its line: what is asked, in which order, and which use case takes each answer. Decides nothing about credit.

A turn asks the energy. What changes slowly (relay, power, current) is asked in a detailed turn, the number on the case and the
calendar when a meter has to say anew who it is: after a start, a silence, a strange value, and now and then.
"""

from collections import Counter
from dataclasses import dataclass, replace

import structlog

from gateway.application.accounts import quarantine_of
from gateway.application.drive_relay import note_observation, note_reading
from gateway.application.ports import (
    BackedOff,
    Clock,
    Journal,
    Line,
    LineGone,
    LineReply,
    Rank,
    Store,
    StoreDamaged,
    StoreFull,
)
from gateway.application.post_reading import Posted, note_silence, post_reading
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.poll_plan import PollPlan
from gateway.domain.reading import ACCEPTED, MeterReading
from gateway.domain.relay import ObservedStatus
from gateway.loops.fleet import FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.read_clock import has_clock, read_clock
from gateway.loops.signals import Signals
from gateway.protocols.driver import Answer, Item, MeterClock, Refused, Values, merged

NOT_TOLD = Values()
BESIDE = (Item.RELAY, Item.CURRENT, Item.POWER)
"""What a detailed turn asks beside the register."""
BLOCK_CHANCES = 2
"""A meter may be silent for another reason; twice running at its block, and it is the block."""
LINE_GONE_S = 0.25
"""Before a meter of a line without a port is tried again."""

log = structlog.get_logger("poll")


@dataclass(frozen=True, slots=True)
class Details:
    """What was read beside the register in the same turn; None: not asked, or the meter doesn't tell."""

    power_w: int | None = None
    current_ma: int | None = None
    power_factor_milli: int | None = None


NO_DETAILS = Details()


class MeterTurns:
    """Takes the turns of one line's meters, one or several at a time, never two of one meter."""

    def __init__(
        self,
        line: Line,
        store: Store[Journal],
        clock: Clock,
        clocks: MeterClocks,
        signals: Signals,
        plan: PollPlan,
    ) -> None:
        self._line = line
        self._store = store
        self._clock = clock
        self._clocks = clocks
        self._signals = signals
        self._plan = plan
        self._met: set[MeterNo] = set()
        """Meters that said who they are, and answer."""
        self._one_by_one: set[MeterNo] = set()
        """Meters that did not answer a block: known until the next start, as a swapped meter may answer it."""
        self._unanswered_blocks: Counter[MeterNo] = Counter()
        self._broken: set[MeterNo] = set()
        """Meters whose last reading could not be booked, so that the log says it once."""
        self._watched: set[MeterNo] = set()
        """Meters whose power is under suspicion: it is read in every turn until it is settled."""
        self._with_factor: set[MeterNo] = set()
        """Meters whose account has a rule on the power factor; no other is asked it."""

    def meet_again(self, meter: MeterNo) -> None:
        """Have a meter say anew who it is at its next turn."""
        self._met.discard(meter)

    def is_watched(self, meter: MeterNo) -> bool:
        """Say whether a meter's power is wanted in each of its turns."""
        return meter in self._watched

    async def take(self, meter: FleetMeter, rank: Rank, detailed: bool) -> float:
        """Ask one meter. The register comes last: it is what credit is decided on.

        Gives the seconds for which it can't be asked, 0 when it was. Raises StoreFull when nothing could be stored, so that nothing
        was decided: the register keeps the energy until there is room (C-13).
        """
        details: Details | None = NO_DETAILS
        if detailed and meter.meter in self._met:
            details = await self._look_closer(meter, rank)
        if details is None:
            self._met.discard(meter.meter)
            return 0.0
        answer = await self._line.read(meter.driver, Item.ENERGY, rank)
        if not isinstance(answer, Answer) or answer.values.energy_wh is None:
            self._met.discard(meter.meter)
            return await self._note_silence(meter, answer)
        reading = self._reading(meter, answer.values.energy_wh, answer.raw, details)
        if meter.meter not in self._met:
            reading = await self._meet(meter, reading, rank)
        await self._post(meter, reading)
        return 0.0

    async def _note_silence(self, meter: FleetMeter, reply: LineReply) -> float:
        if isinstance(reply, BackedOff):
            return reply.again_in_ms / 1000
        if isinstance(reply, LineGone):
            return LINE_GONE_S
        now = self._clock.now()
        await self._store.run(lambda journal: note_silence(journal, meter.meter, now))
        return 0.0

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
        now, line_now = self._clock.now(), self._clock.line_now()

        def post(journal: Journal) -> Posted:
            note_reading(journal, reading.meter, line_now)
            return post_reading(journal, reading, now, confirming=confirming)

        try:
            posted = await self._store.run(post)
        except (StoreFull, StoreDamaged):
            raise
        except Exception:
            await self._quarantine(reading)
            return None
        self._broken.discard(reading.meter)
        if posted.relay or posted.closed:
            self._signals.relay.set()
        if posted.outcome in ACCEPTED:
            self._plan.read(
                reading.meter,
                posted.total_wh,
                reading.power_w,
                posted.outlook,
                now.monotonic_ms,
                reading.step_wh,
            )
            self._plan.renew(posted.others)
        else:
            self._met.discard(reading.meter)
        self._note_wishes(reading.meter, posted)
        return posted

    def _note_wishes(self, meter: MeterNo, posted: Posted) -> None:
        """Remember what the account's rules on power want of the next turns."""
        for wanted, meters in ((posted.watch, self._watched), (posted.factor, self._with_factor)):
            (meters.add if wanted else meters.discard)(meter)
        if posted.watch:
            self._plan.want(meter)

    async def _quarantine(self, reading: MeterReading) -> None:
        if reading.meter not in self._broken:
            log.exception("reading-not-booked", meter=reading.meter, register_wh=reading.register_wh)
        self._broken.add(reading.meter)
        now, why = self._clock.now(), "a reading could not be booked; the gateway's log says why"
        await self._store.run(lambda journal: quarantine_of(journal, reading.meter, why, now))

    async def _look_closer(self, meter: FleetMeter, rank: Rank) -> Details | None:
        """Ask relay, current and power: a contact that moved by itself, or one that lies, shows here. None: it fell silent."""
        seen_at = self._clock.line_now()
        found = NOT_TOLD
        for group in self._groups(meter):
            values = await self._ask_group(meter, group, rank)
            if values is None:
                return None
            found = merged(found, values)
        details = Details(found.power_w, found.current_ma, found.power_factor_milli)
        if found.relay_closed is not None:
            await self._note_relay(meter, found, found.relay_closed, details, seen_at)
        return details

    def _groups(self, meter: FleetMeter) -> list[tuple[Item, ...]]:
        items = (*BESIDE, Item.POWER_FACTOR) if meter.meter in self._with_factor else BESIDE
        if meter.meter in self._one_by_one:
            return [(item,) for item in items]
        return meter.driver.groups(items)

    async def _ask_group(self, meter: FleetMeter, group: tuple[Item, ...], rank: Rank) -> Values | None:
        """Ask a group at once; a meter that refuses it, or leaves it unanswered again, is asked one by one from now on."""
        if len(group) > 1:
            reply = await self._line.read_block(meter.driver, group, rank)
            if isinstance(reply, Answer):
                self._unanswered_blocks.pop(meter.meter, None)
                return reply.values
            if isinstance(reply, BackedOff | LineGone):
                return None
            self._unanswered_blocks[meter.meter] += 1
            if isinstance(reply, Refused) or self._unanswered_blocks[meter.meter] >= BLOCK_CHANCES:
                self._one_by_one.add(meter.meter)
            if not isinstance(reply, Refused):
                return None
        found = NOT_TOLD
        for item in group:
            values = await self._ask(meter, item, rank)
            if values is None:
                return None
            found = merged(found, values)
        return found

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
