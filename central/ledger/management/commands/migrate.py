"""Django's `migrate`, but that an empty database gets its tables at once."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from central.ledger.fresh_tables import is_empty, make_tables


class Command(Migrate):
    """Migrates; what asks for a certain app, a plan or a record alone is left to Django."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the tables where there are none, then migrate."""
        asks_for_more = any(
            options[name]
            for name in ("app_label", "migration_name", "fake", "fake_initial", "plan", "check_unapplied")
        )
        connection = connections[options["database"]]
        if not asks_for_more and is_empty(connection):
            make_tables(connection)
        super().handle(*args, **options)
