"""Bring relays to what is desired and read them back. What to do next is the domain's table; this loop carries it out.

Relays of different meters are driven side by side; the lines' ranks put a command before everything else.
"""

import asyncio
from collections.abc import Callable

import structlog

from gateway.application.accounts import quarantine_of
from gateway.application.drive_relay import next_step, relay_tasks, report_relay
from gateway.application.ports import (
    BackedOff,
    Clock,
    Journal,
    LineGone,
    LineReply,
    Rank,
    Silent,
    Store,
    StoreDamaged,
    StoreFull,
)
from gateway.contract.identifiers import MeterNo
from gateway.domain.relay import (
    CommandAccepted,
    CommandRefused,
    CommandUnanswered,
    ObservedStatus,
    ReadBack,
    ReadBackUnanswered,
    RelayEvent,
    Rest,
    Send,
    Settled,
    Step,
)
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.read_clock import has_clock, read_clock
from gateway.loops.signals import Signals, heard
from gateway.protocols.driver import Accepted, Answer, Item, MeterClock, Refused, RelayAction

LOOK_EVERY_S = 1.0
"""Between looks for relays whose rest is over; news ring the bell."""
SHORTEST_REST_S = 0.02
BROKEN_REST_S = 60.0
"""Before a relay whose state has no next step is tried again; its account is in quarantine meanwhile."""

log = structlog.get_logger("relay")


