"""sqlite3's connection, as far as the journal uses it, over apsw: the standard module can't take a VFS of ours.

The statements, pragmas and transactions are the store's own, passed on as they come, with these exceptions: `locking_mode` is
EXCLUSIVE, because a VFS in Python has no shared memory for the WAL's index (it lies in memory then; what is written and synced
stays the same), checkpoints come after fewer pages, so that a short run has many, and a test may lower `synchronous`.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import apsw

PAGES_BETWEEN_CHECKPOINTS = 60


class Rows:
    """A statement's rows, all fetched: the journal never keeps a statement open on purpose."""

    def __init__(self, rows: Iterable[tuple[Any, ...]], rowcount: int = -1) -> None:
        self._rows = iter(list(rows))
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)


class ThinConnection:
    """One connection through a named VFS."""

    def __init__(self, path: Path | str, vfs: str, synchronous: str = "FULL") -> None:
        self._synchronous = synchronous
        self._db = apsw.Connection(str(path), vfs=vfs)
        self.execute("PRAGMA locking_mode = EXCLUSIVE")

    def execute(self, sql: str, parameters: Any = ()) -> Rows:
        try:
            found = list(self._db.execute(self._changed(sql), parameters))
            return Rows(found, self._db.changes())
        except apsw.Error as error:
            raise _translated(error) from error

    def executemany(self, sql: str, parameters: Iterable[Any]) -> Rows:
        try:
            return Rows(self._db.executemany(sql, parameters))
        except apsw.Error as error:
            raise _translated(error) from error

    executescript = execute

    def _changed(self, sql: str) -> str:
        if sql.startswith("PRAGMA synchronous"):
            return f"PRAGMA synchronous = {self._synchronous}"
        if sql.startswith("PRAGMA wal_autocheckpoint"):
            return f"PRAGMA wal_autocheckpoint = {PAGES_BETWEEN_CHECKPOINTS}"
        return sql

    @property
    def in_transaction(self) -> bool:
        return bool(self._db.in_transaction)

    @property
    def total_changes(self) -> int:
        return int(self._db.total_changes())

    def close(self) -> None:
        self._db.close()


def _translated(error: apsw.Error) -> sqlite3.Error:
    kind = sqlite3.IntegrityError if isinstance(error, apsw.ConstraintError) else sqlite3.OperationalError
    same = kind(str(error))
    same.sqlite_errorcode = getattr(error, "extendedresult", sqlite3.SQLITE_ERROR)
    return same
