"""Eight desks that sell at once, in a central of their own, while ingest takes what the buildings report. Prints JSON.

    python -m tests.bench.desk_load SECONDS        (DATABASE_URL and TELEMETRY_DATABASE_URL say where; without them SQLite)

Real: central's own operation with receipt, ledger, chain, grant and signed command; desks as threads of one process, as `serve`
runs them; ingest's own receiver in a process of its own, fed with signed batches of twins. Left out: HTTP, pages, printing.
"""

import json
import os
import sys
import tempfile
import threading
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

DESKS, BUILDINGS, ROOMS = 8, 3, 24
BATCHES_PER_S, READINGS_PER_BATCH = 5, 100
METER_EVERY_MS = 25_000


def main() -> None:
    """Set up, sell, look at the books, send the same writes bare."""
    seconds = float(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder:
        _configure(Path(folder))
        from django.core.management import call_command

        for database in ("default", "telemetry"):
            call_command("migrate", database=database, verbosity=0)
        print(json.dumps(_measure(Path(folder), seconds)))


def _configure(folder: Path) -> None:
    os.environ["CARDROOM_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "central.config.settings"
    os.environ.pop("CARDROOM_BENCH_CLOCK", None)
    import django

    django.setup()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.conf import settings

    key = folder / "bench.key"
    if not key.exists():
        key.write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    settings.SIGNING_KEY_FILE = key


def _measure(folder: Path, seconds: float) -> dict[str, object]:
    from django.db import connections

    accounts = _campus()
    cashiers = _shifts()
    ours, theirs = get_context("spawn").Pipe()
    ingest = get_context("spawn").Process(target=_ingest, args=(folder, accounts, theirs), daemon=True)
    connections.close_all()
    ingest.start()
    theirs.close()
    assert ours.recv() == "ready"
    _pay_once(accounts[0], cashiers[0], "warm")
    took = _sell(accounts, cashiers, seconds)
    ours.send("stop")
    taken = ours.recv()
    ingest.join(timeout=60)
    found = {
        "payments": len(took),
        "per_second": len(took) / seconds,
        "p50_ms": _quantile(took, 0.5),
        "p99_ms": _quantile(took, 0.99),
        "ingest_rows_per_second": taken / seconds,
        "faults": _faults(len(took) + 1),
    }
    return found | {"bare_per_second": _bare(accounts[0], cashiers[0], min(seconds, 3.0))}


def _campus() -> list[str]:
    from central import clock
    from central.campus.models import Account
    from tests.browser import seed

    now_ms = clock.now_ms()
    seed.import_lists(seed.CLASSES + seed.PRICES, now_ms - 90 * seed.DAY_MS)
    rows = ["building,building_name,floor,room,class,meter"]
    rows += [
        f"{building},B{building},1,{100 + room},dormitory,m-{building}-{room}"
        for building in range(1, BUILDINGS + 1)
        for room in range(ROOMS)
    ]
    seed.import_lists(["\n".join(rows) + "\n"], now_ms - 60 * seed.DAY_MS)
    return list(Account.objects.order_by("code").values_list("code", flat=True))


def _shifts() -> list[object]:
    from central import clock
    from central.office.models import User
    from tests.open_shifts import have_drawers, on_shift

    drawers = [f"desk {number}" for number in range(DESKS)]
    have_drawers(*drawers)
    cashiers = [User.objects.create_user(f"cashier-{number}") for number in range(DESKS)]
    for cashier, drawer in zip(cashiers, drawers, strict=True):
        on_shift(cashier, clock.now_ms(), drawer)
    return cashiers


def _ingest(folder: Path, accounts: list[str], pipe: Connection) -> None:
    """Take batches at a steady pace: readings, and a settlement each, signed by twins of the gateways."""
    _configure(folder)
    from central import clock
    from central.ingest.take_message import MessageTaker
    from central.link.operations import enrol_gateway
    from gateway.contract.facts import ReadingOutcome, ReadingRow, Readings
    from tests.central.gateway_twin import GatewayTwin

    now_ms, taker = clock.now_ms(), MessageTaker(on_bench=False)
    twins = [GatewayTwin(f"gw-{number}", now_ms=now_ms) for number in range(1, BUILDINGS + 1)]
    for number, twin in enumerate(twins, start=1):
        enrol_gateway(twin.name, str(number), twin.public_key, actor="bench", now_ms=now_ms)
        taker.take(twin.topic("birth"), twin.birth(), now_ms)
    pipe.send("ready")
    turn, began = 0, time.monotonic()
    while not pipe.poll(max(0.0, began + turn / BATCHES_PER_S - time.monotonic())):
        twin, building = twins[turn % BUILDINGS], turn % BUILDINGS + 1
        twin.now_ms = clock.now_ms()
        rows = [
            ReadingRow(
                f"m-{building}-{n % ROOMS}",
                twin.now_ms - METER_EVERY_MS + n,
                turn * 100 + n,
                500,
                2_300,
                True,
                ReadingOutcome.ADVANCED,
            )
            for n in range(READINGS_PER_BATCH)
        ]
        own = [code for code in accounts if code.startswith(f"{building}-")]
        entry = _settled(twin, own[turn % ROOMS], f"m-{building}-{turn % ROOMS}", turn)
        taker.take(twin.topic("up"), twin.batch(Readings(rows), entry), twin.now_ms)
        turn += 1
    pipe.recv()
    pipe.send(turn * (READINGS_PER_BATCH + 1))


def _settled(twin: object, account: str, meter: str, turn: int) -> object:
    from gateway.contract.facts import EntryKind

    reading = {"register_from_wh": 10 * turn, "register_to_wh": 10 * turn + 10, "energy_wh": 10}
    price = {"price_micro_yuan_per_kwh": 558_300}
    return twin.entry(EntryKind.CONSUMPTION, account, -5_583, meter=meter, **reading, **price)


def _pay_once(account: str, cashier: object, payment: str) -> None:
    from central import clock
    from central.desk.operations import Paid, pay

    paid = pay(payment, account, 5_000, cashier, now_ms=clock.now_ms())
    assert isinstance(paid, Paid), paid


def _sell(accounts: list[str], cashiers: list[object], seconds: float) -> list[float]:
    """Let every desk sell for so long; give how many milliseconds each payment took."""
    from django.db import connections

    took: list[list[float]] = [[] for _ in cashiers]
    until = time.perf_counter() + seconds

    def desk(number: int) -> None:
        turn = 0
        while (began := time.perf_counter()) < until:
            account = accounts[(number * 7 + turn * DESKS) % len(accounts)]
            _pay_once(account, cashiers[number], f"d{number}-{turn}")
            took[number].append((time.perf_counter() - began) * 1000)
            turn += 1
        connections.close_all()

    desks = [threading.Thread(target=desk, args=(number,)) for number in range(len(cashiers))]
    for one in desks:
        one.start()
    for one in desks:
        one.join()
    return sorted(ms for desk_took in took for ms in desk_took)


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _faults(payments: int) -> list[str]:
    """Prove the books, and that what the desks took is what lies in their drawers."""
    from django.db.models import Sum

    from central.desk.models import Receipt
    from central.desk.verification import verify_sales
    from central.ledger.models import LedgerAccount
    from central.ledger.verification import verify_books

    faults = [
        f"{check.name}: {check.fault}" for check in (*verify_books(), *verify_sales()) if not check.holds
    ]
    cash = LedgerAccount.objects.filter(code__startswith="cash:desk").aggregate(sum=Sum("debits"))["sum"]
    if cash != payments * 5_000 * 10_000 or Receipt.objects.count() != payments:
        faults.append(f"{payments} payments, but {cash} micro-yuan and {Receipt.objects.count()} receipts")
    return faults


def _bare(account: str, cashier: object, seconds: float) -> float:
    from django.db import connection

    from tests.bench.bare_writes import Writes, bare_per_second

    writes = Writes()
    with connection.execute_wrapper(writes):
        _pay_once(account, cashier, "bare-x")
    connection.close()
    return bare_per_second(writes, "bare-x", seconds)


if __name__ == "__main__":
    main()
