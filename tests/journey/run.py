"""`make journey`: the whole system timed on real lines, no person in it, every leg at least 100 times.

python -m tests.journey.run [--rounds 100] [--broker amqtt|mosquitto] [--dir var/journey]
"""

import argparse
import asyncio
import sqlite3
import sys
from pathlib import Path

from firmware_tools.campus.session import Manner
from tests.journey.bench import Bench, running_bench
from tests.journey.journey_layout import journey_campus
from tests.journey.legs import Spread, cuttings, restorings, rows, spread
from tests.journey.room_life import live, wall_ms

LONGEST_S = 540
SEED = 20_261_123
WATCH_S = 0.01
RESTORED_MEDIAN_S, RESTORED_P99_S = 0.6, 1.5
"""The goals of payment committed -> relay read back closed."""


class ReadingWatch:
    """Sees each reading's row appear at central: committed, as any other reader of the database would see it."""

    def __init__(self, telemetry: Path) -> None:
        self._telemetry = telemetry
        self.delays_ms: list[int] = []

    async def look(self) -> None:
        """Look until cancelled."""
        last = (rows(self._telemetry, "SELECT coalesce(max(id), 0) FROM telemetry_reading"))[0][0]
        database = sqlite3.connect(f"file:{self._telemetry}?mode=ro", uri=True)
        while True:
            for row, taken_ms in database.execute(
                "SELECT id, wall_ms FROM telemetry_reading WHERE id > ?", (last,)
            ):
                last = max(last, row)
                self.delays_ms.append(wall_ms() - taken_ms)
            await asyncio.sleep(WATCH_S)


async def journey(rounds: int, root: Path, manner: Manner) -> int:
    """Let rooms live until enough was measured; print the figures; 0 when all goals are met."""
    async with running_bench(journey_campus(), root, manner) as bench:
        await bench.approve_cuts()
        print(f"{len(bench.rooms)} rooms live; {rounds} rounds of paying and running out ...", flush=True)
        readings = ReadingWatch(bench.folder.telemetry_db)
        async with asyncio.timeout(LONGEST_S):
            await _let_live(bench, readings, rounds)
    return report(bench, readings, rounds, manner)


async def _let_live(bench: Bench, readings: ReadingWatch, rounds: int) -> None:
    """Stop only when every measured payment was also used up, so that both legs have all their rounds."""
    paid: asyncio.Queue = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(readings.look())]
        tasks += [
            group.create_task(live(meter, room, bench.desk, bench.watch, SEED, paid))
            for meter, room in bench.rooms
        ]
        while paid.qsize() < rounds or bench.watch.cuts < rounds + len(bench.rooms):
            await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()


def report(bench: Bench, readings: ReadingWatch, rounds: int, manner: Manner) -> int:
    """Print each leg with its goals; the last line counts them."""
    files = (bench.folder.central_db, bench.folder.telemetry_db, bench.folder.truth)
    restored, cut = restorings(*files), cuttings(*files)
    closed, opened = (
        spread([leg.read_back_ms / 1000 for leg in restored]),
        spread([leg.read_back_ms / 1000 for leg in cut]),
    )
    overrun = spread([leg.overrun_wh for leg in cut])
    early = sum(1 for leg in cut if leg.overrun_wh < 0)
    mean_wh = sum(leg.overrun_wh for leg in cut) / len(cut)
    print(f"\n{len(bench.rooms)} rooms on 2 lines, 9600 baud, 50 ms turn-round, broker {manner.broker}")
    print(f"{'leg':<58}{'rounds':>7}{'median':>9}{'p99':>9}{'worst':>9}")
    print(
        _line("reading taken -> row at central (s)", spread([delay / 1000 for delay in readings.delays_ms]))
    )
    print(_line("credit gone (true energy) -> relay read back open (s)", opened))
    print(_line("   of which until the contact opened (s)", spread([leg.moved_ms / 1000 for leg in cut])))
    print(_line("   true energy used beyond the credit (Wh)", overrun))
    print(_line("payment committed -> relay read back closed (s)", closed))
    print(
        _line("   of which until the contact closed (s)", spread([leg.moved_ms / 1000 for leg in restored]))
    )
    goals = {
        f"payment -> closed, median {closed.median:.3f} s (goal {RESTORED_MEDIAN_S} s)": closed.median
        <= RESTORED_MEDIAN_S,
        f"payment -> closed, p99 {closed.p99:.3f} s (goal {RESTORED_P99_S} s)": closed.p99 <= RESTORED_P99_S,
        f"rooms cut before their credit was gone: {early} (goal 0); mean {mean_wh:+.1f} Wh": early == 0,
        f"rounds: {closed.count} paid, {opened.count} run out (goal {rounds} each)": min(
            closed.count, opened.count
        )
        >= rounds,
    }
    print()
    for goal, met in goals.items():
        print(f"  {'met ' if met else 'MISS'}  {goal}")
    print(f"journey: {sum(goals.values())}/{len(goals)} goals met")
    return 0 if all(goals.values()) else 1


def _line(leg: str, figures: Spread) -> str:
    return f"{leg:<58}{figures.count:>7}{figures.median:>9.3f}{figures.p99:>9.3f}{figures.worst:>9.3f}"


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--broker", choices=["amqtt", "mosquitto"], default="amqtt")
    parser.add_argument("--dir", type=Path, default=Path("var/journey"))
    options = parser.parse_args()
    return asyncio.run(journey(options.rounds, options.dir, Manner(options.broker, sample_s=5.0)))


if __name__ == "__main__":
    sys.exit(main())
