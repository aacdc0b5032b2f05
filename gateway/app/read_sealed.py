"""Reading a register at a person's word, with who answers: for swaps and for meters that are faulty. Judges nothing."""

from gateway.app.parts import Parts
from gateway.application.ports import Garbled, LineGone, LineReply, Rank
from gateway.application.sealed_register import Sealed
from gateway.loops.fleet import FleetMeter
from gateway.protocols.driver import Answer, Item, Refused
from gateway.words import mark


async def read_sealed(parts: Parts, meter: FleetMeter) -> Sealed | str:
    """Read a meter's register and its identity; a text says why not."""
    asked_at = parts.clock.now()
    reply = await meter.line.read(meter.driver, Item.ENERGY, Rank.READ_BACK)
    if not isinstance(reply, Answer) or reply.values.energy_wh is None:
        return _in_words(reply)
    identity = None
    if Item.IDENTITY in meter.driver.items:
        who = await meter.line.read(meter.driver, Item.IDENTITY, Rank.READ_BACK)
        identity = who.values.identity if isinstance(who, Answer) else None
    return Sealed(
        reply.values.energy_wh, asked_at, reply.raw, identity, span_wh=meter.span_wh, step_wh=meter.step_wh
    )


def _in_words(reply: LineReply) -> str:
    match reply:
        case Garbled(reason=reason):
            return f"garbled: {reason}"
        case Refused(reason=reason):
            return f"refused: {reason}"
        case LineGone(why=why):
            return why
        case _:
            return mark("no answer")
