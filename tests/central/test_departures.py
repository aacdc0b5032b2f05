"""Refund, departure, room change (C-7, C-8): asked, signed, withdrawn, paid; once, and never more than the gateway gave back."""

import pytest
from django.db import transaction

from central.campus.models import Account
from central.campus.operations import open_account
from central.desk.departures import paying, withdrawing
from central.desk.departures.asking import LIMIT
from central.desk.departures.models import Departure, DeparturePaid
from central.desk.departures.occupancy import open_next
from central.desk.departures.paying import move_credit, pay_by_bank, pay_cash
from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.withdrawing import withdraw
from central.desk.operations import pay
from central.desk.shift_models import CashOut
from central.domain.known_settings import Place
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Closing, Command, Gateway, Grant, TakeBackRequest
from central.office.models import Approval
from central.office.setting_changes import Change, set_at_console
from gateway.contract.facts import CommandOutcome
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.departure_steps import (
    CASE,
    approved,
    ask,
    faults,
    gives_back,
    killed_in,
    sign,
    signers,
    standing,
    state,
    takes,
)
from tests.central.steps import ROOM, answered, credit, customer, last, up

SHOP = "1-A01.1"


def test_c_8_a_departure_is_paid_in_cash_after_the_final_register(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = ask(cashier, parts_returned=True, parts="1, 2")
    assert state(case) == "asked"
    assert not Closing.objects.exists(), "nothing is asked before it is signed"
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS) == Refused(Why.NOT_WITHDRAWN)
    sign(case)
    assert state(case) == "waiting"
    used = twin.consumption(ROOM, 10_000, 10_000)
    up(taker, twin, used)
    gives_back(taker, twin, 4_420_000)
    assert state(case) == "withdrawn"
    assert standing(case).left_fen == 442
    paid = pay_cash(case.pk, cashier, now_ms=NOW_MS)
    again = pay_cash(case.pk, cashier, now_ms=NOW_MS)
    assert (paid.amount_fen, again) == (442, paid)
    assert [one.amount_fen for one in CashOut.objects.all()] == [442]
    assert (state(case), customer(), balance(chart.cash())) == ("paid", 0, 5_580_000)
    assert faults() == []


def test_c_7_a_refund_leaves_the_account_open_and_pays_what_the_gateway_took(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier, "refund", asked=9_000_000)
    takes(taker, twin, 3_005_000)
    assert standing(case).left_fen == 300
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS).amount_fen == 300
    assert Account.objects.get(code=ROOM).state == Account.State.OPEN
    assert customer() == 6_995_000
    assert faults() == []


def test_c_7_a_refund_that_takes_nothing_ends(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier, "refund", asked=9_000_000)
    takes(taker, twin, 0)
    assert state(case) == "empty"
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS) == Refused(Why.NOTHING_TO_PAY)
    assert isinstance(ask(cashier, "refund", "d" * 32, asked=1_000_000), Departure), "the room may ask again"


def test_finance_pays_by_the_bank_with_a_reference_that_pays_once(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier, pay_by="bank", bank_account="6222 0000")
    finance = signers()[0]
    assert pay_by_bank(case.pk, "B1", "K1", finance, now_ms=NOW_MS) == Refused(Why.NOT_WITHDRAWN)
    gives_back(taker, twin, 10_000_000)
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS) == Refused(Why.WRONG_WAY)
    assert pay_by_bank(case.pk, "B1", " ", finance, now_ms=NOW_MS) == Refused(Why.NO_REFERENCE)
    paid = pay_by_bank(case.pk, "B1", "K3-7", finance, now_ms=NOW_MS)
    assert (paid.amount_fen, paid.k3_voucher) == (1_000, "K3-7")
    assert pay_by_bank(case.pk, "B1", "K3-7", finance, now_ms=NOW_MS) == paid
    other = Refused(Why.PAID_OTHERWISE, "B1")
    assert pay_by_bank(case.pk, "B2", "K3-8", finance, now_ms=NOW_MS) == other, "the bank may have paid twice"
    assert balance(chart.paid_by_finance()) == 10_000_000
    assert balance(chart.cash()) == 10_000_000, "no cash left a drawer"
    pay("p2", "1-302.1", 500, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.granted("p-p2", "1-302.1", 5_000_000))
    other = approved(cashier, "departure", "e" * 32, account="1-302.1", pay_by="bank", bank_account="1")
    gives_back(taker, twin, 5_000_000, "1-302.1")
    assert pay_by_bank(other.pk, "B1", "K9", finance, now_ms=NOW_MS) == Refused(Why.REFERENCE_USED, "B1")
    assert faults() == []


