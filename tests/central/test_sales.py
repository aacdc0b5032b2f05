"""Payments: once per id, with receipt, credit and command in one transaction (R-4.1.3, R-4.1.4)."""

import pytest
from django.db import transaction

from central.campus.models import Account
from central.desk.models import Payment, Receipt
from central.desk.operations import Paid, pay
from central.desk.queries import delivery_state, not_yet_supplied, repeated_payment
from central.desk.refusals import DeskRefusal, Refused
from central.desk.subsidies.one_account import grant_subsidy
from central.desk.verification import verify_sales
from central.domain.delivery import Stage, WhyNot
from central.ingest.take_message import MessageTaker
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Command, Delivery, Gateway, Grant
from gateway.contract.commands import decode_command
from gateway.contract.facts import DecisionKind, RelayVerdict
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list


def test_a_payment_is_money_receipt_credit_and_command(taker, twin, cashier):
    paid = pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    assert isinstance(paid, Paid)
    assert not paid.existed
    assert (paid.receipt.number, paid.receipt.amount_fen, paid.receipt.credited) == (1, 5_000, 50_000_000)
    assert (paid.receipt.balance_before, paid.receipt.balance_after) == (0, 50_000_000)
    assert (paid.receipt.room, paid.receipt.occupants) == ("1-301", "Wang、Li")
    assert balance(chart.cash()) == balance(chart.customer("1-301.1", "paid", "yuan")) == 50_000_000
    command = Command.objects.get(kind="grant")
    assert decode_command(bytes(command.body)).amount == 50_000_000
    assert command.number == 2, "the configuration is number 1"
    assert [check.fault for check in verify_sales()] == [""] * 7


def test_the_same_payment_id_gives_the_same_receipt(twin, cashier):
    first = pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    again = pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS + 60_000)
    assert (again.existed, again.receipt.number) == (True, first.receipt.number)
    assert Payment.objects.count() == Receipt.objects.count() == Grant.objects.count() == 1
    assert balance(chart.cash()) == 50_000_000


@pytest.mark.parametrize(("account", "amount"), [("1-301.1", 5_001), ("1-302.1", 5_000)])
def test_the_same_payment_id_for_something_else_is_refused_by_name(twin, cashier, account, amount):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    assert pay("p1", account, amount, cashier, now_ms=NOW_MS) == Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("payment_id", "account", "amount", "bucket", "why"),
    [
        ("p1", "1-999.1", 5_000, "paid", DeskRefusal.UNKNOWN_ACCOUNT),
        ("p1", "1-301.1", 0, "paid", DeskRefusal.NOT_POSITIVE),
        ("p1", "1-301.1", -5, "paid", DeskRefusal.NOT_POSITIVE),
        ("p1", "1-301.1", 99, "paid", DeskRefusal.BELOW_MINIMUM),
        ("p1", "1-301.1", 500_001, "paid", DeskRefusal.ABOVE_CEILING),
        ("p1", "1-301.1", 5_000, "gold", DeskRefusal.UNKNOWN_BUCKET),
        ("p 1/#", "1-301.1", 5_000, "paid", DeskRefusal.BAD_PAYMENT_ID),
        ("p" * 64, "1-301.1", 5_000, "paid", DeskRefusal.BAD_PAYMENT_ID),
    ],
)
def test_what_cannot_be_paid_is_refused_by_name(twin, cashier, payment_id, account, amount, bucket, why):
    refused = pay(payment_id, account, amount, cashier, now_ms=NOW_MS, bucket=bucket)
    assert refused.why == why
    assert not Payment.objects.exists()
    assert not Command.objects.filter(kind="grant").exists()


@pytest.mark.parametrize("state", [Account.State.CLOSING, Account.State.CLOSED])
def test_an_account_that_is_closed_takes_no_money(twin, cashier, state):
    Account.objects.filter(code="1-301.1").update(state=state)
    assert pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS) == Refused(DeskRefusal.ACCOUNT_NOT_OPEN)


def test_without_a_price_nothing_is_sold(twin, cashier):
    before_any_price = NOW_MS - 10 * 86_400_000
    assert pay("p1", "1-301.1", 5_000, cashier, now_ms=before_any_price) == Refused(DeskRefusal.NO_PRICE)


def test_a_class_in_kwh_is_credited_in_watt_hours(twin, cashier):
    for text in KWH_LISTS:
        import_list(text)
    paid = pay("p1", "1-A01.1", 10_000, cashier, now_ms=NOW_MS)
    assert (paid.receipt.unit, paid.receipt.credited) == ("kwh", 124_812)
    assert balance(chart.customer("1-A01.1", "paid", "kwh")) == 124_812
    assert balance(chart.cash()) == 100_000_000
    assert [check.fault for check in verify_sales()] == [""] * 7


