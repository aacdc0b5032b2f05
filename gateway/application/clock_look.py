"""What the store knows of time, for a person who looks: how late it is at least, when central spoke, whose calendar is off."""

from dataclasses import dataclass

from gateway.application.alarms import standing_alarms, station
from gateway.application.ports import Journal
from gateway.contract.facts import Instant
from gateway.domain.instants import wall_of

METER_CLOCK_OFF = "meter-clock-off"


@dataclass(frozen=True, slots=True)
class StoredTime:
    """Wall times in UTC milliseconds; 0 and None: never."""

    high_water_ms: int
    central_ms: int
    heard_ms: int | None
    meters_off: dict[str, str]
    """Meters whose calendar a person must set, with what the alarm says."""


def look_at_stored_time(journal: Journal, now: Instant) -> StoredTime:
    """Read the store's marks of time. Changes nothing."""
    here = station(journal)
    return StoredTime(
        high_water_ms=here.high_water_ms,
        central_ms=here.central_ms,
        heard_ms=wall_of(here.heard_at, now) if here.heard_at else None,
        meters_off={
            alarm.subject: alarm.detail for alarm in standing_alarms(journal) if alarm.what == METER_CLOCK_OFF
        },
    )
