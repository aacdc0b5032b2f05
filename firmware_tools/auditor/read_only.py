"""Opens other programs' SQLite files without ever writing to them."""

import sqlite3
from contextlib import closing
from pathlib import Path


class Unreadable(RuntimeError):
    """A database is missing, damaged or of another version; the text says which and what to do."""


def rows(path: Path, query: str) -> list[sqlite3.Row]:
    """Run one query on a file opened read-only; a row answers by position and by name. Raises Unreadable."""
    if not path.is_file():
        raise Unreadable(
            f"{path}: there is no such file, or it is a folder. Name the database as its program was told to keep it."
        )
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(query).fetchall()
    except sqlite3.Error as error:
        raise Unreadable(
            f"{path}: {error}. Is it the right file, and of this version? While its program runs, it must be readable by you."
        ) from error
