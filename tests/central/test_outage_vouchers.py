"""Sealed vouchers as counted stock: signed beforehand, credited once whatever comes first, never unpaid unnoticed (C-6, R-B5)."""

from uuid import uuid4

import pytest

from central.campus.models import Account
from central.desk import books
from central.desk.models import Receipt
from central.desk.outage.acts import DESTROY, MAKE
from central.desk.outage.entering import Sheet, enter_sheet
from central.desk.outage.models import OutageSheet, VoucherStock
from central.desk.outage.plan import Notice, Trouble, TypedPage, plan_sheet
from central.desk.outage.stock import (
    Refused,
    StockRefusal,
    count_stock,
    destroy,
    lines_of,
    make_stock,
    note_print,
    plan_stock,
    sums_of,
)
from central.desk.outage.verification import verify_outage
from central.desk.shift_verification import verify_shifts
from central.desk.shifts import open_shift_of
from central.desk.verification import verify_sales
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link.models import Alarm, Command, Delivery, Gateway, Grant, StockVoucher
from central.link.signing import signer
from central.link.stock_vouchers import code_of_voucher
from central.link.vouchers import voucher_file
from central.office import approvals
from central.office.acts import Approved
from central.office.roles import Role
from gateway.application.grant import apply_voucher
from gateway.contract.facts import CommandOutcome
from gateway.contract.rules import BucketRule
from gateway.contract.voucher_code import Place, read_code, shared_key
from tests.application.site import Site, room, tie
from tests.central.conftest import NOW_MS
from tests.central.go_live_steps import credit_all, people
from tests.central.steps import ROOM, answered, customer, last, order, rebuilt, standing, up
from tests.central.test_outage_pages import DAY

YUAN = 1_000_000


def suspense():
    return balance(chart.suspense("yuan"))


def sign(request, *roles):
    for role in roles:
        request = approvals.sign(request.number, approve=True, reason="", actor=people()[role], now_ms=NOW_MS)
    return request


@pytest.fixture
def stock(taker, twin, cashier):
    """One voucher of 20 yuan for each room of building 1."""
    people()
    cashier.role = Role.CASHIER
    cashier.save()
    accounts = plan_stock("1", 2_000, 1, NOW_MS)
    content = {"building": "1", "value_fen": 2_000, "per_room": 1, "accounts": [a.code for a in accounts]}
    request = approvals.ask(MAKE, content, subject="1", why="enrolment", actor=cashier, now_ms=NOW_MS)
    assert (sign(request, Role.FINANCE, Role.DIRECTOR).state, StockVoucher.objects.count()) == ("approved", 2)
    return VoucherStock.objects.get()


@pytest.fixture
def book(cashier, twin):
    when = {"actor": cashier, "now_ms": NOW_MS - 3 * 86_400_000}
    made = books.receive_book("E-1", 1, 20, "", **when)
    books.take_book(made, **when)
    books.check_pages(made, 1, 20, books.seals_at(NOW_MS), [], **when)
    return made


def voucher(number="1-001"):
    return StockVoucher.objects.select_related("account", "gateway").get(pk=number)


def redeem(taker, twin, number="1-001"):
    """What the gateway reports when a technician types the code: it names the grant as the code does."""
    one = voucher(number)
    key = shared_key(twin.private_key, signer().private_key.public_key(), twin.name)
    grant = read_code(code_of_voucher(one), [key], twin.name, [Place(one.account.code, one.bucket, one.unit)])
    entry = twin.granted(grant.grant, grant.account, grant.amount)
    up(taker, twin, entry, twin.result(0, grant.grant, CommandOutcome.APPLIED))


def plan_of(book, number="1-001", page=1, **typed):
    return plan_sheet(book, DAY, [TypedPage(page, "0001", voucher=number, **typed)], NOW_MS)


def sell(book, cashier, number="1-001", page=1):
    plan = plan_of(book, number, page)
    sheet = Sheet(uuid4().hex, book, plan, cashier, open_shift_of(cashier).pk, plan.sum_fen)
    return enter_sheet(sheet, plan.digest, actor=cashier, now_ms=NOW_MS)


def faults():
    checks = (*verify_books(), *verify_sales(), *verify_shifts(), *verify_outage())
    return [check.fault for check in checks if check.fault]


def quiet():
    return not Alarm.objects.filter(cleared_ms=None).exists()


