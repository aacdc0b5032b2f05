"""`make bench-ingest`: readings a second on the whole way from broker to acknowledgement, on SQLite and on PostgreSQL.

    python -m tests.bench.bench_ingest [--batches 120] [--pregrown 5000000] [--short]

Beside each figure its limit from the same run: the same readings into a table of the same form, with nothing else (`ingest_load`).
Then both again on tables that were grown by a year of readings first. Last, the costs of one reading as measured here, carried to
campuses of 10 to 10,000 buildings (`scale_table`). PostgreSQL runs in a private cluster; without it that part counts as missed.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.figures import Figures
from tests.bench.ingest_messages import READINGS_PER_BATCH
from tests.bench.scale_table import UnitCosts, print_table
from tests.central.private_postgresql import Unavailable, cluster

ROOT = Path(__file__).resolve().parents[2]
BATCHES, BATCHES_SHORT = 100, 20
PREGROWN, PREGROWN_SHORT = 5_000_000, 200_000
ASKED_FOR = 500_000_000
GOAL_SHARE = 0.3
FLAT = 0.15
SALE_P99_GOAL_MS = 500


def main() -> int:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--batches", type=int, default=0, help="of 347 readings, for each of six buildings")
    parser.add_argument(
        "--pregrown", type=int, default=0, help="readings in the tables before the second half"
    )
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    batches = options.batches or (BATCHES_SHORT if options.short else BATCHES)
    pregrown = options.pregrown or (PREGROWN_SHORT if options.short else PREGROWN)
    figures = Figures("bench-ingest")
    _show(figures, "SQLite", _run(batches, pregrown, {}))
    try:
        with cluster(durable=True) as variables:
            found = _run(batches, pregrown, variables)
    except Unavailable as reason:
        figures.at_least(f"PostgreSQL: not tried ({reason})", 0, 1)
    else:
        _show(figures, "PostgreSQL", found)
        print_table(_costs(found))
    return figures.close()


def _run(batches: int, pregrown: int, variables: dict[str, str]) -> dict:
    environment = {key: value for key, value in os.environ.items() if not key.endswith("DATABASE_URL")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.ingest_load", str(batches), str(pregrown)],
        cwd=ROOT,
        env=environment | variables | {"DJANGO_SETTINGS_MODULE": "central.config.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _show(figures: Figures, name: str, found: dict) -> None:
    before, after, rows = found["before"], found["after"], found["rows_there"]
    for what, one in (("", before), (f", {rows:,} there before", after)):
        beside = f"{one['per_second']:.0f}/s acknowledged, raw insert {one['raw_per_second']:.0f}/s"
        share = one["per_second"] / one["raw_per_second"]
        figures.at_least(f"{name}{what}: share of the raw insert", share, GOAL_SHARE, " x", beside)
    grown = after["ingest_cpu_us"] / before["ingest_cpu_us"]
    beside = f"wall clock {before['per_second'] / after['per_second']:.2f} x; {rows / ASKED_FOR:.1%} of 500 M were there"
    figures.at_most(f"{name}: a reading's processor time on grown tables", grown, 1 + FLAT, " x", beside)
    figures.note(f"{name}: ingest, processor time per reading", f"{after['ingest_cpu_us']:.1f} us")
    figures.note(f"{name}: the same, batches one at a time", f"{found['quiet']['ingest_cpu_us']:.1f} us")
    if after["database_cpu_us"]:
        figures.note(f"{name}: server, processor time per reading", f"{after['database_cpu_us']:.1f} us")
        figures.note(
            f"{name}: the same, batches one at a time", f"{found['quiet']['database_cpu_us']:.1f} us"
        )
    figures.note(f"{name}: broker, processor time per reading", f"{after['broker_cpu_us']:.2f} us")
    figures.note(f"{name}: on the wire per reading, signed", f"{after['wire_bytes']:.0f} bytes")
    figures.note(f"{name}: on disk per reading, indexes too", f"{after['disk_bytes']:.0f} bytes")
    figures.note(
        f"{name}: gateway, processor time per reading",
        f"{found['gateway_us']:.0f} us",
        "this core, not a Pi's",
    )
    figures.note(f"{name}: payments of one core a second", f"{found['payments_per_core']:.0f}/s")
    beside = f"{found['sales']} sales at two desks meanwhile"
    figures.at_most(
        f"{name}: a payment meanwhile, p99", found["sale_p99_ms"], SALE_P99_GOAL_MS, " ms", beside
    )
    faults = found["faults"]
    figures.at_most(f"{name}: faults in books and readings", len(faults), 0, "", "; ".join(faults)[:200])


def _costs(found: dict) -> UnitCosts:
    """A quiet day's batches come one at a time, so they are carried on; what is joined under load is cheaper."""
    one, quiet = found["after"], found["quiet"]
    return UnitCosts(
        gateway_us=found["gateway_us"],
        ingest_batch_us=quiet["ingest_cpu_us"] * READINGS_PER_BATCH,
        broker_us=quiet["broker_cpu_us"],
        wire_bytes=one["wire_bytes"],
        disk_bytes=one["disk_bytes"],
        database_batch_us=quiet["database_cpu_us"] * READINGS_PER_BATCH,
        payments_per_core=found["payments_per_core"],
    )


if __name__ == "__main__":
    sys.exit(main())
