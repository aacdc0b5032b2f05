"""The months of telemetry on PostgreSQL: made ahead, and made for rows that came late; what belongs to none is counted.

SQLite has none: every function here then does nothing.
"""

from dataclasses import dataclass

from django.db import connections

from central.ledger.monthly_tables import (
    is_divided,
    make_partition,
    month_at,
    month_name,
    monthly_models,
    months_of_rows,
    months_there,
    rest_name,
)
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.models import ArchivedMonth

AHEAD = 2
"""Months that are there before they begin: a job that fails for weeks loses nothing, its rows lie in the rest meanwhile."""


@dataclass(frozen=True, slots=True)
class TableState:
    """How one table lies: its months in order (2026-11), and how many rows belong to none of them."""

    table: str
    months: tuple[str, ...]
    rest_rows: int


def make_partitions(now_ms: int) -> list[str]:
    """Make the partitions of the last month, this one, the next ones, and of months whose rows lie in the rest; give their names.

    Months that were archived get none: a row that comes for one of them waits in the rest until it is archived too. Safe to repeat,
    and from several processes at once. Raises OperationalError where a table is in use for too long.
    """
    connection = connections[TELEMETRY]
    if connection.vendor != "postgresql":
        return []
    this_month = month_at(now_ms)
    around = range(this_month - 1, this_month + AHEAD + 1)
    made = []
    leave = set(ArchivedMonth.objects.values_list("month", flat=True))
    for model in monthly_models():
        table, column = model._meta.db_table, model.month_by
        if not is_divided(connection, table):
            continue
        late = set(months_of_rows(connection, rest_name(table), column)) - leave
        late = {month for month in late if month <= this_month}
        for month in sorted(({*around} - leave | late) - set(months_there(connection, table))):
            if make_partition(connection, table, column, month):
                made.append(f"{table} {month_name(month)}")
    return made


def table_states() -> list[TableState]:
    """Say how each table lies, by name; empty on SQLite."""
    connection = connections[TELEMETRY]
    if connection.vendor != "postgresql":
        return []
    found = []
    for model in monthly_models():
        table = model._meta.db_table
        if not is_divided(connection, table):
            continue
        months = tuple(month_name(month) for month in months_there(connection, table))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {rest_name(table)}")  # noqa: S608  the model's name
            [rest_rows] = cursor.fetchone()
        found.append(TableState(table, months, rest_rows))
    return found
