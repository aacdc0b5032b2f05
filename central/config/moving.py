"""Copy a whole central from SQLite into PostgreSQL: every table, each counted and digest-compared, in one transaction a database.

The SQLite files are locked against writers meanwhile and are not changed. What fails, fails before anything is committed.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.utils import ConnectionHandler
from psycopg.types.json import Jsonb

from central.config.backup.leaping import keep_leaps
from central.ledger.fresh_tables import is_empty, make_tables
from central.ledger.immutability import missing_triggers
from central.ledger.monthly_tables import make_partition, monthly_models, months_of_rows
from central.ledger.operations import record_audit
from central.ledger.verification import verify_books
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.partitions import make_partitions

NOT_COPIED = frozenset({"django_migrations", "sqlite_sequence"})
"""Made with the tables; SQLite's own."""
PAGE = 5_000
ALIASES = ("default", TELEMETRY)


class MoveRefusal(StrEnum):
    """Why nothing was moved."""

    NOT_SQLITE = "not-sqlite"
    NOT_POSTGRESQL = "not-postgresql"
    NOT_EMPTY = "not-empty"


class MoveFailed(RuntimeError):
    """What was copied isn't what was there; the message names the table. Nothing was committed."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How many tables and rows were copied and compared."""

    tables: int
    rows: int


def move(settings: Mapping[str, dict[str, Any]], *, now_ms: int) -> Moved | MoveRefusal:
    """Copy both databases to those that the settings name. Raises MoveFailed, sqlite3.Error, psycopg.Error, or Django's."""
    if any(connections[alias].vendor != "sqlite" for alias in ALIASES):
        return MoveRefusal.NOT_SQLITE
    if any(settings[alias]["ENGINE"] != "django.db.backends.postgresql" for alias in ALIASES):
        return MoveRefusal.NOT_POSTGRESQL
    files = {alias: Path(str(connections[alias].settings_dict["NAME"])) for alias in ALIASES}
    with _locked(files) as sources, _instead(settings), _both():
        if schema := settings[TELEMETRY].get("SCHEMA"):
            with connections["default"].cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        if not all(is_empty(connections[alias]) for alias in ALIASES):
            transaction.set_rollback(True)
            return MoveRefusal.NOT_EMPTY
        return _copy_all(sources, now_ms)


@contextmanager
def _both() -> Iterator[None]:
    with transaction.atomic(), transaction.atomic(using=TELEMETRY):
        yield


@contextmanager
def _locked(files: Mapping[str, Path]) -> Iterator[dict[str, sqlite3.Connection]]:
    """Keep everybody from writing; nothing is written here either."""
    opened: dict[str, sqlite3.Connection] = {}
    try:
        for alias, path in files.items():
            opened[alias] = sqlite3.connect(path, isolation_level=None, timeout=20)
            opened[alias].execute("BEGIN IMMEDIATE")
        yield opened
    finally:
        for one in opened.values():
            one.close()


@contextmanager
def _instead(settings: Mapping[str, dict[str, Any]]) -> Iterator[None]:
    """Have Django work on the new databases for a while."""
    before = {alias: connections[alias] for alias in ALIASES}
    target = ConnectionHandler({alias: dict(settings[alias]) for alias in ALIASES})
    try:
        for alias in ALIASES:
            before[alias].close()
            connections[alias] = target[alias]
        yield
    finally:
        for alias in ALIASES:
            connections[alias].close()
            connections[alias] = before[alias]


def _copy_all(sources: Mapping[str, sqlite3.Connection], now_ms: int) -> Moved:
    tables = rows = 0
    for alias in ALIASES:
        make_tables(connections[alias])
        if alias == TELEMETRY:
            _make_months(now_ms, sources[alias])
        for table in _tables(sources[alias], alias):
            rows += _copy_table(sources[alias], alias, table)
            tables += 1
        _go_on_numbering(alias)
    keep_leaps()
    if missing := missing_triggers():
        raise MoveFailed(f"the new database lacks the triggers {', '.join(missing)}")
    for check in verify_books():
        if not check.holds:
            raise MoveFailed(f"{check.name}: {check.seen} {check.fault}")
    detail = f"{tables} tables, {rows} rows"
    record_audit(actor="console", action="move-database", subject="PostgreSQL", detail=detail, now_ms=now_ms)
    return Moved(tables, rows)


