"""Other systems' lists: read as written, brought in whole or not at all, tied to our receipts, paid over once (R-4.2.1)."""

import time
from datetime import datetime

import pytest
from django.db import transaction

from central.desk.merchants.card_system import PayOverRefusal, matches, pay_over, to_pay_over
from central.desk.merchants.importing import import_list as bring_in
from central.desk.merchants.lists import ListPlan, read_file, remembered
from central.desk.merchants.models import (
    CardMeterSale,
    CardPayOver,
    CardTransaction,
    ColumnMap,
    ImportedList,
)
from central.desk.merchants.verification import verify_merchants
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import pay
from central.desk.print_models import ReceiptVoid
from central.desk.shift_models import Shift
from central.domain.imported_rows import ListKind, RowFault
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link.models import Command, Grant
from central.office.roles import Role
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.merchant_steps import (
    CARD,
    DAYS,
    PREPAID,
    brought_in,
    card_list,
    person,
    shops,
    workbook,
)

FEN = 10_000
AT = "2026-11-18 12:10:05"
HEADER = ("交易流水号", "小票号", "交易时间", "金额", "卡号")
SALES = ("售电流水号", "售电日期", "购电金额", "购电量(度)", "房号", "表底数")


@pytest.fixture
def shop(twin, cashier):
    shops()
    return cashier


def by_card(cashier, payment_id, fen, reference):
    how = HowPaid(Payment.Method.CARD, reference)
    return pay(payment_id, PREPAID, fen, cashier, now_ms=NOW_MS, how=how).receipt


def faults(plan):
    assert isinstance(plan, ListPlan), plan
    return [(f.row, f.field, f.fault) for f in plan.findings]


def states(made):
    return {one.reference: str(one.state) for one in matches(made)}


def whole():
    assert [check.fault for check in (*verify_books(), *verify_merchants()) if check.fault] == []


def test_each_row_is_tied_to_its_receipt_or_named(shop):
    by_card(shop, "p1", 5_000, "T-0001")
    by_card(shop, "p2", 3_000, "T-0002")
    by_card(shop, "p3", 2_000, "T-0003")
    made = brought_in(
        card_list(
            [(1, "T-0001", AT, "50.00", "c"), (2, "T-0002", AT, "31.00", ""), (3, "T-0009", AT, 9, "")]
        ),
        shop,
    )
    assert isinstance(made, ImportedList)
    assert states(made) == {
        "T-0001": "matched",
        "T-0002": "differs",
        "T-0009": "missing-here",
        "T-0003": "missing-there",
    }
    payments, fen = to_pay_over(matches(made))
    assert (payments, fen) == (["p1"], 5_000)
    whole()


def test_one_number_may_have_paid_for_two_receipts_and_be_given_back(shop):
    by_card(shop, "p1", 5_000, "A")
    receipt = by_card(shop, "p2", 4_000, "B")
    ReceiptVoid.objects.create(receipt=receipt, reason="x", by=shop, at_ms=NOW_MS, shift=Shift.objects.get())
    made = brought_in(
        card_list(
            [(1, "A", AT, "20", ""), (2, "A", AT, "30", ""), (3, "B", AT, 40, ""), (4, "B", AT, -40, "")]
        ),
        shop,
    )
    assert states(made) == {"A": "matched", "B": "matched"}, "what was given back is nothing taken"


def test_leading_zeros_that_a_spreadsheet_dropped_are_found_again(shop):
    by_card(shop, "p1", 5_000, "000123")
    made = brought_in(workbook([HEADER, (1, 123, AT, 50, None)]), shop)
    assert states(made) == {"000123": "matched"}


