"""`make bench-theft`: who stole? On real loads with injected theft: found, falsely accused, days till it is found, per kind
of theft.

The traces are not part of this project: their folder is given by --data or CARDROOM_DATA, `../shared/data` otherwise. The
households are split into two disjoint halves, and every goal must be met on both: what was tuned on one is proved on the
other.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

from tests.bench.figures import Figures
from tests.bench.sgcc_users import DAYS_FILE, score_users
from tests.bench.stolen_energy import Array, Kind, Registers
from tests.bench.theft_baselines import BASELINES, README
from tests.bench.theft_lists import Lists, days_to_detect, monthly_lists
from tests.bench.theft_runs import Named, Taps, alarms, attributions, corridor_taps

FILE = "households_15min_wh.parquet"
HALVES = ("half 1", "half 2")
FULL, SHORT = 1.0, 0.1


def halves_of(folder: Path, seed: int) -> dict[str, Array]:
    """Read the households as quarter-hourly watt-hours (quarters x households) and deal them into two halves."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(folder / FILE)
    columns = [
        table.column(name).to_numpy(zero_copy_only=False)
        for name in table.column_names
        if name != "slot_start"
    ]
    households = np.nan_to_num(np.column_stack(columns).astype(float))
    order = np.random.default_rng(seed).permutation(households.shape[1])
    middle = len(order) // 2
    return {HALVES[0]: households[:, order[:middle]], HALVES[1]: households[:, order[middle:]]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("CARDROOM_DATA", "../shared/data"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    args = parser.parse_args()
    folder = Path(args.data)
    if not (folder / FILE).exists():
        print(f"bench-theft: no traces: {folder / FILE} is missing; give their folder as DATA=...")
        return 2
    began_s = time.perf_counter()
    figures = Figures("bench-theft")
    halves = halves_of(folder, 0)
    size = SHORT if args.short else FULL
    for part in args.parts:
        PARTS[part](figures, halves, size, args.seed)
    if len(args.parts) == len(PARTS):
        _users(figures, folder / DAYS_FILE, args.seed)
    print(f"({time.perf_counter() - began_s:.0f} s, seed {args.seed}{', short' if args.short else ''})")
    return figures.close()


def _count(of: int, size: float) -> int:
    return max(1, round(of * size))


def _alarm(figures: Figures, halves: dict[str, Array], size: float, seed: int) -> None:
    print(
        "\n1. loss alarm, 230 rooms: 0.5 % taken in the corridor; the gateway's calibrated rule, fixed rules beside it"
    )
    for name, half in halves.items():
        found = alarms(half, _count(12, size), seed)
        beside = f"fixed 3 %: {found.fixed_soon:.2f}"
        figures.at_least(f"{name}: found within 3 days", found.soon, 0.95, beside=beside)
        beside = f"{found.years:.1f} years; fixed 3 %: {found.fixed_false_per_year:.1f}"
        figures.at_most(f"{name}: false alarms per building-year", found.false_per_year, 1.0, beside=beside)


def _attribution(figures: Figures, halves: dict[str, Array], size: float, seed: int) -> None:
    print("\n2. who? 230 rooms, 5 thieves (factor 0.2-0.8), 28 days hourly, without any history")
    print(f"       ({README})")
    for name, half in halves.items():
        found = _all_registers(figures, name, half, _count(16, size), seed, 230, 28)
        figures.at_least(f"{name}: AUC", found.ranking.auc, 0.98)
        beside = ", ".join(f"{one} {found.beside[one].top_k:.2f}" for one in BASELINES)
        figures.at_least(f"{name}: thieves ranked on top", found.ranking.top_k, 0.85, beside=beside)
        figures.at_least(
            f"{name}: found, of >= 1 kWh/day", found.recall_large, 0.85, beside=f"of all {found.recall:.2f}"
        )
        beside = f"{found.buildings} buildings, precision {found.precision:.2f}"
        figures.at_most(
            f"{name}: honest rooms named per building", found.false_per_building, 0.2, beside=beside
        )


def _small(figures: Figures, halves: dict[str, Array], size: float, seed: int) -> None:
    print("\n   100 rooms, 5 thieves, 14 days")
    for name, half in halves.items():
        found = _all_registers(figures, name, half, _count(30, size), seed, 100, 14)
        figures.at_least(
            f"{name}: found, of >= 1 kWh/day", found.recall_large, 0.85, beside=f"of all {found.recall:.2f}"
        )
        beside = f"{found.buildings} buildings, precision {found.precision:.2f}"
        figures.at_most(
            f"{name}: honest rooms named per building", found.false_per_building, 0.05, beside=beside
        )


def _all_registers(
    figures: Figures, name: str, half: Array, count: int, seed: int, rooms: int, days: int
) -> Named:
    """Show the ways of reading by themselves; goals are for all of them together."""
    together = Named()
    for number, registers in enumerate(Registers):
        one = Named()
        attributions(
            half, count, seed + 1_000 * number, rooms, days, (Kind.FACTOR,), registers, one, together
        )
        figures.note(
            f"{name}, {registers}: found, of >= 1 kWh/day", f"{one.recall_large:.2f}",
            f"of all {one.recall:.2f}, AUC {one.ranking.auc:.3f}, on top {one.ranking.top_k:.2f}, "
            f"precision {one.precision:.2f}, honest named {one.false_per_building:.2f}",
        )  # fmt: skip
    return together


def _tap(figures: Figures, halves: dict[str, Array], size: float, seed: int) -> None:
    print("\n3. a tap in the corridor alone, 28 days behind 21 quiet ones (steady, or evenings only)")
    for name, half in halves.items():
        quiet, tapped = Taps(), Taps()
        for registers in Registers:
            for share in (0.0, 0.005, 0.02):
                one = Taps()
                both = (one, tapped if share else quiet)
                corridor_taps(half, max(2, _count(4, size)), seed, share, registers, *both)
                told = f"said of it {one.told_share:.2%} +- {one.doubt_share:.2%}; rooms named {one.named_share:.2f}"
                figures.note(
                    f"{name}, {registers}, {share:.1%} taken: called so", f"{one.called_share:.2f}", told
                )
        figures.at_most(f"{name}: rooms named per building with a tap", tapped.named_share, 0.2)
        figures.at_least(f"{name}: called unattributed loss", tapped.called_share, 0.9)
        beside = f"rooms named {quiet.named_share:.2f}"
        figures.at_most(f"{name}: called a tap where none is", quiet.called_share, 0.1, beside=beside)


def _list(figures: Figures, halves: dict[str, Array], size: float, seed: int) -> None:
    print("\n4. the monthly list: 21 honest + 28 days, 8 thieves of four kinds")
    print("       (others on such buildings: loss alone AP .37, change .90, both .91, top-k .856, AUC .988)")
    for name, half in halves.items():
        found = Lists()
        for number, registers in enumerate(Registers):
            one = Lists()
            monthly_lists(half, _count(14, size), seed + 1_000 * number, registers, one, found)
            kinds = ", ".join(f"{kind} {one.listed[kind]:.2f}" for kind in Kind)
            figures.note(
                f"{name}, {registers}: average precision", f"{one.both.average_precision:.3f}",
                f"on top {one.both.top_k:.2f}; on the list: {kinds}; honest {one.false_per_building:.2f} per building",
            )  # fmt: skip
        beside = f"loss alone {found.loss.average_precision:.3f}, change alone {found.change.average_precision:.3f}"
        figures.at_least(f"{name}: average precision", found.both.average_precision, 0.92, beside=beside)
        beside = f"loss alone {found.loss.top_k:.2f}, change alone {found.change.top_k:.2f}; AUC {found.both.auc:.3f}"
        figures.at_least(f"{name}: thieves ranked on top", found.both.top_k, 0.88, beside=beside)


def _kinds(figures: Figures, halves: dict[str, Array], size: float, seed: int) -> None:
    print(
        "\n   each kind by itself: 3 thieves per building from day 28 on, looked for on days 1-21 of the theft (no goals)"
    )
    for kind in Kind:
        for registers in Registers if size == FULL else [Registers.ALIGNED]:
            found = days_to_detect(halves, _count(2, size), seed, kind, registers)
            figures.note(
                f"{kind}, {registers}: on the list within 7 / 21 days", f"{found.within(7):.2f} / {found.within(21):.2f}",
                f"half of them within {found.median_days}; honest rooms {found.false_per_look:.2f} per look; "
                f"{found.thieves} thieves",
            )  # fmt: skip


def _users(figures: Figures, file: Path, seed: int) -> None:
    print(
        "\n5. 4,000 users of a State Grid company, 26 daily values each; five folds; shown, not aimed at (target .67, .33)"
    )
    if not file.exists():
        print(f"       {file} is missing, not shown")
        return
    auc, precision = score_users(file, seed)
    figures.note("AUC, precision at 5 %", f"{auc:.3f}, {precision:.2f}", "others: .651, .28-.31")


PARTS = {
    "alarm": _alarm,
    "who": _attribution,
    "small": _small,
    "tap": _tap,
    "list": _list,
    "kinds": _kinds,
}

if __name__ == "__main__":
    sys.exit(main())