def test_a_stock_is_signed_and_moves_no_money(stock, twin):
    assert (Grant.objects.count(), Delivery.objects.count(), customer()) == (0, 0, 0)
    assert sums_of(lines_of(stock)).in_safe == 2
    assert voucher_file("gw-1", actor="a", now_ms=NOW_MS) == b"", "no file carries what nobody paid"
    assert not Command.objects.filter(kind="grant").exists()
    assert voucher().amount == 20 * YUAN


def test_entered_first_and_credited_then_it_is_credited_once(stock, book, cashier, taker, twin):
    assert isinstance(sell(book, cashier), OutageSheet)
    assert order(last("grant")).serial == voucher().serial
    redeem(taker, twin)
    answered(taker, twin, last("grant"), CommandOutcome.EXISTS)
    up(taker, twin, twin.watermark())
    assert (customer(), suspense()) == (20 * YUAN, 0)
    assert quiet()
    assert faults() == []


def test_credited_before_it_is_entered_it_is_an_alarm_until_it_is(stock, book, cashier, taker, twin):
    redeem(taker, twin)
    assert standing("voucher-unpaid") == ["1-001"]
    assert (customer(), suspense()) == (20 * YUAN, 20 * YUAN)
    assert sums_of(lines_of(stock)).unpaid == 1
    assert plan_of(book).pages[0].notices == [Notice.REDEEMED]
    assert isinstance(sell(book, cashier), OutageSheet)
    assert standing("voucher-unpaid") == []
    assert (customer(), suspense()) == (20 * YUAN, 0)
    receipt = Receipt.objects.get()
    assert (receipt.balance_before, receipt.balance_after) == (0, 20 * YUAN)
    answered(taker, twin, last("grant"), CommandOutcome.EXISTS)
    up(taker, twin, twin.watermark())
    assert quiet()
    assert faults() == []


def test_sold_without_the_code_ever_typed_it_goes_by_the_link(stock, book, cashier, taker, twin):
    sell(book, cashier)
    credit_all(taker, twin)
    assert (customer(), quiet(), faults()) == (20 * YUAN, True, [])


def test_a_voucher_is_sold_once(stock, book, cashier):
    sell(book, cashier)
    assert plan_of(book, page=2).pages[0].troubles == [Trouble.VOUCHER_GONE]
    two = plan_sheet(
        book, DAY, [TypedPage(2, "0001", voucher="1-002"), TypedPage(3, "0001", voucher="1-002")], NOW_MS
    )
    assert [page.troubles for page in two.pages] == [[], [Trouble.VOUCHER_TWICE]]


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [({"room": "1-302"}, Trouble.VOUCHER_OTHER), ({"yuan": "30"}, Trouble.VOUCHER_OTHER)],
)
def test_what_is_typed_beside_a_voucher_must_be_its_own(stock, book, typed, trouble):
    assert trouble in plan_of(book, **typed).pages[0].troubles
    assert plan_of(book, room="1-301", yuan="20").pages[0].troubles == []


def test_an_opening_says_which_vouchers_no_balance_holds(stock, book, cashier, taker, twin):
    """A gateway that is rebuilt must still take an unsold voucher, and never one that its balances hold (C-11)."""
    sell(book, cashier)
    redeem(taker, twin)
    rebuilt(taker, twin)
    opening = order(last("configure")).opening
    assert opening.grants_pending == [voucher("1-002").serial]
    assert opening.grants_up_to >= voucher("1-002").serial


def test_redeemed_and_not_entered_it_is_in_the_balances_of_an_opening(stock, taker, twin):
    redeem(taker, twin)
    rebuilt(taker, twin)
    assert order(last("configure")).opening.grants_pending == [voucher("1-002").serial]


def test_unsold_ones_are_destroyed_by_two_and_what_their_codes_still_do_is_an_alarm(
    stock, book, cashier, taker, twin
):
    content = {"stock": stock.pk, "vouchers": ["1-001"]}
    request = approvals.ask(DESTROY, content, subject="1", why="term begins", actor=cashier, now_ms=NOW_MS)
    assert sums_of(lines_of(stock)).destroyed == 0
    sign(request, Role.FINANCE)
    sums = sums_of(lines_of(stock))
    assert (sums.made, sums.in_safe, sums.destroyed) == (2, 1, 1)
    assert plan_of(book).pages[0].troubles[0] == Trouble.VOUCHER_GONE
    redeem(taker, twin)
    assert standing("voucher-unpaid") == ["1-001"]
    assert "was destroyed" in Alarm.objects.get(what="voucher-unpaid").detail
    assert suspense() == 20 * YUAN
    assert faults() == []


