"""Monthly bills: from registers, split at price edges, signed, numbered, owed once, paid, taken back (R-4.2.1, C-4, C-9)."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.campus.models import Account, Binding, Meter, Price
from central.clock import campus_day, start_of_day_ms
from central.desk.day_close import day_as_it_stands
from central.desk.merchants.bill_acts import BillRefusal, ask_for_bills, ask_for_credit
from central.desk.merchants.bill_models import BillPayment, CreditNote, MonthlyBill
from central.desk.merchants.bill_queries import open_bills, state_of
from central.desk.merchants.billing import plan_bills
from central.desk.merchants.pay_bill import pay_bill
from central.desk.merchants.verification import verify_merchants
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import Paid
from central.desk.print_models import ReceiptVoid
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shift_models import Shift
from central.desk.shift_verification import verify_shifts
from central.desk.verification import verify_sales
from central.domain.monthly_bill import BillFault, MeterSpan, Register, fen_of, in_order, priced
from central.domain.periods import accounting_period
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link.models import Closing, Gateway, MeterSwap
from central.link.telemetry.models import Reading
from central.office import approvals
from central.office.models import Approval
from central.office.roles import Role
from central.papers.accounting import instants_of
from gateway.contract.rules import PriceRule, PriceStep, PriceWindow, WeekWindow
from tests.central.conftest import NOW_MS, import_list
from tests.central.merchant_steps import (
    DAY_MS,
    HOUR_MS,
    MONTHLY,
    PERIOD,
    account,
    billed,
    entry,
    person,
    shops,
    signed,
    told,
)

FEN = 10_000
FROM_MS, UNTIL_MS = start_of_day_ms(PERIOD.first), start_of_day_ms(PERIOD.after)
NEXT = accounting_period(2026, 11)


@pytest.fixture
def shop(twin, cashier):
    shops()
    return cashier


def use(micro_yuan):
    """Book what the gateway billed, as ingest does: the customer's side falls below zero."""
    sides = chart.customer(MONTHLY, "paid", "yuan"), chart.energy_revenue("merchant", "yuan")
    book([Draft(f"use-{Transfer.objects.count()}", *sides, micro_yuan, "consumption", UNTIL_MS - 1)], NOW_MS)


def whole():
    checks = (*verify_books(), *verify_merchants(), *verify_sales(), *verify_shifts())
    assert [(check.name, check.fault) for check in checks if check.fault] == []


def read_ends(first_wh=1_000_000, last_wh=1_250_000):
    told("m-a01", FROM_MS, first_wh)
    told("m-a01", UNTIL_MS, last_wh)


def test_a_bill_is_what_lies_between_two_registers_and_revenue_is_booked_once(shop):
    read_ends()
    use(200_000_000)
    (bill,) = billed(shop)
    assert (bill.number, bill.energy_wh, bill.amount_fen) == (1, 250_000, 20_000)
    assert (bill.room, bill.occupants, bill.period) == ("1-A01", "Shop One", "period:2026-10")
    assert [line.micro_yuan_per_kwh for line in bill.lines.all()] == [800_000]
    assert balance(chart.billed(MONTHLY)) == 20_000 * FEN
    assert balance(chart.customer(MONTHLY, "paid", "yuan")) == 0, "what was used is owed here now"
    assert balance(chart.energy_revenue("merchant", "yuan")) == 20_000 * FEN, (
        "once, by the gateway's own entries"
    )
    assert bill.due_day.toordinal() - campus_day(NOW_MS).toordinal() == 15
    whole()


def test_without_a_register_there_is_no_bill_and_the_room_is_listed(shop):
    told("m-a01", FROM_MS, 1_000_000)
    plan = plan_bills(PERIOD)
    assert [(one.account.code, one.fault, one.meter) for one in plan.unbilled] == [
        (MONTHLY, BillFault.NO_LAST, "m-a01")
    ]
    asked = ask_for_bills(plan, why="x", key="k", actor=shop, now_ms=NOW_MS, until_ms=UNTIL_MS)
    assert asked is BillRefusal.NOTHING_TO_BILL


def test_what_is_missing_is_named(shop):
    assert [one.fault for one in plan_bills(PERIOD).unbilled] == [BillFault.NO_FIRST]
    read_ends(2_000, 1_000)
    assert [one.fault for one in plan_bills(PERIOD).unbilled] == [BillFault.BACKWARDS]
    Binding.objects.filter(account__code=MONTHLY).delete()
    assert [one.fault for one in plan_bills(PERIOD).unbilled] == [BillFault.NO_METER]


