"""Acts of the desk that meet on one room's money: a correction, a departure, a refund, a bill. Nothing leaves twice (C-7, C-8)."""

from central.desk.corrections.models import ReclaimEnd
from central.desk.corrections.operations import NotCorrected, Right, correct
from central.desk.corrections.rule import CorrectionRefusal
from central.desk.departures.models import DeparturePaid
from central.desk.departures.paying import pay_cash
from central.desk.departures.refusals import DepartureRefusal, Refused
from central.desk.merchants.models import CardPaidOver, CardPayOver
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import pay
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link import shared_balance
from tests.central import correction_steps, departure_steps
from tests.central.conftest import NOW_MS
from tests.central.departure_steps import approved, gives_back, takes
from tests.central.steps import ROOM, credit, up

RIGHT = "1-302.1"


def faults():
    return [*departure_steps.faults(), *correction_steps.faults()]


def void(cashier, correction_id="c1", right=None):
    return correct(correction_id, 1, right, "typed the wrong room", cashier, now_ms=NOW_MS)


def test_credit_of_a_wrong_receipt_is_not_paid_to_a_room_that_leaves(taker, twin, cashier):
    """The room is being closed, so its gateway can't be asked for the reclaim: its closing settles that first."""
    credit(taker, twin, cashier)
    case = approved(cashier)
    correction_steps.corrected(cashier)
    gives_back(taker, twin, 50_000_000)
    end = ReclaimEnd.objects.get()
    assert (end.taken, end.owed) == (50_000_000, 0)
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS) == Refused(DepartureRefusal.NOTHING_TO_PAY)
    assert balance(chart.cash()) == 50_000_000, "one payment was taken, and it is the right room's"
    assert balance(chart.owed(ROOM, "yuan")) == 0
    assert faults() == []


def test_what_was_used_of_a_wrong_receipt_is_owed_after_the_closing(taker, twin, cashier):
    credit(taker, twin, cashier)
    approved(cashier)
    correction_steps.corrected(cashier)
    gives_back(taker, twin, 20_000_000)
    end = ReclaimEnd.objects.get()
    assert (end.taken, end.owed) == (20_000_000, 30_000_000)
    assert balance(chart.reclaim(ROOM, "yuan")) == 0


def test_money_does_not_go_back_for_credit_that_is_being_refunded(taker, twin, cashier):
    """The gateway was asked for the refund first: nothing will be left for the receipt that is made void."""
    credit(taker, twin, cashier)
    case = approved(cashier, "refund", asked=50_000_000)
    assert void(cashier) == NotCorrected(CorrectionRefusal.NOT_ALL_LEFT)
    takes(taker, twin, 50_000_000)
    assert isinstance(pay_cash(case.pk, cashier, now_ms=NOW_MS), DeparturePaid)
    assert balance(chart.cash()) == 0
    assert faults() == []


def test_money_does_not_go_back_while_the_room_is_closed(taker, twin, cashier):
    credit(taker, twin, cashier)
    approved(cashier)
    assert void(cashier) == NotCorrected(CorrectionRefusal.NOT_ALL_LEFT)


def test_money_does_not_go_back_while_an_earlier_receipt_is_reclaimed(taker, twin, cashier):
    """Corrected to another sum, then made void: what the first reclaim takes is not there for the second one."""
    credit(taker, twin, cashier)
    correction_steps.corrected(cashier, right=ROOM, fen=4_000)
    done = correct("c2", 2, None, "not at all", cashier, now_ms=NOW_MS)
    assert done == NotCorrected(CorrectionRefusal.NOT_ALL_LEFT)
    correction_steps.gives_back(taker, twin)
    assert correction_steps.corrected(cashier, 2, None, correction_id="c3").kind == "none"


def test_what_the_card_system_paid_over_is_paid_over_once(taker, twin, cashier):
    """The receipt in its place would have the same terminal's number, and be matched and settled again."""
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS, how=HowPaid(Payment.Method.CARD, "T-1"))
    over = CardPayOver.objects.create(
        number=1, bank_reference="B", amount_fen=5_000, by=cashier, at_ms=NOW_MS
    )
    CardPaidOver.objects.create(pay_over=over, payment_id="p1")
    assert void(cashier, right=Right(RIGHT, 5_000)) == NotCorrected(CorrectionRefusal.PAID_OVER)


def test_credit_that_was_withdrawn_keeps_no_room_from_sharing_a_balance(campus, cashier):
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    correction_steps.corrected(cashier)
    assert isinstance(shared_balance.merge("1-302", ["1-301"], actor="t", now_ms=NOW_MS), list)


def test_a_refund_pays_what_is_left_above_a_debt(taker, twin, cashier):
    """The wrong receipt's credit was used: what the room owes for it is set off before cash leaves, and never twice."""
    credit(taker, twin, cashier)
    up(taker, twin, twin.consumption(ROOM, 10_000, 10_000))
    correction_steps.corrected(cashier)
    takes(taker, twin, 44_420_000)
    assert balance(chart.owed(ROOM, "yuan")) == 5_580_000
    credit(taker, twin, cashier, "p2")
    case = approved(cashier, "refund", asked=50_000_000)
    takes(taker, twin, 50_000_000)
    assert departure_steps.standing(case).left_fen == 4_442
    paid = pay_cash(case.pk, cashier, now_ms=NOW_MS)
    assert paid.amount_fen == 4_442
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS) == paid
    assert balance(chart.owed(ROOM, "yuan")) == balance(chart.taken_back(ROOM, "yuan")) == 0
    assert faults() == []
