"""Sends bulk telemetry to its own database, so that ingest and the desk never wait for each other."""

from typing import Any

from central.link.telemetry.apps import TELEMETRY


class DatabaseRouter:
    """Route by app label: `telemetry` to its own alias, all else to `default`."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return TELEMETRY if model._meta.app_label == TELEMETRY else "default"

    db_for_write = db_for_read

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return self.db_for_read(one) == self.db_for_read(other)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (app_label == TELEMETRY) == (db == TELEMETRY)
