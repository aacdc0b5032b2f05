"""From a group's intervals to the columns of the regression: what was lost, and what it might follow. Pure.

Gaps are filled with the room's usual use at that hour and their uncertainty is carried along, so that one meter's missed poll doesn't
cost all others their interval. An interval whose master is unknown, or too many of whose rooms are, is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from central.domain.group_hours import MS_PER_HOUR, PPM, GroupHours, hour_of_day

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LEAST_PRESENT = 0.5
"""Of a room's intervals; with fewer the room isn't judged."""
MOST_ABSENT = 0.2
"""Of the rooms; an interval with more unknown rooms is left out."""
BELOW_SIGMAS = 4.0


@dataclass(frozen=True)
class Rows:
    """T kept intervals of N judged rooms. Watt-hours as floats: this is statistics, it bills nothing."""

    meters: tuple[str, ...]
    not_judged: tuple[str, ...]
    kept: tuple[int, ...]
    """Places of the kept intervals among all."""
    rooms: Array
    """T x N, gaps filled."""
    lived_in: Flags
    """T x N: neither a gap nor known to be empty."""
    loss: Array
    """T: master less all subs and own use."""
    load: Array
    """T: what the master counted."""
    instants_var: Array
    """T x 2: variance of the loss's error at each interval's beginning and end; neighbours share the instant between them."""
    filled_var: Array
    """T: what filling gaps made uncertain."""
    hour: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    hours_per_interval: float
    told: GroupHours

    @property
    def loss_sum_wh(self) -> int:
        """All that the master counted more than its subs and the own use."""
        return round(float(self.loss.sum()))

    @property
    def is_master_below_subs(self) -> bool:
        """Whether the master counts less than its subs by more than their classes and steps can explain."""
        sub_wh = float(np.sqrt((self.rooms.sum(axis=0) ** 2).sum())) * self.told.sub_class_ppm / PPM
        master_wh = float(self.load.sum()) * self.told.master_class_ppm / PPM
        ends_wh2 = float(self.filled_var.sum() + self.instants_var[0, 0] + self.instants_var[-1, 1])
        sd_wh = ((sub_wh**2 + master_wh**2) / 3 + ends_wh2) ** 0.5
        return float(self.loss.sum()) < -BELOW_SIGMAS * sd_wh


def rows_of(hours: GroupHours) -> Rows | None:
    """Lay out what the regression sees; None when no interval can be used."""
    count = min(len(hours.master_wh), *(len(row) for row in hours.subs_wh.values()))
    master = _floats(hours.master_wh, count)
    names = tuple(hours.subs_wh)
    seen = np.column_stack([_floats(hours.subs_wh[name], count) for name in names])
    hour = np.array(
        hour_of_day(hours.from_ms, hours.interval_ms, hours.local_offset_ms, count), dtype=np.int64
    )
    absent = np.isnan(seen)
    silent = absent.all(axis=0)
    rooms, variances = _filled(seen, hour, ~silent)
    kept = (
        np.flatnonzero(~np.isnan(master) & (absent[:, ~silent].mean(axis=1) <= MOST_ABSENT))
        if not silent.all()
        else []
    )
    if len(kept) == 0:
        return None
    judged = (~absent[kept]).mean(axis=0) >= LEAST_PRESENT
    own = np.zeros(count)
    own[: len(hours.own_use_wh)] = hours.own_use_wh[:count]
    empty = np.column_stack([_flags(hours.empty.get(name, ()), count) for name in names])
    return Rows(
        meters=tuple(name for name, good in zip(names, judged, strict=True) if good),
        not_judged=tuple(name for name, good in zip(names, judged, strict=True) if not good),
        kept=tuple(int(place) for place in kept),
        rooms=rooms[kept][:, judged],
        lived_in=~(absent | empty)[kept][:, judged],
        loss=(master - rooms.sum(axis=1) - own)[kept],
        load=master[kept],
        instants_var=_instants(hours, count, len(names))[kept],
        filled_var=variances.sum(axis=1)[kept],
        hour=hour[kept],
        day=(np.asarray(kept, dtype=np.int64) * hours.interval_ms) // (24 * MS_PER_HOUR),
        hours_per_interval=hours.interval_ms / MS_PER_HOUR,
        told=hours,
    )


def _floats(values: Sequence[int | None], count: int) -> Array:
    """Unknown is NaN; so is what no register can do: count backwards."""
    return np.array([np.nan if value is None or value < 0 else float(value) for value in values[:count]])


def _flags(values: Sequence[bool], count: int) -> Flags:
    row = np.zeros(count, dtype=np.bool_)
    row[: len(values)] = list(values)[:count]
    return row


def _filled(seen: Array, hour: npt.NDArray[np.int64], any_seen: Flags) -> tuple[Array, Array]:
    """Fill each room's gaps with its mean at that hour (its mean at all where that hour was never seen), and say how uncertain that is."""
    rooms, variances = seen.copy(), np.zeros_like(seen)
    for place in np.flatnonzero(np.isnan(seen).any(axis=0)):
        if not any_seen[place]:
            rooms[:, place] = 0.0
            continue
        column, gaps = seen[:, place], np.isnan(seen[:, place])
        for one in np.unique(hour[gaps]):
            like = column[(hour == one) & ~gaps]
            like = like if len(like) > 1 else column[~gaps]
            where = gaps & (hour == one)
            rooms[where, place], variances[where, place] = like.mean(), like.var()
    return rooms, variances


def _instants(hours: GroupHours, count: int, subs: int) -> Array:
    """Give the variance at both ends of each interval: a register that shows whole steps hides step^2/12, skews add to it."""
    steps = (hours.master_step_wh**2 + subs * hours.sub_step_wh**2) / 12
    at_instant = np.full(count + 1, float(max(steps, 1.0)))
    told = np.array([float(value) for value in hours.scatter_wh[:count]])
    if len(told):
        each = np.maximum(told, 1.0) ** 2 / 8  # two standard uncertainties of a difference of two instants
        at_instant[: len(told)] = each
        at_instant[1 : len(told)] = (each[1:] + each[:-1]) / 2
        at_instant[len(told)] = each[-1]
    return np.column_stack([at_instant[:-1], at_instant[1:]])
