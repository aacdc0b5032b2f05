"""Make all tables of an empty database at once, as the last migration leaves them, and note every migration as done.

Going through the migrations one by one renders all models anew at every step: fifteen seconds for what takes one. A test holds both
ways equal, to the last index and trigger. Only for an empty database: one that has tables is migrated.
"""

from typing import Any

from django.db import router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from central.ledger.immutability import forbid_changes, immutable_tables
from central.ledger.monthly_tables import tables_made


def is_empty(connection: Any) -> bool:
    """Say whether a database has no table yet."""
    return not connection.introspection.table_names()


def make_tables(connection: Any) -> None:
    """Make the tables that belong into this database, the triggers of those that are immutable, and the migrations' record.

    All in one transaction: what is killed in between leaves the database empty.
    """
    loader = MigrationLoader(connection)
    models = [
        model
        for model in loader.project_state().apps.get_models()
        if model._meta.can_migrate(connection) and router.allow_migrate_model(connection.alias, model)
    ]
    made = {model._meta.db_table for model in models}
    recorder = MigrationRecorder(connection)
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)
        for table in immutable_tables():
            if table in made:
                forbid_changes(connection, table)
        tables_made(made, connection)
        recorder.ensure_schema()
        for app_label, name in sorted(loader.graph.nodes):
            recorder.record_applied(app_label, name)
