"""The limit of ingest: the very same readings into a table of the same form, with nothing else; and tables grown by months past."""

import time
from collections.abc import Sequence

import msgspec
from django.db import connections

from central.ledger.monthly_tables import make_partition, month_at, month_span_ms, monthly_models
from gateway.contract.facts import ReadingRow

COLUMNS = "meter, wall_ms, register_wh, power_w, current_ma, relay_closed, outcome, trusted"
PLACES = ", ".join(["%s"] * 8)
MONTHS = 12
LOT = 500_000
READINGS_PER_HOUR, READINGS_PER_ROW = 240, 347


def raw_per_second(batches: Sequence[Sequence[ReadingRow]]) -> float:
    """Insert batches as the database likes it best (COPY, or one statement for many rows), a commit for each; give readings/s."""
    connection = connections["telemetry"]
    lots = [[msgspec.structs.astuple(row) for row in rows] for rows in batches]
    _make_table()
    insert = _copy if connection.vendor == "postgresql" else _many
    began_s = time.monotonic()
    for lot in lots:
        insert(lot)
    took_s = time.monotonic() - began_s
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE raw_reading")
    return sum(map(len, lots)) / took_s


def _make_table() -> None:
    connection = connections["telemetry"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE raw_reading (LIKE telemetry_reading INCLUDING ALL)")
            return
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'telemetry_reading' AND sql IS NOT NULL ORDER BY type DESC"
        )
        for (sql,) in cursor.fetchall():
            cursor.execute(sql.replace("telemetry_reading", "raw_reading").replace("telemetry_r_", "raw_r_"))


def _many(lot: list[tuple]) -> None:
    connection = connections["telemetry"]
    with connection.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(f"INSERT INTO raw_reading ({COLUMNS}) VALUES ({PLACES})", lot)
        cursor.execute("COMMIT")


def _copy(lot: list[tuple]) -> None:
    with (
        connections["telemetry"].cursor() as cursor,
        cursor.copy(f"COPY raw_reading ({COLUMNS}) FROM STDIN") as copy,
    ):
        for row in lot:
            copy.write_row(row)


def database_pids() -> list[int]:
    """Give the server's processes; none for SQLite, which works inside who asks it."""
    connection = connections["telemetry"]
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity")
        return [pid for (pid,) in cursor.fetchall()]


def stored_bytes() -> int:
    """Give how much the telemetry database holds."""
    connection = connections["telemetry"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(cursor.fetchone()[0])


def grow(rows: int, buildings: int, rooms: int) -> None:
    """Put readings of a year up to now into the tables, with the hours and the digests that go with them."""
    now_ms = time.time_ns() // 1_000_000 - 2 * 3_600_000
    first_ms = month_span_ms(month_at(now_ms) - MONTHS + 1)[0]
    _make_partitions(first_ms, now_ms)
    meter = f"'m-' || (1 + g % {buildings}) || '-' || ((g / {buildings}) % {rooms})"
    at = f"{first_ms} + CAST(g AS BIGINT) * {max(1, (now_ms - first_ms) // max(1, rows))}"
    _fill(
        "telemetry_reading",
        COLUMNS,
        f"{meter}, {at}, g / 600, 412, 1890, {_true()}, 'advanced', {_true()}",
        rows,
    )
    hours = rows // READINGS_PER_HOUR
    hour = f"CAST({first_ms // 3_600_000} + g / {buildings * rooms} AS BIGINT)"
    _fill("telemetry_hourlyuse", "meter, hour_ms, energy_wh", f"{meter}, {hour} * 3600000, 0", hours)
    digest = "sha256('x')" if connections["telemetry"].vendor == "postgresql" else "randomblob(32)"
    _fill(
        "telemetry_receivedrow",
        "gateway, epoch, seq, digest",
        f"'gw-1', 'e0', g, {digest}",
        rows // READINGS_PER_ROW,
    )
    with connections["telemetry"].cursor() as cursor:
        cursor.execute("ANALYZE")


def _true() -> str:
    return "true" if connections["telemetry"].vendor == "postgresql" else "1"


def _make_partitions(first_ms: int, last_ms: int) -> None:
    connection = connections["telemetry"]
    if connection.vendor != "postgresql":
        return
    for model in monthly_models():
        for month in range(month_at(first_ms), month_at(last_ms) + 1):
            make_partition(connection, model._meta.db_table, model.month_by, month)


def _fill(table: str, columns: str, values: str, rows: int) -> None:
    connection = connections["telemetry"]
    for first in range(0, rows, LOT):
        last = min(rows, first + LOT) - 1
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series({first}, {last}) g"
                )
            else:
                cursor.execute(
                    f"WITH RECURSIVE s(g) AS (SELECT {first} UNION ALL SELECT g + 1 FROM s WHERE g < {last}) "
                    f"INSERT INTO {table} ({columns}) SELECT {values} FROM s"
                )
