"""Ingest at its limit in a central of its own, beside a raw insert of the same readings. Prints JSON.

    python -m tests.bench.ingest_load BATCHES PREGROWN       (DATABASE_URL says where; without it SQLite)

Real: Mosquitto, the `cardroom-central ingest` process, signed batches and acknowledgements, two desks that sell a room a second.
The raw insert puts the very same rows into a table of the same form, a commit per batch, the desks selling on. Then the tables are
grown by PREGROWN readings of months past, and both are measured again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gateway.loops.drain_outbox import BATCHES_UNDER_WAY
from tests.bench.desk_load import _configure, _quantile
from tests.bench.ingest_messages import READINGS_PER_BATCH, Building, begin_ms, campus_rows
from tests.bench.ingest_publisher import Publisher
from tests.brokers import Mosquitto, start_mosquitto
from tests.central.gateway_twin import GatewayTwin
from tests.free_ports import free_port

BUILDINGS, ROOMS = 6, 100
WITHIN_S = 240.0
QUIET_BATCHES = 12
"""Sent one at a time, so that none is joined with another: what a batch costs on a quiet day."""
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Set up, measure, grow, measure again, look at the books."""
    batches, pregrown = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        _init(folder)
        _configure(folder)
        buildings = _campus()
        place = folder / "broker"
        place.mkdir()
        with start_mosquitto(place, free_port()) as broker:
            print(json.dumps(_measure(folder, broker, buildings, batches, pregrown)))


def _init(folder: Path) -> None:
    """Make the central as its administrator does; the key it signs with is the one that this process takes for its own."""
    environment = {**os.environ, "CARDROOM_DATA": str(folder)}
    command = [sys.executable, "-m", "central", "init", "--password-stdin"]
    password = b"a-good-long-password"
    subprocess.run(command, env=environment, input=password, stdout=subprocess.DEVNULL, check=True)
    (folder / "bench.key").write_bytes((folder / "signing.key").read_bytes())


def _campus() -> list[Building]:
    from central import clock
    from central.link.operations import enrol_gateway
    from tests.bench.desk_load import _shifts
    from tests.browser import seed

    now_ms = clock.now_ms()
    seed.import_lists(seed.CLASSES + seed.PRICES, now_ms - 90 * seed.DAY_MS)
    seed.import_lists([campus_rows(BUILDINGS, ROOMS)], now_ms - 60 * seed.DAY_MS)
    _shifts()
    buildings = [
        Building(GatewayTwin(f"gw-{number}", now_ms=begin_ms()), number, ROOMS)
        for number in range(1, BUILDINGS + 1)
    ]
    for building in buildings:
        twin = building.twin
        enrol_gateway(twin.name, str(building.number), twin.public_key, actor="bench", now_ms=now_ms)
    return buildings


def _measure(
    folder: Path, broker: Mosquitto, buildings: list[Building], batches: int, pregrown: int
) -> dict[str, object]:
    from central.link.signing import public_key_hex
    from tests.bench.raw_readings import database_pids, grow

    ingest = _start(folder, "-m", "central", "ingest", "--mqtt-port", str(broker.port))
    desks = _start(folder, "-m", "tests.cluster.desks", "1")
    publisher = Publisher(broker.port, buildings, public_key_hex())
    processes = {"ingest": [ingest.pid], "broker": [broker.process.pid]}
    try:
        publisher.be_born(60.0)
        _send(publisher, buildings, 5, processes)  # warm
        processes["database"] = database_pids()
        found: dict[str, object] = {
            "quiet": _send(publisher, buildings, QUIET_BATCHES, processes, under_way=1)
        }
        found |= {"before": _both(publisher, buildings, batches, processes)}
        grown_s = time.monotonic()
        grow(pregrown, BUILDINGS, ROOMS)
        found |= {"rows_there": pregrown, "grown_s": time.monotonic() - grown_s}
        found["after"] = _both(publisher, buildings, batches, processes)
    finally:
        publisher.close()
        for process in (desks, ingest):
            process.terminate()
            process.wait()
    sales = [
        json.loads(line) for line in (folder / "out.log").read_text().splitlines() if line.startswith("{")
    ]
    took = sorted((one["at"] - one["began"]) * 1000 for one in sales)
    found |= _unit_costs()
    return found | {
        "sales": len(sales),
        "sale_p99_ms": _quantile(took, 0.99),
        "faults": _faults(buildings, pregrown),
    }


