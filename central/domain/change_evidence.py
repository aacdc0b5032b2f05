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
from central.domain.change_share import (
    FLOOR,
    FREE,
    LEAST_SPREAD,
    OWN_WEIGHT,
    SharedChange,
    deviation_of,
    shared_change,
    spread_of,
)

NIGHT_FREE, SILENT_FREE = 1.5, 1.0
"""Degrees of freedom of honest changes: of nights, of hours without use. The fewer, the more honest rooms change a lot."""
NIGHT_LEFT = (0.3, 0.1, 0.02, 0.02)
"""A boiler that heats half as long at night is honest as a rule."""
SILENT_MORE = tuple(half / 2 for half in range(4, 21))
"""Hours without use a day that a bypass adds."""
NOTHING_SHARE, NOTHING_DAYS = 0.03, 0.8
NOTHING_EVIDENCE = 8.0
"""So seldom does a room that is lived in fall silent for most of its days: once in exp(8) room-months."""
LEAST_SPREAD_HOURS = 0.25


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
    shared = shared_change(seen, ratio)
    expected = seen.mean_before * _ratio_now(np.broadcast_to(level[:, None], seen.use.shape), seen)
    now = mean_of(seen.use[seen.reference :])
    ways = [
        _less(seen, shared, now, expected),
        _nights(seen, _night_changes(seen, shared.change)),
        _blocks(seen),
        _nothing(seen, ratio, shared, now, expected),
    ]
    return [
        Weighed(each, _score(each), float(expected[at] - now[at]), _since(ratio[:, at], seen.reference))
        for at, each in enumerate(zip(*ways, strict=True))
    ]


def _score(ways: Sequence[Way]) -> float:
    return float(np.logaddexp.reduce([way.evidence for way in ways])) - log(len(ways))


def _less(seen: RoomDays, shared: SharedChange, now: Array, expected: Array) -> list[Way]:
    rows = zip(seen.mean_before, now, expected, shared.change, shared.spread, shared.evidence, strict=True)
    return [Way(ReasonKind.LESS, *row) for row in rows]


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


def _nothing(seen: RoomDays, ratio: Array, shared: SharedChange, now: Array, expected: Array) -> list[Way]:
    faint = (ratio[seen.reference :] < NOTHING_SHARE).sum(axis=0)
    is_nothing = faint >= NOTHING_DAYS * seen.measured[seen.reference :].sum(axis=0)
    evidence = np.where(is_nothing, NOTHING_EVIDENCE, -NOTHING_EVIDENCE)
    rows = zip(seen.mean_before, now, expected, shared.change, shared.spread, evidence, strict=True)
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
        deviation_of(share)
        / np.maximum(FLOOR, mean_of(share))
        * np.sqrt(1 / days[0] + 1 / np.maximum(1, days[1]))
    )
    return night, spread_of(night, OWN_WEIGHT * own, LEAST_SPREAD)


def _silences(seen: RoomDays) -> tuple[Array, Array, Array]:
    """N: hours a day in stretches without use, before and now, and how much an honest room's difference scatters."""
    parts = (seen.silent[: seen.reference], seen.silent[seen.reference :])
    before, now = middle_of(parts[0]), middle_of(parts[1])
    days = [np.maximum(1, (~np.isnan(part)).sum(axis=0)) for part in parts]
    own = deviation_of(parts[0]) * np.sqrt(1 / days[0] + 1 / days[1])
    return before, now, spread_of(now - before, OWN_WEIGHT * own, LEAST_SPREAD_HOURS)


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
