"""The ledger's tables: entries, their postings, and the balances that are their sums. Append-only; knows no rule of credit."""

import sqlite3
from collections.abc import Sequence

from gateway.application.ports import BucketSum
from gateway.contract.facts import Entry, EntryKind, decode_fact, encode_fact
from gateway.contract.identifiers import AccountId, EntryId
from gateway.domain.buckets import Bucket, Posting


class LedgerTables:
    """Appends entries and moves balances, in the open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._buckets: dict[AccountId, list[Bucket]] | None = None
        self._next_number: int | None = None

    def forget_cache(self) -> None:
        """The transaction was rolled back."""
        self._buckets = None
        self._next_number = None

    def _all_buckets(self) -> dict[AccountId, list[Bucket]]:
        if self._buckets is None:
            found: dict[AccountId, list[Bucket]] = {}
            rows = self._connection.execute(
                "SELECT account, name, unit, expires_ms, balance FROM bucket ORDER BY id"
            )
            for account, *bucket in rows:
                found.setdefault(AccountId(account), []).append(Bucket(*bucket))
            self._buckets = found
        return self._buckets

    def buckets(self, account: AccountId) -> list[Bucket]:
        return list(self._all_buckets().get(account, ()))

    def accounts(self) -> list[AccountId]:
        return sorted(self._all_buckets())

    def next_number(self) -> int:
        if self._next_number is None:
            self._next_number = self._connection.execute(
                "SELECT max(ifnull((SELECT max(number) FROM ledger), 0), ifnull((SELECT max(up_to) FROM fold), 0)) + 1"
            ).fetchone()[0]
        return self._next_number

    def append(self, entry: Entry, postings: Sequence[Posting]) -> int:
        """Write an entry under the next number, which its id must end in."""
        number = self.next_number()
        if _number_of(entry.entry) != number:
            raise ValueError(f"entry {entry.entry} is not the next one, {number}")
        at = entry.at
        self._connection.execute(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)",
            (number, entry.account, entry.entry_kind.value, at.wall_ms, at.trusted, encode_fact(entry)),
        )
        for posting in postings:
            self._post(entry.account, number, posting)
        self._next_number = number + 1
        return number

    def _post(self, account: AccountId, number: int, posting: Posting) -> None:
        bucket_id = self._connection.execute(
            "INSERT INTO bucket (account, name, unit, expires_ms, balance) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (account, name, unit, expires_ms) DO UPDATE SET balance = balance + excluded.balance"
            " RETURNING id",
            (account, posting.name, posting.unit, posting.expires_ms, posting.amount),
        ).fetchone()[0]
        self._connection.execute("INSERT INTO posting VALUES (?, ?, ?)", (number, bucket_id, posting.amount))
        self._move(account, posting)

    def _move(self, account: AccountId, posting: Posting) -> None:
        """Follow the table in the cache."""
        if self._buckets is None:
            return
        key = (posting.name, posting.unit, posting.expires_ms)
        held = self._buckets.setdefault(account, [])
        for place, bucket in enumerate(held):
            if (bucket.name, bucket.unit, bucket.expires_ms) == key:
                held[place] = Bucket(*key, bucket.balance + posting.amount)
                return
        held.append(Bucket(*key, posting.amount))

    def entry(self, entry: EntryId) -> Entry | None:
        number = _number_of(entry)
        row = self._connection.execute("SELECT fact FROM ledger WHERE number = ?", (number,)).fetchone()
        found = _decoded(row[0]) if row else None
        return found if found and found.entry == entry else None

    def entries_of(self, account: AccountId, since_ms: int, limit: int) -> list[Entry]:
        """Give an account's newest entries that are not dated before an instant, oldest first. Walks back from the newest."""
        rows = self._connection.execute(
            "SELECT fact FROM ledger WHERE account = ? AND at_ms >= ? ORDER BY number DESC LIMIT ?",
            (account, since_ms, limit),
        ).fetchall()
        return [_decoded(fact) for (fact,) in reversed(rows)]

    def sums_of(self, account: AccountId) -> list[BucketSum]:
        """Give each bucket's balance beside what its folded entries and its postings come to. Reads all postings."""
        rows = self._connection.execute(
            "SELECT name, unit, expires_ms, balance, ifnull(folded.amount, 0),"
            " ifnull((SELECT sum(amount) FROM posting WHERE posting.bucket = bucket.id), 0)"
            " FROM bucket LEFT JOIN folded ON folded.bucket = id WHERE account = ? ORDER BY id",
            (account,),
        )
        return [BucketSum(*row) for row in rows]

    def consumption_since(self, wall_ms: int) -> list[Entry]:
        rows = self._connection.execute(
            "SELECT fact FROM ledger WHERE kind = ? AND (at_ms > ? OR NOT trusted) ORDER BY number",
            (EntryKind.CONSUMPTION.value, wall_ms),
        )
        return [_decoded(fact) for (fact,) in rows]

    def differences(self) -> list[AccountId]:
        rows = self._connection.execute(
            "SELECT DISTINCT account FROM bucket LEFT JOIN folded ON folded.bucket = id LEFT JOIN"
            " (SELECT bucket, sum(amount) AS total FROM posting GROUP BY bucket) AS sums ON sums.bucket = id"
            " WHERE balance != ifnull(total, 0) + ifnull(amount, 0) ORDER BY account"
        )
        return [AccountId(account) for (account,) in rows]

    def rebuild(self, account: AccountId) -> None:
        self._connection.execute(
            "UPDATE bucket SET balance = ifnull((SELECT sum(amount) FROM posting WHERE posting.bucket = bucket.id), 0)"
            " + ifnull((SELECT amount FROM folded WHERE folded.bucket = bucket.id), 0)"
            " WHERE account = ?",
            (account,),
        )
        self._buckets = None


def _number_of(entry: EntryId) -> int:
    tail = entry.rpartition(".")[2]
    return int(tail) if tail.isdigit() else 0


def _decoded(fact: bytes) -> Entry:
    entry = decode_fact(fact)
    assert isinstance(entry, Entry)
    return entry
