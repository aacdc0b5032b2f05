"""Money that leaves, and the shared books (C-1, C-7, C-8): only what a gateway's answered end says, and nothing absurd."""

from central.desk.paying_out import pay_out_closed_account, pay_out_credit_back
from central.desk.refusals import DeskRefusal, Refused
from central.desk.subsidies.one_account import grant_subsidy
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link import operations
from central.link.models import (
    Closing,
    QuarantinedRow,
)
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind
from tests.central.conftest import NOW_MS
from tests.central.steps import (
    ROOM,
    answered,
    born,
    credit,
    customer,
    last,
    up,
)


def test_c_8_exists_without_a_final_register_is_not_final(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    closing = operations.ask_closing(ROOM, actor="b", why="w", now_ms=NOW_MS)
    first = last("close-account")
    answered(taker, twin, first, CommandOutcome.PENDING)
    born(taker, twin, boot="boot-2", last_command=40)
    answered(taker, twin, last("close-account"), CommandOutcome.EXISTS, detail="closed or being closed")
    closing.refresh_from_db()
    assert closing.state == Closing.State.PENDING
    assert pay_out_closed_account(closing.request_id, cashier, now_ms=NOW_MS) == Refused(
        DeskRefusal.NOT_FINAL
    )
    used = twin.consumption(ROOM, 10_000, 10_000, cause=EntryCause.CLOSING)
    rest = twin.entry(
        EntryKind.TAKEN_BACK, ROOM, -4_420_000, cause=EntryCause.CLOSING, source=first.command_id
    )
    up(taker, twin, used, rest)
    answered(taker, twin, first, taken=rest.lines, final_register_wh=10_000)
    assert pay_out_closed_account(closing.request_id, cashier, now_ms=NOW_MS).amount_fen == 442
    assert customer() == 0


def test_c_8_the_stored_end_of_a_closing_makes_it_final(taker, twin, cashier):
    closing = operations.ask_closing(ROOM, actor="b", why="w", now_ms=NOW_MS)
    answered(taker, twin, last("close-account"), CommandOutcome.EXISTS, final_register_wh=10_000)
    closing.refresh_from_db()
    assert (closing.state, closing.final_register_wh) == (Closing.State.FINAL, 10_000)


def test_c_7_a_subsidy_taken_back_on_request_is_never_paid_out(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    grant_subsidy("s1", ROOM, "subsidy", 50_000_000, actor=cashier, why="w", now_ms=NOW_MS)
    up(taker, twin, twin.granted("s1", ROOM, 50_000_000, bucket="subsidy"))
    operations.ask_credit_back("r1", ROOM, "subsidy", 50_000_000, actor="b", why="w", now_ms=NOW_MS)
    taken = twin.entry(
        EntryKind.TAKEN_BACK, ROOM, -50_000_000, bucket="subsidy", cause=EntryCause.COMMAND, source="r1"
    )
    up(taker, twin, taken)
    answered(taker, twin, last("take-back"), taken=taken.lines)
    assert balance(chart.lapsed("yuan")) == 50_000_000
    assert pay_out_credit_back("r1", cashier, now_ms=NOW_MS) == Refused(DeskRefusal.NOT_REFUNDABLE)
    closing = operations.ask_closing(ROOM, actor="b", why="w", now_ms=NOW_MS)
    rest = twin.entry(EntryKind.TAKEN_BACK, ROOM, -10_000_000, cause=EntryCause.CLOSING)
    up(taker, twin, rest)
    answered(taker, twin, last("close-account"), taken=rest.lines, final_register_wh=1)
    assert pay_out_closed_account(closing.request_id, cashier, now_ms=NOW_MS).amount_fen == 1_000
    assert [c.fault for c in verify_books()] == [""] * 4


def test_c_1_an_amount_that_no_building_uses_does_not_reach_the_shared_books(taker, twin, cashier):
    credit(taker, twin, cashier)
    for amount in (-((1 << 63) - 2), -(10**13) - 1):
        bad = twin.entry(EntryKind.CONSUMPTION, ROOM, amount, meter="m-301", energy_wh=1)
        twin.balances[ROOM, "paid", "yuan"] -= amount
        up(taker, twin, bad)
    assert QuarantinedRow.objects.count() == 2
    up(taker, twin, twin.consumption(ROOM, 10_000, 10_000))
    assert balance(chart.energy_revenue("dormitory", "yuan")) == 5_580_000
    assert [c.fault for c in verify_books()] == [""] * 4
