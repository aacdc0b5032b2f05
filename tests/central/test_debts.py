"""Debts: arrears become owed by entries, are paid, collected, split to the fen, written off; none is ever below zero."""

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from central.campus.models import Account, Bucket
from central.desk.day_close import day_as_it_stands
from central.desk.debts.acts import ask_write_off
from central.desk.debts.listing import debts_now
from central.desk.debts.models import DebtPayment, DebtShare, DebtSplit, DebtWriteOff
from central.desk.debts.operations import collect, split
from central.desk.debts.owing import share_side
from central.desk.debts.paying import pay_debt
from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused
from central.desk.departures.models import Departure
from central.desk.departures.paying import pay_cash
from central.desk.models import Payment, Receipt
from central.desk.money_in import HowPaid
from central.desk.paying_out import pay_out_credit_back
from central.desk.refusals import DeskRefusal
from central.desk.refusals import Refused as DeskRefused
from central.domain.debt_shares import ShareFault, fault_of, split_evenly
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.link.models import TakeBackRequest
from central.office.models import Approval
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.departure_steps import approved, faults, gives_back, sign, signers, takes
from tests.central.steps import ROOM, credit, up

PAID, OWED_FEN = "0a" * 16, 2_232
SHOP = "1-A01.1"


def departed(taker, twin, cashier, wh=40_000):
    """The room used up more than it had and left: 40 kWh at 0.558 are 22.32 yuan owed."""
    case = approved(cashier)
    up(taker, twin, twin.consumption(ROOM, wh, wh))
    gives_back(taker, twin, 0)
    return case


def owes(amount=5_000_000, account=ROOM, unit="yuan"):
    with transaction.atomic():
        book(
            [Draft(f"d-{account}", chart.owed(account, unit), chart.adjustments(unit), amount, "t", NOW_MS)],
            NOW_MS,
        )


def owed(account=ROOM, unit="yuan"):
    return balance(chart.owed(account, unit))


def test_c_8_a_negative_balance_of_a_closed_account_becomes_owed(taker, twin, cashier):
    departed(taker, twin, cashier)
    assert balance(chart.customer(ROOM, "paid", "yuan")) == 0
    assert owed() == OWED_FEN * 10_000
    assert faults() == []


def test_what_an_account_closed_by_an_older_server_is_below_zero_is_listed_and_booked(taker, twin, cashier):
    up(taker, twin, twin.consumption(ROOM, 40_000, 40_000))
    assert debts_now(NOW_MS) == [], "an open room's balance is no debt"
    Account.objects.filter(code=ROOM).update(state=Account.State.CLOSED, closed_ms=NOW_MS)
    assert [(line.room, line.due_fen) for line in debts_now(NOW_MS)] == [("1-301", OWED_FEN)]
    pay_debt(PAID, ROOM, OWED_FEN, cashier, now_ms=NOW_MS)
    assert debts_now(NOW_MS) == []
    assert (owed(), balance(chart.customer(ROOM, "paid", "yuan"))) == (0, 0)
    assert faults() == []


def test_a_debt_is_paid_with_a_receipt_once(taker, twin, cashier):
    departed(taker, twin, cashier)
    paid = pay_debt(PAID, ROOM, 1_000, cashier, now_ms=NOW_MS)
    again = pay_debt(PAID, ROOM, 1_000, cashier, now_ms=NOW_MS)
    assert (paid.existed, again.existed, again.receipt) == (False, True, paid.receipt)
    assert pay_debt(PAID, ROOM, 1_001, cashier, now_ms=NOW_MS) == DeskRefused(
        DeskRefusal.EXISTS_WITH_DIFFERENT
    )
    assert (owed(), balance(chart.cash())) == (12_320_000, 10_000_000)
    payment = Payment.objects.get()
    assert (payment.purpose, payment.grant, payment.bucket) == ("debt", None, "")
    assert paid.receipt.occupants == "Li、Wang" or paid.receipt.occupants == "Wang、Li"
    more = pay_debt("0b" * 16, ROOM, 1_233, cashier, now_ms=NOW_MS)
    assert more == Refused(Why.MORE_THAN_OWED, "1232")
    how = HowPaid(Payment.Method.TRANSFER, "bank-1")
    assert not pay_debt("0b" * 16, ROOM, 1_232, cashier, now_ms=NOW_MS, how=how).existed
    assert pay_debt("0c" * 16, ROOM, 1, cashier, now_ms=NOW_MS) == Refused(Why.NOTHING_OWED, ROOM)
    assert Receipt.objects.count() == 2
    assert DebtPayment.objects.count() == 2
    totals = day_as_it_stands(payment.shift.day).totals
    assert (totals.dormitory, totals.receipts) == (2_232, 2), (
        "a debt for electricity counts as the room's payment"
    )
    assert faults() == []


def test_a_debt_in_kwh_is_priced_at_the_day_it_is_paid(taker, twin, cashier):
    for text in KWH_LISTS:
        import_list(text, NOW_MS)
    owes(12_345, SHOP, "kwh")
    paid = pay_debt(PAID, SHOP, 500, cashier, now_ms=NOW_MS)
    assert paid.receipt.amount_fen == 500
    assert (owed(SHOP, "kwh"), owed(SHOP)) == (0, 4_890_000), "9.89 yuan, and what is below a fen let go"
    assert faults() == []


