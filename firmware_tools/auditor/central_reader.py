"""Reads central's two databases into plain rows: the books, and what arrived from the gateways (SQLite files)."""

import json
from collections import defaultdict
from pathlib import Path
from sqlite3 import Row

from firmware_tools.auditor.evidence import (
    Balance,
    Books,
    Command,
    Entry,
    Grant,
    Line,
    Payment,
    Price,
    Reading,
    Receipt,
    StoredEntry,
    Transfer,
    WeekPrice,
)
from firmware_tools.auditor.read_only import rows

PAYMENTS = """
SELECT payment_id, campus_account.code, amount_fen, "grant", purpose
FROM desk_payment JOIN campus_account ON campus_account.id = desk_payment.account_id ORDER BY at_ms, payment_id
"""
RECEIPTS = "SELECT number, payment_id, amount_fen FROM desk_receipt ORDER BY number"
COMMANDS = "SELECT gateway_id, number, body FROM link_command WHERE state != 'superseded' ORDER BY gateway_id, number"
GRANTS = """
SELECT link_grant.grant_id, coalesce(link_delivery.gateway_id, ''), coalesce(link_command.number, 0), campus_account.code,
  link_grant.bucket, link_grant.unit, link_grant.amount, link_delivery.serial
FROM link_grant JOIN campus_account ON campus_account.id = link_grant.account_id
LEFT JOIN link_delivery ON link_delivery.grant_id = link_grant.grant_id
LEFT JOIN link_command ON link_command.id = link_delivery.command_id
"""
TRANSFERS = (
    "SELECT id, debit_id, credit_id, unit, amount, kind, reference FROM ledger_transfer ORDER BY position"
)
ENTRIES = """
SELECT epoch, seq, entry, gateway_id, account, kind, cause, lines, carried_nano_yuan, at_ms, at_trusted, meter, energy_wh,
  register_from_wh, register_to_wh, from_ms, micro_yuan_per_kwh, provisional, source, used_by
FROM link_gatewayentry ORDER BY gateway_id, epoch, seq
"""
PRICES = """
SELECT campus_tariff.code, from_ms, micro_yuan_per_kwh, windows, steps
FROM campus_price JOIN campus_tariff ON campus_tariff.id = campus_price.tariff_id
"""
TARIFFS = """
SELECT campus_account.code, campus_tariff.code FROM campus_account
JOIN campus_meteringpoint ON campus_meteringpoint.id = campus_account.point_id
JOIN campus_customerclass ON campus_customerclass.id = campus_meteringpoint.customer_class_id
JOIN campus_tariff ON campus_tariff.id = campus_customerclass.tariff_id
"""
QUARANTINE = "SELECT gateway_id, epoch, seq, reason FROM link_quarantinedrow ORDER BY id"
DIGESTS = "SELECT gateway, epoch, seq, digest FROM telemetry_receivedrow"
READINGS = "SELECT meter, wall_ms, register_wh, outcome FROM telemetry_reading ORDER BY id"


def _price(tariff: str, from_ms: int, micro_yuan_per_kwh: int, windows: str, steps: str) -> Price:
    week = tuple(
        WeekPrice(
            tuple(priced["window"]["days"]),
            priced["window"]["from_minute"],
            priced["window"]["to_minute"],
            priced["micro_yuan_per_kwh"],
        )
        for priced in json.loads(windows)
    )
    adds = tuple(step["add_micro_yuan_per_kwh"] for step in json.loads(steps))
    return Price(tariff, from_ms, micro_yuan_per_kwh, week, adds)


def read_books(central: Path, telemetry: Path) -> Books:
    """Read everything that a check needs. Raises Unreadable."""
    transfers = tuple(Transfer(*row) for row in rows(central, TRANSFERS))
    return Books(
        payments=tuple(
            Payment(payment, account, fen, grant, purpose=purpose)
            for payment, account, fen, grant, purpose in rows(central, PAYMENTS)
        ),
        receipts=tuple(
            Receipt(str(number), payment, fen) for number, payment, fen in rows(central, RECEIPTS)
        ),
        commands=tuple(
            Command(gateway, number, bytes(body)) for gateway, number, body in rows(central, COMMANDS)
        ),
        grants=tuple(Grant(*row) for row in rows(central, GRANTS)),
        transfers=transfers,
        entries=tuple(_stored_entry(row) for row in rows(central, ENTRIES)),
        digests={
            (gateway, epoch, seq): bytes(digest) for gateway, epoch, seq, digest in rows(telemetry, DIGESTS)
        },
        quarantined=tuple((row[0], row[1], row[2], row[3]) for row in rows(central, QUARANTINE)),
        readings=tuple(Reading(*row) for row in rows(telemetry, READINGS)),
        balances=customer_balances(transfers),
        prices=tuple(_price(*row) for row in rows(central, PRICES)),
        tariffs={row[0]: row[1] for row in rows(central, TARIFFS)},
    )


def _stored_entry(row: Row) -> StoredEntry:
    entry = Entry(
        entry=row["entry"],
        gateway=row["gateway_id"],
        account=row["account"],
        kind=row["kind"],
        cause=row["cause"],
        lines=tuple(Line(*line) for line in json.loads(row["lines"])),
        carried_nano_yuan=row["carried_nano_yuan"],
        wall_ms=row["at_ms"],
        trusted=bool(row["at_trusted"]),
        meter=row["meter"] or None,
        energy_wh=row["energy_wh"],
        register_from_wh=row["register_from_wh"],
        register_to_wh=row["register_to_wh"],
        from_ms=row["from_ms"],
        price_micro_yuan_per_kwh=row["micro_yuan_per_kwh"],
        provisional=bool(row["provisional"]),
        source=row["source"] or None,
        used_by=row["used_by"],
    )
    return StoredEntry(row["epoch"], row["seq"], entry)


def customer_balances(transfers: tuple[Transfer, ...]) -> tuple[Balance, ...]:
    """Add up the accounts named `customer:<account>:<bucket>:<unit>`: what is owed to customers grows by credit."""
    totals: defaultdict[str, int] = defaultdict(int)
    for transfer in transfers:
        totals[transfer.credit] += transfer.amount
        totals[transfer.debit] -= transfer.amount
    balances = []
    for code, amount in totals.items():
        kind, _, rest = code.partition(":")
        if kind == "customer":
            account, bucket, unit = rest.rsplit(":", 2)
            balances.append(Balance(account, bucket, unit, amount))
    return tuple(balances)
