"""What a shadow run keeps: where each room began, every reading since, every list of the old system. One SQLite file of its own.

It is no ledger: nothing in it is money that anybody owes. Amounts are micro-yuan or Wh by the book's unit, instants ms UTC.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.whole_file import owned_by_folder

FILE_NAME = "shadow.db"
TABLES = """
CREATE TABLE IF NOT EXISTS terms (unit TEXT NOT NULL, price INTEGER NOT NULL, began_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS opening (room TEXT PRIMARY KEY, meter TEXT NOT NULL, balance INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reading (
  meter TEXT, at_ms INTEGER, energy_wh INTEGER NOT NULL, PRIMARY KEY (meter, at_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listed (
  at_ms INTEGER, room TEXT, balance INTEGER NOT NULL, paid INTEGER, PRIMARY KEY (at_ms, room)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the shadow counts: `yuan` at a price in micro-yuan per kWh, or `kwh` (price 0)."""

    unit: str
    price: int
    began_ms: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A room's balance when the shadow began; `meter` is empty where the registry ties none to it."""

    room: str
    meter: str
    balance: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A room on a list of the old system; `paid`: all payments since the shadow began, None where the list doesn't say."""

    room: str
    balance: int
    paid: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A register, in Wh."""

    at_ms: int
    energy_wh: int


class ShadowBook:
    """The file. Raises sqlite3.Error, whose words the command passes on."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def begin(self, terms: Terms, openings: Iterable[Opening], readings: dict[str, Reading]) -> None:
        """Begin anew; what an earlier shadow kept is gone."""
        with closing(self._open()) as book, book:
            for table in ("terms", "opening", "reading", "listed"):
                book.execute(f"DELETE FROM {table}")  # noqa: S608  (a fixed name)
            book.execute("INSERT INTO terms VALUES (?, ?, ?)", (terms.unit, terms.price, terms.began_ms))
            rows = ((one.room, one.meter, one.balance) for one in openings)
            book.executemany("INSERT INTO opening VALUES (?, ?, ?)", rows)
            _insert(book, readings)

    def terms(self) -> Terms | None:
        """Give how it counts; None where no shadow began."""
        if not self.path.exists():
            return None
        with closing(self._open()) as book:
            row = book.execute("SELECT unit, price, began_ms FROM terms").fetchone()
        return Terms(*row) if row else None

    def add_readings(self, readings: dict[str, Reading]) -> None:
        """Keep one reading of each of these meters."""
        with closing(self._open()) as book, book:
            _insert(book, readings)

    def add_list(self, at_ms: int, rows: Iterable[Listed]) -> None:
        """Keep a list of the old system as of an instant; the same instant again replaces it."""
        with closing(self._open()) as book, book:
            book.execute("DELETE FROM listed WHERE at_ms = ?", (at_ms,))
            values = ((at_ms, row.room, row.balance, row.paid) for row in rows)
            book.executemany("INSERT INTO listed VALUES (?, ?, ?, ?)", values)

    def openings(self) -> list[Opening]:
        """All rooms."""
        with closing(self._open()) as book:
            return [
                Opening(*row)
                for row in book.execute("SELECT room, meter, balance FROM opening ORDER BY room")
            ]

    def lists(self) -> list[int]:
        """The instants of all lists, oldest first."""
        with closing(self._open()) as book:
            return [at_ms for (at_ms,) in book.execute("SELECT DISTINCT at_ms FROM listed ORDER BY at_ms")]

    def listed(self, at_ms: int) -> dict[str, Listed]:
        """One list, by room."""
        with closing(self._open()) as book:
            rows = book.execute("SELECT room, balance, paid FROM listed WHERE at_ms = ?", (at_ms,))
            return {row[0]: Listed(*row) for row in rows}

    def readings(self, meter: str) -> list[Reading]:
        """All readings of a meter, oldest first."""
        with closing(self._open()) as book:
            rows = book.execute(
                "SELECT at_ms, energy_wh FROM reading WHERE meter = ? ORDER BY at_ms", (meter,)
            )
            return [Reading(*row) for row in rows]

    def _open(self) -> sqlite3.Connection:
        with owned_by_folder(self.path, "ab"):
            pass  # a technician's sudo must not lock the daemon's user out
        book = sqlite3.connect(self.path)
        book.executescript(TABLES)
        return book


def _insert(book: sqlite3.Connection, readings: dict[str, Reading]) -> None:
    rows = ((meter, one.at_ms, one.energy_wh) for meter, one in readings.items())
    book.executemany("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", rows)
