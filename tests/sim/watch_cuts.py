"""What must be true of a building's cuts and closings together (C-10). Counts by true time; shares no code with the guard.

More than so many cuts in so long need a second signature or a person; once one was refused, so does each further one. Contacts that
close keep apart, so that a building doesn't come back at once.
"""

from collections import deque

from gateway.contract.facts import Instant
from tests.sim.timeline import HOUR_MS

MOST_CUTS, WINDOW_MS = 3, 8 * HOUR_MS
GAP_MS = 10_000
LATE_MS = 5_000
"""A meter's calendar may have to be asked before it is told to close: so much later than was meant."""
POLICY = {
    "cut_guard_count": MOST_CUTS,
    "cut_guard_window_s": WINDOW_MS // 1000,
    "restore_gap_ms": GAP_MS,
}


class CutWatch:
    """Of one building. Each of its answers is what is wrong; empty when nothing is."""

    def __init__(self, unsure_ms: int) -> None:
        self._unsure_ms = unsure_ms
        """So far a gateway may believe a wrong clock: cuts near the window's edge prove nothing."""
        self.forget()
        self._closed_ms = -GAP_MS

    def forget(self) -> None:
        """The store is another one: what it knows of cuts is older."""
        self._recent: deque[int] = deque()
        self._approved, self._until_ms = 0, 0
        self._is_held = False

    def approve(self, count: int, until_ms: int) -> None:
        """A person lets so many go on, until an instant by the gateway's clock."""
        self._approved, self._until_ms, self._is_held = count, until_ms, False

    def held(self) -> None:
        """One was refused."""
        self._is_held = True

    def cut(self, at: Instant, now_ms: int) -> str:
        """A cut for credit was decided on."""
        if self._approved > 0 and at.trusted and at.wall_ms <= self._until_ms:
            self._approved -= 1
            return ""
        self._approved = 0
        while self._recent and self._recent[0] < now_ms - WINDOW_MS + self._unsure_ms:
            self._recent.popleft()
        self._recent.append(now_ms)
        if self._is_held:
            return "a cut goes on that nobody approved, after another one was held"
        if len(self._recent) > MOST_CUTS:
            return (
                f"{len(self._recent)} cuts within {WINDOW_MS // HOUR_MS} h, {MOST_CUTS} need nobody's leave"
            )
        return ""

    def closed(self, now_ms: int) -> str:
        """A contact closed."""
        apart_ms, self._closed_ms = now_ms - self._closed_ms, now_ms
        if apart_ms < GAP_MS - LATE_MS:
            return f"closed {apart_ms} ms after another one, {GAP_MS} were to lie between"
        return ""