def test_a_room_change_moves_what_is_left_without_cash(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier, "room-change", pay_by="credit", to_account="2-101.1")
    assert move_credit(case.pk, cashier, now_ms=NOW_MS) == Refused(Why.NOT_WITHDRAWN)
    gives_back(taker, twin, 9_999_999)
    moved = move_credit(case.pk, cashier, now_ms=NOW_MS)
    assert move_credit(case.pk, cashier, now_ms=NOW_MS) == moved
    grant = Grant.objects.get(source=Grant.Source.MOVED)
    assert (moved.moved, grant.amount, grant.account.code) == (9_999_999, 9_999_999, "2-101.1")
    assert balance(chart.customer("2-101.1", "paid", "yuan")) == 9_999_999
    assert balance(chart.moved_credit("yuan")) == 0
    assert balance(chart.cash()) == 10_000_000
    assert not CashOut.objects.exists()
    assert state(case) == "paid"
    assert faults() == []


def test_a_room_change_needs_another_room_kept_alike(taker, twin, cashier):
    for text in KWH_LISTS:
        import_list(text, NOW_MS)
    wrong = {"": Why.NO_TARGET, "9-999.1": Why.NO_TARGET, ROOM: Why.SAME_ROOM, SHOP: Why.OTHER_UNIT}
    for target, why in wrong.items():
        assert ask(cashier, "room-change", pay_by="credit", to_account=target).why == why
    assert not Departure.objects.exists()


def test_c_7_kwh_are_paid_at_the_price_of_the_day(taker, twin, cashier):
    for text in KWH_LISTS:
        import_list(text, NOW_MS)
    pay("p9", SHOP, 8_012, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.granted("p-p9", SHOP, 100_000, unit="kwh"))
    case = approved(cashier, account=SHOP)
    gives_back(taker, twin, 60_000, SHOP, "kwh")
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS).amount_fen == 4_807
    assert balance(chart.taken_back(SHOP, "kwh")) == 0
    assert faults() == []


def test_merged_accounts_are_refused_by_name(taker, twin, cashier):
    payer = Account.objects.get(code=ROOM)
    Account.objects.filter(code="1-302.1").update(pays_from=payer)
    assert ask(cashier) == Refused(Why.PAYS_FOR_OTHERS, "1-302.1")
    assert ask(cashier, account="1-302.1") == Refused(Why.PAYS_ELSEWHERE, ROOM)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"why": " "}, Why.NO_REASON),
        ({"asked_for": ""}, Why.NO_NAME),
        ({"parts_returned": True}, Why.NO_PARTS),
        ({"pay_by": "bank"}, Why.NO_BANK_ACCOUNT),
        ({"pay_by": "credit"}, Why.WRONG_WAY),
        ({"kind": "refund"}, Why.NOT_POSITIVE),
        ({"kind": "refund", "asked": 10_000_001}, Why.MORE_THAN_THERE),
        ({"account": "9-999.1"}, Why.UNKNOWN_ACCOUNT),
    ],
)
def test_what_is_missing_is_said(taker, twin, cashier, said, why):
    credit(taker, twin, cashier, fen=1_000)
    assert ask(cashier, **said).why == why
    assert not Departure.objects.exists()
    assert not Approval.objects.exists()


