"""One bug of each kind, planted in books that were right: the auditor must name it, and nothing else may turn red with it."""

import json
from dataclasses import replace

import honest_books
import pytest
from honest_books import ENTRIES, YUAN, entry, honest_evidence, used

from firmware_tools.auditor.command import audit
from firmware_tools.auditor.evidence import (
    Balance,
    Command,
    Control,
    Entry,
    Evidence,
    Line,
    OutboxRow,
    Payment,
    Price,
    Receipt,
    StoredEntry,
    Swap,
    WeekPrice,
)
from firmware_tools.auditor.findings import Figure, figures_met, table


def books(evidence: Evidence, **changes) -> Evidence:
    return replace(evidence, books=replace(evidence.books, **changes))


def journal(evidence: Evidence, **changes) -> Evidence:
    return replace(evidence, journals=(replace(evidence.journals[0], **changes),))


def with_entries(evidence: Evidence, entries: tuple[Entry, ...]) -> Evidence:
    """Let gateway and central agree on other entries, so that only what is wrong in them can be found."""
    stored = tuple(StoredEntry("e1", seq, found) for seq, found in enumerate(entries, start=1))
    return books(journal(evidence, entries=entries), entries=stored)


def found(evidence: Evidence, *, quiet: bool = True) -> dict[Figure, list[str]]:
    figures: dict[Figure, list[str]] = {}
    for finding in audit(evidence, quiet=quiet):
        figures.setdefault(finding.figure, []).append(finding.subject)
    return figures


def test_right_books_are_green():
    findings = audit(honest_evidence(), quiet=True)
    assert findings == []
    assert figures_met(findings) == (len(Figure), len(Figure))


def test_a_grant_that_came_as_a_typed_code_is_its_own_and_twice_is_twice():
    evidence = honest_evidence()
    grants = tuple(replace(grant, serial=7) for grant in evidence.books.grants)
    typed = (replace(ENTRIES[0], source=grants[0].typed_name), *ENTRIES[1:])
    assert grants[0].typed_name.startswith("n-7-")
    assert found(books(with_entries(evidence, typed), grants=grants)) == {}
    stranger = (replace(ENTRIES[0], source="n-7-0000"), *ENTRIES[1:])
    assert Figure.CREDIT_UNFOUNDED in found(books(with_entries(evidence, stranger), grants=grants))


def test_the_table_names_every_figure_with_its_goal_and_the_rows():
    evidence = books(honest_evidence(), receipts=())
    text = table(audit(evidence, quiet=True))
    assert all(f"{figure}" in text for figure in Figure)
    assert "p1: 1000 fen taken, receipts over nothing" in text


@pytest.mark.parametrize("lost", [0, 1])
def test_a_payment_that_never_reached_the_room(lost):
    evidence = honest_evidence()
    kept = tuple(row for row in ENTRIES if row.source != f"g{lost + 1}")
    assert found(with_entries(evidence, kept))[Figure.PAYMENTS_LOST] == [f"g{lost + 1}"]


def test_a_payment_without_a_grant():
    evidence = honest_evidence()
    assert found(books(evidence, grants=evidence.books.grants[1:]))[Figure.PAYMENTS_LOST] == ["p1"]


def test_credit_that_is_still_on_its_way_is_lost_only_in_a_quiet_system():
    evidence = honest_evidence()
    late = replace(evidence.books.grants[0], grant="g3", number=3)
    paid = Payment("p3", "1-101.1", 1_000, "g3")
    on_its_way = books(
        evidence,
        grants=(*evidence.books.grants, late),
        payments=(*evidence.books.payments, paid),
        receipts=(*evidence.books.receipts, Receipt("3", "p3", 1_000)),
        transfers=(
            *evidence.books.transfers,
            replace(evidence.books.transfers[0], transfer="p3", reference="p3"),
        ),
        commands=(*evidence.books.commands, Command("b1", 3, b"grant g3")),
    )
    assert found(on_its_way, quiet=False) == {}
    assert found(on_its_way)[Figure.PAYMENTS_LOST] == ["g3"]


def test_a_grant_credited_twice():
    twice = replace(ENTRIES[0], entry="b1.e1.6")
    assert found(with_entries(honest_evidence(), (*ENTRIES, twice)))[Figure.PAYMENTS_DOUBLED] == ["g1"]


