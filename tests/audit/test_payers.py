"""Merged balances under audit: one account's money, another one's meter and tariff, and the configuration that says so."""

import hashlib
import json
from dataclasses import replace

import pytest
from honest_books import ENTRIES, YUAN, honest_evidence, used
from test_checks import books, found, journal

from firmware_tools.auditor.evidence import (
    Balance,
    Command,
    Entry,
    Evidence,
    Line,
    OutboxRow,
    Price,
    StoredEntry,
)
from firmware_tools.auditor.findings import Figure

MERGED, SPLIT = "1-101.1", ""


def configure(payer: str) -> bytes:
    rules = [{"account": "1-101.1"}, {"account": "1-103.1", "pays_from": payer}]
    return json.dumps({"kind": "configure", "accounts": rules}).encode()


def shop(number: int, account: str = "1-101.1", **more) -> Entry:
    """The shop's kWh at 1 yuan, taken from the room's balance; `number` is 6, 7, ...: one kWh each."""
    start_wh = (number - 6) * 1_000
    lines = [Line("paid", "yuan", -YUAN, (13 - number) * YUAN)]
    made = used(number, account, "M3", start_wh, start_wh + 1_000, lines)
    return replace(made, price_micro_yuan_per_kwh=1_000_000, used_by="1-103.1", **more)


def shared(*rows: Entry | int) -> Evidence:
    """Books in which numbers of configurations and entries follow the honest ones, in this order."""
    bodies = {3: configure(MERGED), 4: configure(SPLIT), 5: configure(MERGED)}
    entries = (*ENTRIES, *(row for row in rows if isinstance(row, Entry)))
    facts: list[dict[str, object]] = [{"kind": "entry", "entry": e.entry} for e in ENTRIES]
    for row in rows:
        if isinstance(row, Entry):
            facts.append({"kind": "entry", "entry": row.entry})
        else:
            facts.append({"kind": "command-result", "number": row, "outcome": "applied"})
    outbox = tuple(OutboxRow("e1", seq, json.dumps(fact).encode()) for seq, fact in enumerate(facts, start=1))
    taken = {row: bodies[row] for row in rows if isinstance(row, int)}
    left = 8 * YUAN - YUAN * sum(isinstance(row, Entry) for row in rows)
    honest = honest_evidence()
    with_journal = journal(
        honest,
        entries=entries,
        outbox=outbox,
        inbox={**honest.journals[0].inbox, **taken},
        balances=(Balance("1-101.1", "paid", "yuan", left), honest.journals[0].balances[1]),
    )
    return books(
        with_journal,
        entries=tuple(StoredEntry("e1", seq, one) for seq, one in enumerate(entries, start=1)),
        digests={("b1", row.epoch, row.seq): hashlib.sha256(row.fact).digest() for row in outbox},
        commands=(*honest.books.commands, *(Command("b1", number, body) for number, body in taken.items())),
        prices=(*honest.books.prices, Price("shop", 0, 1_000_000)),
        tariffs={**honest.books.tariffs, "1-103.1": "shop"},
    )


def spoiled(evidence: Evidence) -> set[Figure]:
    """Central's own transfers are left as they were: that they differ now is another check's business."""
    return set(found(evidence, quiet=False)) - {Figure.ROWS_LOST}


def test_energy_of_another_room_at_its_own_price_is_right_while_the_configuration_says_so() -> None:
    assert spoiled(shared(3, shop(6), shop(7), 4, 5, shop(8))) == set()


def test_what_is_settled_while_a_configuration_is_taken_may_be_of_either() -> None:
    assert spoiled(shared(3, shop(6), 4)) == set()


@pytest.mark.parametrize(
    "rows",
    [(3, shop(6), 4, shop(7)), (4, shop(6), shop(7))],
    ids=["after it left", "never joined"],
)
def test_energy_that_the_account_never_paid_for_is_named(rows: tuple[Entry | int, ...]) -> None:
    wrong = [row.entry for row in rows[rows.index(4) :] if isinstance(row, Entry)]
    assert found(shared(*rows), quiet=False)[Figure.PAYERS_WRONG] == wrong


def test_the_price_is_that_of_whose_energy_it_was() -> None:
    cheap = replace(shop(6), price_micro_yuan_per_kwh=500_000, lines=(Line("paid", "yuan", -YUAN // 2, 0),))
    assert Figure.PRICES_WRONG in spoiled(shared(3, cheap))


def test_central_must_know_whose_energy_it_was() -> None:
    evidence = shared(3, shop(6))
    stored = [replace(one, entry=replace(one.entry, used_by=None)) for one in evidence.books.entries]
    assert found(books(evidence, entries=tuple(stored)), quiet=False)[Figure.ROWS_ALTERED] == ["b1.e1.6"]
