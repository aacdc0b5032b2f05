"""Reads a gateway's journal into plain rows.

The tables are SQL; a ledger entry is JSON as it travels (docs/messages.md); the small records are MessagePack arrays, whose
fields are named here by their place.
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from firmware_tools.auditor.evidence import Balance, Control, Entry, Fold, Journal, Line, OutboxRow, Swap
from firmware_tools.auditor.read_only import Unreadable, rows

STATION_GATEWAY = 0
INBOX_NUMBER, INBOX_BODY, INBOX_DIGEST = 0, 2, 4
ACCOUNT_METER, ACCOUNT_SETTLED_REGISTER_WH = 1, 4
INSTANT_WALL_MS, INSTANT_TRUSTED = 2, 3
ZLIB_START = b"\x78"
SEQ_BITS = 40

LEDGER = "SELECT fact FROM ledger ORDER BY number"
OUTBOX = """
SELECT outbox.id, epoch.name, ifnull(outbox.fact, ledger.fact) FROM outbox
JOIN epoch ON epoch.number = outbox.id >> 40
LEFT JOIN ledger ON ledger.number = outbox.entry ORDER BY outbox.id
"""
HAS_FOLDS = "SELECT name FROM sqlite_schema WHERE name = 'fold'"
FOLDS = "SELECT up_to, digest FROM fold ORDER BY up_to"
BUCKETS = "SELECT account, name, unit, balance FROM bucket ORDER BY id"


def read_journal(path: Path) -> Journal:
    """Read one gateway's journal.db. Raises Unreadable."""
    station = next(_records(path, "station"), None)
    if station is None:
        raise Unreadable(
            f"{path}: this journal was never used by a gateway, so there is nothing to audit in it."
        )
    gateway = str(station[STATION_GATEWAY])
    inbox = list(_records(path, "inbox"))
    return Journal(
        gateway=gateway,
        entries=tuple(entry_of(json.loads(row[0]), gateway) for row in rows(path, LEDGER)),
        outbox=tuple(_outbox_row(*row) for row in rows(path, OUTBOX)),
        balances=tuple(Balance(*row) for row in rows(path, BUCKETS)),
        inbox={int(record[INBOX_NUMBER]): bytes(record[INBOX_BODY]) for record in inbox},
        settled_wh={
            record[ACCOUNT_METER]: record[ACCOUNT_SETTLED_REGISTER_WH]
            for record in _records(path, "account_state")
            if record[ACCOUNT_METER] and record[ACCOUNT_SETTLED_REGISTER_WH] is not None
        },
        swaps=tuple(_swaps(path)),
        controls=tuple(_controls(path)),
        folds=tuple(Fold(*row) for row in rows(path, FOLDS)) if rows(path, HAS_FOLDS) else (),
        inbox_digests={
            int(record[INBOX_NUMBER]): bytes(record[INBOX_DIGEST])
            for record in inbox
            if len(record) > INBOX_DIGEST and record[INBOX_DIGEST]
        },
    )


def _swaps(path: Path) -> Iterator[Swap]:
    """A store from before meters were swapped has no such table."""
    if not list(rows(path, "SELECT 1 FROM sqlite_master WHERE name = 'swap'")):
        return
    for (raw,) in rows(path, "SELECT record FROM swap"):
        fact = msgspec.msgpack.decode(raw)["fact"]
        yield Swap(
            fact["swap"],
            fact["account"],
            fact["old_meter"],
            fact["last_wh"],
            fact["new_meter"],
            fact["first_wh"],
        )


def _controls(path: Path) -> Iterator[Control]:
    """A store from before rooms were under software control has no such table."""
    if not list(rows(path, "SELECT 1 FROM sqlite_master WHERE name = 'room_control'")):
        return
    for (raw,) in rows(path, "SELECT record FROM room_control"):
        fact = msgspec.msgpack.decode(raw)["ended"]
        if fact is not None and fact["new_meter"] is not None and fact["first_wh"] is not None:
            yield Control(fact["control"], fact["new_meter"], fact["first_wh"])


def _records(path: Path, table: str) -> Iterator[list[Any]]:
    for row in rows(path, f"SELECT record FROM {table}"):  # noqa: S608 - a name from this file
        yield msgspec.msgpack.decode(row[0])


def _outbox_row(row_id: int, epoch: str, stored: bytes | None) -> OutboxRow:
    """A row whose ledger entry is gone has no bytes: the checks find out."""
    fact = b"" if stored is None else bytes(stored)
    fact = zlib.decompress(fact) if fact[:1] == ZLIB_START else fact
    return OutboxRow(epoch, row_id & ((1 << SEQ_BITS) - 1), fact)


def entry_of(fact: dict[str, Any], gateway: str) -> Entry:
    """Give an entry from its JSON as it travels; fields that are left out have the protocol's defaults."""
    return Entry(
        entry=fact["entry"],
        gateway=gateway,
        account=fact["account"],
        kind=fact["entry_kind"],
        cause=fact["cause"],
        lines=tuple(Line(*line) for line in fact["lines"]),
        carried_nano_yuan=fact["carried_nano_yuan"],
        wall_ms=fact["at"][INSTANT_WALL_MS],
        trusted=fact["at"][INSTANT_TRUSTED],
        meter=fact.get("meter"),
        energy_wh=fact.get("energy_wh", 0),
        register_from_wh=fact.get("register_from_wh"),
        register_to_wh=fact.get("register_to_wh"),
        from_ms=fact.get("from_ms"),
        price_micro_yuan_per_kwh=fact.get("price_micro_yuan_per_kwh"),
        provisional=fact.get("provisional", False),
        source=fact.get("source"),
        used_by=fact.get("used_by"),
    )