def _make_months(now_ms: int, source: sqlite3.Connection) -> None:
    make_partitions(now_ms)
    for model in monthly_models():
        table, column = model._meta.db_table, model.month_by
        for month in months_of_rows(_Cursors(source), table, column):
            make_partition(connections[TELEMETRY], table, column, month)


@dataclass(frozen=True)
class _Cursors:
    """A bare SQLite connection, asked as Django's are."""

    bare: sqlite3.Connection

    @contextmanager
    def cursor(self) -> Iterator[sqlite3.Cursor]:
        yield self.bare.cursor()


def _tables(source: sqlite3.Connection, alias: str) -> list[str]:
    """Name the tables that are copied. Raises MoveFailed where one has no place to go."""
    found = source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    wanted = {name for (name,) in found} - NOT_COPIED
    there = set(connections[alias].introspection.table_names())
    if missing := wanted - there:
        raise MoveFailed(
            f"there is no place for {', '.join(sorted(missing))}: run `cardroom-central init` first"
        )
    return sorted(wanted)


def _copy_table(source: sqlite3.Connection, alias: str, table: str) -> int:
    """Copy a table's rows and compare what arrived; give their number."""
    kinds = _kinds(alias, table)
    named = ", ".join(f'"{name}"' for name in kinds)
    sent, digest = 0, 0
    with connections[alias].cursor() as cursor:
        with cursor.copy(f'COPY "{table}" ({named}) FROM STDIN') as copy:
            for row in source.execute(f'SELECT {named} FROM "{table}"'):  # noqa: S608  names of the database
                values = [_value(kind, cell) for kind, cell in zip(kinds.values(), row, strict=True)]
                copy.write_row([Jsonb(one) if kind == "jsonb" and one is not None else one
                                for kind, one in zip(kinds.values(), values, strict=True)])  # fmt: skip
                sent, digest = sent + 1, _add(digest, values)
        arrived, other = 0, 0
        for row in _rows(cursor, f'SELECT {named} FROM "{table}"'):  # noqa: S608  names of the database
            values = [_read(kind, cell) for kind, cell in zip(kinds.values(), row, strict=True)]
            arrived, other = arrived + 1, _add(other, values)
    if (sent, digest) != (arrived, other):
        raise MoveFailed(f"{table}: {sent} rows were sent, {arrived} arrived, and their digests differ")
    return sent


def _rows(cursor: Any, sql: str) -> Iterator[tuple[Any, ...]]:
    cursor.execute(sql)
    while page := cursor.fetchmany(PAGE):
        yield from page


def _kinds(alias: str, table: str) -> dict[str, str]:
    """Give the new table's columns with their types, in order."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
            "WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            [table],
        )
        return dict(cursor.fetchall())


def _value(kind: str, cell: Any) -> Any:
    """Give what SQLite keeps, as PostgreSQL's type takes it."""
    if cell is None:
        return None
    match kind:
        case "bool":
            return bool(cell)
        case "jsonb":
            return json.loads(cell)
        case "timestamptz":
            return datetime.fromisoformat(cell).replace(tzinfo=UTC)
        case "date":
            return date.fromisoformat(cell)
        case "time":
            return time.fromisoformat(cell)
        case "uuid":
            return UUID(cell)
        case "numeric":
            return Decimal(str(cell))
        case "bytea":
            return bytes(cell)
        case "float8":
            return float(cell)
    return cell


def _read(kind: str, cell: Any) -> Any:
    if kind == "bytea" and cell is not None:
        return bytes(cell)
    if kind == "timestamptz" and cell is not None:
        return cell.astimezone(UTC)
    return json.loads(cell) if kind == "jsonb" and isinstance(cell, str) else cell


def _add(digest: int, values: Iterable[Any]) -> int:
    """Add a row to a table's digest; rows have no order."""
    row = hashlib.sha256(repr([_stable(value) for value in values]).encode()).digest()
    return (digest + int.from_bytes(row)) % 2**256


def _stable(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def _go_on_numbering(alias: str) -> None:
    there = set(connections[alias].introspection.table_names())
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in there]
    with connections[alias].cursor() as cursor:
        for statement in connections[alias].ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