def test_a_period_that_is_not_over_is_refused(shop):
    until_ms = instants_of(NEXT)[1]
    asked = ask_for_bills(plan_bills(NEXT), why="x", key="k", actor=shop, now_ms=NOW_MS, until_ms=until_ms)
    assert asked is BillRefusal.NOT_OVER


def test_a_reading_shortly_before_stands_in_and_an_old_or_doubtful_one_does_not(shop):
    told("m-a01", FROM_MS, 1_000_000)
    Reading.objects.create(
        meter="m-a01", wall_ms=UNTIL_MS - 25 * HOUR_MS, register_wh=1_100_000, outcome="advanced"
    )
    Reading.objects.create(
        meter="m-a01", wall_ms=UNTIL_MS - HOUR_MS, register_wh=9_100_000, outcome="implausible"
    )
    Reading.objects.create(
        meter="m-a01", wall_ms=UNTIL_MS + HOUR_MS, register_wh=1_300_000, outcome="advanced"
    )
    assert [one.fault for one in plan_bills(PERIOD).unbilled] == [BillFault.NO_LAST]
    Reading.objects.create(
        meter="m-a01", wall_ms=UNTIL_MS - 2 * HOUR_MS, register_wh=1_200_000, outcome="advanced"
    )
    (draft,) = plan_bills(PERIOD).drafts
    assert draft.meters[0].registers[-1] == Register(UNTIL_MS, 1_200_000, "reading")
    assert draft.amount_fen == 16_000


def test_a_price_edge_splits_the_bill_by_the_registers_around_it(shop):
    edge_ms = FROM_MS + 10 * DAY_MS
    Price.objects.create(
        version="dearer",
        tariff=account(MONTHLY).point.customer_class.tariff,
        from_ms=edge_ms,
        micro_yuan_per_kwh=1_000_000,
    )
    read_ends(0, 300_000)
    (draft,) = plan_bills(PERIOD).drafts
    assert [line.energy_wh for line in draft.lines] == [100_000, 200_000], "by time alone, 10 of 30 days"
    entry("m-a01", MONTHLY, FROM_MS, edge_ms, 0, 250_000, cause="price-edge")
    (draft,) = plan_bills(PERIOD).drafts
    assert [(line.micro_yuan_per_kwh, line.energy_wh, line.amount_fen) for line in draft.lines] == [
        (800_000, 250_000, 20_000),
        (1_000_000, 50_000, 5_000),
    ]


def test_the_steps_of_a_price_go_on_from_what_the_month_had_used(shop):
    tariff = account(MONTHLY).point.customer_class.tariff
    Price.objects.filter(tariff=tariff).update(
        steps=[{"above_wh": 100_000, "add_micro_yuan_per_kwh": 200_000}]
    )
    read_ends(0, 30_000)
    (draft,) = plan_bills(PERIOD).drafts
    assert {line.micro_yuan_per_kwh for line in draft.lines} == {800_000}
    entry("m-a01", MONTHLY, FROM_MS - 5 * DAY_MS, FROM_MS - DAY_MS, 0, 120_000)
    (draft,) = plan_bills(PERIOD).drafts
    assert {line.micro_yuan_per_kwh for line in draft.lines} == {800_000, 1_000_000}, (
        "September's part is on the step"
    )
    assert draft.energy_wh == 30_000


def test_a_replaced_meter_gives_two_parts_and_without_its_last_register_no_bill(shop):
    swap_ms = FROM_MS + 12 * DAY_MS
    new = Meter.objects.create(meter_no="m-new", building=account(MONTHLY).point.room.building)
    Binding.objects.create(code="b-new", meter=new, account=account(MONTHLY), from_ms=swap_ms)
    told("m-a01", FROM_MS, 1_000_000)
    told("m-new", UNTIL_MS, 70_000)
    (missing,) = plan_bills(PERIOD).unbilled
    assert (missing.fault, missing.meter) == (BillFault.NO_SWAP_REGISTER, "m-a01")
    MeterSwap.objects.create(
        swap="s1",
        gateway=Gateway.objects.get(),
        account=MONTHLY,
        binding="b-new",
        old_meter="m-a01",
        new_meter="m-new",
        last_wh=1_040_000,
        first_wh=10_000,
        by="t",
        why="w",
        from_ms=swap_ms,
        at_ms=swap_ms,
        at_trusted=True,
        last_at_ms=swap_ms,
        received_ms=swap_ms,
    )
    (bill,) = billed(shop)
    assert [(m.meter, m.last_wh - m.first_wh) for m in bill.meters.all()] == [
        ("m-a01", 40_000),
        ("m-new", 60_000),
    ]
    assert bill.amount_fen == 8_000
    whole()