def test_the_card_system_pays_over_once_and_exactly(shop):
    by_card(shop, "p1", 5_000, "A")
    by_card(shop, "p2", 3_000, "B")
    finance = person("fin", Role.FINANCE)
    made = brought_in(card_list([(1, "A", AT, 50, ""), (2, "B", AT, 30, "")]), shop)
    over = {"actor": finance, "now_ms": NOW_MS}
    assert pay_over(made.pk, "", 8_000, 0, **over) is PayOverRefusal.NO_REFERENCE
    assert pay_over(made.pk, "BANK-1", 8_000, 1, **over) is PayOverRefusal.NOT_THE_SUM
    assert pay_over(made.pk, "BANK-1", 8_100, -100, **over) is PayOverRefusal.NOT_THE_SUM
    assert pay_over(0, "BANK-1", 8_000, 0, **over) is PayOverRefusal.UNKNOWN_LIST
    done = pay_over(made.pk, "BANK-1", 7_952, 48, **over)
    assert isinstance(done, CardPayOver)
    assert pay_over(made.pk, "BANK-1", 7_952, 48, **over) == done, "the same again is the same"
    assert pay_over(made.pk, "BANK-1", 8_000, 0, **over) is PayOverRefusal.REFERENCE_USED
    assert pay_over(made.pk, "BANK-2", 7_952, 48, **over) is PayOverRefusal.NOTHING_MATCHED
    assert balance(chart.card_clearing()) == 0
    assert (balance(chart.card_paid_over()), balance(chart.card_fees())) == (7_952 * FEN, 48 * FEN)
    assert Transfer.objects.filter(kind="card-pay-over").count() == 2
    whole()


def test_a_pay_over_that_was_changed_is_named(shop):
    by_card(shop, "p1", 5_000, "A")
    made = brought_in(card_list([(1, "A", AT, 50, "")]), shop)
    with transaction.atomic():
        CardPayOver.objects.create(
            number=1, bank_reference="x", amount_fen=5_000, by=person("fin", Role.FINANCE), at_ms=NOW_MS
        )
    assert [check.name for check in verify_merchants() if check.fault] == ["pay-overs"]
    assert made.rows == 1


def test_the_same_file_and_overlapping_files_come_in_once(shop):
    first = card_list([(1, "A", AT, 50, ""), (2, "B", AT, 30, "")])
    assert brought_in(first, shop).rows == 2
    assert faults(brought_in(first, shop)) == [(0, "", RowFault.SAME_FILE)]
    both = brought_in(card_list([(2, "B", AT, 30, ""), (3, "C", AT, 10, "")]), shop)
    assert (both.rows, both.known, both.amount_fen) == (1, 1, 1_000)
    differing = brought_in(card_list([(3, "C", AT, 11, ""), (4, "D", AT, 10, "")]), shop)
    assert faults(differing) == [(2, "number", RowFault.DIFFERS_FROM_BEFORE)]
    assert CardTransaction.objects.count() == 3, "nothing half-imported"


