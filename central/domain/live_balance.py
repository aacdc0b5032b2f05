"""What an account has left now, by estimate: the ledger as of the last settlement, less what the meter has counted since.

Pure, and never booked: the gateway alone settles (C-12). It spends by the gateway's own rule (C-4), so that the next settlement
at the same price comes out at the same figure. Where a meter's story is not clear there is no estimate: the ledger stands alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.contract.facts import ReadingOutcome
from gateway.contract.quantities import MicroYuanPerKwh, NanoYuan
from gateway.domain.buckets import Bucket, posted, use_energy

GOOD = frozenset({ReadingOutcome.FIRST, ReadingOutcome.ADVANCED, ReadingOutcome.UNCHANGED})
"""Outcomes after which two registers may simply be subtracted. After a rollover the next settlement tells."""


@dataclass(frozen=True, slots=True)
class MeterSince:
    """One meter: where it was settled, and its newest reading. `is_in_doubt`: an alarm questions its registers."""

    settled_register_wh: int | None
    settled_ms: int
    register_wh: int | None = None
    read_ms: int = 0
    outcome: str = ""
    is_in_doubt: bool = False


def used_since_wh(meter: MeterSince) -> int | None:
    """Give the energy counted since the last settlement; None where it can't be told."""
    if meter.is_in_doubt or meter.settled_register_wh is None or meter.register_wh is None:
        return None
    if meter.read_ms <= meter.settled_ms:
        return 0
    used_wh = meter.register_wh - meter.settled_register_wh
    return used_wh if used_wh >= 0 and meter.outcome in GOOD else None


def estimate(
    buckets: Sequence[Bucket], meters: Iterable[tuple[MeterSince, MicroYuanPerKwh]], paid_unit: str
) -> list[Bucket] | None:
    """Give the buckets, in order of use, after the energy since the last settlement, each meter's at its price in force.

    None where any of the meters can't tell it, and where nothing was used: the ledger's figure is then the better one. What was
    carried below a micro-yuan before is left out: no screen shows it.
    """
    used = [(used_since_wh(meter), price) for meter, price in meters]
    known = [(used_wh, price) for used_wh, price in used if used_wh is not None]
    if len(known) < len(used) or not any(used_wh for used_wh, _price in known):
        return None
    left, carried = list(buckets), NanoYuan(0)
    for used_wh, price in known:
        usage = use_energy(left, used_wh, price, carried, paid_unit)
        left, carried = posted(left, usage.postings), usage.carried
    return left
