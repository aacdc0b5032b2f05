"""What must be true of central after each of its commits: its files are read by plain SQL, beside Django.

The daily and the last look (`watch_central`) ask more, of each row; here is what is cheap enough for every step.
"""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sim.world import World

UNEVEN = (
    "SELECT unit, sum(debits) - sum(credits) AS more FROM ledger_ledgeraccount GROUP BY unit HAVING more != 0"
)
PAPERS = "SELECT ifnull(max(number), 0), count(*) FROM desk_receipt"
CHAIN = (
    "SELECT ifnull((SELECT position FROM ledger_chainhead), 0), max("
    "ifnull((SELECT max(position) FROM ledger_transfer), 0), ifnull((SELECT max(position) FROM ledger_auditentry), 0))"
)
RECEIVED = "SELECT received_seq, closed FROM link_gatewayepoch WHERE gateway_id = ? AND epoch = ?"
TELEMETRY = "SELECT seq FROM telemetry_telemetryposition WHERE gateway = ? AND epoch = ?"


class BooksWatch:
    """Looks into central's two files."""

    def __init__(self, world: "World") -> None:
        self._world, self._folder = world, world.central.folder
        self._lives = -1
        self._open: list[sqlite3.Connection] = []
        self._version = -1

    def let_go(self) -> None:
        """Close both files: others may be put in their place."""
        for connection in self._open:
            connection.close()
        self._open, self._version = [], -1

    def _files(self) -> list[sqlite3.Connection]:
        if self._lives != self._world.central.lives:
            self.let_go()
            self._lives = self._world.central.lives
        if not self._open:
            self._open = [_reading(self._folder / name) for name in ("central.db", "telemetry.db")]
        return self._open

    def look(self) -> None:
        """After a commit: money is even, receipts have no gap, the chain's head is its last row."""
        books, _telemetry = self._files()
        version = books.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return
        self._version = version
        for unit, more in books.execute(UNEVEN):
            self._world.blame("R-4.1.7", f"central: debits in {unit} are {more} more than credits")
        last, count = books.execute(PAPERS).fetchone()
        if last != count:
            self._world.blame("R-4.1.3", f"central: {count} receipts, the last is number {last}")
        head, newest = books.execute(CHAIN).fetchone()
        if head != newest:
            self._world.blame("R-4.2", f"central: the chain's head is at {head}, its last row at {newest}")

    def look_at_ack(self, gateway: str, epoch: str, acked_seq: int) -> None:
        """What a gateway has just heard to be acknowledged is committed in both files (C-11)."""
        books, telemetry = self._files()
        received = books.execute(RECEIVED, (gateway, epoch)).fetchone()
        if received is None or received[1]:
            return  # a life that ended: what it still says is kept apart
        stored = telemetry.execute(TELEMETRY, (gateway, epoch)).fetchone() or (0,)
        if acked_seq <= min(received[0], stored[0]):
            self._world.central_forgot.discard(gateway)
        elif gateway not in self._world.central_forgot:
            self._world.blame(
                "C-11",
                f"{gateway} heard row {acked_seq} acknowledged, stored are {received[0]} and {stored[0]}",
            )


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)