def test_a_person_without_a_shift_takes_no_debt(taker, twin, cashier):
    departed(taker, twin, cashier)
    assert pay_debt(PAID, ROOM, 100, signers()[0], now_ms=NOW_MS) == DeskRefused(DeskRefusal.NO_SHIFT)
    assert pay_debt("a/b", ROOM, 100, cashier, now_ms=NOW_MS) == DeskRefused(DeskRefusal.BAD_PAYMENT_ID)
    assert pay_debt(PAID, ROOM, 0, cashier, now_ms=NOW_MS) == Refused(Why.NOT_POSITIVE)
    assert pay_debt(PAID, "9-9.1", 1, cashier, now_ms=NOW_MS) == Refused(Why.UNKNOWN_DEBT, "9-9.1")
    assert not Payment.objects.exists()


def test_c_7_a_debt_is_collected_from_the_credit_that_the_room_has(taker, twin, cashier):
    credit(taker, twin, cashier, fen=300)
    owes()
    asked = collect(ROOM, "k1", why="debt", actor=cashier, now_ms=NOW_MS)
    assert collect(ROOM, "k1", why="debt", actor=cashier, now_ms=NOW_MS) == asked
    assert collect(ROOM, "k2", why="debt", actor=cashier, now_ms=NOW_MS) == Refused(Why.STILL_COLLECTED, ROOM)
    assert pay_debt(PAID, ROOM, 100, cashier, now_ms=NOW_MS) == Refused(Why.STILL_COLLECTED, ROOM)
    takes(taker, twin, 3_000_000)
    assert owed() == 2_000_000, "what it took is settled, the rest stays owed"
    assert balance(chart.taken_back(ROOM, "yuan")) == 0
    assert pay_out_credit_back(asked.pk, cashier, now_ms=NOW_MS) == DeskRefused(DeskRefusal.NOT_REFUNDABLE)
    assert collect(ROOM, "k2", why="debt", actor=cashier, now_ms=NOW_MS) == Refused(Why.NO_CREDIT, ROOM)
    assert faults() == []


def test_collecting_is_refused_by_name(taker, twin, cashier):
    assert collect(ROOM, "k", why="w", actor=cashier, now_ms=NOW_MS) == Refused(Why.NOTHING_OWED, ROOM)
    assert collect(ROOM, "k", why=" ", actor=cashier, now_ms=NOW_MS) == Refused(Why.NO_REASON)
    owes(1, ROOM, "kwh")
    assert collect(ROOM, "k", why="w", actor=cashier, now_ms=NOW_MS) == Refused(Why.OTHER_UNIT, ROOM)
    departed(taker, twin, cashier)
    assert collect(ROOM, "k", why="w", actor=cashier, now_ms=NOW_MS) == Refused(Why.ACCOUNT_NOT_OPEN, ROOM)


def test_arrears_are_split_and_each_share_goes_its_own_way(taker, twin, cashier):
    departed(taker, twin, cashier)
    shares = [("Wang", 1_116), ("Li", 1_116)]
    made = split("5" * 32, ROOM, shares, why="moved out", actor=cashier, now_ms=NOW_MS)
    assert isinstance(made, DebtSplit), made
    assert split("5" * 32, ROOM, shares, why="moved out", actor=cashier, now_ms=NOW_MS) == made
    assert owed() == 0
    wang, li = made.shares.all()
    assert pay_debt(PAID, ROOM, 1_117, cashier, now_ms=NOW_MS, share_id=wang.pk).why == Why.MORE_THAN_OWED
    receipt = pay_debt(PAID, ROOM, 1_116, cashier, now_ms=NOW_MS, share_id=wang.pk).receipt
    assert receipt.occupants == "Wang"
    request = ask_write_off(ROOM, li.pk, 1_116, "k", why="gone abroad", actor=cashier, now_ms=NOW_MS)
    assert not DebtWriteOff.objects.exists()
    assert sign(request.number).state == Approval.State.APPROVED
    assert balance(share_side(wang)) == balance(share_side(li)) == 0
    assert balance(chart.bad_debts()) == 11_160_000
    assert faults() == []


def test_a_split_that_does_not_make_the_debt_is_refused(taker, twin, cashier):
    def why(shares, code=ROOM):
        return split("5" * 32, code, shares, why="w", actor=cashier, now_ms=NOW_MS)

    owes()
    assert why([("Wang", 500)]) == Refused(Why.STILL_OPEN, ROOM)
    departed(taker, twin, cashier)
    wrong = {
        ShareFault.OTHER_SUM: [("Wang", 2_231)],
        ShareFault.NOBODY: [],
        ShareFault.NO_NAME: [(" ", OWED_FEN)],
        ShareFault.NAMED_TWICE: [("Wang", 1), ("Wang", OWED_FEN - 1)],
        ShareFault.NOT_POSITIVE: [("Wang", 0), ("Li", OWED_FEN)],
        ShareFault.TOO_MANY: [(str(n), 1) for n in range(21)],
    }
    for fault, shares in wrong.items():
        assert why(shares) == Refused(Why.NOT_THE_DEBT, fault.value)
    assert not DebtShare.objects.exists()


