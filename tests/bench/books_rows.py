"""A campus's year for `make bench-reports`: settlements of each room and day, payments, and the meters' totals at each midnight.

Rows are made by the database itself, in few statements, and the same on SQLite and PostgreSQL; hashes are left out.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

FIRST_MS = 1_764_518_400_000
"""2025-12-01 00:00 in China; 365 days later November 2026 is over."""
DAY_MS = 86_400_000
ROOMS_EACH = 400
PAYS_EVERY = 30
"""Days between a room's payments."""
WH = "(500 + (r.id * 7919 + day.n * 104729) % 4000)"
PRICE = 558
"""Micro-yuan per Wh."""
DAYS = "WITH RECURSIVE day(n) AS (SELECT CAST({first} AS bigint) UNION ALL SELECT n + 1 FROM day WHERE n < {last}) "
CODE = "('customer:' || r.code || ':paid:yuan')"
COLUMNS = (
    "(position, chain_hash, id, debit_id, credit_id, amount, unit, kind, at_ms, booked_ms, reference, note)"
)
ENTRY_COLUMNS = (
    "(entry, gateway_id, epoch, seq, account, meter, kind, cause, at_ms, at_trusted, boot, monotonic_ms, energy_wh, "
    "provisional, carried_nano_yuan, price_version, source, raw_frame, lines, booked, received_ms, used_by)"
)


