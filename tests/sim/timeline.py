"""Virtual time: one true clock and a list of what is to happen. Knows no gateway and no central.

Every act of the simulation is run by `run_until`, in the order of time; what is due at one instant runs in the order in which it
was planned. Who does something that takes time (a question on a wire) moves the clock on; what is due meanwhile comes late.
"""

import heapq
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
START_MS = 1_803_830_400_000
"""2027-03-01, 00:00 in the campus: no season, no edge of a year."""
CAMPUS = timedelta(hours=8)
LAST_EVENTS = 40
Act = Callable[[], None]


class Timeline:
    """What time it truly is, and what comes next."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self._due: list[tuple[int, int, Act]] = []
        self._planned = 0
        self.after_each: Act = lambda: None
        self.said: deque[str] = deque(maxlen=LAST_EVENTS)
        """The last events, for who looks at a failure."""

    def at(self, at_ms: int, act: Act) -> None:
        """Have something done at an instant; at once where that has passed."""
        self._planned += 1
        heapq.heappush(self._due, (at_ms, self._planned, act))

    def after(self, ms: int, act: Act) -> None:
        """Have something done so much later."""
        self.at(self.now_ms + ms, act)

    def run_until(self, end_ms: int) -> None:
        """Do everything that is due before an instant."""
        while self._due and self._due[0][0] < end_ms:
            at_ms, _, act = heapq.heappop(self._due)
            self.now_ms = max(self.now_ms, at_ms)
            act()
            self.after_each()
        self.now_ms = max(self.now_ms, end_ms)

    def say(self, event: str) -> None:
        """Note an event."""
        self.said.append(f"{shown(self.now_ms)} {event}")


def shown(at_ms: int) -> str:
    """Write an instant in campus time, with the day of the run."""
    then = datetime.fromtimestamp(at_ms / 1000, UTC) + CAMPUS
    return f"day {(at_ms - START_MS) // DAY_MS} {then:%H:%M:%S}"
