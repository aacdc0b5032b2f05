"""What a meter's own words say about tampering and faults, and what its module's failures say. Pure: no wire, no alarm, no clock.

The meter's counts only grow; what a look finds is compared with the look before. The first look is the baseline: what happened
before commissioning is nobody's alarm. A count that is lower than before is another meter's: a baseline again.
"""

from dataclasses import dataclass
from math import isqrt

import msgspec

from gateway.contract.facts import Instant
from gateway.domain.instants import elapsed_ms

REVERSE_ACTIVE_BIT = 4
"""Of status word 1 (DL/T 645-2007, annex C)."""
PHASE_WORDS = {"A": 4, "B": 5, "C": 6}
VOLTAGE_GONE_BITS = 1 << 0 | 1 << 7
"""Of words 4 to 6: loss of voltage, phase cut."""
NO_WORD = 0xFFFF
"""A phase that is not there."""
COVER_STANDS_MS = 7 * 86_400_000
"""How long an opened cover is told: the meter has no word for "closed again"."""
LEAST_CURRENT_MA = 100
"""Beyond what a meter may ignore (class 1 starts at 0.4 % of its basic current)."""
NOMINAL_V, LOWEST_PF_PERCENT = 220, 20
STILL_STEPS = 5
LEAST_ASKED = 50
FAILS_PERCENT = 2
TIMES_THE_OTHERS = 4
DEVIATIONS = 5
MOST_COLLISIONS = 3
MS_PER_HOUR = 3_600_000


class MeterWatch(msgspec.Struct, frozen=True, array_like=True):
    """What the last looks found; keyed by the meter."""

    cover_openings: int | None = None
    cover_opened_at: Instant | None = None
    reverse_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Still:
    """A register that stands while a current flows: since when, where, and the least current seen meanwhile."""

    since: Instant
    total_wh: int
    least_ma: int


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries on a line, answered or not."""

    answered: int = 0
    missed: int = 0

    @property
    def asked(self) -> int:
        return self.answered + self.missed


def look_at_cover(watch: MeterWatch, openings: int, now: Instant) -> tuple[MeterWatch, int]:
    """Take the cover's count; give how many openings the look found."""
    known = watch.cover_openings
    more = 0 if known is None else max(0, openings - known)
    opened_at = now if more else (None if known is None or openings < known else watch.cover_opened_at)
    return msgspec.structs.replace(watch, cover_openings=openings, cover_opened_at=opened_at), more


def is_cover_told(watch: MeterWatch, now: Instant) -> bool:
    """Say whether an opening is still to be told."""
    if watch.cover_opened_at is None:
        return False
    passed_ms = elapsed_ms(watch.cover_opened_at, now)
    return passed_ms is None or passed_ms < COVER_STANDS_MS


def look_at_reverse(watch: MeterWatch, reverse_wh: int, step_wh: int) -> tuple[MeterWatch, int]:
    """Take the reverse register; give what flowed back since the look before, one step of rounding aside."""
    known = watch.reverse_wh
    more = 0 if known is None else reverse_wh - known
    return msgspec.structs.replace(watch, reverse_wh=reverse_wh), more if more > step_wh else 0


def says_reverse(words: tuple[int, ...]) -> bool:
    """Say whether the meter's first status word names active energy as flowing back."""
    return words[0] != NO_WORD and bool(words[0] >> REVERSE_ACTIVE_BIT & 1)


def lost_phases(words: tuple[int, ...]) -> str:
    """Name the phases that have no voltage, as `A, C`; empty when all have."""
    return ", ".join(
        phase
        for phase, number in PHASE_WORDS.items()
        if words[number - 1] != NO_WORD and words[number - 1] & VOLTAGE_GONE_BITS
    )


def look_at_still(still: Still | None, total_wh: int, current_ma: int | None, now: Instant) -> Still | None:
    """Follow a register that stands although a current flows; begin anew whenever it moves, end when the current does."""
    if current_ma is None or current_ma < LEAST_CURRENT_MA:
        return None
    if still is None or still.total_wh != total_wh:
        return Still(now, total_wh, current_ma)
    return Still(still.since, total_wh, min(still.least_ma, current_ma))


def still_ms(still: Still | None, step_wh: int, now: Instant) -> int:
    """Give for how long a register has stood that should have made several steps, at the worst power factor; 0 when it hasn't."""
    passed_ms = elapsed_ms(still.since, now) if still else None
    if still is None or passed_ms is None:
        return 0
    least_mw = still.least_ma * NOMINAL_V * LOWEST_PF_PERCENT // 100
    return passed_ms if least_mw * passed_ms >= STILL_STEPS * step_wh * 1000 * MS_PER_HOUR else 0


def fails_more(mine: Tries, others: Tries) -> bool:
    """Say whether a module fails far more often than the rest of its line: by share, and by more than chance.

    One that never answers is silent, which has its own alarm; a bad line fails for all and blames no module.
    """
    if mine.asked < LEAST_ASKED or mine.answered == 0 or others.asked == 0:
        return False
    expected = -(-mine.asked * others.missed // others.asked)
    beyond = mine.missed - expected
    return (
        mine.missed * 100 > FAILS_PERCENT * mine.asked
        and mine.missed * others.asked > TIMES_THE_OTHERS * others.missed * mine.asked
        and beyond > DEVIATIONS * (isqrt(expected) + 1)
    )
