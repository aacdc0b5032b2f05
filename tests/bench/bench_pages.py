"""`make bench-pages`: desk and dashboard on a campus of 60 buildings of 400 rooms, on SQLite and on PostgreSQL.

    python -m tests.bench.bench_pages [--short]

Each page, and the part of it that refreshes itself: the server's time and the weight of what goes out, beside a page of the same
run that does nothing but what every page does. The time is the processor's, of our process and of PostgreSQL's own for us, so that
other programs of the machine don't count; the time waited stands beside it.
PostgreSQL runs in a private cluster; without its server that part counts as missed.
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
BUILDINGS, ROOMS_EACH, ROUNDS = 60, 400, 40
BUILDINGS_SHORT, ROUNDS_SHORT = 3, 4
P99_MS, WEIGHT_KB, SCRAPE_MS = 150, 150, 50


def main() -> int:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description="pages of a large campus")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--sqlite", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--rounds", type=int, help="how often each page is asked")
    asked = parser.parse_args()
    buildings, rounds = (BUILDINGS_SHORT, ROUNDS_SHORT) if asked.short else (BUILDINGS, ROUNDS)
    size = (buildings, asked.rounds or rounds)
    figures = Figures("bench-pages")
    _show(figures, "SQLite", _run(*size, {}))
    if not asked.sqlite:
        try:
            with cluster() as variables:
                _show(figures, "PostgreSQL", _run(*size, variables))
        except Unavailable as reason:
            figures.at_least(f"PostgreSQL: not tried ({reason})", 0, 1)
    return figures.close()


def _run(buildings: int, rounds: int, variables: dict[str, str]) -> dict[str, object]:
    environment = {key: value for key, value in os.environ.items() if not key.endswith("DATABASE_URL")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.pages_load", str(buildings), str(ROOMS_EACH), str(rounds)],
        cwd=ROOT,
        env=environment | variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=3_600,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _show(figures: Figures, name: str, found: dict[str, object]) -> None:
    pages = found["pages"]
    bare = pages.pop("/bare/")
    rooms = f"{name}: seeded in {found['seeded_s']:.0f} s; a bare page, p50"
    figures.note(rooms, f"{bare['p50_ms']:.1f} ms", f"p99 {bare['p99_ms']:.1f} ms, {bare['kb']:.1f} kB")
    for path, page in pages.items():
        beside = (
            f"p50 {page['p50_ms']:.1f} ms, {page['p50_ms'] / bare['p50_ms']:.1f}x bare; "
            f"waited {page['waited_p50_ms']:.0f}, p99 {page['waited_p99_ms']:.0f} ms; {page['kb']:.1f} kB"
        )
        limit_ms = SCRAPE_MS if path == "/metrics" else P99_MS
        figures.at_most(f"{name} {path}", page["p99_ms"], limit_ms, " ms", beside)
    heaviest = max(pages, key=lambda path: pages[path]["kb"])
    figures.at_most(f"{name}: the heaviest page", pages[heaviest]["kb"], WEIGHT_KB, " kB", heaviest)


if __name__ == "__main__":
    sys.exit(main())
