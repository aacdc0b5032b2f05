"""Keys that the database itself counts: approvals, cases, faults and work orders are known to people by them.

A restored central lifts them, so that no key, no address of a page and no paper of the lost one means another thing (C-11).
"""

from django.apps import apps
from django.db import connection, models

OURS = "central."


def counted_tables() -> list[tuple[str, str]]:
    """Give the tables of the books whose key the database counts, with that key's column, by name."""
    found = [
        (model._meta.db_table, model._meta.pk.column)
        for model in apps.get_models()
        if model.__module__.startswith(OURS)
        and model._meta.app_label != "telemetry"
        and isinstance(model._meta.pk, models.AutoField | models.BigAutoField)
    ]
    return sorted(found)


def last_number(table: str, column: str) -> int:
    """Give the last key that was given, also to a row that is gone."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s))", [table, column])
        else:
            cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [table])
        given = cursor.fetchone()[0] or 0
        cursor.execute(f'SELECT max("{column}") FROM "{table}"')  # noqa: S608  the model's names
        return max(given, cursor.fetchone()[0] or 0)


def go_on_above(table: str, column: str, last: int) -> None:
    """Let the next key be the one after `last`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, column, last])
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
