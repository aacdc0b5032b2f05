"""The outbox's rows, by epoch and sequence. Readings are gathered and packed into one row per commit (C-12). Sends nothing."""

import sqlite3
import zlib

import msgspec

from gateway.adapters.journal_store.schema import COMPRESSED_FROM_BYTES, SEQ_BITS
from gateway.contract.facts import Fact, ReadingRow, Readings, UpRow, encode_fact
from gateway.contract.identifiers import Epoch

READINGS_PER_ROW = 500
"""Far below a message's limit, far above a line's sweep within one commit."""
_ROW_OVERHEAD_BYTES = 32
_DROPPED_AT_ONCE = 1_000
_COMPRESSED = 0x78
"""The first byte of zlib's stream; JSON's is `{`."""


class OutboxTables:
    """Appends facts in the open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._epochs: dict[Epoch, int] = {}
        self._last: dict[Epoch, int] = {}
        self._readings: list[ReadingRow] = []

    def forget_cache(self) -> None:
        """The transaction was rolled back."""
        self._epochs.clear()
        self._last.clear()

    def mark(self) -> tuple[list[ReadingRow], int]:
        """Where the gathered readings stand, for `back_to`."""
        return self._readings, len(self._readings)

    def back_to(self, mark: tuple[list[ReadingRow], int]) -> None:
        """Forget what one use case gathered, and take back what it packed."""
        self._readings = mark[0][: mark[1]]
        self.forget_cache()

    def add_reading(self, row: ReadingRow) -> None:
        self._readings.append(row)

    def drop_readings(self) -> None:
        """Give up the gathered readings: the meters' registers are the durable copy (C-13)."""
        self._readings = []

    def pack_readings(self, epoch: Epoch, proved_ms: int) -> None:
        """Make rows of the gathered readings; those of an untrusted clock are dated by the latest proved time."""
        readings, self._readings = self._readings, []
        for start in range(0, len(readings), READINGS_PER_ROW):
            part = readings[start : start + READINGS_PER_ROW]
            written_ms = part[-1].wall_ms if part[-1].trusted else proved_ms
            self.append(epoch, written_ms, encode_fact(Readings(part)), None)

    def append_fact(self, epoch: Epoch, wall_ms: int, fact: Fact) -> int:
        return self.append(epoch, wall_ms, encode_fact(fact), None)

    def append(self, epoch: Epoch, wall_ms: int, fact: bytes | None, entry: int | None) -> int:
        """Append a row: a fact, or a ledger entry's number. Give its sequence."""
        seq = self.last_seq(epoch) + 1
        if fact is not None:
            fact = _packed(fact)
        self._connection.execute(
            "INSERT INTO outbox VALUES (?, ?, ?, ?)", (self._base(epoch) + seq, wall_ms, fact, entry)
        )
        self._last[epoch] = seq
        return seq

    def _base(self, epoch: Epoch) -> int:
        number = self._epochs.get(epoch)
        if number is None:
            found = self._connection.execute("SELECT number FROM epoch WHERE name = ?", (epoch,)).fetchone()
            if found is None:
                found = self._connection.execute(
                    "INSERT INTO epoch (name) VALUES (?) RETURNING number", (epoch,)
                ).fetchone()
            number = self._epochs[epoch] = int(found[0])
        return number << SEQ_BITS

    def replace(self, epoch: Epoch, seq: int, fact: bytes) -> None:
        """Write another fact under the sequence and date of a row. Raises LookupError when it is not one of a fact."""
        key = self._base(epoch) + seq
        row = self._connection.execute("SELECT wall_ms, entry FROM outbox WHERE id = ?", (key,)).fetchone()
        if row is None or row[1] is not None:
            raise LookupError(f"row {seq} of epoch {epoch} is not one of readings")
        self._connection.execute("DELETE FROM outbox WHERE id = ?", (key,))
        self._connection.execute("INSERT INTO outbox VALUES (?, ?, ?, NULL)", (key, row[0], _packed(fact)))

    def rows(self, epoch: Epoch, after_seq: int, max_bytes: int, max_rows: int | None = None) -> list[UpRow]:
        base = self._base(epoch)
        found = self._connection.execute(
            "SELECT outbox.id, ifnull(outbox.fact, ledger.fact) FROM outbox"
            " LEFT JOIN ledger ON ledger.number = outbox.entry"
            " WHERE outbox.id > ? AND outbox.id < ? ORDER BY outbox.id LIMIT ?",
            (base + after_seq, base + (1 << SEQ_BITS), -1 if max_rows is None else max_rows),
        )
        rows: list[UpRow] = []
        for key, stored in found:
            fact = zlib.decompress(stored) if stored[0] == _COMPRESSED else stored
            max_bytes -= len(fact) + _ROW_OVERHEAD_BYTES
            if rows and max_bytes < 0:
                break
            rows.append(UpRow(key - base, msgspec.Raw(fact)))
        return rows

    def last_seq(self, epoch: Epoch) -> int:
        if epoch not in self._last:
            base = self._base(epoch)
            found = self._connection.execute(
                "SELECT ifnull(max(id), ?) FROM outbox WHERE id > ? AND id < ?",
                (base, base, base + (1 << SEQ_BITS)),
            )
            self._last[epoch] = int(found.fetchone()[0]) - base
        return self._last[epoch]

    def written_ms(self, epoch: Epoch, after_seq: int) -> int | None:
        base = self._base(epoch)
        found = self._connection.execute(
            "SELECT wall_ms FROM outbox WHERE id > ? AND id < ? ORDER BY id LIMIT 1",
            (base + after_seq, base + (1 << SEQ_BITS)),
        )
        first = found.fetchone()
        return None if first is None else int(first[0])

    def first_kept_seq(self, epoch: Epoch) -> int:
        base = self._base(epoch)
        found = self._connection.execute(
            "SELECT min(id) FROM outbox WHERE id > ? AND id < ?", (base, base + (1 << SEQ_BITS))
        )
        first = found.fetchone()[0]
        return self.last_seq(epoch) + 1 if first is None else int(first) - base

    def drop(self, epoch: Epoch, up_to_seq: int, before_ms: int) -> int:
        """Delete the oldest rows, a bounded number at a time, and never the newest: it keeps the count.

        What was written before an old row is old, whatever a wrong clock dated it.
        """
        base = self._base(epoch)
        last = base + min(up_to_seq, self.last_seq(epoch) - 1)
        found = self._connection.execute(
            "SELECT max(id) FROM (SELECT id, wall_ms FROM outbox WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)"
            " WHERE wall_ms < ?",
            (base, last, _DROPPED_AT_ONCE, before_ms),
        )
        newest = found.fetchone()[0]
        if newest is None:
            return 0
        deleted = self._connection.execute("DELETE FROM outbox WHERE id > ? AND id <= ?", (base, newest))
        return deleted.rowcount


def _packed(fact: bytes) -> bytes:
    return zlib.compress(fact, 6) if len(fact) >= COMPRESSED_FROM_BYTES else fact
