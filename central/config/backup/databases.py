"""Copies databases as they are at one instant, while others write: SQLite's own backup, or PostgreSQL's dump.

The books first, telemetry after them: so the copy of telemetry has every row that the books' copy has acknowledged.
"""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from central.config.backup.parts import DATABASE

BOOKS, TELEMETRY = "default", "telemetry"
FILE_NAMES = {BOOKS: "central.db", TELEMETRY: "telemetry.db"}
SQLITE, POSTGRESQL = "sqlite", "postgresql"
PUBLIC = "public"
KEPT_SCHEMA = "before_restore_"
"""Begins the names of schemas that a restoration put aside."""
COPIED_AT_ONCE = 2_000
"""Pages between two words on progress."""


class CopyFailed(Exception):
    """A database could not be copied or put back; the text is its own word."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database of this central. `path` is SQLite's file; `settings` are Django's."""

    alias: str
    engine: str
    path: Path | None
    settings: dict[str, Any]

    @property
    def member(self) -> str:
        """Its name in a backup."""
        suffix = "" if self.engine == SQLITE else ".dump"
        return f"{DATABASE}/{FILE_NAMES[self.alias]}{suffix}"

    @property
    def schema(self) -> str:
        """Where its tables are in PostgreSQL: telemetry may share the books' database."""
        return str(self.settings.get("SCHEMA") or PUBLIC)

    @property
    def bytes(self) -> int:
        """How large it is, with what waits in its log; PostgreSQL is asked."""
        if self.path is None:
            return int(self.asked("SELECT pg_database_size(current_database())") or 0)
        return sum(path.stat().st_size for path in (self.path, _log_of(self.path)) if path.exists())

    @property
    def address(self) -> str:
        """PostgreSQL's address as its tools take it, with everything that DATABASE_URL says but the password."""
        from psycopg.conninfo import make_conninfo
        from psycopg.pq import Conninfo

        known = {one.keyword.decode() for one in Conninfo.get_defaults()} - {"password"}
        said = {name: value for name, value in self.settings.get("OPTIONS", {}).items() if name in known}
        names = {"NAME": "dbname", "USER": "user", "HOST": "host", "PORT": "port"}
        return make_conninfo(
            **said, **{key: self.settings[name] for name, key in names.items() if self.settings.get(name)}
        )

    @property
    def password(self) -> str | None:
        """What goes apart from the address: no list of processes shows it."""
        return self.settings.get("PASSWORD") or self.settings.get("OPTIONS", {}).get("password")

    def asked(self, statement: str) -> Any:
        """Ask PostgreSQL for one value, on a connection of its own. Raises CopyFailed."""
        import psycopg

        try:
            with psycopg.connect(self.address, autocommit=True, password=self.password) as connection:
                cursor = connection.execute(statement)
                row = cursor.fetchone() if cursor.description else None
        except psycopg.Error as error:
            raise CopyFailed(str(error).strip()) from error
        return row[0] if row else None


def databases(*, with_telemetry: bool = True) -> list[Database]:
    """Give central's databases in the order in which they are copied."""
    wanted = (BOOKS, TELEMETRY) if with_telemetry else (BOOKS,)
    return [_database(alias) for alias in wanted]


def sqlite_files() -> list[Path]:
    """Give the files of databases, which are not copied as files."""
    return [one.path for one in databases() if one.path is not None]


def _database(alias: str) -> Database:
    found = settings.DATABASES[alias]
    if found["ENGINE"].endswith("sqlite3"):
        return Database(alias, SQLITE, Path(found["NAME"]), found)
    return Database(alias, POSTGRESQL, None, found)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


@contextmanager
def copied(database: Database, place: Path, progress: Callable[[int], None]) -> Iterator[IO[bytes]]:
    """Give a database's copy as a stream. SQLite's lies in `place` meanwhile. Raises CopyFailed, sqlite3.Error, OSError."""
    if database.path is None:
        with _dumped(database) as stream:
            yield stream
        return
    copy = place / FILE_NAMES[database.alias]
    try:
        _copy(database.path, copy, progress)
        with copy.open("rb") as stream:
            yield stream
    finally:
        copy.unlink(missing_ok=True)


def _copy(path: Path, target: Path, progress: Callable[[int], None]) -> None:
    """One read transaction around the whole copy: what is committed meanwhile waits in the log and restarts nothing."""
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as source,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        source.execute("PRAGMA busy_timeout = 20000")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(copy, pages=COPIED_AT_ONCE, progress=lambda *_pages: progress(0))
        copy.execute("PRAGMA journal_mode = DELETE")
        verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    os.chmod(target, 0o600)
    if verdict != "ok":
        raise CopyFailed(f"{path.name}: {verdict}")


@contextmanager
def _dumped(database: Database) -> Iterator[IO[bytes]]:
    """One snapshot, by PostgreSQL's own tool, which needs no file of its own."""
    command = ["pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
    command += [*_tables_of(database), f"--dbname={database.address}"]
    with _started(command, database, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout
        _ended(process)


def _tables_of(database: Database) -> list[str]:
    """One alias's own tables: telemetry's where it shares a database, else all but telemetry's and what was put aside."""
    if database.schema != PUBLIC:
        return [f"--schema={database.schema}"]
    others = {one.schema for one in databases() if one.path is None} - {PUBLIC}
    return [f"--exclude-schema={name}" for name in (*sorted(others), f"{KEPT_SCHEMA}*")]


def put_dump_back(dump: Path, database: Database) -> None:
    """Fill an empty PostgreSQL database from a dump. Raises CopyFailed."""
    command = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    command += [f"--dbname={database.address}", str(dump)]
    with _started(command, database, stdout=subprocess.DEVNULL) as process:
        _ended(process)


@contextmanager
def _started(command: list[str], database: Database, stdout: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a tool of PostgreSQL's. The password goes by the environment."""
    given = {"PGPASSWORD": str(database.password)} if database.password else {}
    try:
        running = subprocess.Popen(  # noqa: S603  (our own words, no shell)
            command,
            env={**os.environ, **given},
            stdout=stdout,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise CopyFailed(f"{command[0]} is not installed (Debian: apt install postgresql-client)") from error
    with running as process:
        try:
            yield process
        finally:
            process.kill()


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Let it end, and hear why it failed. Its output was read before."""
    assert process.stderr is not None
    said = process.stderr.read()
    if process.wait():
        raise CopyFailed(said.decode("utf-8", "replace").strip()[-400:] or f"exit code {process.returncode}")