def test_a_closed_account_is_billed_to_its_final_register(shop):
    closed_ms = FROM_MS + 5 * DAY_MS
    Account.objects.filter(code=MONTHLY).update(state="closed", closed_ms=closed_ms)
    told("m-a01", FROM_MS, 0)
    Closing.objects.create(
        request_id="c",
        account=account(MONTHLY),
        state="final",
        why="w",
        by="b",
        asked_ms=closed_ms,
        final_register_wh=5_000,
    )
    (draft,) = plan_bills(PERIOD).drafts
    assert (draft.until_ms, draft.energy_wh) == (closed_ms, 5_000)


def test_a_month_that_was_missed_is_in_the_next_bill_and_none_is_billed_twice(shop):
    read_ends()
    billed(shop)
    assert [one.fault for one in plan_bills(PERIOD).unbilled] == [BillFault.BILLED]
    later = accounting_period(2026, 12)
    until_ms = instants_of(later)[1]
    told("m-a01", until_ms, 1_400_000)
    assert [one.fault for one in plan_bills(NEXT).unbilled] == [BillFault.NO_LAST]
    (draft,) = plan_bills(later).drafts
    assert (draft.from_ms, draft.meters[0].registers[0]) == (UNTIL_MS, Register(UNTIL_MS, 1_250_000, "bill"))
    assert draft.energy_wh == 150_000


def test_two_runs_of_one_month_bill_it_once(shop):
    read_ends()
    ask = {"why": "x", "actor": shop, "now_ms": NOW_MS, "until_ms": UNTIL_MS}
    person("fin", Role.FINANCE), person("dir", Role.DIRECTOR)
    plan = plan_bills(PERIOD)
    first = ask_for_bills(plan, key="a", **ask)
    assert ask_for_bills(plan, key="b", **ask) is BillRefusal.RUN_WAITS
    assert ask_for_bills(plan, key="a", **ask) == first, "a double click asks once"
    Approval.objects.filter(pk=first.pk).update(subject="elsewhere")
    second = ask_for_bills(plan, key="b", **ask)
    assert signed(first).state == "approved"
    failed = signed(second)
    assert (failed.state, MonthlyBill.objects.count()) == ("failed", 1)
    assert "1-A01" in failed.outcome
    whole()


def test_nobody_signs_for_his_own_run(shop):
    read_ends()
    finance, _director = person("fin", Role.FINANCE), person("dir", Role.DIRECTOR)
    asked = ask_for_bills(
        plan_bills(PERIOD), why="x", key="k", actor=finance, now_ms=NOW_MS, until_ms=UNTIL_MS
    )
    refused = approvals.sign(asked.number, approve=True, reason="", actor=finance, now_ms=NOW_MS)
    assert isinstance(refused, approvals.ApprovalRefusal)
    assert not MonthlyBill.objects.exists()


def paid(cashier, payment_id, fen, number=1, **more):
    return pay_bill(payment_id, number, fen, cashier, now_ms=NOW_MS, **more)


def test_a_bill_is_paid_in_parts_by_any_method_once(shop):
    read_ends()
    use(200_000_000)
    (bill,) = billed(shop)
    done = paid(shop, "b1", 5_000)
    assert isinstance(done, Paid)
    payment = Payment.objects.get(pk="b1")
    assert (payment.purpose, payment.grant, payment.bucket) == ("debt", None, "")
    assert paid(shop, "b1", 5_000).existed
    assert paid(shop, "b1", 6_000) == Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    assert paid(shop, "b2", 15_001) == Refused(DeskRefusal.ABOVE_CEILING, 15_000)
    assert paid(shop, "b2", 0) == Refused(DeskRefusal.NOT_POSITIVE)
    assert paid(shop, "b2", 5, number=9) == Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    assert paid(person("noshift", Role.CASHIER), "b2", 5) == Refused(DeskRefusal.NO_SHIFT)
    card = HowPaid(Payment.Method.CARD, "T-9")
    assert isinstance(paid(shop, "b2", 10_000, how=card), Paid)
    assert paid(shop, "b3", 5_000, how=card) == Refused(DeskRefusal.REFERENCE_USED)
    assert isinstance(paid(shop, "b3", 5_000, how=HowPaid(Payment.Method.TRANSFER, "B-1")), Paid)
    assert state_of(bill, campus_day(NOW_MS)).open_fen == 0
    assert balance(chart.billed(MONTHLY)) == 0
    assert (balance(chart.cash()), balance(chart.card_clearing()), balance(chart.bank_clearing())) == (
        5_000 * FEN,
        10_000 * FEN,
        5_000 * FEN,
    )
    stands = day_as_it_stands(campus_day(NOW_MS))
    assert (stands.totals.merchant, stands.totals.receipts, stands.totals.card) == (20_000, 3, 15_000)
    whole()


