"""A correction of the day (R-4.1.5, C-7): the wronged room is credited at once, of the other only what is left is taken."""

import pytest

from central.campus.models import Account
from central.clock import campus_day
from central.desk import operations as desk
from central.desk.charges import Wanted, charge
from central.desk.corrections import operations as correcting
from central.desk.corrections.models import Correction, Reclaim, ReclaimEnd
from central.desk.corrections.operations import Corrected, Right, correct
from central.desk.corrections.reclaims import ReclaimRefusal, State, ask_again
from central.desk.corrections.rule import CorrectionRefusal, NotCorrected
from central.desk.day_close import close_day, day_as_it_stands
from central.desk.models import Payment, Receipt
from central.desk.money_in import HowPaid
from central.desk.operations import pay
from central.desk.paying_out import pay_out_credit_back
from central.desk.print_models import ReceiptVoid
from central.desk.queries import not_yet_supplied
from central.desk.refusals import DeskRefusal, Refused
from central.desk.sales import Basket, sell
from central.desk.shift_models import Shift
from central.desk.shifts import drawer_tie
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.ledger import chart_of_accounts as chart
from central.ledger.models import AuditEntry
from central.ledger.queries import balance
from central.link.models import Command, Delivery, Gateway, Grant, TakeBackRequest
from central.link.operations import enrol_gateway
from central.office.models import DatedValue, User
from central.office.repair_lists import publish_at_console
from gateway.contract.commands import decode_command
from gateway.contract.facts import CommandOutcome
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.correction_steps import (
    FEN,
    RIGHT,
    WRONG,
    corrected,
    faults,
    gives_back,
    left,
    owed,
    reclaimed,
    refuses,
    standing,
)
from tests.central.steps import answered, born, credit, up
from tests.open_shifts import off_shift, on_shift

DAY_MS = 86_400_000
SOUTH = "2-101.1"


def test_the_wronged_room_is_credited_at_once_and_the_receipt_void(taker, twin, cashier):
    credit(taker, twin, cashier)
    correction = corrected(cashier)
    void = correction.void
    assert (void.receipt_id, void.replaced_by_id, void.reason) == (1, 2, "typed the wrong room")
    assert (void.replaced_by.room, void.replaced_by.amount_fen) == ("1-302", 5_000)
    assert left(RIGHT) == 5_000 * FEN
    assert Grant.objects.get(account__code=RIGHT).delivery.command is not None, "sent, not only booked"
    assert standing(correction).state is State.ASKED
    assert reclaimed(WRONG) == 5_000 * FEN
    assert balance(chart.cash()) == 5_000 * FEN, "the cash that lies there has not moved"
    assert faults() == []


def test_c_7_a_room_that_consumed_between_gives_what_is_left_and_owes_the_rest(taker, twin, cashier):
    credit(taker, twin, cashier)
    correction = corrected(cashier)
    up(taker, twin, twin.consumption(WRONG, 50_000, 50_000))
    assert gives_back(taker, twin) == 50_000_000 - 27_900_000
    stands = standing(correction)
    assert (stands.state, stands.taken, stands.owed) == (State.OWED, 22_100_000, 27_900_000)
    assert (left(WRONG), owed(WRONG), reclaimed(WRONG)) == (0, 27_900_000, 0)
    assert balance(chart.taken_back(WRONG, "yuan")) == 0, "it is nobody's to be paid out"
    assert faults() == []


def test_c_7_offline_the_answer_comes_days_later(taker, twin, cashier):
    credit(taker, twin, cashier)
    Gateway.objects.update(online=False)
    correction = corrected(cashier)
    assert left(RIGHT) == 5_000 * FEN
    twin.now_ms = NOW_MS + 3 * DAY_MS
    up(taker, twin, twin.consumption(WRONG, 1_000, 1_000))
    gives_back(taker, twin)
    assert (standing(correction).taken, standing(correction).owed) == (50_000_000 - 558_000, 558_000)
    assert faults() == []


