"""Which meter is at a room? Its relay is opened and closed twice: whoever stands in the room sees the light go out twice."""

from gateway.contract.facts import RelayVerdict
from gateway.protocols.driver import Item
from gateway.technician.commission.ticks import OPEN, Level, Verdict
from gateway.technician.commission.trials import RelayMark, open_and_close
from gateway.technician.commission.wires import Wired
from gateway.technician.one_shot import Trouble
from gateway.technician.relay import Switched

TIMES = 2
DARK_S = 3.0


async def blink(wired: Wired, note: RelayMark, dark_s: float = DARK_S) -> Verdict:
    """Blink; give a good verdict when each step was read back. A relay that was open is left alone: nobody would see it."""
    status = await wired.values(Item.RELAY)
    if isinstance(status, Trouble):
        return Verdict(OPEN, Level.BAD, "not-read", {"trouble": status.what})
    if not status.relay_closed:
        return Verdict(OPEN, Level.SKIPPED, "was-open")
    for _ in range(TIMES):
        for switched in await open_and_close(wired, note, dark_s):
            if isinstance(switched, Trouble):
                return Verdict(OPEN, Level.BAD, "not-read", {"trouble": switched.what})
            if not _is_done(switched):
                facts = {"verdict": switched.outcome.value, "next_step": ""}
                return Verdict(OPEN, Level.BAD, "not-confirmed", facts)
    return Verdict(OPEN, Level.GOOD, "blinked")


def _is_done(switched: Switched) -> bool:
    return switched.outcome is RelayVerdict.CONFIRMED
