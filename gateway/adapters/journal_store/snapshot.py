"""A look at a journal from outside its writer: read-only, one consistent instant, nothing of the file changed.

While a daemon has the store, SQLite's own snapshot is read beside it and never stops its writer. With no daemon the file is read
as it lies; where a crash left a log beside it, both are copied first, for only a writer may put them together.
"""

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from gateway.adapters.journal_store.journal import SqliteJournal
from gateway.adapters.journal_store.opening import open_readonly
from gateway.adapters.journal_store.records import RECORD_TABLES
from gateway.adapters.journal_store.schema import APPLICATION_ID, FOLDED_VERSION, SCHEMA_VERSION
from gateway.application.alarms import station
from gateway.contract.rules import AccountRule

T = TypeVar("T")
COPIED_AT_ONCE = 2_000
"""Pages between two words on progress."""


class LookTrouble(StrEnum):
    """Why a store can't be looked at."""

    MISSING = "store-missing"
    FORBIDDEN = "store-forbidden"
    IN_USE = "store-in-use"
    """A daemon has it: ask that one."""
    NO_ROOM = "no-room-for-a-copy"
    DAMAGED = "store-damaged"
    OTHER_VERSION = "store-of-another-version"


@dataclass(frozen=True, slots=True)
class CantLook:
    """No look was taken; `why` is the system's own word."""

    trouble: LookTrouble
    path: Path
    why: str = ""


class _Snapshot(SqliteJournal):
    """The port's `Journal` over a connection that can't write."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._begin(path, connection)


def look_at(
    path: Path, use_case: Callable[[SqliteJournal], T], *, beside_writer: bool = False
) -> T | CantLook:
    """Run a use case that only reads on a consistent snapshot of a store. `beside_writer`: a daemon has it and goes on writing."""
    try:
        with _connected(path, beside_writer=beside_writer) as connection:
            if isinstance(connection, CantLook):
                return connection
            refusal = _prepare(connection, path)
            return refusal or use_case(_Snapshot(path, connection))
    except sqlite3.Error as error:
        return CantLook(LookTrouble.DAMAGED, path, str(error))
    except UnicodeDecodeError:
        return CantLook(LookTrouble.DAMAGED, path, "its text is no text")
    except PermissionError as error:
        return CantLook(LookTrouble.FORBIDDEN, path, error.strerror or "")
    except OSError as error:
        return CantLook(LookTrouble.NO_ROOM, path, error.strerror or str(error))


def copy_store(path: Path, target: Path, progress: Callable[[int, int], None]) -> CantLook | None:
    """Copy a store as it is at one instant into a new file, beside a daemon that goes on writing, or from one that is stopped.

    Raises OSError or sqlite3.Error when the target can't be written. `progress`: pages left, pages in all.
    """
    if not path.exists():
        return CantLook(LookTrouble.MISSING, path)
    with _kept_still(path) as is_ours:
        if not is_ours:
            with closing(open_readonly(path)) as connection:
                _copy(connection, target, progress)
            return None
        with _whole(path) as whole, closing(open_readonly(whole, still=True)) as connection:
            _copy(connection, target, progress)
    return None


def _copy(connection: sqlite3.Connection, target: Path, progress: Callable[[int, int], None]) -> None:
    """One read transaction around the whole copy: what is committed meanwhile waits in the log and restarts nothing."""
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        connection.backup(
            copy, pages=COPIED_AT_ONCE, progress=lambda _status, left, all_: progress(left, all_)
        )
        copy.execute("PRAGMA journal_mode = DELETE")


def measure_store(path: Path, *, beside_writer: bool = False) -> dict[str, object] | CantLook:
    """Give a store's schema, its pages, and how many rows each table has; no row itself."""
    try:
        with _connected(path, beside_writer=beside_writer) as connection:
            return connection if isinstance(connection, CantLook) else _measured(connection)
    except sqlite3.Error as error:
        return CantLook(LookTrouble.DAMAGED, path, str(error))
    except OSError as error:
        return CantLook(LookTrouble.FORBIDDEN, path, error.strerror or "")