def test_c_7_already_negative_nothing_is_taken_and_all_is_owed(taker, twin, cashier):
    credit(taker, twin, cashier)
    up(taker, twin, twin.consumption(WRONG, 100_000, 100_000))
    correction = corrected(cashier)
    assert gives_back(taker, twin) == 0
    assert (standing(correction).taken, standing(correction).owed) == (0, 50_000_000)
    assert (left(WRONG), owed(WRONG)) == (-5_800_000, 50_000_000)
    assert faults() == []


def test_what_the_gateway_took_is_never_paid_out(taker, twin, cashier):
    credit(taker, twin, cashier)
    correction = corrected(cashier)
    gives_back(taker, twin)
    refused = pay_out_credit_back(correction.reclaim_id, cashier, now_ms=NOW_MS)
    assert refused == Refused(DeskRefusal.NOT_REFUNDABLE)


def test_a_refusing_gateway_is_asked_again(taker, twin, cashier):
    credit(taker, twin, cashier)
    correction = corrected(cashier)
    assert ask_again(correction.reclaim_id, actor=cashier, now_ms=NOW_MS) is ReclaimRefusal.STILL_ASKED
    refuses(taker, twin)
    assert (standing(correction).state, standing(correction).outcome) == (State.REFUSED, "refused")
    assert reclaimed(WRONG) == 5_000 * FEN, "neither taken nor owed"
    assert faults() == []
    for _time in range(2):
        asked = ask_again(correction.reclaim_id, actor=cashier, now_ms=NOW_MS + 1)
        assert standing(correction).state is State.ASKED
        refuses(taker, twin)
    assert asked.request_id == f"{correction.reclaim_id}.3"
    ask_again(correction.reclaim_id, actor=cashier, now_ms=NOW_MS + 1)
    gives_back(taker, twin)
    assert standing(correction).state is State.TAKEN
    assert ask_again(correction.reclaim_id, actor=cashier, now_ms=NOW_MS) is ReclaimRefusal.ENDED
    assert ask_again("cr-none", actor=cashier, now_ms=NOW_MS) is ReclaimRefusal.UNKNOWN
    assert faults() == []


def test_a_gateway_that_is_being_restored_is_asked_when_it_is_back(taker, twin, cashier):
    credit(taker, twin, cashier)
    Gateway.objects.update(awaits_epoch=True)
    correction = corrected(cashier)
    assert standing(correction).state is State.NOT_ASKED
    refused = ask_again(correction.reclaim_id, actor=cashier, now_ms=NOW_MS)
    assert refused is ReclaimRefusal.CANNOT_BE_ASKED
    Gateway.objects.update(awaits_epoch=False)
    assert isinstance(ask_again(correction.reclaim_id, actor=cashier, now_ms=NOW_MS), TakeBackRequest)
    gives_back(taker, twin)
    assert standing(correction).state is State.TAKEN
    assert faults() == []


def test_an_answer_said_twice_settles_once(taker, twin, cashier):
    credit(taker, twin, cashier)
    correction = corrected(cashier)
    gives_back(taker, twin)
    command = Command.objects.get(kind="take-back")
    answered(taker, twin, command, CommandOutcome.EXISTS)
    born(taker, twin, boot="boot-2", last_command=command.number)
    answered(taker, twin, command)
    assert ReclaimEnd.objects.get().taken == standing(correction).taken == 50_000_000
    assert faults() == []


def test_the_grant_goes_before_the_request_of_the_same_room(taker, twin, cashier):
    """A smaller sum for the same room: its new credit is there when the old is taken, so that only the difference can be owed."""
    credit(taker, twin, cashier, fen=10_000)
    up(taker, twin, twin.consumption(WRONG, 150_000, 150_000))
    correction = corrected(cashier, right=WRONG, fen=5_000)
    assert correction.kind == Correction.Kind.AMOUNT
    receipt = correction.void.replaced_by
    assert (receipt.balance_before, receipt.balance_after) == (-83_700_000, -33_700_000), (
        "without the void credit"
    )
    sent = Command.objects.filter(kind__in=["grant", "take-back"]).order_by("number")
    assert list(sent.values_list("kind", flat=True)) == ["grant", "grant", "take-back"]
    up(taker, twin, twin.granted("p-c1", WRONG, 50_000_000))
    assert gives_back(taker, twin) == 66_300_000
    assert (left(WRONG), owed(WRONG)) == (0, 33_700_000), "used 83.70 of the 50.00 that were paid"
    assert balance(chart.cash()) == 5_000 * FEN
    assert drawer_tie(Shift.objects.get(), 0).taken_fen == 5_000
    assert faults() == []


