"""Triggers that forbid UPDATE, DELETE and TRUNCATE, on SQLite and PostgreSQL, and the check that they are still there.

Django's AlterField rebuilds a SQLite table and silently drops its triggers: so `missing_triggers` runs after every migration
(post_migrate) and in `cardroom-central verify`. The rules of what is immutable are the models': subclasses of ImmutableModel.
"""

from typing import Any

from django.apps import apps as live_apps
from django.db import connections, router
from django.db.migrations.operations.base import Operation

from central.ledger.models import ImmutableModel

SQLITE_TRIGGERS = {"update": "UPDATE", "delete": "DELETE"}
POSTGRESQL_TRIGGERS = {"update": "UPDATE", "delete": "DELETE", "truncate": "TRUNCATE"}

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION cardroom_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is immutable: book a reversal instead', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class TriggersMissing(RuntimeError):
    """A table of money can be changed: a migration dropped its triggers."""


def trigger_name(table: str, event: str) -> str:
    """Name the trigger that forbids an event on a table."""
    return f"{table}_no_{event}"


def forbid_changes(connection: Any, table: str) -> None:
    """Create a table's triggers; those that exist are made anew."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for event, verb in SQLITE_TRIGGERS.items():
                name = trigger_name(table, event)
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
                cursor.execute(
                    f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" BEGIN '
                    f"SELECT RAISE(ABORT, '{table} is immutable: book a reversal instead'); END"
                )
        else:
            cursor.execute(_POSTGRESQL_FUNCTION)
            for event, verb in POSTGRESQL_TRIGGERS.items():
                name, level = trigger_name(table, event), "STATEMENT" if event == "truncate" else "ROW"
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
                cursor.execute(
                    f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" '
                    f"FOR EACH {level} EXECUTE FUNCTION cardroom_refuse_change()"
                )


def allow_changes(connection: Any, table: str) -> None:
    """Drop a table's triggers: only for undoing a migration."""
    events = SQLITE_TRIGGERS if connection.vendor == "sqlite" else POSTGRESQL_TRIGGERS
    on_table = "" if connection.vendor == "sqlite" else f' ON "{table}"'
    with connection.cursor() as cursor:
        for event in events:
            cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger_name(table, event)}"{on_table}')


class ForbidChanges(Operation):
    """A migration step that makes a table immutable. Add it again after any step that alters the table.

    It asks for no models: as a RunPython each step would have all of them built anew, a tenth of a second every time.
    """

    reduces_to_sql = False

    def __init__(self, table: str) -> None:
        self.table = table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of the models."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create the triggers."""
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            forbid_changes(schema_editor.connection, self.table)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop them."""
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            allow_changes(schema_editor.connection, self.table)

    def describe(self) -> str:
        """Say it in the list of a migration's steps."""
        return f"Make {self.table} immutable"


def immutable_tables() -> list[str]:
    """Name the tables that must be immutable, sorted."""
    return sorted(
        model._meta.db_table for model in live_apps.get_models() if issubclass(model, ImmutableModel)
    )


def missing_triggers(alias: str = "default", tables: list[str] | None = None) -> list[str]:
    """Name the triggers that should be in a database and are not, or are switched off; sorted."""
    connection = connections[alias]
    is_sqlite = connection.vendor == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    events = SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS
    wanted = immutable_tables() if tables is None else tables
    return [
        name for table in wanted for event in events if (name := trigger_name(table, event)) not in present
    ]


def verify_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Refuse to go on with an app whose immutable tables lost their triggers. Raises TriggersMissing with what to do."""
    if using != "default":
        return
    own = [model._meta.db_table for model in sender.get_models() if issubclass(model, ImmutableModel)]
    existing = set(connections[using].introspection.table_names())
    missing = missing_triggers(using, [table for table in own if table in existing])
    if missing:
        raise TriggersMissing(
            f"after migrating, the database lacks the triggers {', '.join(missing)}; a migration dropped them. "
            "Add ForbidChanges(...) for these tables as the last step of that migration."
        )
