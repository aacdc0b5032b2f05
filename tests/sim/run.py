"""`make sim`: the whole system in one seeded simulation, the contract's invariants after every step.

    python -m tests.sim.run --meter-days 20000            many worlds, one seed after the other
    python -m tests.sim.run --seed 7 --buildings 2        one world again; what a failing run printed

A failing world is shrunk: fewer days, buildings, rooms and troubles that still break the same rule; then the last events and the
command that replays it are printed. docs/simulation.md says what is real and what is simulated.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from multiprocessing import get_context

from tests.bench.figures import Figures
from tests.sim.plan import Shape, troubles_of
from tests.sim.shrink import shrink
from tests.sim.world import Outcome, run

METER_DAYS = 20_000
BUILDINGS, ROOMS, DAYS = 3, 60, 15
MOST_CPU_MS = 7.5
"""A meter-day's CPU: 20,000 of them in 150 s."""
SAID_FAULTS = 5


def quiet() -> None:
    """Let nobody's log come between: what matters is in the outcome."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def worlds(first_seed: int, meter_days: int, shape: Shape) -> list[Shape]:
    """Give so many worlds of one shape, each with the next seed, that they have these meter-days together."""
    from dataclasses import replace

    count = max(1, -(-meter_days // shape.meter_days))
    return [replace(shape, seed=first_seed + place) for place in range(count)]


_room = None


def _run_one(shape: Shape) -> Outcome:
    """Run a world in this process, which sets Django up once."""
    global _room
    from tests.sim.central_site import CentralRoom

    if _room is None:
        import atexit

        quiet()
        _room = CentralRoom()
        atexit.register(_room.close)
    return run(shape, _room)


def outcomes(shapes: list[Shape], jobs: int) -> Iterator[Outcome]:
    """Run all worlds, in processes of their own where there are several."""
    if jobs == 1 or len(shapes) == 1:
        yield from map(_run_one, shapes)
        return
    with get_context("spawn").Pool(min(jobs, len(shapes)), maxtasksperchild=40) as pool:
        yield from pool.imap(_run_one, shapes)


def show_failure(outcome: Outcome, *, shrinks: bool = True) -> None:
    """Say what broke, the last events, and how to see it again; smaller where that can be."""
    print(f"\nBROKEN in seed {outcome.shape.seed}: {outcome.faults[0]}", flush=True)
    found = outcome
    if shrinks:
        print("shrinking ...", flush=True)
        found = shrink(outcome, _run_one, lambda text: print(f"  {text}", flush=True))
    print("\nlast events:")
    for event in found.said:
        print(f"  {event}")
    for fault in found.faults[:SAID_FAULTS]:
        print(f"  BROKEN {fault}")
    for trouble in troubles_of(found.shape):
        print(f"  with {trouble.said}")
    print(f"\nagain:  {found.shape.command}", flush=True)


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the worlds; exit 0 only if nothing broke and it was cheap enough."""
    asked = _parse(arguments)
    seed = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    shape = Shape(seed, asked.buildings, asked.rooms, asked.days, asked.only, asked.kinds, asked.often)
    one = asked.only is not None or (asked.seed is not None and asked.meter_days is None)
    shapes = [shape] if one else worlds(seed, asked.meter_days or METER_DAYS, shape)
    print(
        f"{len(shapes)} worlds from seed {seed} on ({shape.buildings} buildings x {shape.rooms} rooms x {shape.days} days)"
    )
    began_s, totals, done, cpu_s, broken = time.monotonic(), Counter[str](), 0, 0.0, 0
    for outcome in outcomes(shapes, asked.jobs):
        done, cpu_s = done + outcome.shape.meter_days, cpu_s + outcome.cpu_s
        totals.update(outcome.counts)
        print(f"  {done:9,} meter-days, {time.monotonic() - began_s:6.0f} s", end="\r", flush=True)
        if outcome.faults:
            broken += 1
            show_failure(outcome, shrinks=not asked.no_shrink)
            break
    print()
    for what, count in sorted(totals.items()):
        print(f"  {count:10,}  {what}")
    figures = Figures("sim")
    figures.at_most("broken invariants", broken, 0)
    if not one:
        figures.at_least("meter-days", done, sum(shape.meter_days for shape in shapes))
        figures.at_most(
            "CPU for a meter-day", cpu_s * 1000 / done, MOST_CPU_MS, " ms", f"{cpu_s:.0f} s in all"
        )
    return figures.close()


def _parse(arguments: Iterable[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--meter-days", type=int, default=None)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--buildings", type=int, default=BUILDINGS)
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--only", type=_numbers, default=None, help="of the troubles, these numbers; `none`")
    parser.add_argument("--kinds", type=_names, default=None, help="troubles of these kinds; `none`")
    parser.add_argument("--often", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-shrink", action="store_true")
    return parser.parse_args(None if arguments is None else list(arguments))


def _numbers(said: str) -> tuple[int, ...]:
    return () if said == "none" else tuple(int(one) for one in said.split(","))


def _names(said: str) -> tuple[str, ...]:
    return () if said == "none" else tuple(said.split(","))


if __name__ == "__main__":
    sys.exit(main())
