"""Tables that grow for ever, divided by month on PostgreSQL: a month is a partition, made ahead, dropped whole when it is archived.

What is to be divided says the model, a subclass of MonthlyModel. Months are the campus's. What belongs to no month that there is (a
clock that stood wrong, a month that was archived) falls into the rest, `..._rest`: nothing is refused, and it can be counted. On
SQLite the same table stays whole: it has no partitions, and a campus that outgrows it moves to PostgreSQL.
"""

# ruff: noqa: S608  tables and instants are named by the models, never by who asks

from collections.abc import Iterable
from typing import Any, ClassVar

from django.apps import apps as live_apps
from django.db import models, router, transaction
from django.db.migrations.operations.base import Operation

from gateway.contract.rules import PriceRule
from gateway.domain.calendar import month_of, month_starts_ms

UTC_OFFSET_MINUTES = PriceRule("", "", 0, 0).utc_offset_minutes
"""The contract's own, with which prices are published too."""
EARLIEST, LATEST = 2020 * 12, 2100 * 12
"""Months outside are a broken clock's: their rows stay in the rest."""
LOCK_WAIT = "5s"
"""A reader of minutes must not have everybody queue behind us: whoever makes partitions tries again later."""
ONE_MAKER = 7_400_231
"""The advisory lock of who makes partitions."""


class MonthlyModel(models.Model):
    """A table that is divided by the month of `month_by`, an instant in ms. Its migration adds DivideByMonth."""

    month_by: ClassVar[str]

    class Meta:
        abstract = True


def monthly_models() -> list[type[MonthlyModel]]:
    """Give the models that are divided by month, by table name."""
    found = [model for model in live_apps.get_models() if issubclass(model, MonthlyModel)]
    return sorted(found, key=lambda model: model._meta.db_table)


def month_at(at_ms: int) -> int:
    """Give the campus month of an instant: year times twelve plus the month from zero."""
    return month_of(at_ms, UTC_OFFSET_MINUTES)


def month_span_ms(month: int) -> tuple[int, int]:
    """Give the instants at which a month begins and the next one does."""
    return month_starts_ms(month, UTC_OFFSET_MINUTES), month_starts_ms(month + 1, UTC_OFFSET_MINUTES)


def month_name(month: int) -> str:
    """Write a month as 2026-11."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def month_named(name: str) -> int:
    """Read a month as `month_name` or a partition's name writes it."""
    return int(name[:4]) * 12 + int(name[5:]) - 1


def partition_name(table: str, month: int) -> str:
    """Name the partition of a month."""
    return f"{table}_{month_name(month).replace('-', '_')}"


def rest_name(table: str) -> str:
    """Name the partition of what belongs to no other."""
    return f"{table}_rest"


def is_divided(connection: Any, table: str) -> bool:
    """Say whether a table is divided."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)", [table])
        row = cursor.fetchone()
    return bool(row and row[0])


def months_there(connection: Any, table: str) -> list[int]:
    """Give the months that have a partition, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s)",
            [table],
        )
        names = [row[0].removeprefix(f"{table}_") for row in cursor.fetchall()]
    return sorted(month_named(name) for name in names if name != "rest" and len(name) == 7)


def months_of_rows(connection: Any, table: str, column: str) -> list[int]:
    """Give the months of a table's rows, in order, without those of broken clocks."""
    begins_ms, ends_ms = month_span_ms(EARLIEST)[0], month_span_ms(LATEST)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ({column} + {UTC_OFFSET_MINUTES * 60_000}) / 86400000 FROM {table} "
            f"WHERE {column} >= {begins_ms} AND {column} < {ends_ms}"
        )
        days = [row[0] for row in cursor.fetchall()]
    return sorted({month_at(day * 86_400_000 - UTC_OFFSET_MINUTES * 60_000) for day in days})


