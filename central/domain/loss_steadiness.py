"""Whether the loss follows a room at all hours. Pure.

A meter that shows a constant share too little misses by day and by night. A load that nobody knows of has habits: a boiler
that heats at night follows every other room that does so, at night only. Such a room isn't named.
"""

from collections.abc import Sequence

import numpy as np

from central.domain.attributed import Pattern
from central.domain.loss_columns import Columns
from central.domain.loss_effects import Effects, Sizes
from central.domain.loss_noise import Array, Mixed
from central.domain.loss_rows import Rows

PARTS = ((22, 23, 0, 1, 2, 3, 4, 5), (6, 7, 8, 9, 10, 11, 12, 13), (14, 15, 16, 17, 18, 19, 20, 21))
UNSTEADY_ABOVE = 14.0
"""Chi square of two degrees of freedom: once in a thousand steady rooms."""
TOLERANCE = 0.2
"""Parts may differ by so much of their mean: no meter is exactly constant."""
WIDE = 1e-2


def unsteady_rooms(
    rows: Rows, effects: Effects, sizes: Sizes, columns: Columns, named: Sequence[int]
) -> set[int]:
    """Find the named rooms whose missing share differs between the parts of the day by more than chance."""
    shares = [one for one in named if columns.patterns[one] == Pattern.SHARE]
    if not shares:
        return set()
    others = [one for one in named if one not in shares]
    part = np.array([next(p for p, hours in enumerate(PARTS) if hour in hours) for hour in rows.hour])
    split = [columns.matrix[:, shares] * (part == one)[:, None] for one in range(len(PARTS))]
    (target, matrix, seen), _ = effects.whiten(
        sizes, effects.target[:, None], effects.matrix, np.hstack([*split, columns.matrix[:, others]])
    )
    moments, information = Mixed(matrix, target[:, 0]).seen_by(seen, effects.deviations(sizes), sizes.k)
    covariance = np.asarray(np.linalg.inv(information + np.eye(len(moments)) * WIDE), dtype=np.float64)
    found = covariance @ moments
    unsteady = set()
    for place, one in enumerate(shares):
        at = [place + part * len(shares) for part in range(len(PARTS))]
        if _differ(found[at], covariance[np.ix_(at, at)]) > UNSTEADY_ABOVE:
            unsteady.add(int(columns.owner[one]))
    return unsteady


def _differ(parts: Array, covariance: Array) -> float:
    """Give the chi square of parts that should be one and the same."""
    weights = np.linalg.inv(covariance)
    middle = float((weights @ parts).sum() / weights.sum())
    weights = np.linalg.inv(covariance + np.eye(len(parts)) * (TOLERANCE * middle) ** 2)
    off = parts - float((weights @ parts).sum() / weights.sum())
    return float(off @ weights @ off)
