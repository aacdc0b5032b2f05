"""A sale of several things: electricity and items, by cash, card or transfer, all or nothing, once (R-4.1.3, R-4.1.4)."""

import pytest

from central.clock import campus_day
from central.desk.charges import Wanted, charge
from central.desk.day_close import day_as_it_stands
from central.desk.models import ChargeLine, Payment, Receipt
from central.desk.money_in import HowPaid
from central.desk.operations import Paid, pay
from central.desk.print_models import ReceiptVoid
from central.desk.refusals import DeskRefusal, Refused
from central.desk.sales import Basket, Sold, sell
from central.desk.shift_models import Shift
from central.desk.shifts import drawer_tie
from central.desk.verification import verify_sales
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Grant
from central.office.repair_lists import publish_at_console
from tests.central.conftest import NOW_MS

ROOM, FEN = "1-301.1", 10_000
ITEMS = [
    Item("lock", ItemKind.REPAIR, "换锁", "New lock", ItemUnit.EACH, 3_500),
    Item("wire", ItemKind.REPAIR, "电线", "Wire", ItemUnit.METRE, 333),
    Item("card", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 1_500),
    Item("old", ItemKind.REPAIR, "旧项", "Gone", ItemUnit.EACH, 100, active=False),
]
CARD = HowPaid(Payment.Method.CARD, "T-0001")


@pytest.fixture
def listed(twin):
    assert publish_at_console(ITEMS, NOW_MS - 1000, why="new year", now_ms=NOW_MS - 1000)


def test_charges_are_booked_to_whom_they_belong(listed, cashier):
    done = charge(
        "c1", ROOM, [Wanted("lock", 2000), Wanted("wire", 2500), Wanted("card")], cashier, now_ms=NOW_MS
    )
    assert isinstance(done, Paid)
    assert done.receipt.amount_fen == 7_000 + 833 + 1_500
    assert list(ChargeLine.objects.values_list("code", "amount_fen")) == [
        ("lock", 7_000),
        ("wire", 833),
        ("card", 1_500),
    ]
    assert balance(chart.repair_fees()) == 7_833 * FEN
    assert balance(chart.on_behalf("card")) == 1_500 * FEN
    assert balance(chart.cash()) == 9_333 * FEN
    assert not Grant.objects.exists(), "no credit was bought"
    assert charge(
        "c1", ROOM, [Wanted("lock", 2000), Wanted("wire", 2500), Wanted("card")], cashier, now_ms=NOW_MS
    ).existed
    assert charge("c1", ROOM, [Wanted("lock")], cashier, now_ms=NOW_MS) == Refused(
        DeskRefusal.EXISTS_WITH_DIFFERENT
    )
    stands = day_as_it_stands(campus_day(NOW_MS))
    assert (stands.totals.repair, stands.totals.on_behalf, stands.totals.receipts) == (7_833, 1_500, 1)
    assert stands.tie.receipts_fen == stands.totals.total
    assert [check.fault for check in verify_sales()] == [""] * 7


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ([], DeskRefusal.NOTHING_WANTED),
        ([Wanted("lock")] * 21, DeskRefusal.NOTHING_WANTED),
        ([Wanted("old")], DeskRefusal.UNKNOWN_ITEM),
        ([Wanted("nothing")], DeskRefusal.UNKNOWN_ITEM),
        ([Wanted("lock", 500)], DeskRefusal.BAD_QUANTITY),
        ([Wanted("lock", 0)], DeskRefusal.BAD_QUANTITY),
        ([Wanted("lock", -1000)], DeskRefusal.BAD_QUANTITY),
        ([Wanted("wire", 10**12)], DeskRefusal.BAD_QUANTITY),
        ([Wanted("wire", 1)], DeskRefusal.NOT_POSITIVE),
    ],
)
def test_what_is_not_on_the_list_is_not_charged(listed, cashier, wanted, why):
    assert charge("c1", ROOM, wanted, cashier, now_ms=NOW_MS) == Refused(why)
    assert not Payment.objects.exists()


