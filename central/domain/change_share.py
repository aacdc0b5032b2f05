"""By what share a room's use changed, as the peak, the middle and the base of its days tell together. Pure.

A meter that shows a share of the truth shows it of the day's peak, of its middle and of the fridge at night alike; who is away
or saves changes them apart. So what all have in common is weighed against how honest rooms' parts go together (generalized
least squares, and Student's density in as many dimensions as there are parts).
"""

from dataclasses import dataclass
from math import log

import numpy as np

from central.domain.change_rows import Array, RoomDays, mean_of

FREE = 2.0
"""Degrees of freedom of honest changes."""
LEFT = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
"""What a meter still shows, in parts of the truth."""
FLOOR = 0.02
"""Logarithms end here: a room that shows less than this of its past shows nothing."""
LEAST_WH = 2.0
LEAST_SPREAD = 0.06
WINSOR = 3.0
"""Robust deviations at which a change is cut off where all rooms tell how honest ones go together."""
OWN_WEIGHT = 1.5
"""Days running are alike, so that their mean is less sure than independent days would make it."""


@dataclass(frozen=True)
class SharedChange:
    """N rooms: the log of use now to before beside the peers, an honest room's deviation of it, the evidence of a lesser share."""

    change: Array
    spread: Array
    evidence: Array


def shared_change(seen: RoomDays, ratio: Array) -> SharedChange:
    """Weigh all rooms' parts; `ratio` (D x N) is each day's use in parts of the room's past and of its peers' day."""
    parts = np.column_stack(
        [_log_ratio(part, seen) for part in (seen.use, seen.peak, seen.middle, seen.base)]
    )
    parts -= np.median(parts, axis=0)
    bound = WINSOR * 1.4826 * np.median(np.abs(parts), axis=0)
    tame = np.clip(parts, -bound, bound)
    covariance = tame.T @ tame / len(tame) + LEAST_SPREAD**2 * np.eye(parts.shape[1])
    weights = np.maximum(0.0, np.linalg.solve(covariance, np.ones(parts.shape[1])))
    weights = weights / weights.sum()
    change = parts @ weights
    spread = spread_of(change, OWN_WEIGHT * _own(seen, ratio), LEAST_SPREAD)
    return SharedChange(
        change, spread, _evidence(parts, covariance, spread**2 / (weights @ covariance @ weights))
    )


def _log_ratio(part: Array, seen: RoomDays) -> Array:
    before, now = mean_of(part[: seen.reference]), mean_of(part[seen.reference :])
    floor = np.maximum(LEAST_WH, FLOOR * before)
    return np.asarray(np.log((now + floor) / (before + floor)))


def _own(seen: RoomDays, ratio: Array) -> Array:
    """N: how unsure a room's own unsteadiness makes its change."""
    before = ratio[: seen.reference]
    days = (seen.measured[: seen.reference].sum(axis=0), seen.measured[seen.reference :].sum(axis=0))
    each = deviation_of(before) / np.maximum(FLOOR, mean_of(before))
    return np.asarray(each * np.sqrt(1 / np.maximum(1, days[0]) + 1 / np.maximum(1, days[1])))


def _evidence(parts: Array, covariance: Array, scale: Array) -> Array:
    """N: log of the mean density around all shares that may be left over the density around no change."""
    inverse = np.linalg.inv(covariance)

    def density(shift: float) -> Array:
        off = parts - shift
        squared = np.einsum("ij,jk,ik->i", off, inverse, off) / scale
        return np.asarray(-(FREE + parts.shape[1]) / 2 * np.log1p(squared / FREE))

    there = np.logaddexp.reduce([density(log(left)) for left in LEFT]) - log(len(LEFT))
    return np.asarray(there - density(0.0))


def deviation_of(days: Array) -> Array:
    middle = mean_of(days)
    return np.sqrt(mean_of((days - middle) ** 2))


def spread_of(values: Array, own: Array, least: float) -> Array:
    """N: the deviation of honest rooms: what all have beyond their own unsteadiness, and each its own."""
    robust = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    common = max(least**2, robust**2 - float(np.median(own**2)))
    return np.sqrt(common + own**2)