def _measured(connection: sqlite3.Connection) -> dict[str, object]:
    schema = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    tables = sorted(name for kind, name, _ in schema if kind == "table")
    counts = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608  (its own names)
    pragmas = ("user_version", "page_count", "page_size", "freelist_count", "journal_mode")
    facts = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
    return {"rows": counts, **facts, "schema": [sql for _, _, sql in schema]}


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a store says of itself, after every page and every sum was checked."""

    gateway: str
    epoch: str
    last_seq: int
    last_command: int
    config_version: int
    accounts: int
    entries: int
    newest_ms: int
    """The latest trusted time that it recorded."""
    differing: tuple[str, ...]
    """Accounts whose balances are not the sums of their entries."""


def inspect_store(path: Path) -> StoreFacts | CantLook:
    """Check every page of a store that lies still, with the log beside it where there is one, and add its ledger up."""
    try:
        # No lock is asked for: whoever restores over this store holds it himself.
        with _whole(path) as whole, closing(open_readonly(whole, still=True)) as connection:
            verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if verdict != "ok":
                return CantLook(LookTrouble.DAMAGED, path, str(verdict))
            entries = connection.execute("SELECT count(*) FROM ledger").fetchone()[0]
            return _prepare(connection, path) or _facts(_Snapshot(whole, connection), entries)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return CantLook(LookTrouble.DAMAGED, path, str(error))
    except OSError as error:
        return CantLook(LookTrouble.NO_ROOM, path, error.strerror or "")


def _facts(journal: SqliteJournal, entries: int) -> StoreFacts:
    here = station(journal)
    return StoreFacts(
        gateway=here.gateway,
        epoch=here.epoch,
        last_seq=journal.last_seq(here.epoch),
        last_command=here.last_command,
        config_version=here.config_version,
        accounts=len(journal.records(AccountRule)),
        entries=entries,
        newest_ms=here.high_water_ms,
        differing=tuple(journal.ledger_differences()),
    )


@contextmanager
def _connected(path: Path, *, beside_writer: bool) -> Iterator[sqlite3.Connection | CantLook]:
    if not path.exists():
        yield CantLook(LookTrouble.MISSING, path)
        return
    if not os.access(path, os.R_OK):
        yield CantLook(LookTrouble.FORBIDDEN, path, os.strerror(errno.EACCES))
        return
    if beside_writer:
        with closing(open_readonly(path)) as connection:
            yield connection
        return
    with _kept_still(path) as is_ours:
        if not is_ours:
            yield CantLook(LookTrouble.IN_USE, path)
            return
        with _whole(path) as whole, closing(open_readonly(whole, still=True)) as connection:
            yield connection


@contextmanager
def _kept_still(path: Path) -> Iterator[bool]:
    """Keep a daemon from starting on the store meanwhile; False when one has it."""
    lock = path.with_name(path.name + ".lock")
    if not lock.exists():
        yield True
        return
    with lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """The file itself; after a crash a copy, made whole with the log that lies beside it."""
    log = path.with_name(path.name + "-wal")
    if not log.exists() or log.stat().st_size == 0:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cardroom-look-") as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield copy


def _prepare(connection: sqlite3.Connection, path: Path) -> CantLook | None:
    """One snapshot for all that is read; what an earlier release's store lacks is there, empty, for this connection alone."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        return CantLook(LookTrouble.DAMAGED, path, "it is no cardroom journal")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (SCHEMA_VERSION, FOLDED_VERSION):
        return CantLook(LookTrouble.OTHER_VERSION, path, str(version))
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for table in set(RECORD_TABLES.values()) - there:
        connection.execute(f"CREATE TEMP TABLE {table} (key TEXT PRIMARY KEY, record BLOB NOT NULL)")
    if "fold" not in there:
        connection.execute(
            "CREATE TEMP TABLE fold (up_to INTEGER, entries INTEGER, at_ms INTEGER, digest BLOB)"
        )
        connection.execute("CREATE TEMP TABLE folded (bucket INTEGER PRIMARY KEY, amount INTEGER NOT NULL)")
    connection.execute("BEGIN")
    return None
