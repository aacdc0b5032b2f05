"""`make simulate`: 72 days of a building in minutes, with everything that goes wrong in 72 days; the contract's invariants watched.

    python -m tests.simulate.run --days 72 --seed 7

The daemon's loops, use cases, bus, codecs and journal run on virtual time against virtual meters on noisy wires and a central
behind a bad link. Seeded troubles: noise, unplugged lines, dead meters, zero readings, kill -9 in the middle of a use case, power
cuts with a clock that comes back right, stale or in 1970, clock jumps of a year, broker outages of days, commands twice, late and
out of order.

The building has flat, time-of-use and stepped prices, one of them learnt after its instant; lights-out but for an exam week, a
power cap and a high-power rule with heaters to trip them, hours without cuts, emergencies; two master meters and nobody who steals;
books that are folded away. What each entry must cost, what each cut may be for and that no loss is told are computed anew
(`tariffs`, `decisions`, `invariants`).

Coarser than a real daemon: a sweep every twenty minutes, and looks for work every minute where nothing rings (see `gateway_life`).
Not here: the writer's thread and the disk (`make crash`), the MQTT client (tests/uplink), several gateways.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.simulate.building import Building, Tally
from tests.virtual_time import VirtualLoop

DAYS = 72
SECONDS_LIMIT = 300


def simulate(days: float, seed: int, sought: str = "") -> Tally:
    """Live through so many days, or until a fault is told of that is sought; give what happened and what was wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        return runner.run(_live(Path(folder), days, seed, sought))


async def _live(folder: Path, days: float, seed: int, sought: str) -> Tally:
    building = Building(folder, random.Random(f"building:{seed}"))
    return await building.live(days, sought)


def main() -> int:
    """Print what happened; exit 0 only if nothing was wrong and it was quick enough."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--days", type=float, default=DAYS)
    arguments.add_argument("--seed", type=int, default=None)
    options = arguments.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    print(f"seed {seed}   (the same days again: make simulate SEED={seed})", flush=True)
    began_s = time.monotonic()
    tally = simulate(options.days, seed)
    took_s = time.monotonic() - began_s
    for what, count in tally.counts.items():
        print(f"  {count:8}  {what}")
    for fault in tally.faults[:20]:
        print(f"  WRONG {fault}")
    print(f"  {len(tally.faults):8}  (goal 0)  broken invariants")
    print(f"  {took_s:8.0f}  (goal <= {SECONDS_LIMIT})  seconds for {options.days:g} days")
    met = (not tally.faults) + (took_s <= SECONDS_LIMIT)
    print(f"simulate: {met}/2 goals met")
    return 0 if met == 2 else 1


if __name__ == "__main__":
    sys.exit(main())
