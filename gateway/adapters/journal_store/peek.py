"""A look into the journal without taking it: what central's configuration says of rooms and ties, while no daemon has the file.

Opened read-only. It creates, locks and mends nothing.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from gateway.adapters.journal_store.opening import open_readonly
from gateway.adapters.journal_store.records import RECORD_TABLES
from gateway.application.records import LockNote, MeterTies
from gateway.contract.rules import AccountRule
from gateway.domain.relay import RelayState

R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Configured:
    """Accounts by their id, the dated ties of each meter number, and the meters that are locked out."""

    accounts: dict[str, AccountRule]
    ties: dict[str, MeterTies]
    locked_out: frozenset[str] = frozenset()
    lock_notes: dict[str, tuple[LockNote, ...]] = field(default_factory=dict)
    """Who locked each of those out, and why."""

    def room_of(self, meter_number: str, now_ms: int) -> str:
        """Give the room whose account the meter bills now; empty where it is tied to none."""
        known = self.ties.get(meter_number)
        in_force = [tie for tie in known.ties if tie.from_ms <= now_ms] if known else []
        last = max(in_force, key=lambda tie: tie.from_ms, default=None)
        account = self.accounts.get(last.account) if last else None
        return account.room if account else ""


def peek(path: Path) -> Configured | None:
    """Read the journal's rooms; None where there is no journal, it has no configuration yet, or it can't be read."""
    if not path.exists():
        return None
    try:
        with closing(open_readonly(path)) as connection:
            accounts, ties = _all(connection, AccountRule), _all(connection, MeterTies)
            relays = _all(connection, RelayState)
            notes = _all(connection, LockNote) if _has_notes(connection) else {}
    except (sqlite3.Error, msgspec.DecodeError):
        return None
    said = {
        meter: tuple(notes.get(f"{meter} {owner}") or LockNote(relay.meter, owner) for owner in relay.locks)
        for meter, relay in relays.items()
        if relay.locks
    }
    return Configured(accounts, ties, frozenset(said), said) if accounts else None


def _has_notes(connection: sqlite3.Connection) -> bool:
    """A store that no daemon of this version has opened yet has no table of them."""
    table = RECORD_TABLES[LockNote]
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None


def _all(connection: sqlite3.Connection, kind: type[R]) -> dict[str, R]:
    decode = msgspec.msgpack.Decoder(kind).decode
    rows = connection.execute(f"SELECT key, record FROM {RECORD_TABLES[kind]}")  # noqa: S608  (a fixed name)
    return {key: decode(record) for key, record in rows}
