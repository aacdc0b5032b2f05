"""A building of real rooms, hour by hour: what its meters show, with steps, classes, skew, missed polls, and a tap in the corridor.

The rooms are measured households, scaled to a dormitory room's usual day and shifted by whole weeks, so that one file of households
makes many buildings. Everything random comes from the seed.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt

from gateway.contract.rules import GroupKind, GroupRule
from gateway.domain.loss import Balance, Use, balance

HOUR_MS = 3_600_000
HOURS = 24
MEDIAN_DAY_WH = 4_500
TECHNICAL_LOSS = 0.015
"""Of the mean load, growing with its square."""
CLASS = 0.01
SUB_STEP_WH, MASTER_STEP_WH = 10, 400
POLL_S = 0.4
MISSED = 0.01


@dataclass(frozen=True)
class Tap:
    """A load on the corridor's line: a share of the building's mean load, from a day on."""

    share: float = 0.0
    from_day: int = 0


@dataclass
class BuildingHours:
    """True hourly loads of a building's rooms in Wh, and the meters' own errors."""

    rooms: list[list[int]]
    seed: int
    unmetered_share: float = 0.0
    """A load behind the master that nobody told the gateway of; it wanders by half from day to day."""
    gains: list[float] = field(default_factory=list)

    @property
    def days(self) -> int:
        return len(self.rooms[0]) // HOURS


def buildings(
    households: Sequence[Sequence[int]], rooms: int, count: int, seed: int, unmetered_share: float = 0.0
) -> Iterator[BuildingHours]:
    """Make buildings out of hourly households: each room another one, moved by whole weeks."""
    dice = random.Random(seed)
    weeks = len(households[0]) // (7 * HOURS)
    for number in range(count):
        chosen = dice.sample(list(households), rooms)
        moved = [_moved(one, 7 * HOURS * dice.randrange(weeks)) for one in chosen]
        days = sorted(HOURS * sum(one) / len(one) for one in moved)
        scale = MEDIAN_DAY_WH / max(1.0, days[len(days) // 2])
        loads = [[round(hour * scale) for hour in one] for one in moved]
        gains = [1 + dice.uniform(-CLASS, CLASS) for _ in range(rooms + 1)]
        yield BuildingHours(loads, seed + number, unmetered_share, gains)


def _moved(hours: Sequence[int], by: int) -> list[int]:
    return [*hours[by:], *hours[:by]]


def day_balances(building: BuildingHours, tap: Tap, rule: GroupRule) -> Iterator[tuple[int, list[Balance]]]:
    """Give each day's hourly balances and, last, the whole day's, as the gateway makes them."""
    dice = random.Random(building.seed)
    true_subs = [sum(room[hour] for room in building.rooms) for hour in range(building.days * HOURS)]
    mean_wh = sum(true_subs) / len(true_subs)
    gained = [
        sum(room[hour] * gain for room, gain in zip(building.rooms, building.gains[1:], strict=True))
        for hour in range(len(true_subs))
    ]
    n = len(building.rooms)
    step_noise_wh = SUB_STEP_WH * sqrt(n / 12)
    """The sum of the subs' hidden rests at an instant, around its mean."""
    master = shown_subs = 0.0
    last_master, last_subs = 0, 0
    for day in range(building.days):
        rows: list[Balance] = []
        began = (last_master, last_subs)
        wander = building.unmetered_share * dice.uniform(0.5, 1.5)
        for hour in range(day * HOURS, (day + 1) * HOURS):
            tapped = tap.share * mean_wh if tap.share and day >= tap.from_day else 0.0
            through = true_subs[hour] * (1 + wander) + tapped
            lost = TECHNICAL_LOSS * through * through / mean_wh
            master += (through + lost) * building.gains[0]
            shown_subs += gained[hour]
            skew_wh = _skew_wh(building, hour, dice)
            now = (
                int(master) // MASTER_STEP_WH * MASTER_STEP_WH,
                round(shown_subs + skew_wh + dice.gauss(0, step_noise_wh)),
            )
            rows.append(_balance(rule, building, now[0] - last_master, now[1] - last_subs, 1))
            last_master, last_subs = now
        rows.append(_balance(rule, building, last_master - began[0], last_subs - began[1], HOURS))
        yield day, rows


def _skew_wh(building: BuildingHours, hour: int, dice: random.Random) -> float:
    """What interpolation gets wrong: power x skew for each room; a missed poll doubles the skew."""
    square = 0.0
    sweep_h = POLL_S * len(building.rooms) / 3600
    for room in building.rooms:
        distance_h = sweep_h * (2 if dice.random() < MISSED else 1) / 4
        square += (room[hour] * distance_h) ** 2 / 3
    return dice.gauss(0, sqrt(square))


def _balance(rule: GroupRule, building: BuildingHours, master_wh: int, subs_wh: int, hours: int) -> Balance:
    """All subs as one sum would hide how their errors add up: it is shared out evenly."""
    n = len(building.rooms)
    shares = [subs_wh // n + (place < subs_wh % n) for place in range(n)]
    return balance(
        rule,
        Use(master_wh, MASTER_STEP_WH),
        [Use(share, SUB_STEP_WH) for share in shares],
        hours * HOUR_MS,
    )


def rule_of(rooms: int, tolerance_ppm: int) -> GroupRule:
    """The building's group, with no fixed loss told: a fixed rule counts the technical loss among the missing."""
    names = [f"r{number}" for number in range(rooms)]
    return GroupRule("b1", GroupKind.BUILDING, "master", names, tolerance_ppm=tolerance_ppm)