def _unit_costs() -> dict[str, float]:
    from central.campus.models import Account
    from central.office.models import User
    from tests.bench.unit_costs import gateway_us, payments_per_core

    accounts = list(Account.objects.order_by("code").values_list("code", flat=True)[:100])
    cashier = User.objects.get(username="cashier-7")
    return {"gateway_us": gateway_us(), "payments_per_core": payments_per_core(accounts, cashier, 3.0)}


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CARDROOM_DATA": str(folder), "CARDROOM_LOG_LEVEL": "WARNING"}
    with (folder / "out.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=sys.stderr,
        )


def _both(
    publisher: Publisher, buildings: list[Building], batches: int, processes: dict[str, list[int]]
) -> dict[str, float]:
    """Ingest and raw insert, one after the other, of as many readings."""
    from tests.bench.raw_readings import raw_per_second, stored_bytes

    before = stored_bytes()
    found = _send(publisher, buildings, batches, processes)
    found["disk_bytes"] = (stored_bytes() - before) / found["readings"]
    found["raw_per_second"] = raw_per_second([rows for building in buildings for rows in building.said])
    return found


def _send(
    publisher: Publisher,
    buildings: list[Building],
    batches: int,
    processes: dict[str, list[int]],
    under_way: int = BATCHES_UNDER_WAY,
) -> dict[str, float]:
    lots = {building.twin.name: building.messages(batches) for building in buildings}
    last = {building.twin.name: building.twin.seq for building in buildings}
    before = {name: _cpu_s(pids) for name, pids in processes.items()}
    took_s = publisher.send(lots, last, WITHIN_S, under_way)
    readings = batches * len(buildings) * READINGS_PER_BATCH
    found = {"readings": readings, "seconds": took_s, "per_second": readings / took_s}
    found |= {
        f"{name}_cpu_us": (_cpu_s(pids) - before[name]) * 1e6 / readings for name, pids in processes.items()
    }
    return found | {"wire_bytes": sum(len(payload) for lot in lots.values() for payload in lot) / readings}


def _cpu_s(pids: list[int]) -> float:
    every = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in every) / TICKS


def _faults(buildings: list[Building], pregrown: int) -> list[str]:
    """Prove the books; every reading is there once, every broken row in quarantine, no balance differs."""
    from central.ledger.verification import verify_books
    from central.link.models import Alarm, QuarantinedRow
    from central.link.telemetry.models import HourlyUse, Reading

    faults = [f"{check.name}: {check.fault}" for check in verify_books() if not check.holds]
    sent, had = sum(building.at for building in buildings), Reading.objects.count() - pregrown
    if sent != had:
        faults.append(f"{sent} readings sent, {had} there")
    used = sum(HourlyUse.objects.filter(meter__startswith="m-").values_list("energy_wh", flat=True))
    counted = sum((building.register_wh - 1_000_000) * building.rooms for building in buildings)
    if not 0 <= counted - used <= 2 * 10 * BUILDINGS * ROOMS:
        faults.append(f"meters counted {counted} Wh, the hours add up to {used}")
    broken = QuarantinedRow.objects.exclude(reason__startswith="CannotTake: not a known fact").count()
    if broken or not QuarantinedRow.objects.exists():
        faults.append(f"{broken} rows in quarantine that are not the broken ones")
    standing = set(Alarm.objects.filter(cleared_ms=None).values_list("what", flat=True)) - {"row-quarantined"}
    return faults + [f"alarms stand: {sorted(standing)}"] * bool(standing)


if __name__ == "__main__":
    main()
