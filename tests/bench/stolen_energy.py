"""Buildings of real rooms in which some steal: what every meter shows hour by hour, as read, aligned and frozen. Reproducible from the seed.

The same building as `simulated_building` (technical loss by the square of the load, classes, steps, skew, missed polls), but each room's
meter by itself and with five kinds of theft:

- factor: the meter shows a constant share too little, 0.2 to 0.8;
- blocks: it is bypassed for one stretch of 4 to 12 hours each day;
- night: it is bypassed from 22 to 6 o'clock;
- bypass: it is bypassed all the time;
- tap: a load on the corridor's line, steady or in the evenings only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from central.domain.group_hours import MS_PER_HOUR, GroupHours, UsualLoss
from tests.bench.simulated_building import (
    CLASS,
    MASTER_STEP_WH,
    MEDIAN_DAY_WH,
    MISSED,
    POLL_S,
    SUB_STEP_WH,
    TECHNICAL_LOSS,
)

Array = npt.NDArray[np.float64]
QUARTERS_PER_DAY, HOURS = 96, 24
CHINA_MIDNIGHT_MS = 1_767_196_800_000
"""2026-01-01 00:00 in China."""
NIGHT_BEGINS, NIGHT_ENDS = 22, 6
EVENING = 18


class Kind(StrEnum):
    """How energy is taken."""

    FACTOR = "factor"
    BLOCKS = "blocks"
    NIGHT = "night"
    BYPASS = "bypass"


class Registers(StrEnum):
    """How the registers of one balance were got."""

    AS_READ = "as read"
    ALIGNED = "aligned"
    FROZEN = "frozen"


@dataclass(frozen=True)
class Thief:
    """One room's theft, from a day on."""

    room: int
    kind: Kind
    from_day: int = 0


@dataclass(frozen=True)
class Theft:
    """Who steals how; `tap_share` of the mean load is taken in the corridor from `tap_from_day` on."""

    thieves: tuple[Thief, ...] = ()
    tap_share: float = 0.0
    tap_from_day: int = 0
    tap_evenings: bool = False


@dataclass
class Building:
    """`true_wh`: quarter-hours x rooms."""

    true_wh: Array
    gains: Array
    master_gain: float
    seed: int

    @property
    def days(self) -> int:
        return len(self.true_wh) // QUARTERS_PER_DAY

    @property
    def rooms(self) -> int:
        return self.true_wh.shape[1]


def building_of(households: Array, rooms: int, days: int, dice: np.random.Generator) -> Building:
    """Choose rooms among households (quarter-hours x households), move each by whole weeks, scale them to a dormitory room's day."""
    weeks = len(households) // (7 * QUARTERS_PER_DAY)
    whole = households[: weeks * 7 * QUARTERS_PER_DAY]
    moved = np.column_stack(
        [np.roll(whole[:, one], -7 * QUARTERS_PER_DAY * week) for one, week in _choice(whole.shape[1], rooms, weeks, dice)]
    )[: days * QUARTERS_PER_DAY]
    scale = MEDIAN_DAY_WH / max(1.0, float(np.median(moved.mean(axis=0) * QUARTERS_PER_DAY)))
    gains = 1 + dice.uniform(-CLASS, CLASS, rooms + 1)
    return Building(moved * scale, gains[1:], float(gains[0]), int(dice.integers(2**31)))