def test_receipt_numbers_have_no_gap_after_a_failure(twin, cashier, monkeypatch):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    monkeypatch.setattr("central.desk.operations.issue_grant", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        pay("p2", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    monkeypatch.undo()
    assert pay("p3", "1-302.1", 5_000, cashier, now_ms=NOW_MS).receipt.number == 2
    assert Payment.objects.count() == 2
    assert balance(chart.cash()) == 100_000_000


def test_the_same_sum_within_minutes_is_questioned(twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    assert repeated_payment("1-301.1", 5_000, NOW_MS + 60_000).payment_id == "p1"
    assert repeated_payment("1-301.1", 5_000, NOW_MS + 11 * 60_000) is None
    assert repeated_payment("1-301.1", 5_100, NOW_MS + 60_000) is None


def test_a_subsidy_is_no_taking(twin, cashier):
    grant = grant_subsidy(
        "s1", "1-301.1", "subsidy", 3_000_000, actor=cashier, why="allowance", now_ms=NOW_MS
    )
    assert grant == grant_subsidy(
        "s1", "1-301.1", "subsidy", 3_000_000, actor=cashier, why="x", now_ms=NOW_MS
    )
    differing = grant_subsidy("s1", "1-301.1", "subsidy", 4, actor=cashier, why="x", now_ms=NOW_MS)
    assert differing == Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    assert balance(chart.cash()) == 0
    assert (
        balance(chart.subsidy("yuan")) == balance(chart.customer("1-301.1", "subsidy", "yuan")) == 3_000_000
    )


def test_a_payment_for_a_building_without_gateway_waits_for_its_enrolment(twin, cashier):
    from central.link.operations import enrol_gateway

    paid = pay("p1", "2-101.1", 5_000, cashier, now_ms=NOW_MS)
    assert delivery_state(paid.receipt.payment).why_not == WhyNot.NO_GATEWAY
    enrol_gateway("gw-2", "2", twin.public_key, actor="test", now_ms=NOW_MS)
    twin.name = "gw-2"
    MessageTaker(on_bench=False).take(twin.topic("birth"), twin.birth(), NOW_MS)
    assert Delivery.objects.get(pk="p-p1").command.gateway_id == "gw-2"
    kinds = Command.objects.filter(gateway="gw-2").order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["configure", "grant"], "the gateway must know the account before its credit"


def test_c_15_credited_sent_applied_supplied_are_four_states(taker, twin, cashier):
    payment = pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS).receipt.payment
    tell = lambda *facts: taker.take(twin.topic("up"), twin.batch(*facts), NOW_MS)  # noqa: E731 - said often
    stages = [delivery_state(payment)]
    Command.objects.update(sends=1)
    stages.append(delivery_state(payment))
    tell(twin.relay(False, RelayVerdict.CONFIRMED, "1-301.1"), twin.granted("p-p1", "1-301.1", 50_000_000))
    stages.append(delivery_state(payment))
    tell(twin.relay(True, RelayVerdict.CONTRADICTED, "1-301.1"))
    stages.append(delivery_state(payment))
    assert [d.state.stage for d in not_yet_supplied()] == [Stage.APPLIED]
    twin.now_ms += 4_000
    tell(twin.relay(True, RelayVerdict.CONFIRMED, "1-301.1"))
    stages.append(delivery_state(payment))
    assert [s.stage for s in stages] == [
        Stage.CREDITED,
        Stage.SENT,
        Stage.APPLIED,
        Stage.APPLIED,
        Stage.SUPPLIED,
    ]
    assert [s.why_not for s in stages[2:4]] == [WhyNot.RELAY_OPEN, WhyNot.RELAY_CONTRADICTED]
    assert stages[-1].read_back_ms == twin.now_ms
    assert not_yet_supplied() == []


def test_c_15_a_relay_that_was_on_all_along_supplies_at_once_unless_it_is_about_to_open(taker, twin, cashier):
    payment = pay("p1", "1-301.1", 100, cashier, now_ms=NOW_MS).receipt.payment
    taker.take(
        twin.topic("up"),
        twin.batch(
            twin.relay(True, RelayVerdict.CONFIRMED, "1-301.1"),
            twin.decision("1-301.1", DecisionKind.OPEN, "overdrawn"),
            twin.granted("p-p1", "1-301.1", 1_000_000),
        ),
        NOW_MS,
    )
    assert delivery_state(payment).why_not == WhyNot.STILL_NEGATIVE
    taker.take(twin.topic("up"), twin.batch(twin.decision("1-301.1", DecisionKind.CLOSE)), NOW_MS)
    assert delivery_state(payment).stage == Stage.SUPPLIED


def test_a_point_that_cannot_be_cut_is_not_waited_for(taker, twin, cashier):
    from central.campus.models import MeteringPoint

    MeteringPoint.objects.update(cut_off="none")
    payment = pay("p1", "1-301.1", 100, cashier, now_ms=NOW_MS).receipt.payment
    assert len(not_yet_supplied()) == 1
    taker.take(twin.topic("up"), twin.batch(twin.granted("p-p1", "1-301.1", 1_000_000)), NOW_MS)
    assert delivery_state(payment).is_final
    assert not_yet_supplied() == []


def test_the_gateway_row_counts_numbers_in_order(taker, twin, cashier):
    for index in range(5):
        pay(f"p{index}", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    numbers = Command.objects.order_by("pk").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5, 6]
    assert Gateway.objects.get().next_number == 7