def test_a_double_click_asks_once_and_a_second_case_waits(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = ask(cashier)
    assert ask(cashier) == case
    assert ask(cashier, pay_by="bank", bank_account="1") == Refused(Why.EXISTS_WITH_DIFFERENT)
    assert ask(cashier, "refund", "d" * 32, asked=1_000) == Refused(Why.ALREADY_ASKED, case.pk)
    assert Approval.objects.count() == 1
    sign(case, approve=False)
    assert state(case) == "ended"
    assert not Closing.objects.exists()
    assert isinstance(ask(cashier, "refund", "d" * 32, asked=1_000), Departure)


def test_the_desk_alone_decides_small_sums_when_the_office_has_said_so(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    set_at_console(Change(LIMIT, Place.CAMPUS, "", 500, 0), why="t", now_ms=NOW_MS - 1)
    small = ask(cashier, "refund", asked=5_000_000)
    assert state(small) == "waiting"
    assert TakeBackRequest.objects.count() == 1
    takes(taker, twin, 5_000_000)
    pay_cash(small.pk, cashier, now_ms=NOW_MS)
    set_at_console(Change(LIMIT, Place.CAMPUS, "", 499, 0), why="t", now_ms=NOW_MS)
    assert state(ask(cashier, case_id="d" * 32)) == "asked", "a departure of five yuan is above 4.99"


def test_a_sum_is_not_paid_in_small_parts_that_nobody_signs(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    set_at_console(Change(LIMIT, Place.CAMPUS, "", 500, 0), why="t", now_ms=NOW_MS - 1)
    for part, amount in enumerate((3_000_000, 2_000_000)):
        case = ask(cashier, "refund", f"{part}" * 32, asked=amount)
        assert state(case) == "waiting"
        takes(taker, twin, amount)
        pay_cash(case.pk, cashier, now_ms=NOW_MS)
    assert state(ask(cashier, "refund", "9" * 32, asked=10_000)) == "asked", (
        "five yuan went out unsigned today"
    )


def test_c_8_offline_for_days_nothing_is_asked_twice_and_nothing_is_paid(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier)
    Gateway.objects.update(online=False)
    for _day in range(3):
        assert withdraw(case.pk, cashier, now_ms=NOW_MS).number == 1
    assert Command.objects.filter(kind="close-account").count() == 1
    assert state(case) == "waiting"
    assert standing(case).is_online is False
    gives_back(taker, twin, 10_000_000)
    command = last("close-account")
    answered(taker, twin, command, taken=[], final_register_wh=99)
    answered(taker, twin, command, CommandOutcome.REFUSED)
    assert standing(case).closing.final_register_wh == 12_000, "its first end holds"
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS).amount_fen == 1_000
    assert faults() == []


def test_c_8_refused_by_the_gateway_it_is_asked_anew(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier)
    answered(taker, twin, last("close-account"), CommandOutcome.REFUSED, detail="in quarantine")
    assert state(case) == "gateway-refused"
    assert Account.objects.get(code=ROOM).state == Account.State.OPEN
    assert withdraw(case.pk, cashier, now_ms=NOW_MS).number == 2
    gives_back(taker, twin, 10_000_000)
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS).amount_fen == 1_000


def test_without_a_gateway_the_request_fails_and_says_why(campus, cashier):
    case = ask(cashier, account="2-101.1")
    done = sign(case)
    assert done.state == Approval.State.FAILED
    assert "2-101.1" in done.outcome
    assert state(case) == "ended"


def test_c_8_killed_between_nothing_is_half_done(taker, twin, cashier, monkeypatch):
    credit(taker, twin, cashier, fen=1_000)
    case = ask(cashier)
    with monkeypatch.context() as patched:
        patched.setattr(withdrawing.Withdrawal.objects, "create", _killed)
        killed_in(lambda: sign(case))
    assert not Closing.objects.exists()
    assert state(case) == "asked"
    sign(case)
    gives_back(taker, twin, 10_000_000)
    with monkeypatch.context() as patched:
        patched.setattr(paying.DeparturePaid.objects, "create", _killed)
        killed_in(lambda: pay_cash(case.pk, cashier, now_ms=NOW_MS))
    assert not CashOut.objects.exists()
    assert balance(chart.cash()) == 10_000_000
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS).amount_fen == 1_000
    assert faults() == []


