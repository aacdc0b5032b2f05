"""The electrician's minutes, from the notice to his recorded arrival (R-4.2.4), and when nobody's silence is left alone. Pure."""

from dataclasses import dataclass

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Clock:
    """How the minutes stand: since when, until when, whether they still run, and how late it is or was."""

    told_ms: int
    due_ms: int
    arrived_ms: int | None
    used_ms: int
    """Up to his arrival, or up to now."""

    @property
    def is_running(self) -> bool:
        """Whether nobody has arrived yet."""
        return self.arrived_ms is None

    @property
    def is_late(self) -> bool:
        """Whether more than the allowed time was used."""
        return self.used_ms > self.due_ms - self.told_ms

    @property
    def minutes_late(self) -> int:
        """Begun minutes beyond what is allowed: a second late is a minute late."""
        over_ms = self.used_ms - (self.due_ms - self.told_ms)
        return -(-over_ms // MINUTE_MS) if over_ms > 0 else 0

    @property
    def seconds_left(self) -> int:
        """Until he is late; 0 from then on."""
        return max(0, self.due_ms - self.told_ms - self.used_ms) // 1000


def clock_of(told_ms: int, minutes: int, arrived_ms: int | None, now_ms: int) -> Clock:
    """Give the clock of a case. A phone's arrival from before the notice counts as at the notice."""
    until_ms = max(told_ms, now_ms if arrived_ms is None else arrived_ms)
    arrived = None if arrived_ms is None else until_ms
    return Clock(told_ms, told_ms + minutes * MINUTE_MS, arrived, until_ms - told_ms)


def is_unheard(told_ms: int, minutes: int, acknowledged_ms: int | None, now_ms: int) -> bool:
    """Say whether nobody has acknowledged a notice for so many minutes."""
    return acknowledged_ms is None and now_ms - told_ms >= minutes * MINUTE_MS