def test_a_payment_made_void_has_paid_nothing(shop):
    read_ends()
    (bill,) = billed(shop)
    done = paid(shop, "b1", 20_000)
    ReceiptVoid.objects.create(
        receipt=done.receipt, reason="x", by=shop, at_ms=NOW_MS, shift=Shift.objects.get()
    )
    assert state_of(bill, campus_day(NOW_MS)).open_fen == 20_000


def test_what_is_due_and_open_is_overdue(shop):
    read_ends()
    (bill,) = billed(shop)
    assert open_bills(bill.due_day, only_overdue=True) == []
    after = campus_day(NOW_MS + 17 * DAY_MS)
    assert [one.bill.pk for one in open_bills(after, only_overdue=True)] == [1]
    paid(shop, "b1", 20_000)
    assert open_bills(after, only_overdue=True) == open_bills(after, only_overdue=False) == []


def credited(cashier, fen, key="c1", number=1):
    person("fin", Role.FINANCE), person("dir", Role.DIRECTOR)
    return ask_for_credit(number, fen, why="meter read wrongly", key=key, actor=cashier, now_ms=NOW_MS)


def test_a_bill_taken_back_whole_is_billed_anew(shop):
    read_ends()
    use(200_000_000)
    billed(shop)
    assert credited(shop, 20_001) is BillRefusal.ABOVE_OPEN
    assert credited(shop, 0) is BillRefusal.NOT_POSITIVE
    assert credited(shop, 5, number=9) is BillRefusal.UNKNOWN_BILL
    assert signed(credited(shop, 20_000)).state == "approved"
    assert CreditNote.objects.get().amount_fen == 20_000
    assert balance(chart.billed(MONTHLY)) == 0
    assert balance(chart.customer(MONTHLY, "paid", "yuan")) == -20_000 * FEN, "used, and not billed"
    assert paid(shop, "b1", 1) == Refused(DeskRefusal.ABOVE_CEILING, 0)
    (again,) = billed(shop, now_ms=NOW_MS + 1)
    assert (again.number, again.amount_fen, again.from_ms) == (2, 20_000, FROM_MS)
    whole()


def test_a_part_is_taken_back_and_no_more_than_is_open_when_it_is_signed(shop):
    read_ends()
    (bill,) = billed(shop)
    part = credited(shop, 15_000)
    paid(shop, "b1", 6_000)
    failed = signed(part)
    assert (failed.state, CreditNote.objects.count()) == ("failed", 0)
    assert signed(credited(shop, 14_000, key="c2")).state == "approved"
    assert state_of(bill, campus_day(NOW_MS)).open_fen == 0
    assert [one.fault for one in plan_bills(PERIOD).unbilled] == [BillFault.BILLED], "it stands"
    whole()


def test_an_account_kept_in_kwh_is_billed_in_yuan_and_its_energy_given_back(shop):
    import_list("class,name,group,unit\nkwh-shop,Shops,merchant,kwh\n", now_ms=FROM_MS - 41 * DAY_MS)
    text = "building,room,class,meter,price,billing\n1,A09,kwh-shop,m-a09,0.8012,monthly\n"
    import_list(text, now_ms=FROM_MS - 40 * DAY_MS)
    told("m-a09", FROM_MS, 0)
    told("m-a09", UNTIL_MS, 100_000)
    read_ends()
    bills = billed(shop)
    assert [bill.amount_fen for bill in bills] == [20_000, 8_012]
    assert balance(chart.customer("1-A09.1", "paid", "kwh")) == 100_000
    assert balance(chart.billed("1-A09.1")) == 8_012 * FEN
    assert signed(credited(shop, 8_012, number=2)).state == "approved"
    assert balance(chart.customer("1-A09.1", "paid", "kwh")) == 0
    assert balance(chart.energy_sales("kwh-shop")) == 0
    whole()


