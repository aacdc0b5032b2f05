"""The meter's own calendar: local time that may be offset, drift, or stand in the wrong year.

Virtual instants come in as milliseconds since 1970 UTC; the meter shows local civil time without a zone. Relay expiry, freezes and
monthly settlement go by this calendar, never by the true time. It reads no clock.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PPM = 1_000_000
DAY_MS = 86_400_000


@dataclass(slots=True)
class Calendar:
    """A clock that was set to `local_at_set_ms` at the virtual instant `set_at_ms` and runs `drift_ppm` too fast."""

    set_at_ms: int
    local_at_set_ms: int
    drift_ppm: int = 0
    synchronised_on_day: int | None = None
    """Local day number of the last broadcast that was obeyed: one per day (clause on control code 08)."""

    def local_ms(self, at_ms: int) -> int:
        """Return the shown local time as milliseconds since 1970-01-01 00:00 of the same civil calendar."""
        since_ms = at_ms - self.set_at_ms
        return self.local_at_set_ms + since_ms + since_ms * self.drift_ppm // PPM

    def when_ms(self, local_ms: int) -> int:
        """Return the first virtual instant at which the meter shows `local_ms` or later."""
        since_ms = -((self.local_at_set_ms - local_ms) * PPM // (PPM + self.drift_ppm))
        at_ms = self.set_at_ms + since_ms
        while self.local_ms(at_ms) < local_ms:
            at_ms += 1
        return at_ms

    def set_to(self, local_ms: int, at_ms: int) -> None:
        """Set the calendar; the drift stays, it's the crystal's."""
        self.set_at_ms, self.local_at_set_ms = at_ms, local_ms

    def shown(self, at_ms: int) -> datetime:
        """Return what the display shows, as a datetime whose zone means nothing."""
        return civil(self.local_ms(at_ms))

    def next_midnight_ms(self, at_ms: int) -> int:
        """Return the virtual instant at which the meter's next day begins."""
        local = self.local_ms(at_ms)
        return max(at_ms + 1, self.when_ms((local // DAY_MS + 1) * DAY_MS))


def civil(local_ms: int) -> datetime:
    """Turn local milliseconds into calendar fields."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=local_ms)


def local_ms_of(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int | None:
    """Return local milliseconds for calendar fields (two-digit years are 20YY), or None if there is no such time."""
    try:
        moment = datetime(2000 + year if year < 100 else year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
