"""Who owes a daily check of an hour, and whether it was made: in time, late, too short, or not at all (R-4.2.0).

Pure. A day's check may be made in parts: what counts is the time that all of them cover. A part counts as in time when it was
recorded before the day's late hour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from central.domain.known_settings import on_days

MINUTE_MS: Final = 60_000
SATURDAY: Final = 5


class Party(StrEnum):
    """The procedure's five parties."""

    FINANCE = "finance"
    CARD_ROOM = "card-room"
    WARDENS = "wardens"
    SECURITY = "security"
    TECHNICIANS = "technicians"


NAMES: Final = {
    Party.FINANCE: "财务",
    Party.CARD_ROOM: "卡机房",
    Party.WARDENS: "楼管员",
    Party.SECURITY: "安保纠察",
    Party.TECHNICIANS: "水电技师",
}
"""As the setting `check.parties` names them: who is not on its list owes no check."""


class Standing(StrEnum):
    """How a day's check of a party stands."""

    DONE = "done"
    LATE = "late"
    SHORT = "short"
    MISSING = "missing"
    TO_COME = "to-come"
    """The day is not over: it can still be made."""
    FREE = "free"
    """None is owed on this day."""


COMPLAINTS: Final = (Standing.MISSING, Standing.SHORT)
"""What the heads are told of."""


@dataclass(frozen=True, slots=True)
class Part:
    """One recorded check: from when until when, and when it was recorded (UTC ms)."""

    from_ms: int
    until_ms: int
    told_ms: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is asked of a day: at least so many minutes, recorded until `late_ms`; it is missing from `missing_ms` on."""

    is_owed: bool
    least_minutes: int
    late_ms: int
    missing_ms: int


def minutes_of(parts: Iterable[Part]) -> int:
    """Give the whole minutes that parts cover together; what overlaps counts once."""
    covered_ms, reached_ms = 0, 0
    for part in sorted(parts, key=lambda one: one.from_ms):
        covered_ms += max(0, part.until_ms - max(part.from_ms, reached_ms))
        reached_ms = max(reached_ms, part.until_ms)
    return covered_ms // MINUTE_MS


def standing(due: Due, parts: Sequence[Part], now_ms: int) -> Standing:
    """Judge a day of a party by what was recorded."""
    in_time = [part for part in parts if part.told_ms <= due.late_ms]
    if minutes_of(in_time) >= due.least_minutes and in_time:
        return Standing.DONE
    if parts and minutes_of(parts) >= due.least_minutes:
        return Standing.LATE
    if not due.is_owed and not parts:
        return Standing.FREE
    if now_ms < due.missing_ms:
        return Standing.TO_COME
    return Standing.SHORT if parts else Standing.MISSING


def is_owed(
    party: Party, day: date, names: list[object], days_off: list[object], *, on_weekends: bool
) -> bool:
    """Say whether a party owes a check on a day: it is on the list, the day is no holiday, and no free weekend."""
    if NAMES[party] not in names or on_days(days_off, f"{day:%m-%d}"):
        return False
    return on_weekends or day.weekday() < SATURDAY
