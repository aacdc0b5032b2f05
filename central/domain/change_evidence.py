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
NIGHT_LEFT = (0.6, 0.4, 0.2, 0.1, 0.02)
SILENT_MORE = (2.0, 3.5, 5.0, 7.0, 9.0)
"""Hours without use a day that a bypass adds."""
FLOOR = 0.02
"""Logarithms end here: a room that shows less than this of its past shows nothing."""
NOTHING_SHARE, NOTHING_DAYS = 0.03, 0.8
NOTHING_EVIDENCE = 8.0
"""So seldom does a room that is lived in fall silent for most of its days: once in exp(8) room-months."""
LEAST_SPREAD, LEAST_SPREAD_HOURS = 0.06, 0.25
OWN_WEIGHT = 1.5
"""Days running are alike, so that their mean is less sure than independent days would make it."""


@dataclass(frozen=True)
class Way:
    """One kind of change, in numbers."""

    kind: ReasonKind
    before: float
    now: float
    expected: float
    z: float
    evidence: float


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
    before = seen.mean_before
    ratio = seen.use / np.maximum(1.0, before) / level[:, None]
    change, spread = _changes(seen, ratio)
    night_change, night_spread = _night_changes(seen, change)
    hours_before, hours_now, hours_spread = _silences(seen)
    peers_level = _ratio_now(np.broadcast_to(level[:, None], seen.use.shape), seen)
    expected = before * peers_level
    use_now = mean_of(seen.use[seen.reference :])
    nights = (mean_of(seen.night[: seen.reference]), mean_of(seen.night[seen.reference :]))
    peers_nights = np.exp(np.median(np.log(np.maximum(FLOOR, nights[1] / np.maximum(1.0, nights[0])))))
    faint = (ratio[seen.reference :] < NOTHING_SHARE).sum(axis=0) / np.maximum(
        1, seen.measured[seen.reference :].sum(axis=0)
    )
    made = []
    for at in range(len(seen.names)):
        less = _evidence(change[at], spread[at], [log(left) for left in LEFT], FREE)
        night = _evidence(night_change[at], night_spread[at], [log(left) for left in NIGHT_LEFT], NIGHT_FREE)
        more = hours_now[at] - hours_before[at]
        blocks = _evidence(more, hours_spread[at], SILENT_MORE, SILENT_FREE)
        nothing = NOTHING_EVIDENCE if faint[at] >= NOTHING_DAYS else -NOTHING_EVIDENCE
        ways = (
            Way(ReasonKind.LESS, before[at], use_now[at], expected[at], change[at] / spread[at], less),
            Way(ReasonKind.NIGHT, nights[0][at], nights[1][at], nights[0][at] * peers_nights, night_change[at] / night_spread[at], night),
            Way(ReasonKind.BLOCKS, 60 * hours_before[at], 60 * hours_now[at], 60 * hours_before[at], more / hours_spread[at], blocks),
            Way(ReasonKind.NOTHING, before[at], use_now[at], expected[at], change[at] / spread[at], nothing),
        )  # fmt: skip
        score = float(np.logaddexp.reduce([way.evidence for way in ways])) - log(len(ways))
        made.append(Weighed(ways, score, expected[at] - use_now[at], _since(ratio[:, at], seen.reference)))
    return made


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
    """N: the log of each room's use now to before, beside its peers; and how much an honest room's scatters."""
    before, now = ratio[: seen.reference], ratio[seen.reference :]
    change = np.log(np.maximum(FLOOR, mean_of(now) / np.maximum(FLOOR, mean_of(before))))
    change -= np.median(change)
    days = (seen.measured[: seen.reference].sum(axis=0), seen.measured[seen.reference :].sum(axis=0))
    own = (
        _deviation(before)
        / np.maximum(FLOOR, mean_of(before))
        * np.sqrt(1 / days[0] + 1 / np.maximum(1, days[1]))
    )
    return change, _spread(change, OWN_WEIGHT * own, LEAST_SPREAD)


def _night_changes(seen: RoomDays, change: Array) -> tuple[Array, Array]:
    """N: the same of the nights beside the days."""
    day = seen.use - seen.night
    logs = []
    for part in (seen.night, day):
        before, now = middle_of(part[: seen.reference]), middle_of(part[seen.reference :])
        floor = np.maximum(1.0, FLOOR * np.maximum(before, 0.2 * seen.mean_before))
        logs.append(np.log((now + floor) / (before + floor)))
    night = logs[0] - np.maximum(logs[1], change - 0.5)
    night -= np.median(night)
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