def test_a_desk_page_that_paid_twice():
    evidence = honest_evidence()
    first = replace(evidence.books.payments[0], page="page-7")
    second = replace(first, payment="p3")
    assert found(books(evidence, payments=(first, second)))[Figure.PAYMENTS_DOUBLED] == ["page-7"]


def test_a_grant_credited_with_another_amount():
    wrong = replace(ENTRIES[0], lines=(Line("paid", "yuan", 11 * YUAN, 11 * YUAN),))
    assert found(with_entries(honest_evidence(), (wrong, *ENTRIES[1:])))[Figure.PAYMENTS_ALTERED] == ["g1"]


def test_a_payment_that_became_less_than_was_paid():
    evidence = honest_evidence()
    less = replace(evidence.books.grants[1], amount=19_999)
    assert "p2" in found(books(evidence, grants=(evidence.books.grants[0], less)))[Figure.PAYMENTS_ALTERED]


def test_credit_from_nowhere():
    gift = entry(6, "1-101.1", "grant", [Line("paid", "yuan", 1, 8 * YUAN + 1)], source="g9")
    assert found(with_entries(honest_evidence(), (*ENTRIES, gift)))[Figure.CREDIT_UNFOUNDED] == ["b1.e1.6"]


def test_a_receipt_without_a_payment_and_a_payment_without_a_receipt():
    evidence = honest_evidence()
    invented = Receipt("3", "p9", 500)
    assert found(books(evidence, receipts=(*evidence.books.receipts, invented))) == {
        Figure.RECEIPTS_APART: ["3"]
    }
    assert found(books(evidence, receipts=evidence.books.receipts[1:])) == {Figure.RECEIPTS_APART: ["p1"]}


def test_a_payment_booked_with_another_sum():
    evidence = honest_evidence()
    wrong = replace(evidence.books.transfers[1], amount=9 * YUAN)
    transfers = (evidence.books.transfers[0], wrong, *evidence.books.transfers[2:])
    assert found(books(evidence, transfers=transfers)) == {Figure.BOOKS_APART: ["p2"]}


def test_a_reading_billed_twice():
    again = used(6, "1-101.1", "M1", 7_000, 9_000, [Line("paid", "yuan", -1 * YUAN, 7 * YUAN)])
    figures = found(with_entries(honest_evidence(), (*ENTRIES, again)))
    assert figures[Figure.ENERGY_TWICE] == ["b1.e1.6"]
    assert figures[Figure.ENERGY_UNTRUE] == ["M1"]


def test_energy_that_was_skipped():
    skipping = used(5, "1-101.1", "M1", 8_000, 10_000, [Line("paid", "yuan", -1 * YUAN, 8 * YUAN)])
    assert found(with_entries(honest_evidence(), (*ENTRIES[:4], skipping)))[Figure.ENERGY_UNBILLED] == [
        "b1.e1.5"
    ]