def test_a_larger_sum_takes_the_difference(taker, twin, cashier):
    credit(taker, twin, cashier)
    corrected(cashier, right=WRONG, fen=20_000)
    up(taker, twin, twin.granted("p-c1", WRONG, 200_000_000))
    assert gives_back(taker, twin) == 50_000_000
    assert (left(WRONG), owed(WRONG), balance(chart.cash())) == (200_000_000, 0, 20_000 * FEN)
    assert faults() == []


def test_after_midnight_it_is_refused_and_nothing_is_done(taker, twin, cashier):
    credit(taker, twin, cashier)
    at = NOW_MS
    while campus_day(at) == campus_day(NOW_MS):
        at += 60_000
    last_minute, first_minute = at - 60_000, at
    right = Right(RIGHT, 5_000)
    refused = correct("c1", 1, right, "w", cashier, now_ms=first_minute)
    assert refused == NotCorrected(CorrectionRefusal.NOT_TODAY)
    assert not ReceiptVoid.objects.exists()
    assert left(RIGHT) == 0
    assert isinstance(correct("c1", 1, right, "w", cashier, now_ms=last_minute), Corrected)


def test_the_rule_is_a_dated_setting(taker, twin, cashier):
    credit(taker, twin, cashier)
    DatedValue.objects.create(
        code="correction.same-day-only", place="campus", value=False, from_ms=0, made_by="t", made_ms=0
    )
    assert corrected(cashier, now_ms=NOW_MS + DAY_MS)


def test_on_a_closed_day_the_void_is_of_the_shift_that_gives_the_money_back(taker, twin, cashier):
    credit(taker, twin, cashier)
    today = campus_day(NOW_MS)
    off_shift(Shift.objects.get(), NOW_MS + 1)
    assert close_day(today, cashier, now_ms=NOW_MS + 2)
    later = on_shift(cashier, NOW_MS + 3, float_fen=10_000)
    assert later.day > today
    corrected(cashier, fen=3_000, now_ms=NOW_MS + 4)
    closed, following = day_as_it_stands(today), day_as_it_stands(later.day)
    assert (closed.totals.total, closed.totals.voids) == (5_000, 0)
    assert (following.totals.total, following.totals.receipts, following.totals.voids) == (-2_000, 1, 1)
    assert drawer_tie(later, 0).expected_fen == 8_000
    assert faults() == []


def test_the_same_page_corrects_once(taker, twin, cashier):
    credit(taker, twin, cashier)
    first = corrected(cashier)
    again = correct("c1", 1, Right(RIGHT, 5_000), "w", cashier, now_ms=NOW_MS + DAY_MS)
    assert again == Corrected(first, True), "also when the page is sent again on the next day"
    for other in (Right(RIGHT, 6_000), Right(WRONG, 5_000), None):
        refused = correct("c1", 1, other, "w", cashier, now_ms=NOW_MS)
        assert refused == NotCorrected(CorrectionRefusal.EXISTS_WITH_DIFFERENT)
    second = correct("c2", 1, Right(RIGHT, 5_000), "w", cashier, now_ms=NOW_MS)
    assert second == NotCorrected(CorrectionRefusal.ALREADY_VOID)
    assert Receipt.objects.count() == 2


def test_the_receipt_in_its_place_can_be_corrected(taker, twin, cashier):
    credit(taker, twin, cashier)
    corrected(cashier)
    corrected(cashier, number=2, right=WRONG, correction_id="c2")
    assert [void.replaced_by_id for void in ReceiptVoid.objects.order_by("pk")] == [2, 3]
    totals = day_as_it_stands(campus_day(NOW_MS)).totals
    assert (totals.total, totals.receipts, totals.voids) == (5_000, 3, 2)
    assert faults() == []


