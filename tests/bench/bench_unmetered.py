"""`make bench-unmetered`: how well a room's hidden days are estimated, beside the mean of its last 7 days, on real traces.

The traces are not part of this project: their folder is given by --data or CARDROOM_DATA, `../shared/data` otherwise. Households
are known for 7 weeks: at least 4 of them are the past here. Users whose days are known for years show the same with 8 weeks of
past, without a goal: their gaps were filled from their neighbours.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from central.domain.unmetered import HOUR_MS, WEEKS_BACK, estimate
from tests.bench.bench_loss import FILE, hourly
from tests.bench.figures import Figures

LONG_FILE = "calib/sgcc_long_191x1034.parquet"
LENGTHS = (1, 2, 3, 5, 7, 10, 14)
"""Days that are hidden."""
HOURS, NAIVE_DAYS = 24, 7
BUILDING = 40
"""Rooms that are peers of one another."""
LEAST_PAST, LONG_PAST = 28, 56
MOST_W = 60_000
MOST_BIAS, LEAST_COVERED, MOST_COVERED = 0.03, 0.85, 0.95


@dataclass(frozen=True)
class Hidden:
    """A hidden interval: what was used, what the rule says with its interval, and what the last 7 days say."""

    days: int
    true_wh: int
    wh: int
    low_wh: int
    high_wh: int
    naive_wh: int


def hide(rooms: Sequence[Sequence[int]], least_past: int, times: int, seed: int) -> Iterator[Hidden]:
    """Hide days of each room, `times` over, and estimate them by what was before and what its building used meanwhile."""
    dice = random.Random(seed)
    for _ in range(times):
        order = list(range(len(rooms)))
        dice.shuffle(order)
        for at in range(0, len(order) - BUILDING + 1, BUILDING):
            yield from _building([rooms[one] for one in order[at : at + BUILDING]], least_past, dice)


def _building(rooms: list[Sequence[int]], least_past: int, dice: random.Random) -> Iterator[Hidden]:
    for place, room in enumerate(rooms):
        days = dice.choice(LENGTHS)
        first = HOURS * dice.randrange(least_past, len(room) // HOURS - days + 1)
        last, begin = first + HOURS * days, max(0, first - HOURS * 7 * WEEKS_BACK)
        peers = [other[begin:last] for number, other in enumerate(rooms) if number != place]
        found = estimate(room[begin:first], peers, [HOUR_MS] * HOURS * days, MOST_W)
        if found is not None:
            naive_wh = sum(room[first - HOURS * NAIVE_DAYS : first]) * days // NAIVE_DAYS
            true_wh = sum(room[first:last])
            yield Hidden(days, true_wh, found.wh, found.low_wh, found.high_wh, naive_wh)


def off(said: Sequence[tuple[int, int]]) -> float:
    """Give the mean of the errors in parts of the true figure (MAPE), of rooms that used anything to speak of."""
    parts = [abs(wh - true_wh) / true_wh for wh, true_wh in said if true_wh > 0]
    return sum(parts) / len(parts)


def bias(said: Sequence[tuple[int, int]]) -> float:
    """Give how much more than the truth all of them together say."""
    return sum(wh for wh, _true in said) / sum(true_wh for _wh, true_wh in said) - 1


def kwh_off(said: Sequence[tuple[int, int]]) -> float:
    """Give all errors in parts of all that was used: a room that used next to nothing weighs as little."""
    return sum(abs(wh - true_wh) for wh, true_wh in said) / sum(true_wh for _wh, true_wh in said)


def show(figures: Figures, hidden: list[Hidden], *, has_goals: bool) -> None:
    """Print one set's figures."""
    ours = [(one.wh, one.true_wh) for one in hidden]
    naive = [(one.naive_wh, one.true_wh) for one in hidden]
    inside = sum(one.low_wh <= one.true_wh <= one.high_wh for one in hidden) / len(hidden)
    pairs = (("mean error per room", off), ("error of all kWh", kwh_off))
    for name, measure in pairs:
        beside = f"the last 7 days' mean: {measure(naive):.3f}"
        if has_goals:
            figures.at_most(name, measure(ours), round(measure(naive), 4), beside=beside)
        else:
            figures.note(name, f"{measure(ours):.3f}", beside)
    if has_goals:
        figures.at_most("bias, to either side", abs(bias(ours)), MOST_BIAS, beside=f"{bias(naive):+.3f}")
        figures.at_least("covered by the interval of 90 %", inside, LEAST_COVERED)
        figures.at_most("covered by the interval of 90 %", inside, MOST_COVERED)
    else:
        figures.note("bias", f"{bias(ours):+.3f}", f"{bias(naive):+.3f}")
        figures.note("covered by the interval of 90 %", f"{inside:.3f}")
    for days in LENGTHS:
        some = [one for one in hidden if one.days == days]
        mine, theirs = ([(getattr(one, name), one.true_wh) for one in some] for name in ("wh", "naive_wh"))
        covered = sum(one.low_wh <= one.true_wh <= one.high_wh for one in some) / len(some)
        text = f"the last 7 days' mean: {kwh_off(theirs):.3f}; bias {bias(mine):+.3f}, covered {covered:.2f}"
        figures.note(f"  {days} days hidden, error of all kWh", f"{kwh_off(mine):.3f}", text)


def of_years(folder: Path) -> list[list[int]]:
    """Read users whose days are known for years, each day laid evenly on its hours."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(folder / LONG_FILE)
    names = [name for name in table.column_names if name.isdigit()]
    users = zip(*(table.column(name).to_pylist() for name in names), strict=True)
    return [
        [round((day or 0) * 1000 / HOURS) for day in user for _ in range(HOURS)]
        for user in users
        if any(user)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("CARDROOM_DATA", "../shared/data"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    args = parser.parse_args()
    folder = Path(args.data)
    if not (folder / FILE).exists():
        print(f"bench-unmetered: no traces: {folder / FILE} is missing; give their folder as DATA=...")
        return 2
    began_s, figures = time.perf_counter(), Figures("bench-unmetered")
    print(f"households hour by hour, 4 to 7 weeks of past, buildings of {BUILDING} rooms")
    times = 1 if args.short else 6
    show(figures, list(hide(hourly(folder), LEAST_PAST, times, args.seed)), has_goals=True)
    if not args.short and (folder / LONG_FILE).exists():
        print("users of years day by day, 8 weeks of past")
        show(figures, list(hide(of_years(folder), LONG_PAST, 1, args.seed)), has_goals=False)
    print(f"({time.perf_counter() - began_s:.0f} s, seed {args.seed})")
    return figures.close()


if __name__ == "__main__":
    sys.exit(main())
