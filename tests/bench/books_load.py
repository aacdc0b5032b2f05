"""Makes a campus's year in a central of its own and measures its books and losses, with DuckDB beside it. Prints JSON.

    python -m tests.bench.books_load ROOMS DAYS      (DATABASE_URL and TELEMETRY_DATABASE_URL say where; without them SQLite)

Times are CPU time on SQLite and of DuckDB, on PostgreSQL, whose server works for us, the time waited; the best of many runs, with
every row in Python at the end. The fold is the product's own, from an empty state.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta

RUNS = 15
ENTRY_DAYS = 30
"""The last month has its entries, too: energy is folded from them."""
NAIVE = (
    "SELECT account, SUM(CASE WHEN at_ms < {from_ms} THEN amount ELSE 0 END), "
    "SUM(CASE WHEN at_ms >= {from_ms} AND amount > 0 THEN amount ELSE 0 END), "
    "SUM(CASE WHEN at_ms >= {from_ms} AND amount < 0 THEN -amount ELSE 0 END), SUM(amount) FROM ("
    "SELECT credit_id AS account, amount, at_ms FROM ledger_transfer WHERE at_ms < {until_ms} AND credit_id LIKE 'customer:%%' "
    "UNION ALL SELECT debit_id, -amount, at_ms FROM ledger_transfer WHERE at_ms < {until_ms} AND debit_id LIKE 'customer:%%'"
    ") moved GROUP BY account ORDER BY account"
)
NAIVE_LOSS = (
    "SELECT SUM(CASE WHEN meter LIKE 'm-%%' THEN used ELSE -used END) FROM (SELECT meter, MAX(total_wh) - MIN(total_wh) AS used "
    "FROM telemetry_instanttotal WHERE gateway = 'gw-b1' AND at_ms BETWEEN {from_ms} AND {until_ms} GROUP BY meter) one"
)


def main() -> None:
    """Set up, make, fold, read; print what was found."""
    rooms, days = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="bench-reports-") as folder:
        os.environ |= {"CARDROOM_DATA": folder, "DJANGO_SETTINGS_MODULE": "central.config.settings"}
        os.environ.pop("CARDROOM_BENCH_CLOCK", None)
        import django

        django.setup()
        from django.core.management import call_command

        for database in ("default", "telemetry"):
            call_command("migrate", database=database, verbosity=0)
        print(json.dumps(measure(rooms, days)))


def measure(rooms: int, days: int) -> dict[str, float]:
    """Measure everything on a year that ends with the month that is read."""
    from central.campus.models import Building
    from central.clock import campus_day, start_of_day_ms
    from central.domain.periods import Period, PeriodKind, accounting_period, month_period, months_of
    from central.ledger.models import Transfer
    from central.losses.balances.queries import balance_of
    from central.reports.books.folding import catch_up
    from central.reports.books.queries import account_periods
    from tests.bench import books_rows as rows

    found: dict[str, float] = {}
    with timed(found, "made_s"):
        rows.make_campus(rooms)
        rows.make_ledger(days, rooms)
        rows.make_entries(days - min(days, ENTRY_DAYS), min(days, ENTRY_DAYS))
        rows.make_totals(days, rooms // rows.ROOMS_EACH)
    found["transfers"] = Transfer.objects.count()
    with timed(found, "fold_s"):
        found["folded"] = catch_up()
    last = campus_day(rows.FIRST_MS + (days - 1) * rows.DAY_MS)
    month = month_period(last.year, last.month)
    earlier = months_of(Period(PeriodKind.YEAR, last - timedelta(days=min(days - 1, 180)), last))[0]
    from_ms, until_ms = start_of_day_ms(month.first), start_of_day_ms(month.after)
    found["households"] = len(account_periods(month))
    found["month_ms"] = best_ms(lambda: account_periods(month))
    found["period_ms"] = best_ms(lambda: account_periods(accounting_period(last.year, last.month)))
    found["earlier_ms"] = best_ms(lambda: account_periods(earlier))
    found["building_ms"] = best_ms(lambda: account_periods(month, "b1"))
    found["idle_us"] = best_ms(lambda: catch_up()) * 1000
    plain, found["naive_ms"] = naive(NAIVE.format(from_ms=from_ms, until_ms=until_ms), "default")
    ours = [
        (f"customer:{r.account}:paid:yuan", r.opening, r.takings, r.consumption, r.closing)
        for r in account_periods(month)
    ]
    found["differences"] = len(
        set(ours) ^ {tuple(int(v) if place else v for place, v in enumerate(row)) for row in plain}
    )
    building = Building.objects.get(code="b1")
    found["loss_first_ms"] = best_ms(lambda: balance_of(building, "all", from_ms, until_ms), 1)
    found["loss_ms"] = best_ms(lambda: balance_of(building, "all", from_ms, until_ms))
    kept = balance_of(building, "all", from_ms, until_ms).balance
    loss, found["naive_loss_ms"] = naive(NAIVE_LOSS.format(from_ms=from_ms, until_ms=until_ms), "telemetry")
    assert kept is not None
    found["loss_differs"] = abs(int(loss[0][0]) - (kept.master_wh - kept.subs_wh))
    found |= beside(from_ms, until_ms)
    found |= after(days, rooms)
    return found


def after(days: int, rooms: int) -> dict[str, float]:
    """Fold what another day brings: the cost of a new transfer."""
    from central.reports.books.folding import catch_up
    from tests.bench import books_rows as rows

    rows.make_ledger(1, rooms, first=days)
    found: dict[str, float] = {}
    with timed(found, "day_s"):
        found["day_rows"] = catch_up()
    return found


def beside(from_ms: int, until_ms: int) -> dict[str, float]:
    """Give DuckDB the same rows, and ask it the same."""
    import duckdb
    import pyarrow as pa
    from django.db import connections

    peer = duckdb.connect(config={"threads": 1})
    for alias, table, columns in (
        ("default", "ledger_transfer", ("debit_id", "credit_id", "amount", "at_ms")),
        ("telemetry", "telemetry_instanttotal", ("gateway", "meter", "at_ms", "total_wh")),
    ):
        with connections[alias].chunked_cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)} FROM {table}")
            made = False
            while some := cursor.fetchmany(500_000):
                part = pa.table(dict(zip(columns, zip(*some, strict=True), strict=True)))
                peer.register("part", part)
                peer.execute(
                    f"INSERT INTO {table} SELECT * FROM part"
                    if made
                    else f"CREATE TABLE {table} AS SELECT * FROM part"
                )
                made = True
    month = NAIVE.format(from_ms=from_ms, until_ms=until_ms).replace("%%", "%")
    loss = NAIVE_LOSS.format(from_ms=from_ms, until_ms=until_ms).replace("%%", "%")
    used = f"SELECT debit_id, SUM(amount) FROM ledger_transfer WHERE at_ms >= {from_ms} AND at_ms < {until_ms} GROUP BY debit_id"
    return {
        "duckdb_ms": best_ms(lambda: peer.execute(month).fetchall(), 5, time.process_time),
        "duckdb_used_ms": best_ms(lambda: peer.execute(used).fetchall(), 5, time.process_time),
        "duckdb_loss_ms": best_ms(lambda: peer.execute(loss).fetchall(), 5, time.process_time),
    }


def naive(sql: str, alias: str) -> tuple[list[tuple], float]:
    """Ask the database itself, without a fold: the rows, and how long it took."""
    from django.db import connections

    began = clock_s()
    with connections[alias].cursor() as cursor:
        cursor.execute(sql.replace("%%", "%"))
        rows = cursor.fetchall()
    return rows, (clock_s() - began) * 1000


def clock_s() -> float:
    """CPU time of this process where it does all the work itself; what PostgreSQL's server does is waited for."""
    from django.db import connection

    return time.process_time() if connection.vendor == "sqlite" else time.perf_counter()


def best_ms(work: Callable[[], object], runs: int = RUNS, clock: Callable[[], float] = clock_s) -> float:
    """Give the shortest of several runs."""
    found = []
    for _ in range(runs):
        began = clock()
        work()
        found.append((clock() - began) * 1000)
    return min(found)


class timed:
    """Keeps how long a block took."""

    def __init__(self, found: dict[str, float], name: str) -> None:
        self.found, self.name = found, name

    def __enter__(self) -> None:
        self.began = clock_s()

    def __exit__(self, *_: object) -> None:
        self.found[self.name] = clock_s() - self.began


if __name__ == "__main__":
    main()
