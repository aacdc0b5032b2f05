"""`make bench-desk`: payments a second of eight desks at once, with ingest running, on SQLite and on PostgreSQL.

    python -m tests.bench.bench_desk [--short]

Beside each figure its limit from the same run: a bare transaction of the very same writes, one after the other, without reads,
rules or objects (`bare_writes`). Afterwards the books must balance. PostgreSQL runs in a private cluster; without its server that
part is left out and said so, and counts as missed.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.figures import Figures
from tests.central.private_postgresql import Unavailable, cluster

ROOT = Path(__file__).resolve().parents[2]
SECONDS, SECONDS_SHORT = 15.0, 2.0
GOAL_PER_S = 150
P99_GOAL_MS = 500
"""A cashier's press is answered before she looks up, though eight press without a pause."""


def main() -> int:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description="payments of eight desks")
    parser.add_argument("--short", action="store_true")
    seconds = SECONDS_SHORT if parser.parse_args().short else SECONDS
    figures = Figures("bench-desk")
    _show(figures, "SQLite", _run(seconds, {}), GOAL_PER_S)
    try:
        with cluster(durable=True) as variables:
            _show(figures, "PostgreSQL", _run(seconds, variables), None)
    except Unavailable as reason:
        figures.at_least(f"PostgreSQL: not tried ({reason})", 0, 1)
    return figures.close()


def _run(seconds: float, variables: dict[str, str]) -> dict[str, float]:
    environment = {key: value for key, value in os.environ.items() if not key.endswith("DATABASE_URL")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.desk_load", str(seconds)],
        cwd=ROOT,
        env=environment | variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds * 4 + 180,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _show(figures: Figures, name: str, found: dict[str, float], goal: int | None) -> None:
    share = found["per_second"] / found["bare_per_second"]
    beside = f"bare transaction of the same writes {found['bare_per_second']:.0f}/s ({share:.2f})"
    what = f"{name}: payments of 8 desks a second"
    if goal is None:
        figures.note(what, f"{found['per_second']:.4g}/s", beside)
    else:
        figures.at_least(what, found["per_second"], goal, "/s", beside)
    beside = f"p50 {found['p50_ms']:.1f} ms, ingest takes {found['ingest_rows_per_second']:.0f} rows/s"
    figures.at_most(f"{name}: a payment, p99", found["p99_ms"], P99_GOAL_MS, " ms", beside)
    faults = found["faults"]
    figures.at_most(f"{name}: faults in the books afterwards", len(faults), 0, "", "; ".join(faults)[:200])


if __name__ == "__main__":
    sys.exit(main())
