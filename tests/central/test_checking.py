"""The books verified step by step: what a step at a time finds is what a whole walk finds, and each fault is named by its row."""

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.domain import chain
from central.ledger import chart_of_accounts as chart
from central.ledger.chain_rows import AUDIT_FIELDS, TRANSFER_FIELDS, links
from central.ledger.checking import CLAIM_MS, LEFT_AFTER_MS, VERIFIED, FaultKind, begin, step
from central.ledger.day_ends import find_hash, last_before, point_at
from central.ledger.immutability import allow_changes, forbid_changes
from central.ledger.models import AuditEntry, BooksCheck, ChainHead, LedgerAccount, Transfer
from central.ledger.operations import Draft, audit_content, book, record_audit, transfer_content
from central.ledger.verification import verify_books

pytestmark = pytest.mark.django_db
PAID = chart.customer("a", "paid", "yuan")
OTHER = chart.customer("b", "paid", "yuan")


def fill(rows: int = 10, at_ms: int = 100) -> None:
    """Write transfers and acts by turns: odd positions are transfers."""
    with transaction.atomic():
        for number in range(1, rows + 1):
            if number % 2:
                book([Draft(f"t{number}", chart.cash(), PAID, number, "test", at_ms)], at_ms + number)
            else:
                record_audit(actor="li", action="x", subject="s", detail=str(number), now_ms=at_ms + number)


def run(rows: int, now_ms: int = 1_000) -> BooksCheck:
    check = begin(actor="wang", now_ms=now_ms)
    for _ in range(200):
        check = step(check.pk, now_ms=now_ms, rows=rows)
        if check.state != BooksCheck.State.RUNNING:
            return check
    raise AssertionError("it never ends")


def tamper(statement: str) -> None:
    """Change a row behind the triggers' back, and put them there again: nothing but the chain tells."""
    tables = ("ledger_transfer", "ledger_auditentry")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            allow_changes(connection, table)
        cursor.execute(statement)
        for table in tables:
            forbid_changes(connection, table)


def test_rows_are_read_as_their_hashes_cover_them() -> None:
    fill(4)
    by_position = {link.position: link for link in links()}
    assert list(by_position) == [1, 2, 3, 4]
    for row in (*Transfer.objects.all(), *AuditEntry.objects.all()):
        content = transfer_content(row) if isinstance(row, Transfer) else audit_content(row)
        assert list(by_position[row.position].content) == content
    assert len(TRANSFER_FIELDS) == len(transfer_content(Transfer.objects.first()))
    assert len(AUDIT_FIELDS) == len(audit_content(AuditEntry.objects.first()))


@pytest.mark.parametrize("rows", [1, 3, 10, 11, 1000])
def test_whole_books_hold_however_many_rows_a_step_reads(rows: int) -> None:
    fill(10)
    check = run(rows)
    assert (check.state, check.position, check.faults, check.sums) == ("whole", 10, [], {})
    record = AuditEntry.objects.get(action=VERIFIED)
    assert (record.actor, record.subject, record.position) == ("wang", "whole", 11)
    assert record.detail == f"10 {bytes(check.chain_hash).hex()}"
    assert [check for check in verify_books() if check.fault] == []


def test_an_empty_chain_holds() -> None:
    assert run(5).state == "whole"


TAMPERINGS = [
    (
        "UPDATE ledger_transfer SET amount = amount + 1 WHERE position = 5",
        FaultKind.ALTERED,
        "ledger_transfer t5",
        5,
    ),
    ("UPDATE ledger_transfer SET note = 'x' WHERE position = 9", FaultKind.ALTERED, "ledger_transfer t9", 9),
    (
        "UPDATE ledger_auditentry SET actor = 'somebody' WHERE position = 4",
        FaultKind.ALTERED,
        "ledger_auditentry",
        4,
    ),
    ("DELETE FROM ledger_auditentry WHERE position = 6", FaultKind.MISSING, "ledger_transfer t7", 6),
    ("DELETE FROM ledger_auditentry WHERE position = 10", FaultKind.NEWEST, "10", 10),
    (
        "UPDATE ledger_ledgeraccount SET credits = credits + 1 WHERE code LIKE 'customer%'",
        FaultKind.SUMS,
        PAID.code,
        0,
    ),
]


