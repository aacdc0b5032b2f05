"""How much better theft explains a room's change than honesty does. Pure.

Honest rooms change, too, and nobody knows beforehand by how much: the rooms themselves tell, by the spread of their own changes
(robust, so that a few thieves don't widen it) and by how unsteady each was before. Against this, each kind of theft says what the
change would look like. Tails are Student's, because some honest rooms change a lot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from central.domain.change_rows import Array, ReasonKind, RoomDays, mean_of, middle_of

FREE, NIGHT_FREE, SILENT_FREE = 4.0, 1.5, 1.0
"""Degrees of freedom of honest changes: of use, of nights, of hours without use. The fewer, the more honest rooms change a lot."""
LEFT = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
"""What a meter still shows, in parts of the truth."""
NIGHT_LEFT = (0.3, 0.1, 0.02, 0.02)
"""A boiler that heats half as long at night is honest as a rule."""
SILENT_MORE = tuple(half / 2 for half in range(4, 21))
"""Hours without use a day that a bypass adds."""
FLOOR = 0.02
"""Logarithms end here: a room that shows less than this of its past shows nothing."""
NOTHING_SHARE, NOTHING_DAYS = 0.03, 0.8
NOTHING_EVIDENCE = 8.0
"""So seldom does a room that is lived in fall silent for most of its days: once in exp(8) room-months."""
LEAST_SPREAD, LEAST_SPREAD_HOURS = 0.06, 0.25
WINSOR = 3.0
"""Robust deviations at which a change is cut off where all rooms tell how honest ones go together."""
LEAST_WH = 2.0
OWN_WEIGHT = 1.5
"""Days running are alike, so that their mean is less sure than independent days would make it."""


@dataclass(frozen=True)
class Way:
    """One kind of change, in numbers."""

    kind: ReasonKind
    before: float
    now: float
    expected: float
    change: float
    """In the measure that `spread` has: a logarithm, or hours."""
    spread: float
    evidence: float

    @property
    def z(self) -> float:
        """The change in deviations of honest rooms."""
        return self.change / self.spread


@dataclass(frozen=True)
class Weighed:
    """One room."""

    ways: tuple[Way, ...]
    score: float
    missing_wh_per_day: float
    since_day: int | None


def weigh(seen: RoomDays) -> list[Weighed]:
    """Weigh each room's change; all rooms given are judged and are each other's peers."""
    level = _peers_level(seen)
    ratio = seen.use / np.maximum(1.0, seen.mean_before) / level[:, None]
    changes = _changes(seen, ratio)
    expected = seen.mean_before * _ratio_now(np.broadcast_to(level[:, None], seen.use.shape), seen)
    now = mean_of(seen.use[seen.reference :])
    ways = [
        _less(seen, changes, now, expected),
        _nights(seen, _night_changes(seen, changes[0])),
        _blocks(seen),
        _nothing(seen, ratio, changes, now, expected),
    ]
    return [
        Weighed(each, _score(each), float(expected[at] - now[at]), _since(ratio[:, at], seen.reference))
        for at, each in enumerate(zip(*ways, strict=True))
    ]


def _score(ways: Sequence[Way]) -> float:
    return float(np.logaddexp.reduce([way.evidence for way in ways])) - log(len(ways))


def _less(seen: RoomDays, changes: tuple[Array, Array], now: Array, expected: Array) -> list[Way]:
    shifts = [log(left) for left in LEFT]
    return [
        Way(ReasonKind.LESS, *row, _evidence(row[3], row[4], shifts, FREE))
        for row in zip(seen.mean_before, now, expected, *changes, strict=True)
    ]


def _nights(seen: RoomDays, changes: tuple[Array, Array]) -> list[Way]:
    before, now = mean_of(seen.night[: seen.reference]), mean_of(seen.night[seen.reference :])
    peers = np.exp(np.median(np.log(np.maximum(FLOOR, now / np.maximum(1.0, before)))))
    shifts = [log(left) for left in NIGHT_LEFT]
    return [
        Way(ReasonKind.NIGHT, *row, _evidence(row[3], row[4], shifts, NIGHT_FREE))
        for row in zip(before, now, before * peers, *changes, strict=True)
    ]


def _blocks(seen: RoomDays) -> list[Way]:
    before, now, spread = _silences(seen)
    return [
        Way(ReasonKind.BLOCKS, *row, _evidence(row[3], row[4], SILENT_MORE, SILENT_FREE))
        for row in zip(60 * before, 60 * now, 60 * before, now - before, spread, strict=True)
    ]


def _nothing(
    seen: RoomDays, ratio: Array, changes: tuple[Array, Array], now: Array, expected: Array
) -> list[Way]:
    faint = (ratio[seen.reference :] < NOTHING_SHARE).sum(axis=0)
    is_nothing = faint >= NOTHING_DAYS * seen.measured[seen.reference :].sum(axis=0)
    evidence = np.where(is_nothing, NOTHING_EVIDENCE, -NOTHING_EVIDENCE)
    rows = zip(seen.mean_before, now, expected, *changes, evidence, strict=True)
    return [Way(ReasonKind.NOTHING, *row) for row in rows]


def _peers_level(seen: RoomDays) -> Array:
    """D: what all rooms used that day, in parts of their own past; the median, so that thieves don't move it."""
    parts = seen.use / np.maximum(1.0, seen.mean_before)
    level = np.array([np.median(row[~np.isnan(row)]) if (~np.isnan(row)).any() else 1.0 for row in parts])
    middle = float(np.median(level[: seen.reference]))
    return np.maximum(FLOOR, level / max(FLOOR, middle))