@pytest.mark.parametrize(
    ("kind", "name"),
    [("bill", "bills"), ("bill-payment", "bill payments"), ("card-meter-sale", "card meters")],
)
def test_a_transfer_without_its_cause_is_named(shop, kind, name):
    read_ends()
    billed(shop)
    sides = chart.billed(MONTHLY), chart.cash()
    book([Draft(f"{kind}:77:x", *sides, 5, kind, NOW_MS)], NOW_MS)
    assert [check.name for check in verify_merchants() if check.fault] == [name]


def test_a_payment_of_another_bill_is_named(shop):
    read_ends()
    billed(shop)
    done = paid(shop, "b1", 5_000)
    other = account("1-A02.1")
    MonthlyBill.objects.create(
        number=3, account=other, period="p", room="r", class_name="c", unit="yuan", from_ms=0, until_ms=1,
        energy_wh=0, amount_fen=1, due_day=campus_day(0), approval=0, signed_by="", issued_ms=0,
    )  # fmt: skip
    assert "number 2 is missing" in {check.fault for check in verify_merchants()}
    assert BillPayment.objects.get(pk=done.receipt.payment_id).bill_id == 1


REGISTERS = st.lists(st.integers(0, 10**7), min_size=2, max_size=8)
PRICES = st.lists(
    st.tuples(st.integers(0, 30 * 24), st.integers(0, 5_000_000)),
    min_size=1,
    max_size=4,
    unique_by=lambda p: p[0],
)


def rules(prices, steps=(), windows=()):
    ordered = sorted(prices)
    return [
        PriceRule(f"v{n}", "t", hours * HOUR_MS, rate, list(windows), list(steps))
        for n, (hours, rate) in enumerate(ordered)
    ]


def spans_of(uses):
    registers, total = [Register(0, 0, "period")], 0
    for place, used in enumerate(uses, 1):
        total += used
        registers.append(Register(30 * DAY_MS * place // len(uses), total, "entry"))
    return MeterSpan("m", tuple(registers))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(uses=REGISTERS, prices=PRICES, stepped=st.booleans(), windowed=st.booleans())
def test_a_bills_lines_make_its_energy_and_its_money_to_the_fen(uses, prices, stepped, windowed):
    steps = [PriceStep(50_000, 100_000), PriceStep(900_000, 300_000)] if stepped else []
    windows = [PriceWindow(WeekWindow([1, 2, 3, 4, 5, 6, 7], 480, 1320), 1_234_500)] if windowed else []
    span, rule = spans_of(uses), rules(prices, steps, windows)
    lines = priced([span], rule)
    assert sum(line.energy_wh for line in lines) == sum(uses) == span.energy_wh
    exact = sum(line.energy_wh * line.micro_yuan_per_kwh for line in lines)
    assert sum(line.amount_fen for line in lines) == fen_of(exact)
    assert abs(sum(line.amount_fen for line in lines) * 10_000_000 - exact) <= 5_000_000, "half a fen at most"
    assert all(line.energy_wh > 0 and line.amount_fen >= 0 for line in lines)
    assert len({line.micro_yuan_per_kwh for line in lines}) == len(lines), "one line for each price"


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(uses=REGISTERS, rate=st.integers(0, 5_000_000))
def test_registers_between_change_nothing_under_one_price(uses, rate):
    whole_span = MeterSpan("m", (Register(0, 0, "period"), Register(30 * DAY_MS, sum(uses), "period")))
    assert priced([spans_of(uses)], rules([(0, rate)])) == priced([whole_span], rules([(0, rate)]))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    between=st.lists(st.tuples(st.integers(-5, 105), st.integers(-5, 1_005)), max_size=12),
    last=st.integers(-3, 1_000),
)
def test_only_registers_that_lie_between_are_taken(between, last):
    ends = Register(0, 0, "period"), Register(100, last, "period")
    found = in_order(ends[0], [Register(at, wh, "entry") for at, wh in between], ends[1])
    assert (found is None) == (last < 0)
    if found is not None:
        assert found[0] == ends[0]
        assert found[-1] == ends[1]
        assert all(a.at_ms < b.at_ms and a.register_wh <= b.register_wh for a, b in pairwise(found))
