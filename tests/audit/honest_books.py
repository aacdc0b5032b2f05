"""A small building whose books are right: two rooms, two payments, an hour's consumption, all stored on both sides.

Built by counting on fingers, not by the product's code: 0.5000 yuan per kWh, so that every figure can be checked by eye.
"""

import hashlib
import json

from firmware_tools.auditor.central_reader import customer_balances
from firmware_tools.auditor.evidence import (
    Balance,
    Books,
    Command,
    Entry,
    Evidence,
    Grant,
    Install,
    Journal,
    Line,
    OutboxRow,
    Payment,
    Price,
    Reading,
    Receipt,
    StoredEntry,
    Transfer,
)

PRICE = 500_000
YUAN = 1_000_000


def entry(number, account, kind, lines, **more) -> Entry:
    given = {"cause": "hour", "carried_nano_yuan": 0, "wall_ms": 10_000 * number, "trusted": True}
    return Entry(f"b1.e1.{number}", "b1", account, kind, lines=tuple(lines), **{**given, **more})


def used(number, account, meter, start_wh, end_wh, lines, from_ms=None) -> Entry:
    return entry(
        number,
        account,
        "consumption",
        lines,
        meter=meter,
        energy_wh=end_wh - start_wh,
        register_from_wh=start_wh,
        register_to_wh=end_wh,
        from_ms=10_000 * (number - 2) if from_ms is None else from_ms,
        price_micro_yuan_per_kwh=PRICE,
    )


ENTRIES = (
    entry(1, "1-101.1", "grant", [Line("paid", "yuan", 10 * YUAN, 10 * YUAN)], source="g1", cause="grant"),
    entry(2, "1-102.1", "grant", [Line("paid", "kwh", 20_000, 20_000)], source="g2", cause="grant"),
    used(3, "1-101.1", "M1", 5_000, 7_000, [Line("paid", "yuan", -1 * YUAN, 9 * YUAN)], from_ms=1_000),
    used(4, "1-102.1", "M2", 100, 1_100, [Line("paid", "kwh", -1_000, 19_000)], from_ms=1_000),
    used(5, "1-101.1", "M1", 7_000, 9_000, [Line("paid", "yuan", -1 * YUAN, 8 * YUAN)]),
)
BALANCES = (Balance("1-101.1", "paid", "yuan", 8 * YUAN), Balance("1-102.1", "paid", "kwh", 19_000))
READINGS = (
    Reading("M1", 1_000, 5_000, "first"),
    Reading("M2", 1_000, 100, "first"),
    Reading("M1", 30_000, 7_000, "advanced"),
    Reading("M2", 30_000, 1_100, "advanced"),
    Reading("M1", 50_000, 9_000, "advanced"),
)
READING_ROW = {"kind": "readings", "rows": [[r.meter, r.wall_ms, r.register_wh] for r in READINGS]}
WATERMARK_ROW = {
    "kind": "watermark",
    "balances": [[b.account, b.bucket, b.unit, b.amount, 0] for b in BALANCES],
}


def outbox() -> tuple[OutboxRow, ...]:
    facts = [{"kind": "entry", "entry": entry.entry} for entry in ENTRIES] + [READING_ROW, WATERMARK_ROW]
    return tuple(OutboxRow("e1", seq, json.dumps(fact).encode()) for seq, fact in enumerate(facts, start=1))


TRANSFERS = (
    Transfer("p1", "cash:desk", "customer:1-101.1:paid:yuan", "yuan", 10 * YUAN, "payment", "p1"),
    Transfer("p2", "cash:desk", "sales:energy", "yuan", 10 * YUAN, "payment", "p2"),
    Transfer("g2", "energy:sold", "customer:1-102.1:paid:kwh", "kwh", 20_000, "grant", "g2"),
    Transfer(
        "b1.e1.3", "customer:1-101.1:paid:yuan", "revenue:energy", "yuan", 1 * YUAN, "consumption", "b1.e1.3"
    ),
    Transfer(
        "b1.e1.4", "customer:1-102.1:paid:kwh", "energy:delivered", "kwh", 1_000, "consumption", "b1.e1.4"
    ),
    Transfer(
        "b1.e1.5", "customer:1-101.1:paid:yuan", "revenue:energy", "yuan", 1 * YUAN, "consumption", "b1.e1.5"
    ),
)


def honest_books() -> Books:
    return Books(
        payments=(Payment("p1", "1-101.1", 1_000, "g1"), Payment("p2", "1-102.1", 1_000, "g2")),
        receipts=(Receipt("1", "p1", 1_000), Receipt("2", "p2", 1_000)),
        commands=(Command("b1", 1, b"grant g1"), Command("b1", 2, b"grant g2")),
        grants=(
            Grant("g1", "b1", 1, "1-101.1", "paid", "yuan", 10 * YUAN),
            Grant("g2", "b1", 2, "1-102.1", "paid", "kwh", 20_000),
        ),
        transfers=TRANSFERS,
        entries=tuple(StoredEntry("e1", seq, entry) for seq, entry in enumerate(ENTRIES, start=1)),
        digests={("b1", row.epoch, row.seq): hashlib.sha256(row.fact).digest() for row in outbox()},
        quarantined=(),
        readings=READINGS,
        balances=customer_balances(TRANSFERS),
        prices=(Price("residential", 0, PRICE),),
        tariffs={"1-101.1": "residential", "1-102.1": "residential"},
    )


def honest_journal() -> Journal:
    return Journal(
        gateway="b1",
        entries=ENTRIES,
        outbox=outbox(),
        balances=BALANCES,
        inbox={1: b"grant g1", 2: b"grant g2"},
        settled_wh={"M1": 9_000, "M2": 1_100},
    )


def honest_evidence() -> Evidence:
    installs = (
        Install(
            "M1", 1, register_start_wh=4_990, register_wh=9_050, true_wh=4_067, sampled_ms=60_000, step_wh=10
        ),
        Install(
            "M2", 1, register_start_wh=100, register_wh=1_100, true_wh=1_003, sampled_ms=60_000, step_wh=10
        ),
    )
    return Evidence(honest_books(), (honest_journal(),), installs)