@pytest.mark.parametrize(
    ("right", "reason", "why"),
    [
        (Right(RIGHT, 5_000), "  ", CorrectionRefusal.NO_REASON),
        (Right(WRONG, 5_000), "w", CorrectionRefusal.NOTHING_DIFFERS),
    ],
)
def test_what_changes_nothing_is_refused(taker, twin, cashier, right, reason, why):
    credit(taker, twin, cashier)
    assert correct("c1", 1, right, reason, cashier, now_ms=NOW_MS) == NotCorrected(why)
    assert correct("c1", 9, right, "w", cashier, now_ms=NOW_MS) == NotCorrected(
        CorrectionRefusal.UNKNOWN_RECEIPT
    )


@pytest.mark.parametrize(
    ("right", "why"),
    [
        (Right("none.1", 5_000), DeskRefusal.UNKNOWN_ACCOUNT),
        (Right(RIGHT, 1), DeskRefusal.BELOW_MINIMUM),
        (Right(RIGHT, 0), DeskRefusal.NOT_POSITIVE),
    ],
)
def test_what_can_not_be_sold_leaves_the_receipt_as_it_is(taker, twin, cashier, right, why):
    credit(taker, twin, cashier)
    refused = correct("c1", 1, right, "w", cashier, now_ms=NOW_MS)
    assert isinstance(refused, Refused)
    assert refused.why == why
    assert not ReceiptVoid.objects.exists()
    assert not Command.objects.filter(kind="take-back").exists()


def test_without_a_shift_or_the_cash_nothing_is_corrected(taker, twin, cashier):
    credit(taker, twin, cashier)
    other = User.objects.create_user("berta", role="cashier")
    assert correct("c1", 1, None, "w", other, now_ms=NOW_MS) == Refused(DeskRefusal.NO_SHIFT)
    off_shift(Shift.objects.get(), NOW_MS)
    on_shift(other, NOW_MS, float_fen=1_000)
    refused = correct("c1", 1, Right(WRONG, 2_000), "w", other, now_ms=NOW_MS)
    assert refused == NotCorrected(CorrectionRefusal.DRAWER_TOO_LOW)
    assert (Receipt.objects.count(), Payment.objects.count()) == (1, 1), "the new receipt is gone with it"
    assert isinstance(correct("c2", 1, Right(RIGHT, 5_000), "w", other, now_ms=NOW_MS), Corrected)
    assert faults() == []


def test_a_sale_that_should_not_have_been_is_given_back_while_all_is_left(taker, twin, cashier):
    credit(taker, twin, cashier)
    up(taker, twin, twin.consumption(WRONG, 1_000, 1_000))
    refused = correct("c1", 1, None, "paid twice", cashier, now_ms=NOW_MS)
    assert refused == NotCorrected(CorrectionRefusal.NOT_ALL_LEFT)
    credit(taker, twin, cashier, payment_id="p2")
    Gateway.objects.update(online=False)
    assert correct("c1", 2, None, "paid twice", cashier, now_ms=NOW_MS) == refused, (
        "nobody knows what is left"
    )
    Gateway.objects.update(online=True, last_seen_ms=NOW_MS - 31 * 60_000)
    assert correct("c1", 2, None, "paid twice", cashier, now_ms=NOW_MS) == refused, (
        "the broker's word proves nothing"
    )
    Gateway.objects.update(last_seen_ms=NOW_MS)
    corrected(cashier, number=2, right=None)
    gives_back(taker, twin)
    assert left(WRONG) == 50_000_000 - 558_000
    assert balance(chart.cash()) == 5_000 * FEN
    totals = day_as_it_stands(campus_day(NOW_MS)).totals
    assert (totals.total, totals.voids) == (5_000, 1)
    assert faults() == []