def test_a_write_off_of_more_than_is_owed_by_then_is_not_carried_out(taker, twin, cashier):
    departed(taker, twin, cashier)
    request = ask_write_off(ROOM, None, OWED_FEN, "k", why="w", actor=cashier, now_ms=NOW_MS)
    pay_debt(PAID, ROOM, 1, cashier, now_ms=NOW_MS)
    done = sign_once_all_are_there(request.number)
    assert done.state == Approval.State.FAILED
    assert not DebtWriteOff.objects.exists()
    assert owed() == (OWED_FEN - 1) * 10_000


def sign_once_all_are_there(number):
    signers()
    return sign(number)


@given(st.integers(1, 10**9), st.integers(1, 20))
def test_even_shares_make_the_debt_exactly_and_differ_by_a_fen(total, persons):
    shares = split_evenly(total, persons)
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1
    named = [(str(n), fen) for n, fen in enumerate(shares)]
    assert fault_of(total, named) == (ShareFault.NOT_POSITIVE if total < persons else None)


@settings(
    max_examples=12 if connection.vendor == "sqlite" else 4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["refund", "used", "paid"]), st.integers(1, 6_000_000), st.integers(0, 9_000_000)
        ),
        max_size=5,
    ),
    st.integers(0, 9_000_000),
)
def test_c_7_no_more_ever_leaves_than_the_gateway_gave_back(taker, twin, cashier, acts, final):
    """Whatever is asked, used meanwhile and given back: cash out is at most what came back, and the books hold."""
    with transaction.atomic(), transaction.atomic(using="telemetry"):
        twin.balances.clear()
        twin.seq = twin.entries = 0
        credit(taker, twin, cashier, fen=1_000)
        back, register = 0, 0
        for number, (act, asked, given_back) in enumerate(acts):
            if act == "used":
                register += asked // 558
                up(taker, twin, twin.consumption(ROOM, asked // 558, register))
            elif act == "refund":
                case = approved_or_none(cashier, number, asked)
                if case is not None:
                    taken = min(given_back, asked, max(twin.balances[ROOM, "paid", "yuan"], 0))
                    takes(taker, twin, taken)
                    back += taken
                    pay_cash(case.pk, cashier, now_ms=NOW_MS)
        case = approved_or_none(cashier, 99, 0, "departure")
        assert case is not None
        left = min(final, max(twin.balances[ROOM, "paid", "yuan"], 0))
        gives_back(taker, twin, left)
        back += left
        pay_cash(case.pk, cashier, now_ms=NOW_MS)
        out = 10_000_000 - balance(chart.cash())
        assert 0 <= out <= back
        assert faults() == []
        transaction.set_rollback(True)
        transaction.set_rollback(True, using="telemetry")


def approved_or_none(cashier, number, asked, kind="refund"):
    signers()
    from tests.central.departure_steps import ask

    case = ask(cashier, kind, f"{number:032d}", asked=asked)
    if not isinstance(case, Departure):
        return None
    assert sign(case).state == Approval.State.APPROVED
    return case


@pytest.mark.parametrize("amount", [1, 9_999])
def test_less_than_a_fen_is_let_go(taker, twin, cashier, amount):
    owes(10_000 + amount)
    assert pay_debt(PAID, ROOM, 1, cashier, now_ms=NOW_MS).receipt.amount_fen == 1
    assert (owed(), balance(chart.rounding())) == (0, -amount)
    assert faults() == []


def test_c_7_a_debt_is_collected_from_credit_that_is_never_paid_out(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    Bucket.objects.filter(name="paid").update(refundable=False)
    owes()
    collect(ROOM, "c1", why="debt", actor=cashier, now_ms=NOW_MS)
    takes(taker, twin, 5_000_000)
    assert (owed(), balance(chart.taken_back(ROOM, "yuan")), balance(chart.lapsed("yuan"))) == (0, 0, 0)
    assert faults() == []


@pytest.mark.parametrize("key", ["a b", "x/+#", "é" * 3, "x" * 70])
def test_no_gateway_is_asked_by_a_name_that_is_none(taker, twin, cashier, key):
    credit(taker, twin, cashier, fen=1_000)
    owes()
    done = collect(ROOM, key, why="debt", actor=cashier, now_ms=NOW_MS)
    assert done == Refused(Why.BAD_ID, f"dc-{key}")
    assert not TakeBackRequest.objects.exists()


def test_what_is_taken_beyond_the_debt_of_then_stays_the_rooms(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    owes()
    collect(ROOM, "c1", why="debt", actor=cashier, now_ms=NOW_MS)
    with transaction.atomic():
        book(
            [Draft("less", chart.adjustments("yuan"), chart.owed(ROOM, "yuan"), 2_000_000, "t", NOW_MS)],
            NOW_MS,
        )
    takes(taker, twin, 5_000_000)
    assert (owed(), balance(chart.taken_back(ROOM, "yuan"))) == (0, 2_000_000)
    assert faults() == []