@pytest.mark.parametrize("rows", [1, 4, 1000])
@pytest.mark.parametrize(("statement", "kind", "name", "position"), TAMPERINGS)
def test_what_was_changed_underneath_is_named(
    statement: str, kind: str, name: str, position: int, rows: int
) -> None:
    fill(10)
    tamper(statement)
    check = run(rows)
    [fault] = check.faults
    assert (check.state, fault["kind"], fault["position"]) == ("broken", kind, position)
    assert fault["name"].startswith(name)
    assert check.position == (position - 1 if position else 10)
    record = AuditEntry.objects.get(action=VERIFIED)
    assert record.subject == "broken"
    assert record.detail.startswith(f"{kind} {position} {name}")


def test_a_row_is_named_even_where_its_triggers_are_gone() -> None:
    fill(6)
    tamper("UPDATE ledger_transfer SET amount = 77 WHERE position = 3")
    allow_changes(connection, "ledger_transfer")
    faults = run(2).faults
    assert [fault["kind"] for fault in faults] == [FaultKind.ALTERED, FaultKind.TRIGGERS]
    assert "ledger_transfer_no_update" in faults[1]["name"]


def test_mixed_units_are_named() -> None:
    fill(3)
    LedgerAccount.objects.filter(code=PAID.code).update(unit="kwh")
    [fault] = run(2).faults
    assert (fault["kind"], fault["position"]) == (FaultKind.UNITS, 1)


def test_what_is_booked_meanwhile_is_verified_too() -> None:
    fill(10)
    check = begin(actor="wang", now_ms=1)
    step(check.pk, now_ms=1, rows=6)
    book([Draft("later", PAID, OTHER, 3, "test", 1)], 1)
    while (check := step(check.pk, now_ms=1, rows=6)).state == "running":
        pass
    assert (check.state, check.position) == ("whole", 11)


def test_one_check_at_a_time_and_one_step_at_a_time() -> None:
    fill(10)
    mine = begin(actor="wang", now_ms=1)
    assert begin(actor="li", now_ms=2).pk == mine.pk
    BooksCheck.objects.filter(pk=mine.pk).update(claimed_until_ms=CLAIM_MS)
    assert step(mine.pk, now_ms=5, rows=3).position == 0, "another step is under way"
    assert step(mine.pk, now_ms=CLAIM_MS, rows=3).position == 3, "that one has died"


def test_a_check_that_was_left_is_not_gone_on_with() -> None:
    fill(10)
    left = begin(actor="wang", now_ms=1)
    step(left.pk, now_ms=1, rows=3)
    anew = begin(actor="li", now_ms=2 + LEFT_AFTER_MS)
    assert anew.pk != left.pk
    assert anew.position == 0
    assert step(left.pk, now_ms=3 + LEFT_AFTER_MS).state == BooksCheck.State.LEFT


def test_a_printed_hash_is_found_again() -> None:
    fill(10)
    end = last_before(108)
    assert end is not None
    assert (end.position, end.at_ms) == (7, 107)
    assert last_before(101) is None
    typed = chain.read_printed(end.printed.upper())
    assert typed is not None
    assert find_hash(typed) == point_at(7) == end
    assert find_hash("0" * 16) is None
    assert last_before(10**15).position == ChainHead.objects.get().position
    for wrong in ("", "abc", "g" * 20, "a" * 65):
        assert chain.read_printed(wrong) is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 12), st.integers(1, 14), st.booleans())
def test_any_altered_or_removed_row_is_found_by_steps_of_any_size(
    place: int, rows: int, removed: bool
) -> None:
    table, field = ("ledger_transfer", "note") if place % 2 else ("ledger_auditentry", "detail")
    change = f"DELETE FROM {table}" if removed else f"UPDATE {table} SET {field} = 'other'"
    with transaction.atomic():
        fill(12)
        tamper(f"{change} WHERE position = {place}")
        fault = run(rows).faults[0]
        kind = FaultKind.ALTERED if not removed else FaultKind.NEWEST if place == 12 else FaultKind.MISSING
        assert (fault["kind"], fault["position"]) == (kind, place)
        transaction.set_rollback(True)
