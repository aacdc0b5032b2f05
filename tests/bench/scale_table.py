"""Costs of one reading carried to campuses of 10 to 10,000 buildings: how many cores, disks and workers, and what is full first.

Arithmetic on figures that a bench measured on this machine; nothing is measured here. Half of each core is left free, for drains
after an outage and for the evening.
"""

from dataclasses import dataclass
from math import ceil

BUILDINGS = (10, 100, 1_000, 10_000)
METERS_PER_BUILDING = 208
READ_EVERY_S = 60
"""A meter far from its limit is read once a minute; the sweep of a short line is quicker, and its readings are as many more."""
BATCH_EVERY_S = 25
"""A gateway commits its readings and sends them (`[polling] readings_commit_s`)."""
DAY_S = 86_400
LOAD = 0.5
"""Of a core, so that three days' backlog of a building or an evening's peak finds room."""
SQLITE_CORES = 1
SLOWER_PI = 4
"""A Pi 4's core beside this one, by performance.md's 3 to 5."""
ROOMS_PAY_PER_S = METERS_PER_BUILDING / 7 / 3_600
"""Each room once a week, and each day's rooms within one hour: an evening before a holiday."""
MONTHS_KEPT = 13


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Of one reading on its way: microseconds of a core, bytes."""

    gateway_us: float
    ingest_batch_us: float
    """Of a whole batch that comes alone: its fixed part is most of it, so one of fewer readings costs hardly less."""
    database_batch_us: float
    """The database server's, of the same."""
    broker_us: float
    wire_bytes: float
    disk_bytes: float
    payments_per_core: float


@dataclass(frozen=True, slots=True)
class Needs:
    """What a campus of so many buildings needs."""

    buildings: int
    readings_per_s: float
    wire_mbit_per_s: float
    workers: int
    brokers: int
    database_cores: float
    desk_cores: float
    disk_gb_per_year: float
    first_full: str


def needs(costs: UnitCosts, buildings: int) -> Needs:
    """Carry the costs to a number of buildings."""
    per_s = buildings * METERS_PER_BUILDING / READ_EVERY_S
    batches_per_s = buildings / BATCH_EVERY_S
    ingest, database = (batches_per_s * us / 1e6 for us in (costs.ingest_batch_us, costs.database_batch_us))
    broker = per_s * costs.broker_us / 1e6
    disk_gb = per_s * DAY_S * 30.4 * MONTHS_KEPT * costs.disk_bytes / 1e9
    return Needs(
        buildings=buildings,
        readings_per_s=per_s,
        wire_mbit_per_s=per_s * costs.wire_bytes * 8 / 1e6,
        workers=ceil(ingest / LOAD),
        brokers=ceil(broker / LOAD),
        database_cores=database / LOAD,
        desk_cores=buildings * ROOMS_PAY_PER_S / costs.payments_per_core / LOAD,
        disk_gb_per_year=disk_gb,
        first_full=_first_full(ceil(ingest / LOAD), disk_gb),
    )


def _first_full(workers: int, disk_gb: float) -> str:
    if workers > 16:
        return "ingest: more than its 16 workers; thin readings or divide the campus"
    if workers > SQLITE_CORES:
        return "one ingest process: PostgreSQL, then workers"
    return "disk: archive months" if disk_gb > 500 else "nothing"


def print_table(costs: UnitCosts) -> None:
    """Print what each size needs."""
    print(
        f"\nCarried on: {METERS_PER_BUILDING} meters a building, each read every {READ_EVERY_S} s, cores half used, "
        f"{MONTHS_KEPT} months kept (arithmetic on the figures above, not measured)"
    )
    pi = METERS_PER_BUILDING / READ_EVERY_S * costs.gateway_us * SLOWER_PI / 1e6
    print(
        f"Each gateway: {pi:.2%} of a Pi 4's core for its readings (taken as {SLOWER_PI} times slower than this machine's)."
    )
    titles = (
        "buildings",
        "readings/s",
        "wire",
        "ingest workers",
        "brokers",
        "database cores",
        "desk cores",
        "disk kept",
        "full first",
    )
    print(f"| {' | '.join(titles)} |")
    print(f"|{'---|' * len(titles)}")
    for buildings in BUILDINGS:
        one = needs(costs, buildings)
        print(
            f"| {one.buildings:,} | {one.readings_per_s:,.0f} | {one.wire_mbit_per_s:.3g} Mbit/s | {one.workers} | {one.brokers} | "
            f"{one.database_cores:.2g} | {one.desk_cores:.2g} | {one.disk_gb_per_year:,.0f} GB | {one.first_full} |"
        )
