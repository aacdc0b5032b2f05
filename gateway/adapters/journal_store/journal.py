"""The port's `Journal` over one SQLite connection: the tables put together, one transaction around several use cases.

Used from one thread. `perform` runs a use case inside a savepoint: what it raises undoes it alone.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from gateway.adapters.journal_store.folding import FoldTables
from gateway.adapters.journal_store.ledger import LedgerTables
from gateway.adapters.journal_store.opening import (
    Connect,
    connect,
    is_disk_trouble,
    open_database,
    refusal_of,
)
from gateway.adapters.journal_store.outbox import OutboxTables
from gateway.adapters.journal_store.records import RecordTables
from gateway.application.ports import BucketSum, StoreFull
from gateway.application.records import ONLY, Station
from gateway.contract.facts import Entry, Fact, Instant, ReadingRow, Readings, UpRow, encode_fact
from gateway.contract.identifiers import AccountId, EntryId, Epoch
from gateway.domain.buckets import Bucket, Posting

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")


class SqliteJournal:
    """One open journal."""

    def __init__(self, path: Path | str, connect: Connect = connect) -> None:
        """Open or create the file. Raises StoreDamaged or StoreFull."""
        self._begin(path, open_database(path, connect))

    def _begin(self, path: Path | str, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._records = RecordTables(self._connection)
        self._ledger = LedgerTables(self._connection)
        self._folds = FoldTables(self._connection)
        self._outbox = OutboxTables(self._connection)
        self.commit_wanted = False
        """Something was written that its caller must find committed (C-13)."""
        self.readings_waiting = 0
        """Readings since the last commit."""
        self._changes_at_commit = self._connection.total_changes
        self.dropped_readings = 0
        """Readings that a full disk kept from being packed; their energy is in the next ones."""

    # --- transactions -------------------------------------------------------------------------------------------------

    def perform(self, use_case: Callable[["SqliteJournal"], T]) -> T:
        """Run a use case in the open transaction, or begin one. What it raises undoes it alone; a full disk undoes all."""
        mark = self._outbox.mark()
        wanted = self.commit_wanted
        try:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("SAVEPOINT use_case")
            result = use_case(self)
            self._connection.execute("RELEASE use_case")
        except sqlite3.Error as error:
            if is_disk_trouble(error):
                self.roll_back()
                raise refusal_of(error, self._path) from error
            self._undo(mark, wanted)
            raise
        except BaseException:
            self._undo(mark, wanted)
            raise
        return result

    def _undo(self, mark: tuple[list[ReadingRow], int], wanted: bool) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO use_case")
            self._connection.execute("RELEASE use_case")
        self._forget_caches()
        self._outbox.back_to(mark)
        self.commit_wanted = wanted

    def commit(self) -> None:
        """Pack the gathered readings and commit. Raises StoreFull or StoreDamaged; then nothing since the last commit stands."""
        try:
            if self._connection.in_transaction:
                self._pack()
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.roll_back()
            raise refusal_of(error, self._path) from error
        self._begin_anew()

    def roll_back(self) -> None:
        """Give up everything since the last commit."""
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise refusal_of(error, self._path) from error
        self._forget_caches()
        self._outbox.drop_readings()
        self.dropped_readings += self.readings_waiting
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.commit_wanted = False
        self.readings_waiting = 0
        self._changes_at_commit = self._connection.total_changes

    def _forget_caches(self) -> None:
        self._records.forget_cache()
        self._ledger.forget_cache()
        self._outbox.forget_cache()

    @property
    def has_changes(self) -> bool:
        """Whether anything waits for a commit; the end of a transaction without changes costs nothing."""
        return self.readings_waiting > 0 or self._connection.total_changes != self._changes_at_commit

    def close(self) -> None:
        """Commit what waits, and close the file."""
        try:
            self.commit()
        except StoreFull:
            pass  # the readings since the last commit are read again
        self._connection.close()

    # --- the port -----------------------------------------------------------------------------------------------------

    def record(self, kind: type[R], key: str) -> R | None:
        return self._records.record(kind, key)

    def records(self, kind: type[R]) -> dict[str, R]:
        return self._records.records(kind)

    def made_of(self, kind: type[R], make: Callable[[Mapping[str, R]], T]) -> T:
        return self._records.made_of(kind, make)

    def keep(self, key: str, record: msgspec.Struct) -> None:
        self._records.keep(key, record)

    def forget(self, kind: type[msgspec.Struct], key: str) -> None:
        self._records.forget(kind, key)

    def buckets(self, account: AccountId) -> list[Bucket]:
        return self._ledger.buckets(account)

    def bucket_accounts(self) -> list[AccountId]:
        return self._ledger.accounts()

    def next_entry_number(self) -> int:
        return self._ledger.next_number()

    def append_entry(self, entry: Entry, postings: Sequence[Posting]) -> None:
        self._pack()
        number = self._ledger.append(entry, postings)
        self._outbox.append(self._epoch(), self._dated(entry.at), None, number)
        self.commit_wanted = True

    def entry(self, entry: EntryId) -> Entry | None:
        return self._ledger.entry(entry)

    def consumption_since(self, wall_ms: int) -> list[Entry]:
        return self._ledger.consumption_since(wall_ms)

    def ledger_differences(self) -> list[AccountId]:
        return self._ledger.differences()

    def rebuild_buckets(self, account: AccountId) -> None:
        self._ledger.rebuild(account)

    def fold_entries(self, before_ms: int, now_ms: int, keep_from: int | None) -> int:
        return self._folds.fold(before_ms, now_ms, keep_from)

    def folded_until_ms(self) -> int:
        return self._folds.folded_until_ms()

    def entries_of(self, account: AccountId, since_ms: int, limit: int) -> list[Entry]:
        return self._ledger.entries_of(account, since_ms, limit)

    def bucket_sums(self, account: AccountId) -> list[BucketSum]:
        return self._ledger.sums_of(account)

    def append_fact(self, fact: Fact) -> int:
        if isinstance(fact, Entry | Readings):
            raise TypeError("entries and readings have their own ways into the outbox")
        self._pack()
        self.commit_wanted = True
        return self._outbox.append_fact(self._epoch(), self._dated(fact.at), fact)

    def add_reading(self, row: ReadingRow) -> None:
        self.readings_waiting += 1
        self._outbox.add_reading(row)

    def outbox(
        self, epoch: Epoch, after_seq: int, max_bytes: int, max_rows: int | None = None
    ) -> list[UpRow]:
        return self._outbox.rows(epoch, after_seq, max_bytes, max_rows)

    def replace_readings(self, epoch: Epoch, seq: int, rows: Sequence[ReadingRow]) -> None:
        self._outbox.replace(epoch, seq, encode_fact(Readings(list(rows))))

    def stored_bytes(self) -> int:
        pages, free, page_bytes = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * page_bytes

    def last_seq(self, epoch: Epoch) -> int:
        return self._outbox.last_seq(epoch)

    def written_ms(self, epoch: Epoch, after_seq: int) -> int | None:
        return self._outbox.written_ms(epoch, after_seq)

    def first_kept_seq(self, epoch: Epoch) -> int:
        return self._outbox.first_kept_seq(epoch)

    def drop_rows(self, epoch: Epoch, up_to_seq: int, before_ms: int) -> int:
        return self._outbox.drop(epoch, up_to_seq, before_ms)

    def must_commit(self) -> None:
        self.commit_wanted = True

    # --- its own --------------------------------------------------------------------------------------------------------

    def _pack(self) -> None:
        if self._outbox.mark()[1]:
            self._outbox.pack_readings(self._epoch(), self._station().high_water_ms)

    def _epoch(self) -> Epoch:
        return self._station().epoch

    def _station(self) -> Station:
        here = self._records.record(Station, ONLY)
        if here is None:
            raise LookupError("the journal was never booted")
        return here

    def _dated(self, at: Instant) -> int:
        """When a row was written, for its age; on an untrusted clock the latest proved time."""
        return at.wall_ms if at.trusted else self._station().high_water_ms