def _killed(*_arguments, **_named):
    raise RuntimeError("killed")


def test_c_8_credit_that_the_gateway_never_gave_back_is_not_paid_out(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    pay("p2", ROOM, 500, cashier, now_ms=NOW_MS)
    case = approved(cashier)
    answered(taker, twin, last("grant"), CommandOutcome.REFUSED)
    gives_back(taker, twin, 10_000_000)
    assert customer() == 5_000_000, "sold, refused by the gateway, and never given back"
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS).amount_fen == 1_000
    assert customer() == 5_000_000


def test_cash_leaves_in_an_open_shift_only(taker, twin, cashier):
    from central.office.models import User

    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier)
    gives_back(taker, twin, 10_000_000)
    other = User.objects.create_user("other", role=User.Role.CASHIER)
    assert pay_cash(case.pk, other, now_ms=NOW_MS) == Refused(Why.NO_SHIFT)
    assert not DeparturePaid.objects.exists()


def test_c_4_the_next_occupants_begin_at_zero(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    case = approved(cashier)
    assert open_next(case.pk, [("S9", "Sun")], cashier, now_ms=NOW_MS) == Refused(Why.NOT_CLOSED, ROOM)
    up(taker, twin, twin.consumption(ROOM, 30_000, 30_000))
    gives_back(taker, twin, 0)
    assert open_next(case.pk, [], cashier, now_ms=NOW_MS) == Refused(Why.NO_OCCUPANTS)
    opened = open_next(case.pk, [("S9", "Sun")], cashier, now_ms=NOW_MS)
    assert (opened.code, opened.state) == ("1-301.2", Account.State.OPEN)
    assert balance(chart.customer(opened.code, "paid", "yuan")) == 0
    assert balance(chart.owed(ROOM, "yuan")) == 6_740_000, "the debt stays with those who made it"
    assert open_next(case.pk, [("S9", "Sun")], cashier, now_ms=NOW_MS) == Refused(
        Why.ALREADY_OCCUPIED, "1-301"
    )
    assert Account.objects.get(code=ROOM).occupancies.filter(until_day=None).count() == 0
    bound = last("configure")
    assert b"1-301.2" in bytes(bound.body), "the gateway is told of the new account"
    assert open_account("1-301", [], NOW_MS, actor="t", now_ms=NOW_MS).why == "account-not-closed"


def test_what_is_owed_is_set_off_before_money_leaves(taker, twin, cashier):
    from central.ledger.operations import Draft, book

    credit(taker, twin, cashier, fen=1_000)
    with transaction.atomic():
        book([Draft("d1", chart.owed(ROOM, "yuan"), chart.rounding(), 2_500_000, "test", NOW_MS)], NOW_MS)
    case = approved(cashier)
    gives_back(taker, twin, 10_000_000)
    assert balance(chart.owed(ROOM, "yuan")) == 0
    assert pay_cash(case.pk, cashier, now_ms=NOW_MS).amount_fen == 750
    assert case.pk == CASE
    assert faults() == []


@pytest.mark.parametrize(
    "other", [{"bank_account": "6222 9999"}, {"asked_for": "Li"}, {"parts": "7"}, {"why": "w"}]
)
def test_a_page_sent_again_with_another_payee_is_not_the_same_case(taker, twin, cashier, other):
    credit(taker, twin, cashier, fen=1_000)
    said = {"pay_by": "bank", "bank_account": "6222 0000"}
    assert ask(cashier, **said) == ask(cashier, **said)
    assert ask(cashier, **said | other) == Refused(Why.EXISTS_WITH_DIFFERENT)


@pytest.mark.parametrize("refused", [False, True], ids=["waiting", "refused"])
def test_c_8_no_gateway_is_asked_for_what_nobody_signed(taker, twin, cashier, refused):
    credit(taker, twin, cashier, fen=1_000)
    case = ask(cashier)
    if refused:
        sign(case, approve=False)
    assert withdraw(case.pk, cashier, now_ms=NOW_MS) == Refused(Why.NOT_APPROVED, case.pk)
    assert not Closing.objects.exists()
