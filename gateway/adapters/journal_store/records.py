"""Records: one table per kind, MessagePack, read through a cache. The writer thread is the only one here, so the cache is true.

Kinds that grow without end (commands, grants) are not cached.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import msgspec

from gateway.application.clock_setting import LineTold
from gateway.application.loss_records import Freezes, GroupRules, GroupState
from gateway.application.records import (
    AddressChange,
    Billed,
    BootRow,
    Folded,
    InboxRow,
    KeysTold,
    KnownGrant,
    LockNote,
    MeterTies,
    OpenedSerials,
    OutboxMark,
    PeriodAnchor,
    PeriodMark,
    Provisional,
    RaisedAlarm,
    RoomControl,
    Station,
    Swap,
    TakenSerial,
    Tie,
)
from gateway.application.registry_copy import ToldRegistry
from gateway.contract.rules import AccountRule, PolicyRule
from gateway.domain.clock_setting import ClockHabit
from gateway.domain.cut_guard import CutGuard
from gateway.domain.ledger import AccountState
from gateway.domain.meter_health import MeterWatch
from gateway.domain.reading import MeterState
from gateway.domain.relay import RelayState
from gateway.domain.tariff import TariffPrices

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")

RECORD_TABLES: dict[type[msgspec.Struct], str] = {
    Station: "station",
    BootRow: "boot",
    OutboxMark: "outbox_mark",
    AccountRule: "account_rule",
    PolicyRule: "policy_rule",
    TariffPrices: "tariff_prices",
    MeterTies: "meter_ties",
    Tie: "tie",
    MeterState: "meter_state",
    AccountState: "account_state",
    RelayState: "relay_state",
    CutGuard: "cut_guard",
    RaisedAlarm: "raised_alarm",
    Provisional: "provisional",
    Billed: "billed",
    KnownGrant: "known_grant",
    TakenSerial: "taken_serial",
    OpenedSerials: "opened_serials",
    InboxRow: "inbox",
    GroupRules: "group_rules",
    GroupState: "group_state",
    Freezes: "freezes",
    MeterWatch: "meter_watch",
    Swap: "swap",
    RoomControl: "room_control",
    LockNote: "lock_note",
    AddressChange: "address_change",
    PeriodAnchor: "period_anchor",
    PeriodMark: "period_mark",
    Folded: "folded_mark",
    ClockHabit: "clock_habit",
    LineTold: "line_told",
    ToldRegistry: "told_registry",
    KeysTold: "keys_told",
}
UNCACHED = frozenset({BootRow, KnownGrant, TakenSerial, InboxRow})


class RecordTables:
    """Keeps records by kind and key."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cache: dict[type[msgspec.Struct], dict[str, msgspec.Struct]] = {}
        self._made: dict[type[msgspec.Struct], dict[object, object]] = {}
        """What was made of the records of a kind as they are now, by its maker."""
        self._encoder = msgspec.msgpack.Encoder()
        self._decoders = {kind: msgspec.msgpack.Decoder(kind) for kind in RECORD_TABLES}

    def forget_cache(self) -> None:
        """The transaction was rolled back: what was cached may never have been written."""
        self._cache.clear()
        self._made.clear()

    def record(self, kind: type[R], key: str) -> R | None:
        if kind not in UNCACHED:
            return cast("R | None", self._all(kind).get(key))
        table = RECORD_TABLES[kind]
        row = self._connection.execute(f"SELECT record FROM {table} WHERE key = ?", (key,)).fetchone()  # noqa: S608  (a fixed name)
        return None if row is None else cast(R, self._decoders[kind].decode(row[0]))

    def records(self, kind: type[R]) -> dict[str, R]:
        """A copy: use cases change records while they walk over them."""
        return cast("dict[str, R]", dict(self._all(kind)))

    def made_of(self, kind: type[R], make: Callable[[Mapping[str, R]], T]) -> T:
        made = self._made.setdefault(kind, {})
        if make not in made:
            made[make] = make(cast("Mapping[str, R]", self._all(kind)))
        return cast(T, made[make])

    def _all(self, kind: type[msgspec.Struct]) -> dict[str, msgspec.Struct]:
        cached = self._cache.get(kind)
        if cached is None:
            table = RECORD_TABLES[kind]
            decode = self._decoders[kind].decode
            rows = self._connection.execute(f"SELECT key, record FROM {table}")  # noqa: S608  (a fixed name)
            cached = {key: decode(record) for key, record in rows}
            if kind not in UNCACHED:
                self._cache[kind] = cached
        return cached

    def keep(self, key: str, record: msgspec.Struct) -> None:
        kind = type(record)
        if kind not in UNCACHED:
            cached = self._all(kind)
            if cached.get(key) == record:
                return
            cached[key] = record
        self._made.pop(kind, None)
        self._connection.execute(
            f"INSERT INTO {RECORD_TABLES[kind]} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET record = excluded.record",  # noqa: S608  (a fixed name)
            (key, self._encoder.encode(record)),
        )

    def forget(self, kind: type[msgspec.Struct], key: str) -> None:
        if kind not in UNCACHED and self._all(kind).pop(key, None) is None:
            return
        self._made.pop(kind, None)
        self._connection.execute(f"DELETE FROM {RECORD_TABLES[kind]} WHERE key = ?", (key,))  # noqa: S608  (a fixed name)
