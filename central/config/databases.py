"""Which databases there are, from the environment: the books, telemetry, and a replica of each where one is named."""

from collections.abc import Mapping
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from central.config import data_folder

Settings = dict[str, dict[str, Any]]

SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
SQLITE_OPTIONS = {
    # IMMEDIATE: a writer waits at BEGIN instead of failing at its first write. FULL: a committed payment survives a power cut.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 10,
    # A server that is gone without a word is given up within half a minute: by the kernel's habit it takes a quarter of an hour.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
SERVER_OPTIONS = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""And the server gives us up as soon: a worker's lease, and every lock, would outlive its machine for two hours."""
TELEMETRY, TELEMETRY_SCHEMA = "telemetry", "telemetry"
PRIMARIES = {"default": "DATABASE_URL", TELEMETRY: "TELEMETRY_DATABASE_URL"}
COPIES = {"default": "REPLICA_DATABASE_URL", TELEMETRY: "TELEMETRY_REPLICA_DATABASE_URL"}
REPLICA_WAITS_S = 2
"""For a connection: a report goes to the primary after it."""


def of_environment(environment: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """Give all databases by alias, and each replica's alias by its primary's. Raises ImproperlyConfigured with a sentence."""
    for variable in (*PRIMARIES.values(), *COPIES.values()):
        _require_good(variable, environment.get(variable, ""))
    primaries = database_settings(*(environment.get(variable, "") for variable in PRIMARIES.values()))
    copies = replica_settings({alias: environment.get(name, "") for alias, name in COPIES.items()}, primaries)
    replicas = {alias: f"{alias}-replica" for alias in copies}
    return primaries | {replicas[alias]: copy for alias, copy in copies.items()}, replicas


def database_settings(url: str, telemetry_url: str) -> Settings:
    """Give both databases. Telemetry's is its own setting's, else a schema of its own in the one that `url` names, else a file.

    A schema, since each alias keeps its own list of migrations; the connections stay two, so nobody waits for the other's commits.
    """
    default = _database("central.db", url)
    if telemetry_url or default["ENGINE"] == SQLITE:
        return {"default": default, TELEMETRY: _database("telemetry.db", telemetry_url)}
    return {"default": default, TELEMETRY: _beside(default, TELEMETRY_SCHEMA)}


def replica_settings(urls: Mapping[str, str], primaries: Settings) -> Settings:
    """Give the replicas by the primary's alias. Raises ImproperlyConfigured where one is named of what has none.

    Telemetry that lies beside the books is on their replica, too; a database of its own has a replica of its own, or none.
    """
    found: Settings = {}
    schema = primaries[TELEMETRY].get("SCHEMA")
    for alias, url in urls.items():
        if not url:
            continue
        copy = _database("", url, connect_timeout=REPLICA_WAITS_S)
        if {copy["ENGINE"], primaries[alias]["ENGINE"]} != {POSTGRESQL}:
            raise ImproperlyConfigured(
                f"{COPIES[alias]} is set, and only PostgreSQL has a replica: take it away, or name PostgreSQL's servers "
                f"in it and in {PRIMARIES[alias]}"
            )
        if alias == TELEMETRY and schema:
            raise ImproperlyConfigured(
                f"{COPIES[TELEMETRY]} is set, and telemetry lies in the database of the books, whose replica {COPIES['default']} "
                f"names: take it away, or set {PRIMARIES[TELEMETRY]}, too"
            )
        found[alias] = copy
    if schema and "default" in found:
        found[TELEMETRY] = _beside(found["default"], schema)
    return found


def _database(file_name: str, url: str, **more: int) -> dict[str, Any]:
    default = f"sqlite:///{data_folder.folder() / file_name}"
    database: dict[str, Any] = dict(dj_database_url.parse(url or default))
    if database["ENGINE"] == SQLITE:
        database["OPTIONS"] = {**database.get("OPTIONS", {}), **SQLITE_OPTIONS}
    else:
        said = database.get("OPTIONS", {})
        options = f"{SERVER_OPTIONS} {said.get('options', '')}".strip()
        database["OPTIONS"] = {**POSTGRESQL_OPTIONS, **more, **said, "options": options}
        database["CONN_MAX_AGE"] = 600
        database["CONN_HEALTH_CHECKS"] = True
    return database


def _beside(books: dict[str, Any], schema: str) -> dict[str, Any]:
    """Give the same database again, with what it finds in a schema of its own."""
    options = books["OPTIONS"]
    said = f"{options['options']} -c search_path={schema}"
    return {**books, "OPTIONS": {**options, "options": said}, "SCHEMA": schema}


def _require_good(variable: str, url: str) -> None:
    """Refuse what is no address of a database that central knows. The address isn't repeated: a password may stand in it."""
    try:
        engine = dj_database_url.parse(url)["ENGINE"] if url else SQLITE
    except ValueError:
        engine = ""
    if engine not in (SQLITE, POSTGRESQL):
        raise ImproperlyConfigured(
            f"{variable} is no address of a database: write it as postgresql://name:password@host/database, with %40 for @ and "
            "%2F for / inside a password"
        )