def test_billing_that_began_at_another_register_than_was_read():
    late = used(3, "1-101.1", "M1", 6_000, 7_000, [Line("paid", "yuan", -YUAN // 2, 9 * YUAN)], from_ms=1_000)
    figures = found(with_entries(honest_evidence(), (*ENTRIES[:2], late, *ENTRIES[3:])))
    assert figures[Figure.ENERGY_UNBILLED] == ["b1.e1.3"]
    early = used(
        3, "1-101.1", "M1", 4_000, 7_000, [Line("paid", "yuan", -3 * YUAN // 2, 9 * YUAN)], from_ms=1_000
    )
    figures = found(with_entries(honest_evidence(), (*ENTRIES[:2], early, *ENTRIES[3:])))
    assert figures[Figure.ENERGY_TWICE] == ["b1.e1.3"]


def test_an_entry_that_doesnt_match_its_registers():
    wrong = replace(ENTRIES[4], energy_wh=2_001, carried_nano_yuan=500_000)
    assert found(with_entries(honest_evidence(), (*ENTRIES[:4], wrong)))[Figure.REGISTERS_APART] == [
        "b1.e1.5"
    ]


def test_a_register_that_wrapped_is_no_error():
    evidence = honest_evidence()
    entries = (
        *ENTRIES[:2],
        used(
            3,
            "1-101.1",
            "M1",
            999_999_000,
            999_999_000 + 2_000,
            [Line("paid", "yuan", -YUAN, 9 * YUAN)],
            from_ms=1_000,
        ),
        ENTRIES[3],
        used(5, "1-101.1", "M1", 1_000, 3_000, [Line("paid", "yuan", -YUAN, 8 * YUAN)]),
    )
    entries = (*entries[:2], replace(entries[2], register_to_wh=1_000), *entries[3:])
    installs = (
        replace(evidence.installs[0], register_start_wh=999_998_990, register_wh=3_050),
        evidence.installs[1],
    )
    readings = (replace(evidence.books.readings[0], register_wh=999_999_000), *evidence.books.readings[1:])
    wrapped = with_entries(replace(evidence, installs=installs), entries)
    wrapped = journal(books(wrapped, readings=readings), settled_wh={"M1": 3_000, "M2": 1_100}, outbox=())
    assert found(wrapped) == {}


def test_a_meter_billed_otherwise_than_what_flowed():
    evidence = honest_evidence()
    leaking = (replace(evidence.installs[0], true_wh=4_100), evidence.installs[1])
    assert found(replace(evidence, installs=leaking)) == {Figure.ENERGY_UNTRUE: ["M1"]}
    early = (replace(evidence.installs[0], register_wh=8_990, true_wh=4_000), evidence.installs[1])
    assert found(replace(evidence, installs=early)) == {Figure.ENERGY_UNTRUE: ["M1"]}


def test_an_entry_at_another_price_or_with_other_money():
    evidence = honest_evidence()
    dear = replace(
        ENTRIES[4], price_micro_yuan_per_kwh=600_000, lines=(Line("paid", "yuan", -1_200_000, 7_800_000),)
    )
    assert found(with_entries(evidence, (*ENTRIES[:4], dear)))[Figure.PRICES_WRONG] == ["b1.e1.5"]
    short = replace(ENTRIES[4], lines=(Line("paid", "yuan", -999_999, 8_000_001),))
    assert found(with_entries(evidence, (*ENTRIES[:4], short)))[Figure.PRICES_WRONG] == ["b1.e1.5"]


def test_a_price_that_changed_before_the_interval():
    evidence = honest_evidence()
    prices = (*evidence.books.prices, Price("residential", 20_000, 400_000))
    assert found(books(evidence, prices=prices)) == {Figure.PRICES_WRONG: ["b1.e1.5"]}


def test_a_price_of_the_time_of_the_week_or_of_a_step():
    """The entry begins on a Thursday at 8 o'clock of campus time."""
    evidence, price = honest_evidence(), honest_books.PRICE
    for days, begin, end, fine in (
        ((4,), 480, 540, True),
        ((4,), 481, 540, False),
        ((4,), 420, 480, False),
        ((3,), 1380, 600, True),
        ((4,), 1380, 600, False),
        ((4,), 480, 480, True),
        ((3,), 500, 500, True),
    ):
        week = (WeekPrice(days, begin, end, price),)
        found_now = found(books(evidence, prices=(Price("residential", 0, 1, week),)))
        assert (Figure.PRICES_WRONG not in found_now) is fine, (days, begin, end)
    stepped = (Price("residential", 0, price - 7, (), (5, 7)),)
    assert Figure.PRICES_WRONG not in found(books(evidence, prices=stepped))
    wrong = (Price("residential", 0, price - 7, (), (5, 6)),)
    assert Figure.PRICES_WRONG in found(books(evidence, prices=wrong))


def test_a_balance_that_doesnt_add_up():
    balances = (replace(honest_books.BALANCES[0], amount=7 * YUAN), honest_books.BALANCES[1])
    assert found(journal(honest_evidence(), balances=balances), quiet=False) == {
        Figure.BALANCES_BROKEN: ["1-101.1 paid"]
    }


def test_an_account_that_differs_at_the_watermark():
    evidence = honest_evidence()
    lost = tuple(stored for stored in evidence.books.entries if stored.seq != 5)
    assert found(books(evidence, entries=lost))[Figure.ACCOUNTS_APART] == ["1-101.1"]


def test_an_account_whose_ledger_at_central_holds_something_else():
    evidence = honest_evidence()
    balances = (replace(evidence.books.balances[0], amount=1), *evidence.books.balances[1:])
    assert found(books(evidence, balances=balances)) == {Figure.ACCOUNTS_APART: [balances[0].account]}
    extra = (*evidence.books.balances, Balance("1-103.1", "paid", "yuan", 5))
    assert found(books(evidence, balances=extra)) == {Figure.ACCOUNTS_APART: ["1-103.1"]}


def test_a_row_that_was_lost_or_altered_on_its_way():
    evidence = honest_evidence()
    digests = dict(evidence.books.digests)
    del digests["b1", "e1", 3]
    assert found(books(evidence, digests=digests)) == {Figure.ROWS_LOST: ["b1/e1/3"]}
    digests["b1", "e1", 3] = bytes(32)
    assert found(books(evidence, digests=digests)) == {Figure.ROWS_ALTERED: ["b1/e1/3"]}


def test_a_row_that_central_couldnt_take():
    quarantined = (("b1", "e1", 4, "unknown-account"),)
    assert found(books(honest_evidence(), quarantined=quarantined)) == {Figure.ROWS_LOST: ["b1/e1/4"]}


def test_an_entry_that_central_holds_otherwise_or_twice():
    evidence = honest_evidence()
    stored = evidence.books.entries
    other = replace(stored[2], entry=replace(stored[2].entry, energy_wh=1))
    assert found(books(evidence, entries=(*stored[:2], other, *stored[3:]))) == {
        Figure.ROWS_ALTERED: ["b1.e1.3"]
    }
    figures = found(books(evidence, entries=(*stored, replace(stored[2], seq=9))))
    assert figures[Figure.ROWS_DOUBLED] == ["b1.e1.3"]


def test_a_reading_that_stands_twice_or_not_at_all_at_central():
    evidence = honest_evidence()
    readings = evidence.books.readings
    assert found(books(evidence, readings=(*readings, readings[4]))) == {Figure.ROWS_DOUBLED: ["M1"]}
    assert found(books(evidence, readings=readings[:4])) == {Figure.ROWS_LOST: ["b1/e1/6"]}


def test_commands_that_were_skipped_altered_or_never_sent():
    evidence = honest_evidence()
    assert found(journal(evidence, inbox={2: b"grant g2"})) == {Figure.COMMANDS_BROKEN: ["b1 #1"]}
    assert found(journal(evidence, inbox={1: b"grant gX", 2: b"grant g2"})) == {
        Figure.COMMANDS_BROKEN: ["b1 #1"]
    }
    assert found(books(evidence, commands=evidence.books.commands[:1])) == {Figure.COMMANDS_BROKEN: ["b1 #2"]}


def test_the_store_notes_more_as_billed_than_its_entries_say():
    noted = journal(honest_evidence(), settled_wh={"M1": 9_500, "M2": 1_100})
    assert found(noted) == {Figure.REGISTERS_APART: ["M1"]}


def test_a_row_still_in_the_outbox_is_lost_only_when_it_tells_of_money_in_a_quiet_system():
    evidence = honest_evidence()
    for kind, lost in (("health", {}), ("decision", {Figure.ROWS_LOST: ["b1/e1/8"]})):
        row = OutboxRow("e1", 8, json.dumps({"kind": kind}).encode())
        unsent = journal(evidence, outbox=(*evidence.journals[0].outbox, row))
        assert found(unsent, quiet=False) == {}
        assert found(unsent) == lost


def test_a_meter_that_was_replaced_ends_one_chain_and_begins_another():
    honest = honest_evidence()
    swap = Swap("b1.e1.swap1", "1-101.1", "M1", 9_000, "M9", 500)
    back = Swap("b1.e1.swap2", "1-101.1", "M9", 700, "M1", 12_000)
    entries = (
        *honest.journals[0].entries,
        used(
            6, "1-101.1", "M9", 500, 700, [Line("paid", "yuan", -100_000, 8 * YUAN - 100_000)], from_ms=50_000
        ),
        used(7, "1-101.1", "M1", 12_000, 12_200, [Line("paid", "yuan", -100_000, 8 * YUAN - 200_000)]),
    )
    moved = with_entries(honest, entries)
    energy = {Figure.ENERGY_UNBILLED, Figure.ENERGY_TWICE, Figure.REGISTERS_APART}
    settled = {"M2": 1_100, "M1": 12_200}
    right = journal(moved, swaps=(swap, back), settled_wh=settled)
    assert not energy & set(found(right))
    unsaid = journal(moved, swaps=(swap,), settled_wh=settled)
    assert Figure.ENERGY_UNBILLED in found(unsaid)
    good_again = Control("b1.e1.control1", "M1", 12_000)
    assert Figure.ENERGY_UNBILLED not in found(
        journal(moved, swaps=(swap,), controls=(good_again,), settled_wh=settled)
    )
    early = replace(swap, last_wh=9_500)
    assert found(journal(moved, swaps=(early, back), settled_wh=settled))[Figure.REGISTERS_APART]