def make_campus(rooms: int) -> None:
    """Make buildings with their rooms and gateways, each building with a group of all its meters behind a master."""
    from central.campus.models import Building
    from central.campus.operations import make_default_classes
    from central.ledger.models import LedgerAccount
    from central.link.models import Gateway, GatewayEpoch
    from tests.central import large_campus

    make_default_classes()
    large_campus.make(rooms // ROOMS_EACH, ROOMS_EACH)
    for building in Building.objects.all():
        subs = [f"x-{building.code}-r{n}" for n in range(1, ROOMS_EACH + 1)]
        rule = {"group": "all", "kind": "building", "master": f"m-{building.code}", "subs": subs}
        building.groups = [rule]
        building.save()
        gateway = Gateway.objects.create(
            id=f"gw-{building.code}", building=building, public_key="0" * 64, enrolled_ms=1
        )
        GatewayEpoch.objects.create(gateway=gateway, epoch="e1", began_ms=1)
    for code, kind in (("cash:main:yuan", "asset"), ("revenue:energy:dormitory:yuan", "income")):
        LedgerAccount.objects.create(code=code, unit="yuan", kind=kind)
    _run(
        "INSERT INTO ledger_ledgeraccount (code, unit, kind, debits, credits) "
        f"SELECT {CODE}, 'yuan', 'liability', 0, 0 FROM campus_account r"
    )


def make_ledger(days: int, rooms: int, *, first: int = 0) -> None:
    """Make settlements and payments of days from `first` on; a day's rows stand together in the chain."""
    stride, paying = rooms + rooms // PAYS_EVERY + 1, f"r.id % {PAYS_EVERY} = day.n % {PAYS_EVERY}"
    at_ms = f"({FIRST_MS} + day.n * {DAY_MS} + 3600000 + r.id)"
    zero = "zeroblob(32)" if _is_sqlite() else "decode(repeat('00', 32), 'hex')"
    place = f"(day.n * {stride} + r.id)"
    settled = f"'e1.' || day.n || '.' || r.id, {CODE}, 'revenue:energy:dormitory:yuan', {WH} * {PRICE}, 'yuan', 'consumption'"
    paid = f"'p.' || day.n || '.' || r.id, 'cash:main:yuan', {CODE}, 45000000, 'yuan', 'payment'"
    payment_place = f"(day.n * {stride} + {rooms} + 1 + r.id / {PAYS_EVERY})"
    with _quick("default", "ledger_transfer"):
        for position, row, which in ((place, settled, "1 = 1"), (payment_place, paid, paying)):
            _run(
                f"INSERT INTO ledger_transfer {COLUMNS} {_days(first, days)}"
                f"SELECT {position}, {zero}, {row}, {at_ms}, {at_ms}, 'e1.' || day.n || '.' || r.id, '' "
                f"FROM day CROSS JOIN campus_account r WHERE {which} ORDER BY day.n, r.id"
            )
    _run("DELETE FROM ledger_chainhead")
    _run(
        f"INSERT INTO ledger_chainhead (id, position, chain_hash) VALUES (1, {(first + days) * stride}, {zero})"
    )


def make_entries(first: int, days: int) -> None:
    """Make the gateways' entries behind the settlements of some days: who used how much energy."""
    at_ms = f"({FIRST_MS} + day.n * {DAY_MS} + 3600000 + r.id)"
    lines = f"('[[\"paid\", \"yuan\", -' || ({WH} * {PRICE}) || ', 0]]')"
    as_lines, yes, no = (lines, "1", "0") if _is_sqlite() else (f"CAST({lines} AS jsonb)", "true", "false")
    gateway = f"('gw-b' || ((r.id - 1) / {ROOMS_EACH} + 1))"
    with _quick("default", "link_gatewayentry"):
        _run(
            f"INSERT INTO link_gatewayentry {ENTRY_COLUMNS} {_days(first, days)}"
            f"SELECT 'e1.' || day.n || '.' || r.id, {gateway}, 'e1', day.n * {ROOMS_EACH} + r.id, r.code, 'x-' || r.code, "
            f"'consumption', 'reading', {at_ms}, {yes}, 'b', 0, {WH}, {no}, 0, '', '', '', {as_lines}, {yes}, {at_ms}, "
            f"CAST(NULL AS varchar(64)) FROM day CROSS JOIN campus_account r ORDER BY day.n, r.id"
        )
    _run("UPDATE link_gatewayepoch SET received_seq = (SELECT max(seq) FROM link_gatewayentry)")


def make_totals(days: int, buildings: int) -> None:
    """Make the totals of all meters at each midnight; a master counts its rooms and 3 % more."""
    from central.link.telemetry.models import BalanceDay

    at_ms, columns = (
        f"({FIRST_MS} + day.n * {DAY_MS})",
        "(gateway, epoch, meter, at_ms, trusted, total_wh, offset_wh, step_wh, skew_wh, frozen)",
    )
    yes = "1" if connections["telemetry"].vendor == "sqlite" else "true"
    used = "day.n * (3000 + 10 * r.n)"
    of_rooms = f"day.n * {3000 * ROOMS_EACH + 5 * ROOMS_EACH * (ROOMS_EACH + 1)} * 103 / 100"
    numbers = (
        f", r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {ROOMS_EACH}), "
        f"b(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM b WHERE n < {buildings}) "
    )
    made = (
        (f"'x-b' || b.n || '-r' || r.n, {at_ms}, {yes}, {used}", "day CROSS JOIN b CROSS JOIN r"),
        (f"'m-b' || b.n, {at_ms}, {yes}, {of_rooms}", "day CROSS JOIN b"),
    )
    with _quick("telemetry", "telemetry_instanttotal"):
        for row, source in made:
            _run(
                f"INSERT INTO telemetry_instanttotal {columns} {_days(0, days + 1).rstrip()}{numbers}"
                f"SELECT 'gw-b' || b.n, 'e1', {row}, 0, 10, 0, {yes} FROM {source}",
                "telemetry",
            )
    BalanceDay.objects.bulk_create(
        BalanceDay(gateway=f"gw-b{b}", day_ms=FIRST_MS + n * DAY_MS)
        for b in range(1, buildings + 1)
        for n in range(days)
    )


def _days(first: int, days: int) -> str:
    return DAYS.format(first=first, last=first + days - 1)


def _is_sqlite() -> bool:
    return connections["default"].vendor == "sqlite"


def _run(sql: str, alias: str = "default") -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def _quick(alias: str, table: str) -> Iterator[None]:
    """Fill a table without its indexes and without looking at foreign keys; the indexes are made afterwards."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = %s",
                [table],
            )
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
                "(SELECT conname FROM pg_constraint)",
                [table],
            )
        indexes = cursor.fetchall()
        for name, _sql in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _name, sql in indexes:
            cursor.execute(sql)
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
        else:
            cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")
