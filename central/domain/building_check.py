"""A building's use of a day beside what is usual there: the daily check of R-4.1.6. "No data" is never "no use".

Pure. Energies are watt-hours; an hour of a room counts as covered when its meter was read in it. Days are compared only where both
were covered nearly whole: a building that was silent for half a day has not saved anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WHOLE_PPM: Final = 1_000_000
COMPARED_FROM_PPM: Final = 900_000
"""So much of a day must be covered to be compared."""
FEWEST_WEEKS: Final = 2
"""So many of the four same weekdays must be comparable, or their mean says nothing."""


class Finding(StrEnum):
    """What a building's day is."""

    USUAL = "usual"
    HIGH = "high"
    LOW = "low"
    GAPS = "gaps"
    """Not covered enough to be compared."""
    NO_DATA = "no-data"
    NOTHING_TO_COMPARE = "nothing-to-compare"
    """The day is covered, the weeks before are not."""
    NO_METERS = "no-meters"


@dataclass(frozen=True, slots=True)
class DayUse:
    """One building's day: what was counted, in how many of its rooms' hours. `used_wh` None: nothing was read."""

    used_wh: int | None
    covered_hours: int
    of_hours: int
    rooms_without: int = 0
    """Rooms with a meter of which no hour was read."""

    @property
    def covered_ppm(self) -> int:
        """How much of it is covered."""
        return self.covered_hours * WHOLE_PPM // self.of_hours if self.of_hours else 0

    @property
    def is_comparable(self) -> bool:
        """Say whether it may be compared with another day."""
        return self.used_wh is not None and self.covered_ppm >= COMPARED_FROM_PPM


@dataclass(frozen=True, slots=True)
class Checked:
    """A building's day as it is shown."""

    day: DayUse
    before: DayUse
    usual_wh: int | None
    """The mean of the same weekday's comparable days of the four weeks before."""
    weeks: int
    """Of how many days that is the mean."""
    change_ppm: int | None
    per_room_wh: int | None
    finding: Finding


def check(
    day: DayUse, before: DayUse, weeks: Sequence[DayUse], occupied: int, outlier_percent: int
) -> Checked:
    """Judge a day: high or low when it differs from its weekday's mean by more than so many percent."""
    alike = [one.used_wh for one in weeks if one.is_comparable and one.used_wh is not None]
    usual_wh = sum(alike) // len(alike) if len(alike) >= FEWEST_WEEKS else None
    change_ppm = _change_ppm(day.used_wh, usual_wh) if day.is_comparable else None
    return Checked(
        day=day,
        before=before,
        usual_wh=usual_wh,
        weeks=len(alike),
        change_ppm=change_ppm,
        per_room_wh=day.used_wh // occupied if day.used_wh is not None and occupied else None,
        finding=_finding(day, usual_wh, change_ppm, outlier_percent),
    )


def _change_ppm(used_wh: int | None, usual_wh: int | None) -> int | None:
    if used_wh is None or not usual_wh:
        return None
    return (used_wh - usual_wh) * WHOLE_PPM // usual_wh


def _finding(day: DayUse, usual_wh: int | None, change_ppm: int | None, outlier_percent: int) -> Finding:
    if not day.of_hours:
        return Finding.NO_METERS
    if day.used_wh is None or not day.covered_hours:
        return Finding.NO_DATA
    if not day.is_comparable:
        return Finding.GAPS
    if usual_wh is None:
        return Finding.NOTHING_TO_COMPARE
    if change_ppm is None:
        return Finding.HIGH if day.used_wh else Finding.USUAL
    if abs(change_ppm) <= outlier_percent * (WHOLE_PPM // 100):
        return Finding.USUAL
    return Finding.HIGH if change_ppm > 0 else Finding.LOW
