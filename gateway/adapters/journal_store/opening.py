"""Opening the journal's file, or saying clearly why not. The only place that names SQLite's error codes."""

import fcntl
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import IO

from gateway.adapters.journal_store.records import RECORD_TABLES
from gateway.adapters.journal_store.schema import (
    APPLICATION_ID,
    FOLD_TABLES,
    FOLDED_VERSION,
    SCHEMA_VERSION,
    TABLES,
)
from gateway.application.ports import StoreDamaged, StoreFull, StoreInUse
from gateway.words import mark

JOURNAL_NAME = "journal.db"
"""In the daemon's folder."""
CHECKED_WHOLE_UP_TO_BYTES = 256_000_000
"""A bigger file is not read through at each start; damage in it is met when it is read."""
CHECKPOINT_PAGES = 2_000
BUSY_S = 5.0
"""A person's own `sqlite3` on the file may hold it this long."""
_PRIMARY_CODE = 0xFF


def lock_file(path: Path) -> IO[bytes]:
    """Take the store for this process. Raises StoreInUse when another daemon has it; the lock dies with the process."""
    handle = path.with_name(path.name + ".lock").open("wb")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise StoreInUse(
            f"{path} is used by another process; a gateway daemon is running already: stop it first, or ask it"
        ) from error
    return handle


Connect = Callable[[Path | str], sqlite3.Connection]
"""How the file is reached. The crash proof puts a connection over a recording disk in its place; nothing else does."""


def connect(path: Path | str) -> sqlite3.Connection:
    """Connect in autocommit mode: the writer says BEGIN IMMEDIATE and COMMIT itself. May be used from one other thread."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_S)


def open_readonly(path: Path, *, still: bool = False) -> sqlite3.Connection:
    """Connect without the right to write. `still`: nobody writes meanwhile, so that no lock and no log is looked for."""
    mode = "immutable=1" if still else "mode=ro"
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=BUSY_S
    )


def open_database(path: Path | str, connect: Connect = connect) -> sqlite3.Connection:
    """Open the file, create it when it is new, check it. Raises StoreDamaged or StoreFull with what to do."""
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise refusal_of(error, path) from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise refusal_of(error, path) from error
    except UnicodeDecodeError as error:
        # SQLite quotes what it stumbled over, and in a damaged file that need not be text.
        connection.close()
        raise _damaged(path, "its text is no text") from error
    except StoreDamaged:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | str) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # The ledger is the only parent that rows leave, in a fold, which sees to it itself that nothing points at them. Enforced, each
    # row that leaves would have all postings and outbox rows looked through; an index for that costs wear on every entry.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables == 0:
        _create(connection)
    elif application_id != APPLICATION_ID:
        raise StoreDamaged(f"{path} is not a cardroom journal; point `data` at the gateway's own folder")
    else:
        _check(connection, path)
        _add_tables(connection)


def _record_tables() -> str:
    return "".join(
        f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, record BLOB NOT NULL);\n"
        for table in RECORD_TABLES.values()
    )


def _add_tables(connection: sqlite3.Connection) -> None:
    """A store of an earlier release gets the kinds of record that came later, empty; nothing that it has changes."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not there.issuperset({*RECORD_TABLES.values(), "fold"}):
        connection.executescript(f"BEGIN IMMEDIATE;{_record_tables()}{FOLD_TABLES}COMMIT;")


def _create(connection: sqlite3.Connection) -> None:
    """One transaction, so that a power cut leaves no half of it."""
    connection.executescript(
        f"BEGIN IMMEDIATE;{TABLES}{FOLD_TABLES}{_record_tables()}"
        f"PRAGMA application_id = {APPLICATION_ID};PRAGMA user_version = {SCHEMA_VERSION};COMMIT;"
    )


def _check(connection: sqlite3.Connection, path: Path | str) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (SCHEMA_VERSION, FOLDED_VERSION):
        raise StoreDamaged(
            f"{path} was written by another version of the software "
            f"(schema {version}, this one reads {SCHEMA_VERSION} and {FOLDED_VERSION}); "
            "install the version that wrote it"
        )
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
    if pages * page_bytes <= CHECKED_WHOLE_UP_TO_BYTES:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise _damaged(path, verdict)


def _damaged(path: Path | str, why: str) -> StoreDamaged:
    return StoreDamaged(
        f"{path} is damaged ({why}); keep a copy of it, take it away, and start again: "
        "central then gives the new store its balances"
    )


def refusal_of(error: sqlite3.Error, path: Path | str) -> StoreFull | StoreDamaged:
    """Name what a SQLite error means for the daemon: try again later (StoreFull), or stop (StoreDamaged)."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(
            mark(
                "no space left for {path}; free some, nothing has to be restarted (nothing is decided until then)"
            ),
            path=path,
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreFull(
            mark("{path} is held by another program for longer than {seconds} s; close that program"),
            path=path,
            seconds=f"{BUSY_S:.0f}",
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreDamaged(
            f"{path} can't be opened for writing ({error}); see that the folder exists and is ours"
        )
    return _damaged(path, str(error))


def is_disk_trouble(error: sqlite3.Error) -> bool:
    """Tell trouble of the file from a broken rule of the schema (a constraint, a trigger), which is a fault of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return code not in (
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_RANGE,
        0,
    )
