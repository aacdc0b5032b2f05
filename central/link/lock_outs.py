"""Lock-outs of relays, and their ends: asked of their gateways (R-4.3.4, C-16). How they stand is in `control_queries`.

A software lock-out is no substitute for isolating the circuit: whoever shows one says so.
"""

from central.link.models import Command
from central.link.operations import Refused, set_relay
from gateway.contract.commands import RelayWish

LOCK_OUT_LASTS_MS = 60 * 60_000
"""A lock-out that its gateway could not take within the hour is not done later, when nobody works there any more (C-5)."""


def lock_out(meter_no: str, *, actor: str, why: str, now_ms: int, ref: str = "") -> Command | Refused:
    """Ask for a relay to be locked out: nothing closes it until `release`. `ref` names the work order and is shown on site."""
    return set_relay(
        meter_no,
        RelayWish.LOCK_OUT,
        actor=actor,
        why=why,
        now_ms=now_ms,
        lasts_ms=LOCK_OUT_LASTS_MS,
        ref=ref[:64],
    )


def release(meter_no: str, *, actor: str, why: str, now_ms: int, ref: str = "") -> Command | Refused:
    """Ask for central's lock-out of a relay to be ended; never expires. A technician's on site stands until he ends it there."""
    wish = RelayWish.RELEASE
    return set_relay(meter_no, wish, actor=actor, why=why, now_ms=now_ms, lasts_ms=None, ref=ref[:64])
