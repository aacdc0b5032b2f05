"""Made-up rooms for the tests of who stole: seeded loads with habits and chance, a master and its subs with their registers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from central.domain.group_hours import MS_PER_HOUR, GroupHours

Array = npt.NDArray[np.float64]
MIDNIGHT_MS = 1_767_196_800_000
"""2026-01-01 00:00 in China."""
MASTER_STEP_WH, SUB_STEP_WH = 100, 10
SHAPE = np.array([2, 1, 1, 1, 1, 2, 5, 6, 4, 3, 3, 5, 6, 4, 3, 3, 4, 6, 8, 9, 9, 8, 6, 4]) / 4.3


def loads(rooms: int, days: int, seed: int) -> Array:
    """Hours x rooms in Wh: a fridge, habits, and now and then something large."""
    dice = np.random.default_rng(seed)
    shape = np.tile(SHAPE, days)[:, None] * dice.uniform(0.5, 1.5, (1, rooms))
    bursts = dice.random((24 * days, rooms)) < 0.15
    return (
        30
        + 80 * shape * dice.uniform(0.4, 1.6, (24 * days, rooms))
        + 600 * bursts * dice.random((24 * days, rooms))
    )


def group(true_wh: Array, shown_wh: Array, tap_wh: Array | float = 0.0) -> GroupHours:
    """Let a master count what flows (1.5 % lost by the square of the load) and each sub what it shows."""
    through = true_wh.sum(axis=1) + tap_wh
    master = through + 0.015 * through**2 / true_wh.sum(axis=1).mean()
    subs = stepped(shown_wh, SUB_STEP_WH)
    return GroupHours(
        MIDNIGHT_MS,
        stepped(master[:, None], MASTER_STEP_WH)[:, 0].tolist(),
        named(subs),
        master_step_wh=MASTER_STEP_WH,
        sub_step_wh=SUB_STEP_WH,
    )


def stepped(energy_wh: Array, step_wh: int) -> npt.NDArray[np.int64]:
    """What registers show that count whole steps."""
    totals = np.vstack([np.zeros((1, energy_wh.shape[1])), np.cumsum(energy_wh, axis=0)])
    return np.diff((totals // step_wh).astype(np.int64) * step_wh, axis=0)


def named(rows: npt.NDArray[np.int64]) -> Mapping[str, list[int]]:
    return {f"r{place:02}": rows[:, place].tolist() for place in range(rows.shape[1])}


def honest(rooms: int = 14, days: int = 14, seed: int = 1) -> GroupHours:
    """A group in which nobody steals; subs err by up to 0.8 %."""
    true = loads(rooms, days, seed)
    gains = 1 + np.random.default_rng(seed + 99).uniform(-0.008, 0.008, rooms)
    return group(true, true * gains)


def robbed(
    thieves: Mapping[int, float], rooms: int = 14, days: int = 14, seed: int = 1
) -> tuple[GroupHours, Array]:
    """Some meters show a share too little; also gives what each room stole, in Wh."""
    true = loads(rooms, days, seed)
    missing = np.zeros(rooms)
    missing[list(thieves)] = list(thieves.values())
    return group(true, true * (1 - missing)), (true * missing).sum(axis=0)


def with_gaps(hours: GroupHours, room: str, places: Sequence[int]) -> GroupHours:
    """The same without some intervals of a room."""
    row: list[int | None] = [None if at in places else value for at, value in enumerate(hours.subs_wh[room])]
    return replace(hours, subs_wh={**hours.subs_wh, room: row})


HOUR_MS = MS_PER_HOUR