def divide_by_month(connection: Any, table: str, column: str) -> None:
    """Divide a table by month, with every row that it holds; inside the caller's transaction. Nothing to do on SQLite.

    The rows are copied: for the time of it the disk holds them twice. A primary key must hold what the table is divided by, so it
    becomes (id, instant); the models go on with `id`, which one sequence gives. Raises RuntimeError where the counts differ.
    """
    if connection.vendor != "postgresql" or is_divided(connection, table):
        return
    before = f"{table}_before"
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        made_again = _indexes_and_uniques(cursor, table)
        cursor.execute(f"ALTER TABLE {table} RENAME TO {before}")
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [before])
        [sequence] = cursor.fetchone()
        cursor.execute(f"ALTER SEQUENCE {sequence} RENAME TO {before}_id_seq")
        _make_divided(cursor, table, before, column, months_of_rows(connection, before, column))
        cursor.execute(f"INSERT INTO {table} SELECT * FROM {before}")
        cursor.execute(f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM {before})")
        there, wanted = cursor.fetchone()
        if there != wanted:
            raise RuntimeError(
                f"{table} was not divided: {there} of {wanted} rows came over. Nothing was changed; call the developer"
            )
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), last_value, is_called) FROM {before}_id_seq"
        )
        cursor.execute(f"DROP TABLE {before}")
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (id, {column})")
        for statement in made_again:
            cursor.execute(statement)


def _make_divided(cursor: Any, table: str, before: str, column: str, months: Iterable[int]) -> None:
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {before} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS) "
        f"PARTITION BY RANGE ({column})"
    )
    cursor.execute(f"CREATE TABLE {rest_name(table)} PARTITION OF {table} DEFAULT")
    for month in months:
        from_ms, until_ms = month_span_ms(month)
        cursor.execute(
            f"CREATE TABLE {partition_name(table, month)} PARTITION OF {table} "
            f"FOR VALUES FROM ({from_ms}) TO ({until_ms})"
        )


def _indexes_and_uniques(cursor: Any, table: str) -> list[str]:
    """Give the statements that make a table's unique constraints and indexes anew, the primary key left out."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = 'u'",
        [table],
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass(%s) "
        "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1",
        [table],
    )
    indexes = [definition for _name, definition in cursor.fetchall()]
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for name, words in constraints] + indexes


def make_partition(connection: Any, table: str, column: str, month: int) -> bool:
    """Make a month's partition, and move into it what of that month lies in the rest; say whether it was missing.

    Writers go on meanwhile, but for the moment in which the rest is looked through. Raises OperationalError where somebody reads
    for too long; it is tried again later.
    """
    name, rest = partition_name(table, month), rest_name(table)
    from_ms, until_ms = month_span_ms(month)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        cursor.execute(f"SELECT pg_advisory_xact_lock({ONE_MAKER})")
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return False
        cursor.execute(f"LOCK TABLE ONLY {table} IN SHARE UPDATE EXCLUSIVE MODE")
        cursor.execute(f"LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {rest} WHERE {column} >= {from_ms} AND {column} < {until_ms} RETURNING *) "
            f"INSERT INTO {name} SELECT * FROM moved"
        )
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({from_ms}) TO ({until_ms})"
        )
    return True


Span = tuple[int, int | None, int | None]
"""A set of rows as far as a drop asks: how many there are, the lowest number and the highest."""
NO_ROWS: Span = (0, None, None)


def drop_partition(connection: Any, table: str, month: int, rows: Span) -> bool:
    """Drop a month's partition, inside the caller's transaction; refuse where it holds other rows than these.

    While it is counted only writers of this very month wait; all others for the moment of the drop. Raises OperationalError where
    somebody reads for too long.
    """
    name = partition_name(table, month)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        cursor.execute(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"SELECT count(*), min(id), max(id) FROM {name}")
        if cursor.fetchone() != rows:
            return False
        cursor.execute(f"DROP TABLE {name}")
    return True


def tables_made(made: Iterable[str], connection: Any) -> None:
    """Divide those of an empty database's new tables that are to be."""
    names = set(made)
    for model in monthly_models():
        if model._meta.db_table in names:
            divide_by_month(connection, model._meta.db_table, model.month_by)


class DivideByMonth(Operation):
    """A migration step that divides a table by month on PostgreSQL, with the rows that it holds. It can't be taken back."""

    reduces_to_sql = False
    reversible = False

    def __init__(self, table: str, column: str) -> None:
        self.table, self.column = table, column

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table, self.column], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """How a table lies on the disk is no part of the models."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Divide it."""
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            divide_by_month(schema_editor.connection, self.table, self.column)

    def describe(self) -> str:
        """Say it in the list of a migration's steps."""
        return f"Divide {self.table} by month"
