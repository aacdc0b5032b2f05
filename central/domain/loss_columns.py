"""What a room's missing energy may look like, as columns of the regression. Pure.

A meter that shows a constant share too little misses in proportion to what it shows (SHARE). One that is bypassed for hours
shows zero then, and misses what its room usually uses (ZEROS). A tap in the corridor looks like neither: it has its own hours
and days.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from central.domain.attributed import Pattern
from central.domain.loss_rows import Array, Flags, Rows

STRETCH_HOURS = 3
"""A meter that shows nothing for so long is looked at for what its room uses else; a kettle between two zeros is no sign."""
LEAST_ZERO_HOURS = 12


@dataclass(frozen=True)
class Columns:
    """`matrix` T x c; column k belongs to room `owner[k]` and looks like `patterns[k]`."""

    matrix: Array
    owner: npt.NDArray[np.int64]
    patterns: tuple[Pattern, ...]


def columns_of(rows: Rows) -> Columns:
    """List each room's possible columns; those that show next to nothing are left out."""
    zeros = _zero_use(rows)
    totals = rows.rooms.sum(axis=0)
    made = [
        (Pattern.SHARE, rows.rooms, totals > 0),
        (Pattern.ZEROS, zeros, zeros.sum(axis=0) > 0),
    ]
    owner = np.concatenate([np.flatnonzero(good) for _, _, good in made])
    patterns = tuple(pattern for pattern, _, good in made for _ in range(int(good.sum())))
    return Columns(np.hstack([matrix[:, good] for _, matrix, good in made]), owner, patterns)


def _zero_use(rows: Rows) -> Array:
    """T x N: what each room would use in the stretches in which its meter shows nothing; 0 outside them."""
    silent = (
        stretches(rows.rooms <= 0, max(1, round(STRETCH_HOURS / rows.hours_per_interval))) & rows.lived_in
    )
    few = silent.sum(axis=0) * rows.hours_per_interval < LEAST_ZERO_HOURS
    silent[:, few] = False
    return np.where(silent, usual_use(rows.rooms, silent, rows.hour), 0.0)


def stretches(flags: Flags, least: int) -> Flags:
    """Keep only what is set for at least `least` rows running, per column."""
    length = np.zeros(flags.shape, dtype=np.int64)
    for order in (range(len(flags)), range(len(flags) - 1, -1, -1)):
        run = np.zeros(flags.shape[1], dtype=np.int64)
        for place in order:
            run = np.where(flags[place], run + 1, 0)
            length[place] += run
    return flags & (length - 1 >= least)


def usual_use(rooms: Array, silent: Flags, hour: npt.NDArray[np.int64]) -> Array:
    """T x N: the room's mean at that hour when it isn't silent; where it always is, the peers' at that hour in the room's own
    measure."""
    shown = np.where(silent, np.nan, rooms)
    peers = (
        np.nanmean(np.where(rooms > 0, rooms, np.nan), axis=1) if (rooms > 0).any() else np.zeros(len(rooms))
    )
    profile = np.array([_mean(peers[hour == one]) for one in range(24)])
    usual = np.empty_like(rooms)
    own = np.array([_mean(column) for column in shown.T])
    typical = _mean(own[own > 0])
    level = np.where(own > 0, own, typical)
    for one in np.unique(hour):
        there = hour == one
        at_hour = np.array([_mean(column) for column in shown[there].T])
        fallback = level * profile[one] / max(_mean(profile), 1e-9)
        usual[there] = np.where(np.isfinite(at_hour) & (at_hour > 0), at_hour, fallback)
    return usual


def _mean(values: Array) -> float:
    """The mean of what is known; 0 of nothing."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
