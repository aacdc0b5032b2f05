"""The gateway's durable memory: one SQLite file, one writer thread (C-13). Knows tables and disks, no rule of credit.

    event loop:  store.run(use_case) --queue--> writer thread: BEGIN IMMEDIATE, use cases, COMMIT --> results

`JournalStore` is the port's `Store`, `SqliteJournal` its `Journal`. A slow disk delays the results of `run`, never the event loop.
"""

from gateway.adapters.journal_store.journal import SqliteJournal
from gateway.adapters.journal_store.opening import JOURNAL_NAME
from gateway.adapters.journal_store.store import JournalStore

__all__ = ["JOURNAL_NAME", "JournalStore", "SqliteJournal"]
