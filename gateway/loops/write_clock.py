"""Set one meter's clock by its address, with the password: what a person does where the broadcast mends no more. Books nothing."""

from gateway.application.clock_setting import Seen
from gateway.application.ports import Clock, LineReply, Rank
from gateway.domain.clock_setting import is_near_midnight
from gateway.loops.fleet import FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.read_clock import has_clock, read_clock
from gateway.protocols.driver import Accepted, Item, MeterClock, Refused
from gateway.words import mark

LEAVE_MIDNIGHT = mark("it is midnight within five minutes; date and time are two writes: try again after it")
UNTRUSTED = mark("the gateway's own clock is not trusted: set that first")
NO_WRITE = mark("its model's clock can't be written; set it at the meter")


async def write_clock(
    meter: FleetMeter, clock: Clock, clocks: MeterClocks, password: str | None
) -> Seen | str:
    """Read, write date and time, read back; give what was seen, or why not. What was known of the calendar is forgotten."""
    now = clock.now()
    if not now.trusted:
        return UNTRUSTED
    if is_near_midnight(now, clocks.utc_offset_minutes):
        return LEAVE_MIDNIGHT
    if not has_clock(meter.driver):
        return NO_WRITE
    before_s = await _off_s(meter, clock, clocks)
    if not isinstance(before_s, int):
        return f"its clock can't be read: {before_s}"
    for part in (Item.DATE, Item.TIME):
        try:
            reply = await meter.line.write_clock(meter.driver, part, clocks.right(clock.now()), password)
        except KeyError:
            return NO_WRITE
        clocks.forget(meter.meter)
        if not isinstance(reply, Accepted):
            return f"it did not take its {part}: {_why(reply)}; see to its programming key and password"
    after_s = await _off_s(meter, clock, clocks)
    return Seen(before_s, after_s if isinstance(after_s, int) else None)


async def _off_s(meter: FleetMeter, clock: Clock, clocks: MeterClocks) -> int | str:
    shown = await read_clock(meter.line, meter.driver, Rank.READ_BACK)
    if not isinstance(shown, MeterClock):
        return _why(shown)
    clocks.note(meter.meter, shown, clock.now())
    off_s = clocks.off_s(meter.meter)
    return "it shows no possible date" if off_s is None else off_s


def _why(reply: LineReply) -> str:
    return f"refused, {reply.reason}" if isinstance(reply, Refused) else type(reply).__name__.lower()
