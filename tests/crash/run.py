"""`make crash`: cut the power after every write and sync of a seeded workload, and check each store that is left.

    python -m tests.crash.run --images 2000 --seed 7

Covered: the daemon's store (opening, writer thread, transactions, its SQL and pragmas, checkpoints, recovery) under grants,
vouchers, take-backs, readings, cuts, settlements, acknowledgements, dropped rows and restarts. Not covered: a disk that lies about
syncs, bits that rot, a full disk (tests/journal/test_full_disk.py), two writers at once. The log is written by apsw's SQLite, the
images are opened by the SQLite of the standard module: what recovers is what the daemon has.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import apsw

from tests.crash.check import Verdict, check_images
from tests.crash.workload import record

STEPS = 300
CHECKS = {
    "corrupt": "stores that don't open or are damaged",
    "lost": "stores that lost something acknowledged (grants, commands, rows, relay commands)",
    "charged": "stores in which energy or a grant is charged twice, or not at all",
    "books": "stores whose ledger does not add up",
}


def run(images: int, seed: int, steps: int = STEPS, synchronous: str = "FULL") -> Verdict:
    """Record one workload and check so many images of it."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as scratch:
        disk, image = Path(scratch) / "disk", Path(scratch) / "image"
        disk.mkdir()
        image.mkdir()
        return check_images(record(disk, seed, steps, synchronous), image, images, seed)


def main() -> int:
    """Print each figure with its goal; exit 0 only if all are met."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--images", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=None)
    options = arguments.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    print(f"seed {seed}   (the same run again: make crash SEED={seed})")
    print(f"log by SQLite {apsw.sqlitelibversion()}, images opened by SQLite {sqlite3.sqlite_version}")
    began_s = time.monotonic()
    verdict = run(options.images, seed)
    took_s = time.monotonic() - began_s
    print(f"{verdict.images} images of {verdict.prefixes} moments in {took_s:.0f} s")
    met = 0
    for kind, words in CHECKS.items():
        met += verdict.faults[kind] == 0
        print(f"  {verdict.faults[kind]:6}  (goal 0)  {words}")
    for example in verdict.examples:
        print(f"  {example}")
    lowered = run(max(100, options.images // 20), seed, synchronous="NORMAL")
    met += lowered.faults["lost"] > 0
    print(
        f"  {lowered.faults['lost']:6}  (goal > 0) of {lowered.images} with synchronous=NORMAL: the check can fail"
    )
    print(f"crash: {met}/{len(CHECKS) + 1} goals met")
    return 0 if met == len(CHECKS) + 1 else 1


if __name__ == "__main__":
    sys.exit(main())
