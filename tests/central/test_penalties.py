"""Penalties as debts of their own: paid at the desk under their own head, changed by entries, never below zero (R-4.2.4)."""

from itertools import count

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.campus.models import Account
from central.dashboard.my_room.queries import _payments
from central.desk.day_close import day_as_it_stands
from central.desk.debts import penalties
from central.desk.debts.acts import ask_write_off
from central.desk.debts.listing import debts_now
from central.desk.debts.operations import collect
from central.desk.debts.paying import pay_debt
from central.desk.debts.penalties import Penalty, change_penalty, due_fen, lay_penalty, pay_penalty_back
from central.desk.debts.penalty_models import DebtPenalty, PenaltyChange, PenaltyPaidBack
from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused
from central.desk.models import Receipt
from central.desk.operations import Paid
from central.desk.receipt_content import content_of
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.office.acts import Approved
from central.office.models import User
from central.reports.merchant_rows import movements
from tests.central.conftest import NOW_MS
from tests.central.departure_steps import faults, sign, signers
from tests.central.steps import ROOM

FEN = 10_000
SUM = 10_044
CASES = count(1_000, 1_000)


def by(cashier, number=7):
    return Approved(number, cashier, (), "tapped the corridor", NOW_MS)


@pytest.fixture
def laid(twin, cashier):
    account = Account.objects.select_related("point__room").get(code=ROOM)
    done = lay_penalty(Penalty(3, account, "Wang、Li", 180_000, 558_000, SUM), by(cashier))
    assert isinstance(done, DebtPenalty), done
    return done


def pays(laid, cashier, fen, payment_id):
    return pay_debt(payment_id, ROOM, fen, cashier, now_ms=NOW_MS, penalty_id=laid.pk)


def test_a_penalty_is_a_debt_of_its_own_and_its_money_has_its_own_head(laid, cashier):
    line = debts_now(NOW_MS)[0]
    assert (line.people, line.due_fen, line.is_rooms, line.query) == (("Wang、Li",), SUM, False, "?penalty=7")
    assert balance(chart.owed(ROOM, "yuan")) == 0 == balance(chart.customer(ROOM, "paid", "yuan"))
    paid = pays(laid, cashier, 5_000, "0a" * 16)
    assert isinstance(paid, Paid), paid
    assert pays(laid, cashier, 5_000, "0a" * 16).receipt == paid.receipt
    assert content_of(Receipt.objects.get()).penalty == 3
    totals = day_as_it_stands(paid.receipt.shift.day).totals
    assert (totals.penalty, totals.dormitory, totals.total, totals.cash) == (5_000, 0, 5_000, 5_000)
    assert (due_fen(laid), balance(chart.penalties())) == (SUM - 5_000, SUM * FEN)
    (spent,) = movements([laid.account], NOW_MS - 1, NOW_MS + 1)
    assert sum(spent.paid_fen.values()) == 0, "never takings of energy"
    with translation.override("en"):
        assert [one.purpose for one in _payments(laid.account)] == ["Penalty for stolen power"]
    assert pays(laid, cashier, SUM, "0b" * 16).why is Why.MORE_THAN_OWED
    assert faults() == []


def test_a_penalty_is_laid_once_and_never_collected_from_credit(laid, cashier):
    account = Account.objects.select_related("point__room").get(code=ROOM)
    again = lay_penalty(Penalty(3, account, "x", 1, 1, 1), by(cashier, 8))
    assert again == Refused(Why.EXISTS_WITH_DIFFERENT, "3")
    assert collect(ROOM, "k1", why="debt", actor=cashier, now_ms=NOW_MS).why is Why.NOTHING_OWED


def test_annulled_after_it_was_paid_in_part_the_rest_is_let_go_and_the_part_counted_out(laid, cashier):
    pays(laid, cashier, 5_000, "0a" * 16)
    change = change_penalty(laid, 0, 0, by(cashier, 9))
    assert isinstance(change, PenaltyChange)
    assert (due_fen(laid), change.back_fen, balance(chart.penalty_back(3))) == (0, 5_000, 5_000 * FEN)
    assert change_penalty(laid, 0, 0, by(cashier, 10)).why is Why.EXISTS_WITH_DIFFERENT
    assert faults() == []
    done = pay_penalty_back(3, cashier, now_ms=NOW_MS)
    assert done == pay_penalty_back(3, cashier, now_ms=NOW_MS)
    other = User.objects.create_user("ben", role="cashier")
    assert pay_penalty_back(3, other, now_ms=NOW_MS).why is Why.NOTHING_OWED, (
        "nobody counts it out a second time"
    )
    assert PenaltyPaidBack.objects.get().amount_fen == 5_000
    assert (balance(chart.penalty_back(3)), balance(chart.penalties()), balance(chart.cash())) == (0, 0, 0)
    assert faults() == []


def test_a_written_off_penalty_that_is_annulled_leaves_no_loss(laid, cashier):
    signers()
    asked = ask_write_off(
        ROOM, None, SUM, "k" * 32, why="left", actor=cashier, now_ms=NOW_MS, penalty_id=laid.pk
    )
    assert sign(asked.number).state == "approved"
    assert (due_fen(laid), balance(chart.bad_debts())) == (0, SUM * FEN)
    assert isinstance(change_penalty(laid, 0, 0, by(cashier, 99)), PenaltyChange)
    assert (balance(chart.bad_debts()), balance(chart.penalties()), debts_now(NOW_MS)) == (0, 0, [])
    assert faults() == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.integers(0, SUM), left=st.integers(0, SUM - 1), after=st.integers(1, SUM))
def test_whatever_was_paid_and_left_the_books_hold(laid, cashier, before, left, after):
    case = next(CASES)
    one = lay_penalty(Penalty(case, laid.account, "Li", 1_000, 558_000, SUM), by(cashier, case))
    if before:
        assert isinstance(pays(one, cashier, before, f"{case:032x}"), Paid)
    assert isinstance(change_penalty(one, 0, left, by(cashier, case + 500)), PenaltyChange)
    assert (due_fen(one), balance(chart.penalty_back(case))) == (
        max(0, left - before),
        max(0, before - left) * FEN,
    )
    paid = pays(one, cashier, after, f"{case + 500:032x}")
    assert isinstance(paid, Paid) == (after <= left - before)
    pay_penalty_back(case, cashier, now_ms=NOW_MS)
    assert penalties.paid_fen(one) - max(0, before - left) <= left
    assert faults() == []