def _choice(households: int, rooms: int, weeks: int, dice: np.random.Generator) -> list[tuple[int, int]]:
    """Households with the week each begins in. A half of them makes a building, too: each once before any twice, then in another week."""
    first = dice.integers(weeks, size=households)
    chosen: list[tuple[int, int]] = []
    while len(chosen) < rooms:
        again = len(chosen) // households
        order = [int(one) for one in dice.permutation(households)][: rooms - len(chosen)]
        chosen += [(one, (int(first[one]) + again * (weeks // 2)) % weeks) for one in order]
    return chosen


@dataclass
class Shown:
    """What the meters showed over all days, and what was stolen. Hours x rooms."""

    master_wh: Array
    subs_wh: Array
    stolen_wh: Array
    """Hours x rooms."""
    registers: Registers

    def hours(self, from_day: int, to_day: int, usual: UsualLoss | None = None) -> GroupHours:
        """Give some days as the rules want them."""
        part = slice(from_day * HOURS, to_day * HOURS)
        return GroupHours(
            CHINA_MIDNIGHT_MS + from_day * HOURS * MS_PER_HOUR,
            [int(one) for one in self.master_wh[part]],
            self.rooms(from_day, to_day),
            master_step_wh=MASTER_STEP_WH,
            sub_step_wh=SUB_STEP_WH,
            usual=usual,
        )

    def rooms(self, from_day: int, to_day: int) -> Mapping[str, list[int]]:
        """Give the rooms' rows of some days by name."""
        part = self.subs_wh[from_day * HOURS : to_day * HOURS].astype(int)
        return {name_of(place): part[:, place].tolist() for place in range(part.shape[1])}


def name_of(room: int) -> str:
    """A room's name."""
    return f"r{room:03}"


def show(building: Building, theft: Theft, registers: Registers) -> Shown:
    """Let all meters count, and read them every hour."""
    dice = np.random.default_rng(building.seed)
    true = building.true_wh
    taken = np.zeros_like(true)
    for thief in theft.thieves:
        taken[:, thief.room] = true[:, thief.room] * _missing_share(thief, building.days, dice)
    shown = (true - taken) * building.gains
    through = true.sum(axis=1) + _tap(theft, building, dice)
    lost = TECHNICAL_LOSS * through**2 / true.sum(axis=1).mean()
    master = (through + lost) * building.master_gain
    return Shown(
        _steps(_at_hours(master[:, None]), MASTER_STEP_WH)[:, 0],
        _read(shown, registers, dice),
        taken.reshape(-1, 4, building.rooms).sum(axis=1),
        registers,
    )


def _missing_share(thief: Thief, days: int, dice: np.random.Generator) -> Array:
    share = np.zeros(days * QUARTERS_PER_DAY)
    hour = np.arange(len(share)) // 4 % HOURS
    if thief.kind == Kind.FACTOR:
        share[:] = dice.uniform(0.2, 0.8)
    elif thief.kind == Kind.NIGHT:
        share[(hour >= NIGHT_BEGINS) | (hour < NIGHT_ENDS)] = 1.0
    elif thief.kind == Kind.BYPASS:
        share[:] = 1.0
    else:
        for day in range(days):
            begin = day * QUARTERS_PER_DAY + int(dice.integers(QUARTERS_PER_DAY))
            share[begin : begin + int(dice.integers(16, 49))] = 1.0
    share[: thief.from_day * QUARTERS_PER_DAY] = 0.0
    return share


def _tap(theft: Theft, building: Building, dice: np.random.Generator) -> Array:
    """A steady load, or a heater in the evenings that is now on and now off."""
    quarters = len(building.true_wh)
    load = np.full(quarters, theft.tap_share * float(building.true_wh.sum(axis=1).mean()))
    if theft.tap_evenings:
        hour = np.arange(quarters) // 4 % HOURS
        load *= (hour >= EVENING) * np.repeat(dice.uniform(0, 2, quarters // 4), 4) * HOURS / (HOURS - EVENING)
    load[: theft.tap_from_day * QUARTERS_PER_DAY] = 0.0
    return load


def _at_hours(quarters: Array) -> Array:
    """Registers (hours + 1 x meters) at the full hours."""
    total = np.vstack([np.zeros((1, quarters.shape[1])), np.cumsum(quarters, axis=0)])
    return total[::4]


def _steps(totals: Array, step_wh: int) -> Array:
    """Differences of registers that show whole steps."""
    return np.diff(np.floor(totals / step_wh) * step_wh, axis=0)


def _read(shown: Array, registers: Registers, dice: np.random.Generator) -> Array:
    totals = _at_hours(shown)
    sweep_h = POLL_S * (shown.shape[1] + 1) / 3600
    missed = dice.random(totals.shape) < MISSED
    after = np.vstack([shown[::4] * 4, shown[-1:] * 4])  # power in the quarter behind the hour
    if registers == Registers.AS_READ:
        place_h = POLL_S / 3600 * np.arange(1, shown.shape[1] + 1)
        late_h = place_h[None, :] + missed * sweep_h
        totals = totals + after * late_h * dice.uniform(0.0, 2.0, totals.shape)
    else:
        distance_h = sweep_h * np.where(missed, 2, 1) / 4
        error = after * distance_h * dice.uniform(-1, 1, totals.shape)
        totals = totals + (error if registers == Registers.ALIGNED else np.where(missed, error, 0.0))
    return np.maximum(0.0, _steps(np.maximum.accumulate(totals, axis=0), SUB_STEP_WH))


@dataclass
class Score:
    """Rankings gathered over buildings: how well the guilty stand above the others."""

    scores: list[list[float]] = field(default_factory=list)
    guilty: list[list[bool]] = field(default_factory=list)

    def add(self, scores: list[float], guilty: list[bool]) -> None:
        self.scores.append(scores)
        self.guilty.append(guilty)

    @property
    def auc(self) -> float:
        """Mean over buildings: how probably a guilty room stands above an innocent one."""
        return float(np.mean([_auc(*one) for one in zip(self.scores, self.guilty, strict=True)]))

    @property
    def top_k(self) -> float:
        """Share of the guilty among the first k of their building, k their number."""
        found = total = 0
        for scores, guilty in zip(self.scores, self.guilty, strict=True):
            order = np.argsort(-np.array(scores), kind="stable")[: sum(guilty)]
            found, total = found + int(np.array(guilty)[order].sum()), total + sum(guilty)
        return found / max(1, total)

    @property
    def average_precision(self) -> float:
        """Mean over buildings of the precision at each guilty room's place."""
        each = []
        for scores, guilty in zip(self.scores, self.guilty, strict=True):
            hit = np.array(guilty)[np.argsort(-np.array(scores), kind="stable")]
            each.append(float((np.cumsum(hit) / np.arange(1, len(hit) + 1))[hit].mean()))
        return float(np.mean(each))


def _auc(scores: list[float], guilty: list[bool]) -> float:
    values, marks = np.array(scores), np.array(guilty)
    high, low = values[marks][:, None], values[~marks][None, :]
    return float((high > low).mean() + (high == low).mean() / 2)
