"""Folding: old ledger entries become one sum per bucket and a link of a chain of digests. Its caller says what may go.

Balance = folded + postings. The chain is over the entries' own digests, in order: whoever has the entries (central has every one),
or only their digests, can prove that these are what was folded away.
"""

import sqlite3
import zlib
from collections.abc import Sequence
from hashlib import sha256

from gateway.adapters.journal_store.schema import COMPRESSED_FROM_BYTES, FOLDED_VERSION, SEQ_BITS

FOLDED_AT_ONCE = 2_000
"""Some tens of milliseconds of the writer's time."""
FOLDED_AT_LEAST = 500
"""Fewer are left for another day: each fold is a row that stays."""
_BEHIND_ALL = 2**63 - 1
_IS_OLD = "CASE WHEN trusted AND at_ms <= ? THEN at_ms < ? END"
"""By now and the instant that divides; NULL where a wrong clock says nothing."""


class FoldTables:
    """Folds the oldest entries, in the open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def folded_until_ms(self) -> int:
        found = self._connection.execute("SELECT ifnull(max(at_ms), 0) FROM fold")
        return int(found.fetchone()[0])

    def fold(self, before_ms: int, now_ms: int, keep_from: int | None) -> int:
        """Fold entries in order up to the last of the next stretch that is dated before an instant; give how many.

        None that an outbox row still needs, and none from the entry `keep_from` on. What was written before an old entry is old,
        whatever a wrong clock dated it (not proved, or beyond now). What is dated since stays, and all that follows it: an agreed
        gap is dated far back.
        """
        if not self._is_worth_it(before_ms, now_ms):
            return 0
        past = self._limit(keep_from)
        rows = self._connection.execute(
            f"SELECT number, {_IS_OLD}, at_ms, fact FROM ledger WHERE number < ? ORDER BY number LIMIT ?",  # noqa: S608  (fixed)
            (now_ms, before_ms, past, FOLDED_AT_ONCE),
        ).fetchall()
        del rows[_old_ones([row[1] for row in rows]) :]
        if len(rows) < FOLDED_AT_LEAST:
            return 0
        up_to = rows[-1][0]
        digest = self._last_digest()
        for _number, _old, _at_ms, fact in rows:
            digest = sha256(digest + sha256(fact).digest()).digest()
        self._free_outbox(up_to)
        at_ms = max(self.folded_until_ms(), *(at for _number, old, at, _fact in rows if old), 0)
        self._connection.execute("INSERT INTO fold VALUES (?, ?, ?, ?)", (up_to, len(rows), at_ms, digest))
        self._move(up_to)
        self._connection.execute(f"PRAGMA user_version = {FOLDED_VERSION}")
        return len(rows)

    def _is_worth_it(self, before_ms: int, now_ms: int) -> bool:
        """Asked every minute, so that it reads no fact and no outbox row."""
        found = self._connection.execute(
            f"SELECT {_IS_OLD} FROM ledger ORDER BY number LIMIT ?",  # noqa: S608  (fixed)
            (now_ms, before_ms, FOLDED_AT_ONCE),
        ).fetchall()
        return _old_ones([old for (old,) in found]) >= FOLDED_AT_LEAST

    def _limit(self, keep_from: int | None) -> int:
        """The first entry that must stay; the newest always does, it keeps the count."""
        newest = self._connection.execute("SELECT ifnull(max(number), 0) FROM ledger").fetchone()[0]
        needed = self._connection.execute(
            f"SELECT entry FROM outbox WHERE entry IS NOT NULL AND id NOT IN ({self._last_rows()}) ORDER BY id LIMIT 1"  # noqa: S608  (numbers)
        ).fetchone()
        limits = (newest, needed[0] if needed else None, keep_from)
        return min(int(limit) for limit in limits if limit is not None)

    def _last_rows(self) -> str:
        """The newest row of each epoch stays for ever, because it keeps the count; it may carry its entry's bytes itself."""
        epochs = self._connection.execute("SELECT number FROM epoch ORDER BY number").fetchall()
        found: list[str] = []
        for (epoch,) in epochs:
            span = (epoch << SEQ_BITS, (epoch + 1) << SEQ_BITS)
            last = self._connection.execute(
                "SELECT max(id) FROM outbox WHERE id > ? AND id < ?", span
            ).fetchone()[0]
            found += [] if last is None else [str(int(last))]
        return ",".join(found)

    def _free_outbox(self, up_to: int) -> None:
        rows = self._connection.execute(
            f"SELECT outbox.id, wall_ms, ledger.fact FROM outbox JOIN ledger ON number = entry"  # noqa: S608  (numbers)
            f" WHERE outbox.id IN ({self._last_rows()}) AND entry <= ?",
            (up_to,),
        ).fetchall()
        for key, wall_ms, fact in rows:
            packed = zlib.compress(fact, 6) if len(fact) >= COMPRESSED_FROM_BYTES else fact
            self._connection.execute("DELETE FROM outbox WHERE id = ?", (key,))
            self._connection.execute("INSERT INTO outbox VALUES (?, ?, ?, NULL)", (key, wall_ms, packed))

    def _last_digest(self) -> bytes:
        found = self._connection.execute("SELECT digest FROM fold ORDER BY up_to DESC LIMIT 1").fetchone()
        return bytes(found[0]) if found else b""

    def _move(self, up_to: int) -> None:
        """Postings have no index by entry, and need none: they lie in the order of their entries, a stretch is read."""
        past = self._connection.execute(
            "SELECT rowid FROM posting WHERE entry > ? ORDER BY rowid LIMIT 1", (up_to,)
        ).fetchone()
        before = past[0] if past else _BEHIND_ALL
        self._connection.execute(
            "INSERT INTO folded SELECT bucket, sum(amount) FROM posting WHERE rowid < ? GROUP BY bucket"
            " ON CONFLICT (bucket) DO UPDATE SET amount = amount + excluded.amount",
            (before,),
        )
        self._connection.execute("DELETE FROM posting WHERE rowid < ?", (before,))
        self._connection.execute("DELETE FROM ledger WHERE number <= ?", (up_to,))


def _old_ones(marks: Sequence[int | None]) -> int:
    """How many lead up to the last old one before the first that is not."""
    count = 0
    for place, old in enumerate(marks, start=1):
        if old:
            count = place
        elif old is not None:
            break
    return count
