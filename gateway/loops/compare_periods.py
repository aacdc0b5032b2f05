"""After a period's end, ask each meter for the monthly register that it keeps itself, and compare (R-4.1.9). Bills nothing.

A meter's own calendar makes its settlement: it is asked a while after the instant, so that one whose clock is late has made it.
"""

from collections.abc import Callable

from gateway.application.close_period import OwnRegister, note_own_register, to_compare
from gateway.application.ports import Clock, Journal, Rank, Store
from gateway.contract.identifiers import MeterNo
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.ticking import tick_for_ever
from gateway.protocols.driver import Answer, Item, Refused, Values, merged

NOT_TOLD = Values()
TICK_S = 2.0
AFTER_MS = 10 * 60_000
GIVE_UP_MS = 3 * 86_400_000
"""A meter that was silent for so long is not asked any more: it may have settled again before anyone looks."""
TRUSTED_OFF_S = 9 * 60
"""A clock further off than this may not have settled yet, or long ago."""
UNKNOWN_OFF_S = 60
"""What a calendar that was not read lately is taken to be off."""


class PeriodComparer:
    """Compares for all meters of the building, one question at a time."""

    def __init__(
        self,
        store: Store[Journal],
        clock: Clock,
        fleet: Fleet,
        clocks: MeterClocks,
        progress: Callable[[], None],
        *,
        after_ms: int = AFTER_MS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._clocks = clocks
        self._progress = progress
        self._after_ms = after_ms

    async def run(self) -> None:
        """Compare for ever. What can't be stored now is compared at the next turn."""
        await tick_for_ever(self._turn, self._progress, TICK_S)

    async def _turn(self) -> None:
        now = self._clock.now()
        waiting, late = await self._store.run(
            lambda journal: (
                to_compare(journal, now, self._after_ms),
                to_compare(journal, now, GIVE_UP_MS),
            )
        )
        for number in waiting:
            meter = self._fleet.meter(number)
            if number in late:
                await self._note(number, None)
            elif meter is not None:
                await self._compare(meter)
            self._progress()

    async def _note(self, meter: MeterNo, own: OwnRegister | None) -> None:
        now = self._clock.now()
        await self._store.run(lambda journal: note_own_register(journal, meter, own, now))

    async def _compare(self, meter: FleetMeter) -> None:
        """Ask when it settles, and what it kept. Silence is asked again at the next turn; a refusal is an answer."""
        if not {Item.SETTLED_ENERGY, Item.SETTLEMENT_DAY} <= meter.driver.items:
            await self._note(meter.meter, None)
            return
        found = NOT_TOLD
        for item in (Item.SETTLEMENT_DAY, Item.SETTLED_ENERGY):
            reply = await meter.line.read(meter.driver, item, Rank.POLL)
            if isinstance(reply, Refused):
                await self._note(meter.meter, None)
                return
            if not isinstance(reply, Answer):
                return
            found = merged(found, reply.values)
        await self._note(meter.meter, self._own(meter, found))

    def _own(self, meter: FleetMeter, found: Values) -> OwnRegister | None:
        off_s = self._clocks.off_s(meter.meter)
        off_s = UNKNOWN_OFF_S if off_s is None else off_s
        if found.settled_wh is None or found.settles_on is None or abs(off_s) > TRUSTED_OFF_S:
            return None
        return OwnRegister(found.settled_wh, *found.settles_on, off_s, meter.step_wh)