def test_credit_kept_in_kwh_goes_back_in_kwh(taker, twin, cashier):
    for text in KWH_LISTS:
        import_list(text)
    shop = "1-A01.1"
    pay("p1", shop, 8_012, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.granted("p-p1", shop, 100_000, unit="kwh"))
    up(taker, twin, twin.entry(twin_consumption(), shop, -30_000, unit="kwh", energy_wh=30_000))
    correction = corrected(cashier, fen=8_012)
    assert (reclaimed(shop, "kwh"), balance(chart.energy_sales("kwh-shop"))) == (100_000, 0)
    assert balance(chart.energy_sold("kwh-shop")) == 0
    assert left(RIGHT) == 8_012 * FEN, "the right room is kept in yuan"
    assert gives_back(taker, twin) == 70_000
    assert (left(shop, unit="kwh"), owed(shop, "kwh"), standing(correction).taken) == (0, 30_000, 70_000)
    assert faults() == []


def twin_consumption():
    from gateway.contract.facts import EntryKind

    return EntryKind.CONSUMPTION


def test_a_room_that_shares_a_balance_is_corrected_on_who_pays(taker, twin, cashier):
    import_list("building,room,class,meter,price\n1,303,dormitory,m-303,0.558\n")
    Account.objects.filter(code="1-303.1").update(pays_from=Account.objects.get(code=RIGHT))
    credit(taker, twin, cashier)
    correction = corrected(cashier, right="1-303.1")
    assert left(RIGHT) == 5_000 * FEN, "1-302 pays for 1-303"
    again = correct("c1", 1, Right("1-303.1", 5_000), "w", cashier, now_ms=NOW_MS)
    assert again == Corrected(correction, True)
    refused = correct("c2", 2, Right(RIGHT, 5_000), "w", cashier, now_ms=NOW_MS)
    assert refused == NotCorrected(CorrectionRefusal.NOTHING_DIFFERS), "it is the same balance"
    assert faults() == []


def test_without_a_gateway_the_credit_is_withdrawn_whole(taker, twin, cashier):
    pay("p1", SOUTH, 5_000, cashier, now_ms=NOW_MS)
    pay("p2", SOUTH, 3_000, cashier, now_ms=NOW_MS)
    correction = corrected(cashier)
    stands = standing(correction)
    assert (stands.state, stands.by_books, stands.taken) == (State.TAKEN, True, 50_000_000)
    assert left(SOUTH) == 30_000_000
    assert "p-p1" not in [row.delivery.grant_id for row in not_yet_supplied()]
    key = twin.public_key
    enrol_gateway("gw-2", "2", key, actor="t", now_ms=NOW_MS)
    assert Delivery.objects.filter(gateway="gw-2").values_list("pk", flat=True).get() == "p-p2"
    assert faults() == []


def test_a_card_pays_for_the_receipt_in_its_place_by_the_same_number(taker, twin, cashier):
    card = HowPaid(Payment.Method.CARD, "T-1")
    pay("p1", WRONG, 5_000, cashier, now_ms=NOW_MS, how=card)
    corrected(cashier)
    corrected(cashier, number=2, right=WRONG, fen=7_000, correction_id="c2", reference="T-2")
    assert list(Payment.objects.order_by("receipt__number").values_list("method_reference", flat=True)) == [
        "T-1",
        "T-1",
        "T-2",
    ]
    assert (balance(chart.card_clearing()), balance(chart.cash())) == (7_000 * FEN, 0)
    assert drawer_tie(Shift.objects.get(), 0).expected_fen == 0
    assert day_as_it_stands(campus_day(NOW_MS)).totals.card == 7_000
    assert isinstance(pay("p3", RIGHT, 5_000, cashier, now_ms=NOW_MS, how=card), desk.Paid), (
        "T-1 pays for nothing now"
    )
    assert pay("p4", RIGHT, 5_000, cashier, now_ms=NOW_MS, how=card) == Refused(DeskRefusal.REFERENCE_USED)
    assert faults() == []


@pytest.fixture
def listed(twin):
    items = [
        Item("lock", ItemKind.REPAIR, "换锁", "New lock", ItemUnit.EACH, 3_500),
        Item("card", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 1_500),
    ]
    assert publish_at_console(items, NOW_MS - 1000, why="new year", now_ms=NOW_MS - 1000)


