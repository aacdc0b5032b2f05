"""What each meter's own clock shows beside ours, so that a relay command expires by the meter's clock (C-14, protocols.md 1.6).

A meter whose calendar is years off still takes the command; a capture, replayed after these minutes, is refused by the meter.
"""

from datetime import UTC, datetime, timedelta

from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.freeze_moment import Took, took
from gateway.protocols.driver import MeterClock

VALID_MS = 5 * 60_000
"""How long a relay command may be taken: far above a line's delay, far below a replay's worth."""
FRESH_MS = 6 * 3_600_000
"""A cheap meter's clock drifts a second or two in this time."""


class MeterClocks:
    """The last seen difference of every meter's calendar to our monotonic time."""

    def __init__(self, utc_offset_minutes: int) -> None:
        self.utc_offset_minutes = utc_offset_minutes
        self._zone = timedelta(minutes=utc_offset_minutes)
        self._seen: dict[MeterNo, tuple[datetime, Instant]] = {}

    def note(self, meter: MeterNo, clock: MeterClock, now: Instant) -> None:
        """Note a calendar just read; one that is no date is forgotten."""
        shown = _date(clock)
        if shown is None:
            self._seen.pop(meter, None)
        else:
            self._seen[meter] = (shown, now)

    def forget(self, meter: MeterNo) -> None:
        """Forget a meter's calendar: it refused a command as expired, or was told another time."""
        self._seen.pop(meter, None)

    def off_s(self, meter: MeterNo) -> int | None:
        """Give by how many seconds a meter's calendar was ahead of ours when it was read; None: never, or ours was in doubt."""
        seen = self._seen.get(meter)
        if seen is None or not seen[1].trusted:
            return None
        ours = datetime.fromtimestamp(seen[1].wall_ms / 1000, UTC) + self._zone
        return round((seen[0] - ours).total_seconds())

    def right(self, now: Instant) -> MeterClock:
        """Give what a calendar that is right shows at an instant, to the nearest second."""
        return _calendar(datetime.fromtimestamp((now.wall_ms + 500) // 1000, UTC) + self._zone)

    def took(self, meter: MeterNo, moment: MeterClock, told: Instant) -> Took:
        """Say whether a freeze's moment by a meter's calendar is that of a broadcast of ours."""
        shown = _date(moment)
        if shown is None or not told.trusted:
            return Took.UNKNOWN
        ours = datetime.fromtimestamp(told.wall_ms / 1000, UTC) + self._zone
        return took((shown - ours).total_seconds(), self.off_s(meter))

    def is_fresh(self, meter: MeterNo, now: Instant) -> bool:
        """Say whether the calendar was read lately enough, in this boot, to date a command by it."""
        seen = self._seen.get(meter)
        return (
            seen is not None
            and seen[1].boot == now.boot
            and 0 <= now.monotonic_ms - seen[1].monotonic_ms <= FRESH_MS
        )

    def valid_until(self, meter: MeterNo, now: Instant) -> MeterClock:
        """Date a command by the meter's calendar; by our local time where the meter's was never read."""
        seen = self._seen.get(meter)
        if seen is None:
            shown = datetime.fromtimestamp(now.wall_ms / 1000, UTC) + self._zone
        else:
            shown = seen[0] + timedelta(milliseconds=now.monotonic_ms - seen[1].monotonic_ms)
        return _calendar(shown + timedelta(milliseconds=VALID_MS))


def _date(clock: MeterClock) -> datetime | None:
    """None: no such date."""
    try:
        return datetime(
            clock.year, clock.month, clock.day, clock.hour, clock.minute, clock.second, tzinfo=UTC
        )
    except ValueError:
        return None


def _calendar(shown: datetime) -> MeterClock:
    return MeterClock(shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second)
