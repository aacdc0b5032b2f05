"""Sends bulk telemetry to its own database, so that ingest and the desk never wait for each other; reports to a replica."""

from typing import Any

from central import replica
from central.link.telemetry.apps import TELEMETRY


class DatabaseRouter:
    """Route by app label: `telemetry` to its own alias, all else to `default`; inside `read_apart` to what copies them."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return replica.alias_to_read(_primary(model))

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return replica.alias_to_write(_primary(model))

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return _primary(one) == _primary(other)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (app_label == TELEMETRY) == (db == TELEMETRY)


def _primary(model: Any) -> str:
    return TELEMETRY if model._meta.app_label == TELEMETRY else "default"