@pytest.mark.parametrize("how", ["sold", "redeemed", "unknown"])
def test_what_is_not_in_the_safe_can_not_be_destroyed(stock, book, cashier, taker, twin, how):
    if how == "sold":
        sell(book, cashier)
    elif how == "redeemed":
        redeem(taker, twin)
    one = "9-999" if how == "unknown" else "1-001"
    content = {"stock": stock.pk, "vouchers": ["1-002", one]}
    request = approvals.ask(DESTROY, content, subject="1", why="w", actor=cashier, now_ms=NOW_MS)
    assert sign(request, Role.FINANCE).state == "failed"
    assert sums_of(lines_of(stock)).destroyed == 0


def test_a_count_that_differs_is_named(stock, cashier):
    assert count_stock(stock, 1, " ", actor=cashier, now_ms=NOW_MS) == Refused(StockRefusal.NO_REASON)
    assert count_stock(stock, 1, "1-002 is missing", actor=cashier, now_ms=NOW_MS).expected == 2


def test_printed_again_only_with_a_reason(stock, cashier):
    assert note_print(stock, "", actor=cashier, now_ms=NOW_MS).copy == 0
    assert note_print(stock, "", actor=cashier, now_ms=NOW_MS) == Refused(StockRefusal.NO_REASON)
    assert note_print(stock, "jam", actor=cashier, now_ms=NOW_MS).copy == 1


def test_a_replaced_key_or_a_departed_room_makes_a_voucher_unfit(stock):
    assert [line.fits for line in lines_of(stock)] == [True, True]
    Account.objects.filter(code="1-302.1").update(state="closed")
    assert [line.fits for line in lines_of(stock)] == [True, False]
    Gateway.objects.update(public_key="3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
    assert sums_of(lines_of(stock)).unfit == 2
    assert code_of_voucher(voucher()) is None


@pytest.mark.parametrize(("code", "fen", "each", "why"), [
    ("9", 2_000, 1, StockRefusal.UNKNOWN_BUILDING), ("2", 2_000, 1, StockRefusal.NO_GATEWAY),
    ("1", 2_000, 6, StockRefusal.TOO_MANY), ("1", 1, 1, StockRefusal.BAD_VALUE), ("1", 0, 1, StockRefusal.BAD_VALUE),
])  # fmt: skip
def test_what_no_stock_can_be(twin, code, fen, each, why):
    assert plan_stock(code, fen, each, NOW_MS).why == why


def test_serials_that_are_reserved_are_no_other_grants(stock, cashier):
    from central.desk.operations import pay

    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    taken = set(StockVoucher.objects.values_list("serial", flat=True))
    assert Delivery.objects.get().serial not in taken


@pytest.mark.parametrize("first", ["code", "command"])
def test_c_6_the_gateways_own_rules_credit_a_voucher_once_whatever_comes_first(
    stock, book, cashier, twin, tmp_path, first
):
    """The real use cases of the gateway over a real journal, killed between: the code and the command of its sale are one grant."""
    site = Site(tmp_path / "journal.db")
    site.configure(room(ROOM, buckets=[BucketRule("paid", "yuan", 1, True)]), bindings=[tie(ROOM, "m-301")])
    key = shared_key(twin.private_key, signer().private_key.public_key(), twin.name)
    coded = read_code(code_of_voucher(voucher()), [key], twin.name, [Place(ROOM, "paid", "yuan")])
    sell(book, cashier)
    carriers = {
        "code": lambda: site.do(apply_voucher, coded).outcome,
        "command": lambda: site.command(order(last("grant"))).result.outcome,
    }
    outcomes = []
    for carrier in sorted(carriers, key=lambda one: one != first) * 2:
        outcomes.append(carriers[carrier]())
        site.reopen()
    assert outcomes == [CommandOutcome.APPLIED, *[CommandOutcome.EXISTS] * 3]
    assert site.balance(ROOM) == 20 * YUAN
    site.close_journal()


def test_one_person_alone_makes_no_vouchers_whatever_the_chain_says(cashier, twin):
    alone = Approved(number=1, asked_by=cashier, signed_by=(), now_ms=NOW_MS, why="w")
    assert make_stock("1", ["1-301.1"], 2_000, 1, alone) == Refused(StockRefusal.TWO_PERSONS)
    assert destroy(1, ["1-001"], alone) == Refused(StockRefusal.TWO_PERSONS)
