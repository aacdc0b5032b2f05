"""Rooms' days for their comparison with themselves and with each other: what is told, and how it is laid out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from central.domain.group_hours import CHINA_OFFSET_MS, MS_PER_HOUR, hour_of_day
from central.domain.loss_columns import STRETCH_HOURS, stretches

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

REFERENCE_DAYS, JUDGED_DAYS = 21, 28
NIGHT_HOURS = (22, 23, 0, 1, 2, 3, 4, 5)
MOST_UNKNOWN = 0.25
"""Of a day's intervals; a day with more isn't measured, with fewer it is scaled up."""
USED_SHARE = 0.05
"""A day with less of the room's usual use is a day away, whose zeros say nothing about its meter."""


class ReasonKind(StrEnum):
    """In which way a room changed."""

    LESS = "less"
    """It uses a smaller share of what its peers use than before."""
    BLOCKS = "blocks"
    """Stretches of hours without any use on days that have use, as it did not have before."""
    NIGHT = "night"
    """Its nights fell and its days did not."""
    NOTHING = "nothing"
    """It shows next to nothing any more."""


@dataclass(frozen=True, slots=True)
class RoomsHours:
    """Rooms that are peers of each other (same building, same kind), over whole local days from `from_ms` on.

    Each row has one value per interval, None where unknown. The first `reference_days` are the past, the rest is judged.
    `empty_days`: per room the days (0 is the first) on which it is known that nobody lived there: moved out, holiday.
    """

    from_ms: int
    rooms_wh: Mapping[str, Sequence[int | None]]
    interval_ms: int = MS_PER_HOUR
    reference_days: int = REFERENCE_DAYS
    local_offset_ms: int = CHINA_OFFSET_MS
    empty_days: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class RoomDays:
    """D days x N rooms."""

    names: tuple[str, ...]
    reference: int
    """The first days, which are the past."""
    use: Array
    """Wh of the day; NaN where not measured."""
    night: Array
    """Of it in the night hours."""
    silent: Array
    """Hours in stretches without use; NaN on days that have no use at all."""
    empty: Flags

    @property
    def measured(self) -> Flags:
        """Days that count."""
        return ~np.isnan(self.use)

    @property
    def mean_before(self) -> Array:
        """N: Wh per day in the past."""
        return mean_of(self.use[: self.reference])

    def of(self, places: Sequence[int]) -> "RoomDays":
        """Give some rooms only."""
        at = list(places)
        names = tuple(self.names[place] for place in at)
        return RoomDays(
            names, self.reference, self.use[:, at], self.night[:, at], self.silent[:, at], self.empty[:, at]
        )


def mean_of(days: Array) -> Array:
    """Give each room's mean over its measured days; 0 without any."""
    known = ~np.isnan(days)
    total = np.where(known, days, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(1, known.sum(axis=0)))


def middle_of(days: Array) -> Array:
    """Give each room's mean over the middle half of its measured days: a week away or a feast doesn't move it; 0 without any."""
    out = np.zeros(days.shape[1])
    for place, column in enumerate(days.T):
        known = np.sort(column[~np.isnan(column)])
        cut = len(known) // 4
        if len(known):
            out[place] = known[cut : len(known) - cut].mean()
    return out


def days_of(told: RoomsHours) -> RoomDays | None:
    """Lay out whole days; None when there is no room or no day behind the past."""
    per_day = 24 * MS_PER_HOUR // told.interval_ms
    days = min((len(row) for row in told.rooms_wh.values()), default=0) // per_day
    if days <= told.reference_days:
        return None
    names = tuple(told.rooms_wh)
    count = days * per_day
    rows = np.column_stack([_floats(told.rooms_wh[name][:count]) for name in names])
    hour = np.array(hour_of_day(told.from_ms, told.interval_ms, told.local_offset_ms, count))
    empty = np.zeros((days, len(names)), dtype=np.bool_)
    for place, name in enumerate(names):
        empty[[day for day in told.empty_days.get(name, ()) if 0 <= day < days], place] = True
    cut = rows.reshape(days, per_day, len(names))
    unknown = np.isnan(cut)
    use = np.where(unknown.mean(axis=1) <= MOST_UNKNOWN, _scaled(cut), np.nan)
    use[empty] = np.nan
    at_night = np.isin(hour, NIGHT_HOURS).reshape(days, per_day)[0]
    night = np.where(np.isnan(use), np.nan, _scaled(cut[:, at_night]))
    least = max(1, STRETCH_HOURS * MS_PER_HOUR // told.interval_ms)
    silent = stretches(rows <= 0, least).reshape(cut.shape).sum(axis=1) * (told.interval_ms / MS_PER_HOUR)
    away = use < USED_SHARE * mean_of(use[: told.reference_days])
    return RoomDays(
        names, told.reference_days, use, night, np.where(np.isnan(use) | away, np.nan, silent), empty
    )


def _floats(values: Sequence[int | None]) -> Array:
    return np.array([np.nan if value is None or value < 0 else float(value) for value in values])


def _scaled(cut: Array) -> Array:
    """Sum the day's known intervals and scale them to all of them."""
    known = ~np.isnan(cut)
    return np.asarray(np.where(known, cut, 0.0).sum(axis=1) * cut.shape[1] / np.maximum(1, known.sum(axis=1)))
