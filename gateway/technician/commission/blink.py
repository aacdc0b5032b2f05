"""Which meter is at a room? Its relay is opened and closed twice: whoever stands in the room sees the light go out twice."""

from gateway.contract.facts import RelayVerdict
from gateway.protocols.driver import Item
from gateway.technician.commission.ticks import OPEN, Level, Verdict
from gateway.technician.commission.trials import RelayMark, not_read, open_and_close, relay_verdict
from gateway.technician.commission.wires import Wired
from gateway.technician.one_shot import Trouble

TIMES = 2
DARK_S = 3.0


async def blink(wired: Wired, note: RelayMark, dark_s: float = DARK_S) -> Verdict:
    """Blink; give a good verdict when each step was read back. A relay that was open is left alone: nobody would see it."""
    status = await wired.values(Item.RELAY)
    if isinstance(status, Trouble):
        return not_read(OPEN, status)
    if not status.relay_closed:
        return Verdict(OPEN, Level.SKIPPED, "was-open")
    for _ in range(TIMES):
        for switched in await open_and_close(wired, note, dark_s):
            if isinstance(switched, Trouble):
                return not_read(OPEN, switched)
            if switched.outcome is not RelayVerdict.CONFIRMED:
                return relay_verdict(OPEN, "opened", switched)
    return Verdict(OPEN, Level.GOOD, "blinked")
