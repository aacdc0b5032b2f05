"""A look into the journal without taking it: what central's configuration says of rooms and ties, while no daemon has the file.

Opened read-only. It creates, locks and mends nothing.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from gateway.adapters.journal_store.opening import open_readonly
from gateway.adapters.journal_store.records import RECORD_TABLES
from gateway.application.records import MeterTies
from gateway.contract.rules import AccountRule
from gateway.domain.relay import RelayState

R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Configured:
    """Accounts by their id, the dated ties of each meter number, and the meters that are locked out."""

    accounts: dict[str, AccountRule]
    ties: dict[str, MeterTies]
    locked_out: frozenset[str] = frozenset()

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
    except (sqlite3.Error, msgspec.DecodeError):
        return None
    locked_out = frozenset(meter for meter, relay in relays.items() if relay.locks)
    return Configured(accounts, ties, locked_out) if accounts else None


def _all(connection: sqlite3.Connection, kind: type[R]) -> dict[str, R]:
    decode = msgspec.msgpack.Decoder(kind).decode
    rows = connection.execute(f"SELECT key, record FROM {RECORD_TABLES[kind]}")  # noqa: S608  (a fixed name)
    return {key: decode(record) for key, record in rows}
