"""One record of a journal that another process may have open: read without a lock, nothing changed, nothing made."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import msgspec

from gateway.adapters.journal_store.opening import open_readonly
from gateway.adapters.journal_store.records import RECORD_TABLES

R = TypeVar("R", bound=msgspec.Struct)


def read_record(journal: Path, kind: type[R], key: str = "") -> R | None:
    """Give a record as it was last committed; None where there is no journal, none of this kind, or none that can be read."""
    if not journal.exists():
        return None
    try:
        with closing(open_readonly(journal)) as connection:
            row = connection.execute(
                f"SELECT record FROM {RECORD_TABLES[kind]} WHERE key = ?",  # noqa: S608  (a fixed name)
                (key,),
            ).fetchone()
        return None if row is None else msgspec.msgpack.decode(row[0], type=kind)
    except (sqlite3.Error, msgspec.DecodeError):
        return None
