"""Readings, newest readings and hours' use, written as each database likes it best: few statements for many rows, no objects.

A building says hundreds of readings at once; made into objects, they cost more than all else that is done with them. PostgreSQL
takes them by COPY and by arrays, SQLite by one prepared statement. All inside the caller's transaction.
"""

# ruff: noqa: S608  tables and columns are named here, never by who asks

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connections

from central.ingest.received_rows import ReceivedFact
from central.link.telemetry.apps import TELEMETRY
from central.prepared import insert_rows
from gateway.contract.facts import ReadingRow

READING = ("meter", "wall_ms", "register_wh", "power_w", "current_ma", "relay_closed", "outcome", "trusted")
LAST = ("meter", "gateway", "wall_ms", "register_wh", "power_w", "current_ma", "relay_closed", "outcome")
LAST_TYPES = "text text bigint bigint bigint bigint boolean text"
ASKED_AT_ONCE = 900
"""SQLite's oldest limit of parameters is 999."""

_INSERT = f"INSERT INTO telemetry_reading ({', '.join(READING)}) VALUES ({', '.join(['%s'] * len(READING))})"
_COPY = f"COPY telemetry_reading ({', '.join(READING)}) FROM STDIN"
_KEEP = f"INSERT INTO telemetry_lastreading ({', '.join(LAST)}) "
_KEEP_OVER = " ON CONFLICT (meter) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in LAST[1:]
)
_NOTE = "INSERT INTO telemetry_receivedrow (gateway, epoch, seq, digest) "
_ADD = "INSERT INTO telemetry_hourlyuse (meter, hour_ms, energy_wh) "
_ADD_OVER = " ON CONFLICT (meter, hour_ms) DO UPDATE SET energy_wh = telemetry_hourlyuse.energy_wh + excluded.energy_wh"


class Last(NamedTuple):
    """A meter's newest reading; `register_wh` is of the newest that was accepted."""

    meter: str
    gateway: str
    wall_ms: int
    register_wh: int
    power_w: int | None
    current_ma: int | None
    relay_closed: bool | None
    outcome: str


def insert_readings(readings: Sequence[ReadingRow]) -> None:
    """Insert readings, in order."""
    rows = (
        (
            r.meter,
            r.wall_ms,
            r.register_wh,
            r.power_w,
            r.current_ma,
            r.relay_closed,
            r.outcome.value,
            r.trusted,
        )
        for r in readings
    )
    connection = connections[TELEMETRY]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(_INSERT, list(rows))
            return
        with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)


def note_received(gateway_id: str, epoch: str, rows: Sequence[ReceivedFact]) -> None:
    """Keep the digests of rows that come for the first time."""
    digests = [(gateway_id, epoch, row.seq, row.digest) for row in rows]
    insert_rows(connections[TELEMETRY], _NOTE, "text text bigint bytea", digests)


def last_readings(meters: Iterable[str]) -> dict[str, Last]:
    """Give the newest reading of each meter that has one."""
    connection, names = connections[TELEMETRY], sorted(set(meters))
    found: list[tuple[Any, ...]] = []
    select = f"SELECT {', '.join(LAST)} FROM telemetry_lastreading WHERE meter"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{select} = ANY(%s)", [names])
            found = cursor.fetchall()
        else:
            for first in range(0, len(names), ASKED_AT_ONCE):
                some = names[first : first + ASKED_AT_ONCE]
                cursor.execute(f"{select} IN ({', '.join(['%s'] * len(some))})", some)
                found += cursor.fetchall()
    return {row[0]: Last(*row) for row in found}


def keep_last(newest: Sequence[Last]) -> None:
    """Keep each meter's newest reading. By meter, so that two writers lock them in one order."""
    insert_rows(connections[TELEMETRY], _KEEP, LAST_TYPES, sorted(newest), _KEEP_OVER)


def add_use(use: Mapping[tuple[str, int], int]) -> None:
    """Add energy to hours: by meter and the hour's beginning, in Wh."""
    rows = sorted((meter, hour_ms, energy_wh) for (meter, hour_ms), energy_wh in use.items())
    insert_rows(connections[TELEMETRY], _ADD, "text bigint bigint", rows, _ADD_OVER)