@pytest.mark.parametrize(
    ("row", "field", "fault"),
    [
        (("", "A", AT, 50, ""), "number", RowFault.EMPTY),
        ((1, "", AT, 50, ""), "reference", RowFault.EMPTY),
        ((1, "A", "yesterday", 50, ""), "time", RowFault.NOT_A_TIME),
        ((1, "A", "2026-13-01", 50, ""), "time", RowFault.NOT_A_TIME),
        ((1, "A", "2026-10-31 23:59:59", 50, ""), "time", RowFault.OTHER_PERIOD),
        ((1, "A", "2026-12-01", 50, ""), "time", RowFault.OTHER_PERIOD),
        ((1, "A", AT, "fifty", ""), "amount", RowFault.NOT_A_NUMBER),
        ((1, "A", AT, "nan", ""), "amount", RowFault.NOT_A_NUMBER),
        ((1, "A", AT, "1e999999999", ""), "amount", RowFault.NOT_A_NUMBER),
        ((1, "A", AT, "1e-999999999", ""), "amount", RowFault.NOT_A_NUMBER),
        ((1, "A", AT, "1_0", ""), "amount", RowFault.NOT_A_NUMBER),
        ((1, "A", AT, "0.005", ""), "amount", RowFault.TOO_FINE),
        ((1, "A", AT, "99999999", ""), "amount", RowFault.OUT_OF_RANGE),
        ((1, "A", AT, "=SUM(D2:D9)", ""), "amount", RowFault.FORMULA),
        ((1, "=B7", AT, "5", ""), "reference", RowFault.FORMULA),
        ((1, "1.23457E+17", AT, "5", ""), "reference", RowFault.SHORTENED),
        (("123456789012345000", "A", AT, "5", ""), "number", RowFault.SHORTENED),
        ((1, "x" * 81, AT, "5", ""), "reference", RowFault.TOO_LONG_TEXT),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(shop, row, field, fault):
    plan = brought_in(card_list([(9, "Z", AT, 1, ""), row]), shop)
    assert faults(plan) == [(3, field, fault)]
    assert not CardTransaction.objects.exists()
    assert not ImportedList.objects.exists()


def test_a_number_twice_in_a_list_is_named(shop):
    assert faults(brought_in(card_list([(1, "A", AT, 1, ""), (1, "A", AT, 1, "")]), shop)) == [
        (3, "number", RowFault.TWICE)
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", RowFault.NO_ROWS),
        (b"\xff\xff\xff\x00", RowFault.UNREADABLE),
        (b"PK\x03\x04 no workbook", RowFault.UNREADABLE),
        ("交易流水号,小票号,交易时间,金额\n".encode(), RowFault.NO_ROWS),
    ],
)
def test_a_file_that_is_none_is_named(shop, content, fault):
    assert faults(brought_in(content, shop)) == [(0, "", fault)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_every_usual_encoding_is_read(shop, encoding):
    text = "交易流水号\t小票号\t交易日期\t时刻\t金额（元）\n1\t甲01\t2026/11/18\t12:10:05\t￥1,050.50元\n"
    content = text.encode(encoding)
    made = bring_in(
        read_file(
            content,
            ListKind.CARD_SYSTEM,
            DAYS,
            {"number": 0, "reference": 1, "time": 2, "clock": 3, "amount": 4},
        ),
        "x.csv",
        actor=shop,
        now_ms=NOW_MS,
    )
    one = CardTransaction.objects.get(list=made)
    assert (one.reference, one.amount_fen) == ("甲01", 105_050)
    assert one.at_ms == 1_794_975_005_000


def test_a_workbooks_own_times_and_figures_are_read_and_its_formulas_refused(shop):
    at = datetime(2026, 11, 18, 12, 10, 5)
    made = brought_in(workbook([HEADER, (1, "A", at, 0.1 + 0.2, None)]), shop)
    assert CardTransaction.objects.get(list=made).amount_fen == 30
    plan = brought_in(workbook([HEADER, (2, "B", at, "=D2*2", None)]), shop)
    assert faults(plan) == [(2, "amount", RowFault.EMPTY)], "a formula that nobody calculated"


def test_a_chosen_column_map_is_remembered_and_wrong_columns_are_named(shop):
    content = card_list([(1, "A", AT, 50, "")], header=("n", "t", "w", "f", "k"))
    plan = brought_in(content, shop)
    assert {field for _row, field, fault in faults(plan)} == {"number", "reference", "time", "amount"}
    assert {fault for _row, _field, fault in faults(plan)} == {RowFault.NO_COLUMN}
    wrong = brought_in(content, shop, chosen={"number": 0, "reference": 1, "time": 3, "amount": 2})
    assert {fault for _row, _field, fault in faults(wrong)} == {RowFault.NOT_A_TIME, RowFault.NOT_A_NUMBER}
    assert not ColumnMap.objects.exists(), "what was not imported is not remembered"
    beyond = brought_in(content, shop, chosen={"number": 0, "reference": 1, "time": 2, "amount": 77})
    assert faults(beyond) == [(0, "amount", RowFault.NO_COLUMN)]
    assert brought_in(content, shop, chosen={"number": 0, "reference": 1, "time": 2, "amount": 3}).rows == 1
    assert remembered(ListKind.CARD_SYSTEM) == {"number": "n", "reference": "t", "time": "w", "amount": "f"}
    again = card_list([(2, "B", AT, 50, "")], header=("n", "t", "w", "f", "k"))
    assert brought_in(again, shop).rows == 1


def test_card_meters_sales_are_no_cash_no_grant_and_no_command(shop):
    rows = [
        SALES,
        ("v1", "2026-11-02", 100, 125, "1-A02", 4000.5),
        ("v2", "2026-11-02", 20, 25, "1-A02", None),
        ("v3", "2026-11-03", -20, 0, "1-A02", None),
    ]
    made = brought_in(workbook(rows), shop, kind=ListKind.CARD_METERS)
    assert isinstance(made, ImportedList), made.findings
    sold = CardMeterSale.objects.get(number="v1")
    assert (sold.account.code, sold.energy_wh, sold.register_wh) == (CARD, 125_000, 4_000_500)
    assert balance(chart.card_meter_sales()) == 10_000 * FEN
    assert balance(chart.customer(CARD, "paid", "yuan")) == 10_000 * FEN
    assert (balance(chart.cash()), balance(chart.card_clearing())) == (0, 0)
    assert not Payment.objects.exists()
    assert not Grant.objects.exists()
    assert not Command.objects.filter(subject__contains="A02", kind__contains="grant").exists()
    assert Transfer.objects.filter(kind="card-meter-sale").count() == 2, "one for each day"
    whole()


def test_a_kwh_kept_card_meter_gets_its_energy_and_needs_it(shop):
    import_list(KWH_LISTS[0])
    import_list("building,room,class,meter,price,billing\n1,A09,kwh-shop,m-a09,0.8,card\n")
    lacking = brought_in(
        workbook([SALES, ("v1", "2026-11-02", 80, None, "1-A09", None)]), shop, kind=ListKind.CARD_METERS
    )
    assert faults(lacking) == [(2, "energy", RowFault.EMPTY)]
    made = brought_in(
        workbook([SALES, ("v1", "2026-11-02", 80, 100, "1-A09", None)]), shop, kind=ListKind.CARD_METERS
    )
    assert made.rows == 1
    assert balance(chart.customer("1-A09.1", "paid", "kwh")) == 100_000
    assert balance(chart.energy_sales("kwh-shop")) == 8_000 * FEN
    whole()


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (("9-999", None), RowFault.NO_ROOM),
        (("1-A01", None), RowFault.NOT_A_CARD_METER),
        (("1-A02", "m-a01"), RowFault.SEVERAL_ROOMS),
        (("", ""), RowFault.NO_ROOM),
    ],
)
def test_a_sale_that_is_nobodys_stops_the_list(shop, cells, fault):
    header = ("流水号", "日期", "金额", "房间", "表号")
    good = ("v0", "2026-11-02", 5, "A02", "m-a02")
    plan = brought_in(
        workbook([header, good, ("v1", "2026-11-02", 5, *cells)]), shop, kind=ListKind.CARD_METERS
    )
    assert faults(plan) == [(3, "room", fault)]
    assert not CardMeterSale.objects.exists()
    assert not Transfer.objects.exists()


@pytest.mark.one_database
def test_a_hundred_thousand_rows_come_in_and_one_more_is_refused(shop):
    rows = [(n, f"T{n}", AT, "1.00", "") for n in range(100_000)]
    began_s = time.process_time()  # a busy machine is slow, not wrong
    made = brought_in(card_list(rows), shop)
    assert made.rows == 100_000
    assert len(matches(made)) == 100_000
    assert time.process_time() - began_s < 60, "seconds, not minutes"
    plan = brought_in(card_list([*rows, (100_001, "X", AT, 1, "")]), shop)
    assert faults(plan)[0][2] is RowFault.TOO_LONG
    assert CardTransaction.objects.count() == 100_000