def test_charges_are_corrected_by_their_items_and_ask_no_gateway(listed, taker, twin, cashier):
    charge("p1", WRONG, [Wanted("lock", 2000), Wanted("card")], cashier, now_ms=NOW_MS)
    wanted = Right(RIGHT, items=(Wanted("lock"),))
    done = correct("c1", 1, wanted, "one lock", cashier, now_ms=NOW_MS)
    assert done.correction.kind == Correction.Kind.ROOM
    assert done.correction.reclaim is None
    assert correct("c1", 1, wanted, "one lock", cashier, now_ms=NOW_MS).existed
    other = correct("c1", 1, Right(RIGHT, items=(Wanted("card"),)), "w", cashier, now_ms=NOW_MS)
    assert other == NotCorrected(CorrectionRefusal.EXISTS_WITH_DIFFERENT)
    assert (balance(chart.repair_fees()), balance(chart.on_behalf("card"))) == (3_500 * FEN, 0)
    same = correct("c2", 2, wanted, "w", cashier, now_ms=NOW_MS)
    assert same == NotCorrected(CorrectionRefusal.NOTHING_DIFFERS)
    corrected(cashier, number=2, right=None, correction_id="c3")
    assert (balance(chart.repair_fees()), balance(chart.cash())) == (0, 0)
    totals = day_as_it_stands(campus_day(NOW_MS)).totals
    assert (totals.total, totals.receipts, totals.voids) == (0, 2, 2)
    assert faults() == []


def test_one_receipt_of_a_sale_is_corrected_and_the_other_stays(listed, taker, twin, cashier):
    sale = HowPaid(Payment.Method.CARD, "T-1")
    sell("s1", WRONG, Basket(5_000, (Wanted("lock"),)), cashier, now_ms=NOW_MS, how=sale)
    corrected(cashier)
    assert set(ReceiptVoid.objects.values_list("receipt", "replaced_by")) == {(1, 3)}
    assert balance(chart.card_clearing()) == 8_500 * FEN
    wanted = Right(RIGHT, items=(Wanted("lock"),))
    assert isinstance(correct("c2", 2, wanted, "also there", cashier, now_ms=NOW_MS), Corrected), (
        "T-1 paid for both"
    )
    assert balance(chart.card_clearing()) == 8_500 * FEN
    assert faults() == []


def test_killed_between_nothing_is_half_done(taker, twin, cashier, monkeypatch):
    credit(taker, twin, cashier)

    def dies(*_args, **_named):
        raise SystemError("killed")

    for where in ("reversal_drafts", "begin", "record_audit"):
        with monkeypatch.context() as patch:
            patch.setattr(correcting, where, dies)
            with pytest.raises(SystemError):
                correct("c1", 1, Right(RIGHT, 5_000), "w", cashier, now_ms=NOW_MS)
        assert (Receipt.objects.count(), Reclaim.objects.count(), Correction.objects.count()) == (1, 0, 0)
        assert left(RIGHT) == 0
        assert faults() == []
    assert corrected(cashier)


def test_a_correction_is_on_record(taker, twin, cashier):
    credit(taker, twin, cashier)
    corrected(cashier)
    entry = AuditEntry.objects.get(action="correct-receipt")
    assert (entry.actor, entry.subject) == ("anna", WRONG)
    assert "receipt 1 void (room), receipt 2 in its place: typed the wrong room" in entry.detail


def test_checks_find_what_was_lost(taker, twin, cashier):
    credit(taker, twin, cashier)
    void = ReceiptVoid.objects.create(receipt_id=1, reason="w", by=cashier, at_ms=NOW_MS)
    assert any("no correction" in fault for fault in faults())
    assert void
    Reclaim.objects.create(
        reclaim_id="cr-x",
        account=Payment.objects.get().account,
        bucket="paid",
        unit="yuan",
        amount=1,
        why="w",
        at_ms=1,
    )
    assert any("reclaims that wait" in fault for fault in faults())
    assert decode_command(bytes(Command.objects.filter(kind="grant").get().body))