def test_a_sale_is_two_receipts_and_one_sum(listed, cashier):
    basket = Basket(5_000, (Wanted("lock"),))
    sold = sell("s1", ROOM, basket, cashier, now_ms=NOW_MS, how=HowPaid(tendered_fen=10_000))
    assert isinstance(sold, Sold)
    assert [(r.number, r.amount_fen) for r in sold.receipts] == [(1, 5_000), (2, 3_500)]
    assert set(Payment.objects.values_list("sale", "tendered_fen")) == {("s1", 10_000)}
    again = sell("s1", ROOM, basket, cashier, now_ms=NOW_MS)
    assert again.existed
    assert [r.number for r in again.receipts] == [1, 2]
    for other in (
        Basket(5_000),
        Basket(0, (Wanted("lock"),)),
        Basket(5_000, (Wanted("card"),)),
        Basket(5_001, (Wanted("lock"),)),
    ):
        assert sell("s1", ROOM, other, cashier, now_ms=NOW_MS) == Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    assert Receipt.objects.count() == 2


def test_a_sale_is_all_or_nothing(listed, cashier):
    short = HowPaid(tendered_fen=8_499)
    refused = sell("s1", ROOM, Basket(5_000, (Wanted("lock"),)), cashier, now_ms=NOW_MS, how=short)
    assert refused == Refused(DeskRefusal.TENDERED_TOO_LITTLE, 8_500)
    assert sell("s1", ROOM, Basket(5_000, (Wanted("old"),)), cashier, now_ms=NOW_MS) == Refused(
        DeskRefusal.UNKNOWN_ITEM
    )
    assert (
        sell("s1", ROOM, Basket(5, (Wanted("lock"),)), cashier, now_ms=NOW_MS).why
        == DeskRefusal.BELOW_MINIMUM
    )
    assert sell("s1", ROOM, Basket(), cashier, now_ms=NOW_MS) == Refused(DeskRefusal.NOTHING_WANTED)
    assert not Payment.objects.exists()
    assert balance(chart.cash()) == 0


def test_a_card_pays_into_the_clearing_account_and_once(listed, cashier):
    assert isinstance(
        sell("s1", ROOM, Basket(5_000, (Wanted("lock"),)), cashier, now_ms=NOW_MS, how=CARD), Sold
    )
    assert (balance(chart.card_clearing()), balance(chart.cash())) == (8_500 * FEN, 0)
    shift = Shift.objects.get()
    assert drawer_tie(shift, 0).taken_fen == 0, "no cash came in"
    assert pay("p2", "1-302.1", 5_000, cashier, now_ms=NOW_MS, how=CARD) == Refused(
        DeskRefusal.REFERENCE_USED
    )
    no_number = HowPaid(Payment.Method.TRANSFER, "  ")
    assert pay("p2", "1-302.1", 5_000, cashier, now_ms=NOW_MS, how=no_number) == Refused(
        DeskRefusal.NO_REFERENCE
    )
    assert day_as_it_stands(campus_day(NOW_MS)).totals.card == 8_500
    assert [check.fault for check in verify_sales()] == [""] * 7


def test_a_void_receipt_is_taken_off_where_its_money_went_back(listed, cashier):
    """What a correction writes; the day and the drawer follow it (R-4.1.5)."""
    wrong = charge("c1", ROOM, [Wanted("lock"), Wanted("card")], cashier, now_ms=NOW_MS).receipt
    right = charge("c2", ROOM, [Wanted("lock")], cashier, now_ms=NOW_MS).receipt
    shift = Shift.objects.get()
    ReceiptVoid.objects.create(
        receipt=wrong, replaced_by=right, reason="wrong item", shift=shift, by=cashier, at_ms=NOW_MS
    )
    assert drawer_tie(shift, 0).taken_fen == 3_500
    stands = day_as_it_stands(campus_day(NOW_MS))
    totals = stands.totals
    assert (totals.repair, totals.on_behalf, totals.receipts, totals.voids) == (3_500, 0, 2, 1)
    assert stands.tie.receipts_fen == totals.total == 3_500