def _ratio_now(days: Array, seen: RoomDays) -> Array:
    masked = np.where(seen.measured, days, np.nan)
    return mean_of(masked[seen.reference :]) / np.maximum(FLOOR, mean_of(masked[: seen.reference]))


def _changes(seen: RoomDays, ratio: Array) -> tuple[Array, Array]:
    """N: the log of each room's use now to before, beside its peers; and how much an honest room's scatters.

    A meter that shows a share of the truth shows it of the day's peak, of its middle and of the fridge at night alike; who is
    away or saves changes them apart. So the change is what all have in common, weighed by how honest rooms' go together.
    """
    parts = np.column_stack(
        [_log_ratio(part, seen) for part in (seen.use, seen.peak, seen.middle, seen.base)]
    )
    parts -= np.median(parts, axis=0)
    change = parts @ _weights(parts)
    change -= np.median(change)
    before = ratio[: seen.reference]
    days = (seen.measured[: seen.reference].sum(axis=0), seen.measured[seen.reference :].sum(axis=0))
    own = (
        _deviation(before)
        / np.maximum(FLOOR, mean_of(before))
        * np.sqrt(1 / days[0] + 1 / np.maximum(1, days[1]))
    )
    return change, _spread(change, OWN_WEIGHT * own, LEAST_SPREAD)


def _log_ratio(part: Array, seen: RoomDays) -> Array:
    before, now = mean_of(part[: seen.reference]), mean_of(part[seen.reference :])
    floor = np.maximum(LEAST_WH, FLOOR * before)
    return np.log((now + floor) / (before + floor))


def _weights(parts: Array) -> Array:
    """Weigh the parts (N x p, around 0) for their common change: generalized least squares, no part against the others."""
    bound = WINSOR * 1.4826 * np.median(np.abs(parts), axis=0)
    tame = np.clip(parts, -bound, bound)
    covariance = tame.T @ tame / len(tame) + LEAST_SPREAD**2 * np.eye(parts.shape[1])
    weights = np.maximum(0.0, np.linalg.solve(covariance, np.ones(parts.shape[1])))
    return np.asarray(weights / weights.sum()) if weights.sum() > 0 else np.eye(parts.shape[1])[0]


def _night_changes(seen: RoomDays, change: Array) -> tuple[Array, Array]:
    """N: the same of the nights beside the days."""
    day = seen.use - seen.night
    falls = []
    for of in (mean_of, middle_of):
        logs = []
        for part in (seen.night, day):
            before, now = of(part[: seen.reference]), of(part[seen.reference :])
            floor = np.maximum(1.0, FLOOR * np.maximum(before, 0.2 * seen.mean_before))
            logs.append(np.log((now + floor) / (before + floor)))
        fall = logs[0] - np.maximum(logs[1], change - 0.5)
        falls.append(fall - np.median(fall))
    night = np.maximum(*falls)  # a few large nights before are no habit
    share = seen.night[: seen.reference] / np.maximum(1.0, seen.use[: seen.reference])
    days = (seen.measured[: seen.reference].sum(axis=0), seen.measured[seen.reference :].sum(axis=0))
    own = (
        _deviation(share)
        / np.maximum(FLOOR, mean_of(share))
        * np.sqrt(1 / days[0] + 1 / np.maximum(1, days[1]))
    )
    return night, _spread(night, OWN_WEIGHT * own, LEAST_SPREAD)


def _silences(seen: RoomDays) -> tuple[Array, Array, Array]:
    """N: hours a day in stretches without use, before and now, and how much an honest room's difference scatters."""
    parts = (seen.silent[: seen.reference], seen.silent[seen.reference :])
    before, now = middle_of(parts[0]), middle_of(parts[1])
    days = [np.maximum(1, (~np.isnan(part)).sum(axis=0)) for part in parts]
    own = _deviation(parts[0]) * np.sqrt(1 / days[0] + 1 / days[1])
    return before, now, _spread(now - before, OWN_WEIGHT * own, LEAST_SPREAD_HOURS)


def _deviation(days: Array) -> Array:
    middle = mean_of(days)
    return np.sqrt(mean_of((days - middle) ** 2))


def _spread(values: Array, own: Array, least: float) -> Array:
    """N: the deviation of honest rooms: what all have beyond their own unsteadiness, and each its own."""
    robust = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    common = max(least**2, robust**2 - float(np.median(own**2)))
    return np.sqrt(common + own**2)


def told_apart(change: float, with_missing: float, spread: float, missing_spread: float) -> float:
    """Log of how much better a room's use fits its past with its missing energy than without: logs of now to expected."""
    wide = (spread**2 + missing_spread**2) ** 0.5
    return _student(with_missing / wide, FREE) - log(wide) - _student(change / spread, FREE) + log(spread)


def _evidence(value: float, spread: float, shifts: Sequence[float], free: float) -> float:
    """Log of the mean density around the shifts over the density around none."""
    there = [_student((value - shift) / spread, free) for shift in shifts]
    return float(np.logaddexp.reduce(there)) - log(len(there)) - _student(value / spread, free)


def _student(z: float, free: float) -> float:
    """Log of Student's density, but for its constant."""
    return -(free + 1) / 2 * float(np.log1p(z * z / free))


def _since(ratio: Array, reference: int) -> int | None:
    """The day from which less use fits best: where the means before and behind part most."""
    known = np.flatnonzero(~np.isnan(ratio))
    values = ratio[known]
    best, at = 0.0, None
    for cut in range(max(1, len(known[known < reference]) // 2), len(known)):
        fall = float(values[:cut].mean() - values[cut:].mean())
        gain = fall * abs(fall) * cut * (len(known) - cut) / len(known)
        if gain > best:
            best, at = gain, int(known[cut])
    return at
