"""How full the card is and how long it will last at the present pace. Counts bytes; knows neither tables nor files.

Shown by `status` and told to central with every health row: nobody should have to guess how many hours a buffer still holds.
"""

from collections import deque
from collections.abc import Callable

from gateway.application.outbox import Depth
from gateway.contract.facts import Instant

MS_PER_HOUR = 3_600_000
LOOKED_BACK_MS = 24 * MS_PER_HOUR
SHORTEST_LOOK_MS = MS_PER_HOUR
"""A pace taken over less is noise: the journal grows by pages."""


class StoreRoom:
    """The journal's size over the last day, and what the disk has left."""

    def __init__(self, free_bytes: Callable[[], int]) -> None:
        self._free_bytes = free_bytes
        self._sizes: deque[tuple[int, int]] = deque()
        self._counters: dict[str, int] = {}
        self.hours_left: int | None = None
        """At the pace of the last day; None while the journal does not grow, or before an hour was seen."""
        self.used_bytes = 0
        self.grows_bytes_a_day: int | None = None
        """At the pace of the last day; None before an hour was seen."""

    def note(self, stored_bytes: int, waiting: Depth, now: Instant) -> None:
        """Take a look. The age of the oldest row is told on a trusted clock only."""
        at_ms, sizes = now.monotonic_ms, self._sizes
        sizes.append((at_ms, stored_bytes))
        while at_ms - sizes[0][0] > LOOKED_BACK_MS:
            sizes.popleft()
        free = self._free_bytes()
        self.used_bytes, self.grows_bytes_a_day = stored_bytes, _grows(sizes[0], sizes[-1])
        self.hours_left = _hours_left(sizes[0], sizes[-1], free)
        self._counters = {
            "outbox:rows": waiting.rows,
            "store:used-bytes": stored_bytes,
            "store:free-bytes": free,
        }
        if waiting.oldest_ms is not None and now.trusted:
            self._counters["outbox:oldest-s"] = max(0, now.wall_ms - waiting.oldest_ms) // 1000
        if self.hours_left is not None:
            self._counters["store:hours-left"] = self.hours_left

    def counters(self) -> dict[str, int]:
        """What was last seen, by the names of the health row."""
        return dict(self._counters)


def _grows(first: tuple[int, int], last: tuple[int, int]) -> int | None:
    passed_ms = last[0] - first[0]
    return (last[1] - first[1]) * 24 * MS_PER_HOUR // passed_ms if passed_ms >= SHORTEST_LOOK_MS else None


def _hours_left(first: tuple[int, int], last: tuple[int, int], free_bytes: int) -> int | None:
    passed_ms, grown = last[0] - first[0], last[1] - first[1]
    if passed_ms < SHORTEST_LOOK_MS or grown <= 0:
        return None
    return free_bytes * passed_ms // (grown * MS_PER_HOUR)
