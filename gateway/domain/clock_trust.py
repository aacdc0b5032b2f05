"""May the wall clock be believed? (C-14)

A Raspberry Pi has no battery clock: after a power cut it may wake in 1970, at its last shutdown, or, by a wrong time server, in
2040. While the clock is in doubt the gateway bills the lowest price, and no time-table, expiry or price edge acts. The rule here
is pure: it knows two numbers (wall, monotonic) and what was known before, and reads neither clock nor store.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

RELEASED_MS = 1_767_225_600_000
"""2026-01-01T00:00Z: this software did not exist before; a clock that says so is wrong whoever agrees with it."""
CENTRAL_TOLERANCE_MS = 5 * 60_000
STEP_TOLERANCE_MS = 2 * 60_000
"""A wall clock that moves this much against the monotonic one was set, not slewed; smaller corrections are NTP's daily work."""
STEADY_MS = 10 * 60_000
"""After a step nobody confirmed, the clock must run evenly this long before it is believed again."""
DAY_MS = 24 * 3_600_000
LONGEST_ABSENCE_MS = 100 * DAY_MS
"""A gateway that was off longer needs central's word; so does one whose clock ran ahead this far. A summer fits, a wrong year
does not: believed, it would let dated credit lapse and bill at next year's price."""
FRESH_LIFE_MS = 5 * 365 * DAY_MS
"""A gateway that never stored anything: the same bound, from the release on (the card may be flashed years later)."""


class ClockDoubt(StrEnum):
    """Why the wall clock is not believed."""

    BEFORE_RELEASE = "before-release"
    BEFORE_LAST_STORED = "before-last-stored"
    FAR_AHEAD = "far-ahead"
    DISAGREES_WITH_CENTRAL = "disagrees-with-central"
    STEPPED = "stepped"


@dataclass(frozen=True, slots=True)
class ClockMemory:
    """What is known of time so far in this boot. Monotonic values are of this boot only."""

    latest_wall_ms: int | None = None
    """The newest wall time stored or trusted; None on a fresh gateway."""
    central_offset_ms: int | None = None
    """Central's time minus our monotonic time when it was last heard; None when it was not heard in this boot."""
    last_offset_ms: int | None = None
    """Wall minus monotonic at the last look: it only changes when somebody sets the clock."""
    unsteady_until_ms: int = 0
    """Monotonic time until which an unconfirmed step is not believed."""
    doubt: ClockDoubt | None = None


def hear_central(memory: ClockMemory, central_ms: int, monotonic_ms: int) -> ClockMemory:
    """Note central's time. The caller vouches that the message was signed and new: a replayed one tells an old time."""
    return replace(memory, central_offset_ms=central_ms - monotonic_ms)


def look(memory: ClockMemory, wall_ms: int, monotonic_ms: int) -> ClockMemory:
    """Judge one look at both clocks; the answer is in `doubt` of the memory returned (None: believed)."""
    offset_ms = wall_ms - monotonic_ms
    memory = replace(
        memory, last_offset_ms=offset_ms, unsteady_until_ms=_unsteady_until(memory, offset_ms, monotonic_ms)
    )
    doubt = _doubt(memory, wall_ms, monotonic_ms)
    if doubt is None:
        confirmed = memory.central_offset_ms is not None
        latest = wall_ms if confirmed else max(wall_ms, memory.latest_wall_ms or 0)
        return replace(memory, doubt=None, latest_wall_ms=latest)
    return replace(memory, doubt=doubt)


def _unsteady_until(memory: ClockMemory, offset_ms: int, monotonic_ms: int) -> int:
    """A step of a clock that was believed starts a time of doubt; the step that mends a disbelieved one does not."""
    if memory.last_offset_ms is None or abs(offset_ms - memory.last_offset_ms) <= STEP_TOLERANCE_MS:
        return memory.unsteady_until_ms
    if memory.doubt in (None, ClockDoubt.STEPPED):
        return monotonic_ms + STEADY_MS
    return memory.unsteady_until_ms


def _doubt(memory: ClockMemory, wall_ms: int, monotonic_ms: int) -> ClockDoubt | None:
    if wall_ms < RELEASED_MS:
        return ClockDoubt.BEFORE_RELEASE
    if memory.central_offset_ms is not None:
        # Central's signed time outweighs everything but the release date: it also mends a store written ahead of time.
        apart_ms = abs(wall_ms - monotonic_ms - memory.central_offset_ms)
        return ClockDoubt.DISAGREES_WITH_CENTRAL if apart_ms > CENTRAL_TOLERANCE_MS else None
    latest = memory.latest_wall_ms
    if latest is not None and wall_ms < latest - STEP_TOLERANCE_MS:
        return ClockDoubt.BEFORE_LAST_STORED
    if wall_ms > (RELEASED_MS + FRESH_LIFE_MS if latest is None else latest + LONGEST_ABSENCE_MS):
        return ClockDoubt.FAR_AHEAD
    if monotonic_ms < memory.unsteady_until_ms:
        return ClockDoubt.STEPPED
    return None