class RelayDriver:
    """Drives all relays of the building."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store[Journal],
        clock: Clock,
        clocks: MeterClocks,
        signals: Signals,
        progress: Callable[[], None],
    ) -> None:
        self._fleet = fleet
        self._store = store
        self._clock = clock
        self._clocks = clocks
        self._signals = signals
        self._progress = progress
        self._driven: set[MeterNo] = set()

    async def run(self) -> None:
        """Drive for ever."""
        async with asyncio.TaskGroup() as drives:
            while True:
                self._signals.relay.clear()
                for number in await self._waiting():
                    meter = self._fleet.meter(number)
                    if meter is not None and number not in self._driven:
                        self._driven.add(number)
                        drives.create_task(self._drive(meter))
                self._progress()
                await heard(self._signals.relay, LOOK_EVERY_S)

    async def _waiting(self) -> list[MeterNo]:
        now = self._clock.line_now()
        try:
            return [task.meter for task in await self._store.run(lambda journal: relay_tasks(journal, now))]
        except StoreFull:
            return []

    async def _drive(self, meter: FleetMeter) -> None:
        try:
            await self._drive_to_rest(meter)
        except StoreFull as error:
            # What can't be stored is not sent; the relay stays as it is until there is room.
            log.error("relay-not-driven", meter=meter.meter, why=str(error))
            await asyncio.sleep(LOOK_EVERY_S)
        except StoreDamaged:
            raise
        except Exception:
            await self._quarantine(meter)
            await asyncio.sleep(BROKEN_REST_S)
        finally:
            self._driven.discard(meter.meter)

    async def _drive_to_rest(self, meter: FleetMeter) -> None:
        """Take one relay from step to step until nothing is left or it has to rest."""
        step = await self._first_step(meter)
        while not isinstance(step, Settled):
            if isinstance(step, Rest):
                if step.after_ms > LOOK_EVERY_S * 1000:
                    return
                await asyncio.sleep(max(SHORTEST_REST_S, step.after_ms / 1000))
                step = await self._first_step(meter)
            else:
                step = await self._report(meter, await self._carry_out(meter, step))
        log.info("relay-settled", meter=meter.meter, verdict=step.verdict)
        self._signals.worth_reading(meter.meter)

    async def _quarantine(self, meter: FleetMeter) -> None:
        """A relay whose state has no next step concerns its account alone, which waits for a person then (C-17)."""
        log.exception("relay-not-driven", meter=meter.meter)
        now, why = self._clock.now(), "its relay could not be driven; the gateway's log says why"
        try:
            await self._store.run(lambda journal: quarantine_of(journal, meter.meter, why, now))
        except StoreFull as error:
            # The relay isn't driven all the same; it breaks again after its rest, and waits for a person once there is room.
            log.error("account-not-quarantined", meter=meter.meter, why=str(error))

    async def _first_step(self, meter: FleetMeter) -> Step:
        now = self._clock.line_now()
        actions = meter.driver.relay_actions
        return await self._store.run(lambda journal: next_step(journal, meter.meter, actions, now))

    async def _report(self, meter: FleetMeter, event: RelayEvent) -> Step:
        now = self._clock.line_now()
        actions = meter.driver.relay_actions
        step = await self._store.run(lambda journal: report_relay(journal, meter.meter, event, actions, now))
        self._signals.outbox.set()
        return step

    async def _carry_out(self, meter: FleetMeter, step: ReadBack | Send) -> RelayEvent:
        if isinstance(step, Send):
            return await self._send(meter, step)
        rank = Rank.POLL if step.in_turn else Rank.READ_BACK
        if step.close and Item.CURRENT in meter.driver.items:
            return await self._read_back_closing(meter, rank)
        if step.after_ms:
            await asyncio.sleep(step.after_ms / 1000)
        return await self._read_back_opening(meter, rank)

    async def _send(self, meter: FleetMeter, send: Send) -> RelayEvent:
        action = RelayAction.PERMIT if send.permit else RelayAction.CLOSE if send.close else RelayAction.OPEN
        if has_clock(meter.driver) and not self._clocks.is_fresh(meter.meter, self._clock.now()):
            await self._read_clock(meter)
        valid_until = self._clocks.valid_until(meter.meter, self._clock.now())
        reply = await meter.line.switch(meter.driver, action, valid_until)
        log.info("relay-commanded", meter=meter.meter, action=action, reply=type(reply).__name__)
        match reply:
            case Accepted() if send.close and Item.CURRENT in meter.driver.items:
                # Noting the acknowledgement and asking the meter don't wait for each other.
                noted = self._report(meter, CommandAccepted())
                return (await asyncio.gather(self._read_back_closing(meter, Rank.READ_BACK), noted))[0]
            case Accepted():
                return CommandAccepted()
            case Refused(reason=reason):
                self._clocks.forget(meter.meter)
                return CommandRefused(reason)
            case _:
                return CommandUnanswered()

    async def _read_clock(self, meter: FleetMeter) -> None:
        clock = await read_clock(meter.line, meter.driver, Rank.RELAY)
        if isinstance(clock, MeterClock):
            self._clocks.note(meter.meter, clock, self._clock.now())

    async def _read_back_closing(self, meter: FleetMeter, rank: Rank) -> RelayEvent:
        """Ask the current while the contact moves, then the status word: the line works where it would wait.

        No current contradicts a closed contact, so that its age does no harm; an open one is proved the other way round."""
        current = await meter.line.read(meter.driver, Item.CURRENT, rank)
        if isinstance(current, LineGone | Silent | BackedOff):
            return _unanswered(current)
        relay = await meter.line.read(meter.driver, Item.RELAY, rank)
        return _seen(relay, current)

    async def _read_back_opening(self, meter: FleetMeter, rank: Rank) -> RelayEvent:
        """Read the status word, then the current behind it: only together they prove that nothing flows any more (C-15)."""
        relay = await meter.line.read(meter.driver, Item.RELAY, rank)
        if not isinstance(relay, Answer) or Item.CURRENT not in meter.driver.items:
            return _seen(relay, None)
        return _seen(relay, await meter.line.read(meter.driver, Item.CURRENT, rank))


def _seen(relay: LineReply, current: LineReply | None) -> RelayEvent:
    """Put what was read together; without a status word nothing was seen."""
    if not isinstance(relay, Answer) or relay.values.relay_closed is None:
        return _unanswered(relay)
    return ObservedStatus(
        closed=relay.values.relay_closed,
        current_ma=current.values.current_ma if isinstance(current, Answer) else None,
        commanded_closed=relay.values.relay_commanded_closed,
        status_word=relay.values.status_word,
    )


def _unanswered(reply: LineReply) -> ReadBackUnanswered:
    if isinstance(reply, LineGone):
        return ReadBackUnanswered(reply.why, line_gone=True)
    return ReadBackUnanswered()
