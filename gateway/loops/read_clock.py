"""A meter's calendar in one answer, or put together from two where the meter has only those. Decides nothing about it.

DL/T 645-2007 has a date (04000101) and a time (04000102); one answer for both (0400010C) is an extension that not all meters know.
"""

from gateway.application.ports import Line, LineReply, Rank
from gateway.protocols.driver import Answer, Driver, Item, MeterClock, Refused, clock_of


def has_clock(driver: Driver) -> bool:
    """Tell whether the model has a calendar at all."""
    return Item.CLOCK in driver.items or {Item.DATE, Item.TIME} <= driver.items


async def read_clock(line: Line, driver: Driver, rank: Rank) -> MeterClock | LineReply:
    """Give the meter's calendar, or the reply that it failed by. Raises KeyError for a model without one: ask `has_clock` first."""
    if Item.CLOCK in driver.items:
        reply = await line.read(driver, Item.CLOCK, rank)
        if isinstance(reply, Answer) and reply.values.clock is not None:
            return reply.values.clock
        if not isinstance(reply, Refused) or Item.DATE not in driver.items:
            return reply
    return await _put_together(line, driver, rank)


async def _put_together(line: Line, driver: Driver, rank: Rank) -> MeterClock | LineReply:
    """Read date, then time. A time in the first hour of a day may belong to the day after that date: the date is asked again."""
    first = await line.read(driver, Item.DATE, rank)
    if not isinstance(first, Answer):
        return first
    then = await line.read(driver, Item.TIME, rank)
    if not isinstance(then, Answer) or then.values.time is None:
        return then
    last = await line.read(driver, Item.DATE, rank) if then.values.time.hour == 0 else first
    if not isinstance(last, Answer) or last.values.date is None:
        return last
    return clock_of(last.values.date, then.values.time)
