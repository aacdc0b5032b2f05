"""Handwritten pages entered later: once, in order, with both dates, tied to the drawer; and what is refused (R-4.1.2, R-4.1.9)."""

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.campus.models import CustomerClass, Price
from central.clock import campus_day, local, start_of_day_ms
from central.desk import books
from central.desk.book_models import BookPageIssue, BookPageMark
from central.desk.book_verification import verify_pages
from central.desk.corrections.rule import CorrectionRefusal, may_correct
from central.desk.models import Payment, Receipt
from central.desk.outage.entering import Sheet, SheetRefusal, SheetRefused, enter_sheet
from central.desk.outage.models import OutagePage, OutageSheet
from central.desk.outage.plan import Notice, Trouble, TypedPage, pages_to_enter, plan_sheet
from central.desk.outage.verification import verify_outage
from central.desk.shift_verification import verify_shifts
from central.desk.shifts import drawer_tie, open_shift_of
from central.desk.verification import verify_sales
from central.domain.written_pages import TimeFault, written_minutes
from central.ledger.models import AuditEntry
from central.ledger.verification import verify_books
from central.link.models import Delivery
from central.office.models import User
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.steps import customer
from tests.open_shifts import off_shift

DAY = campus_day(NOW_MS)
YUAN = 1_000_000
EARLIER_MS = start_of_day_ms(DAY) - 86_400_000
NOON_MS = start_of_day_ms(DAY) + 12 * 3_600_000


@pytest.fixture
def book(cashier, twin):
    """Anna's book, pages 1-120 checked long before."""
    when = {"actor": cashier, "now_ms": EARLIER_MS - 86_400_000}
    made = books.receive_book("E-1", 1, 120, "", **when)
    books.take_book(made, **when)
    books.check_pages(made, 1, 110, books.seals_at(NOW_MS), [], **when)
    return made


def typed(*rows):
    """Rows of (page, time, room, yuan)."""
    return [TypedPage(row[0], *map(str, row[1:])) for row in rows]


ROWS = ((1, "0001", "1-301", "50"), (2, "0002", "1-302", "20.50"), (3, "0003", "2-101", "30"))


def sheet_of(book, rows=ROWS, *, cashier, key="", counted=None, reason="", day=DAY, shift=None):
    plan = plan_sheet(book, day, typed(*rows), NOW_MS)
    number = (shift or open_shift_of(cashier)).pk
    counted = plan.sum_fen if counted is None else counted
    return Sheet(key or uuid4().hex, book, plan, cashier, number, counted, reason)


def enter(sheet, shown=None, *, actor=None, now_ms=NOW_MS):
    return enter_sheet(sheet, shown or sheet.plan.digest, actor=actor or sheet.written_by, now_ms=now_ms)


def faults():
    checks = (*verify_books(), *verify_sales(), *verify_shifts(), *verify_outage(), verify_pages())
    return [check.fault for check in checks if check.fault]


def troubles(book, *rows, day=DAY, now_ms=NOW_MS):
    return [page.troubles for page in plan_sheet(book, day, typed(*rows), now_ms).pages]


def test_pages_become_payments_receipts_and_credit_and_are_the_originals(book, cashier, taker):
    entered = enter(sheet_of(book, cashier=cashier))
    assert isinstance(entered, OutageSheet), entered
    assert list(
        Payment.objects.order_by("at_ms", "pk").values_list("payment_id", "amount_fen", "cashier__username")
    ) == [
        (f"w-{book.pk}-1", 5_000, "anna"),
        (f"w-{book.pk}-2", 2_050, "anna"),
        (f"w-{book.pk}-3", 3_000, "anna"),
    ]
    assert list(BookPageIssue.objects.values_list("page", "payment")) == [
        (n, f"w-{book.pk}-{n}") for n in (1, 2, 3)
    ]
    assert Receipt.objects.count() == Delivery.objects.count() == 3
    assert customer() == 50 * YUAN
    assert drawer_tie(open_shift_of(cashier), 0).taken_fen == 10_050
    page = OutagePage.objects.get(page=1)
    assert (page.written_ms, page.payment.at_ms) == (start_of_day_ms(DAY) + 60_000, NOW_MS), "both dates"
    assert AuditEntry.objects.get(action="enter-pages").subject == "sheet 1"
    assert faults() == []


def test_sent_twice_it_is_entered_once_and_another_sheet_of_the_same_key_is_refused(book, cashier):
    sheet = sheet_of(book, cashier=cashier)
    first = enter(sheet)
    assert enter(sheet) == first
    other = sheet_of(book, ((4, "0004", "1-301", "10"),), cashier=cashier, key=sheet.key)
    assert enter(other) == SheetRefused(SheetRefusal.EXISTS_WITH_DIFFERENT)
    assert (Payment.objects.count(), Delivery.objects.count()) == (3, 3)


def test_a_page_that_went_out_is_refused_and_so_is_a_gap(book, cashier):
    enter(sheet_of(book, cashier=cashier))
    assert troubles(book, (3, "0100", "1-301", "50")) == [[Trouble.PAGE_UNFIT]]
    assert troubles(book, (5, "0100", "1-301", "50")) == [[Trouble.PAGE_UNFIT]], "page 4 has no reason yet"
    assert pages_to_enter(book, 6) == [4, 5, 6]
    assert troubles(book, (111, "0100", "1-301", "50")) == [[Trouble.PAGE_UNFIT]], "not checked"


def test_two_who_enter_the_same_pages_enter_them_once(book, cashier):
    first, second = sheet_of(book, cashier=cashier), sheet_of(book, cashier=cashier)
    enter(first)
    assert enter(second) == SheetRefused(SheetRefusal.TROUBLES, 1)
    assert Payment.objects.count() == 3


def test_a_page_that_stands_between_is_void_with_its_reason(book, cashier):
    rows = [
        TypedPage(1, "0001", "1-301", "50"),
        TypedPage(2, reason="写错"),
        TypedPage(3, "0003", "1-302", "20"),
    ]
    plan = plan_sheet(book, DAY, rows, NOW_MS)
    assert (plan.troubles, plan.paid, plan.sum_fen) == (0, 2, 7_000)
    sheet = Sheet(uuid4().hex, book, plan, cashier, open_shift_of(cashier).pk, 7_000)
    assert isinstance(enter(sheet), OutageSheet)
    assert BookPageMark.objects.get(page=2, mark="spoiled").note == "写错"
    assert faults() == []


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ((1, "", "1-301", "50"), Trouble.TIME_EMPTY),
        ((1, "2561", "1-301", "50"), Trouble.TIME_BAD),
        ((1, "2359", "1-301", "50"), Trouble.FUTURE),
        ((1, "0001", "", "50"), Trouble.ROOM_EMPTY),
        ((1, "0001", "9-999", "50"), Trouble.ROOM_UNKNOWN),
        ((1, "0001", "1-301", ""), Trouble.SUM_EMPTY),
        ((1, "0001", "1-301", "5.005"), Trouble.SUM_BAD),
        ((1, "0001", "1-301", "-5"), Trouble.SUM_BAD),
        ((1, "0001", "1-301", "1e9"), Trouble.SUM_BAD),
        ((1, "", "", ""), Trouble.NOTHING_TYPED),
    ],
)
def test_what_can_not_be_is_named_beside_its_page(book, row, trouble):
    [found] = troubles(book, row)
    assert trouble in found


def test_what_lies_outside_the_limits_is_entered_all_the_same_and_said(book, cashier):
    sheet = sheet_of(book, ((1, "0001", "1-301", "0.50"),), cashier=cashier)
    assert sheet.plan.pages[0].notices == [Notice.OUTSIDE_LIMITS]
    assert isinstance(enter(sheet), OutageSheet)
    assert Receipt.objects.get().amount_fen == 50


def test_the_price_is_that_of_the_page(book, cashier):
    import_list(KWH_LISTS[0], NOW_MS - 86_400_000 * 9)
    import_list(KWH_LISTS[1], EARLIER_MS - 86_400_000 * 9)
    tariff = CustomerClass.objects.get(code="kwh-shop").tariff
    later = {"version": "later", "tariff": tariff, "micro_yuan_per_kwh": 1_602_400}
    Price.objects.create(from_ms=start_of_day_ms(DAY) + 120_000, **later)
    sheet = sheet_of(book, ((1, "0001", "1-A01", "80.12"), (2, "0005", "1-A01", "80.12")), cashier=cashier)
    assert isinstance(enter(sheet), OutageSheet)
    assert list(Receipt.objects.order_by("number").values_list("credited", flat=True)) == [100_000, 50_000]
    assert faults() == []


def test_cash_in_anothers_drawer_or_another_sum_wants_a_reason(book, cashier):
    assert enter(sheet_of(book, cashier=cashier, counted=1)) == SheetRefused(SheetRefusal.NO_REASON)
    ben = User.objects.create_user("ben", role="cashier")
    sheet = sheet_of(book, cashier=cashier)
    moved = Sheet(sheet.key, book, sheet.plan, ben, sheet.shift, sheet.counted_fen)
    assert enter(moved) == SheetRefused(SheetRefusal.NO_REASON)
    entered = enter(
        Sheet(sheet.key, book, sheet.plan, ben, sheet.shift, 10_000, "Ben gave it to me; 0.50 missing"),
        actor=cashier,
    )
    assert (entered.written_by, entered.entered_by, entered.difference_fen) == (ben, cashier, -50)
    assert faults() == []


def test_a_shift_that_ended_takes_nothing(book, cashier):
    sheet = sheet_of(book, cashier=cashier)
    off_shift(open_shift_of(cashier), NOW_MS)
    assert enter(sheet) == SheetRefused(SheetRefusal.NO_SHIFT)
    assert not Payment.objects.exists()


def test_all_or_none(book, cashier, monkeypatch):
    """The third page is refused in the middle of it: nothing of the first two is left."""
    from central.desk.outage import entering
    from central.desk.refusals import DeskRefusal, Refused

    real, calls = entering.pay, []

    def refusing(*args, **kwargs):
        calls.append(args)
        return Refused(DeskRefusal.NO_PRICE) if len(calls) == 3 else real(*args, **kwargs)

    monkeypatch.setattr(entering, "pay", refusing)
    assert enter(sheet_of(book, cashier=cashier)) == SheetRefused(SheetRefusal.PAGE_REFUSED, 3, "no-price")
    assert not Payment.objects.exists()
    assert not OutageSheet.objects.exists()
    assert not Delivery.objects.exists()
    monkeypatch.setattr(entering, "pay", real)
    assert enter(sheet_of(book, cashier=cashier)).number == 1, "the number was not used up"


def test_what_was_shown_is_what_is_entered(book, cashier):
    sheet = sheet_of(book, cashier=cashier)
    assert enter(sheet, "0" * 64) == SheetRefused(SheetRefusal.CHANGED)


def test_a_hundred_pages_at_once_and_after_midnight_the_next_day(book, cashier):
    yesterday = DAY - timedelta(days=1)
    rows = [(n, "2358" if n < 60 else "0003", "1-301", str(n)) for n in range(1, 101)]
    sheet = sheet_of(book, rows, cashier=cashier, day=yesterday)
    assert sheet.plan.troubles == 0
    entered = enter(sheet)
    assert entered.pages.count() == 100
    assert entered.sum_fen == 505_000 == drawer_tie(open_shift_of(cashier), 0).taken_fen
    written = [local(page.written_ms) for page in entered.pages.filter(page__in=(59, 60))]
    assert [at.date() for at in written] == [yesterday, DAY]
    assert faults() == []


def test_others_who_moved_in_since_do_not_get_it(book, cashier):
    from central.campus.models import Account

    Account.objects.filter(code="1-301.1").update(opened_ms=NOW_MS)
    assert troubles(book, (1, "0001", "1-301", "50")) == [[Trouble.MOVED]]


def test_a_sheet_that_was_changed_behind_the_triggers_is_named(book, cashier):
    from django.db import connection

    from central.ledger.immutability import allow_changes, forbid_changes

    enter(sheet_of(book, cashier=cashier))
    allow_changes(connection, "desk_outagesheet")
    OutageSheet.objects.update(sum_fen=1)
    forbid_changes(connection, "desk_outagesheet")
    assert [check.fault for check in verify_outage() if check.fault] == [
        "sheet 1: its pages make another sum"
    ]


@given(st.lists(st.integers(0, 1_439), max_size=30))
def test_times_that_are_taken_never_go_back_and_only_one_night_passes_between_two(minutes):
    found = written_minutes(f"{m // 60:02d}:{m % 60:02d}" for m in minutes)
    taken = [at for at in found if not isinstance(at, TimeFault)]
    assert taken == sorted(taken)
    for before, after in itertools.pairwise(taken):
        assert after // 1_440 - before // 1_440 in (0, 1)
        if after // 1_440 != before // 1_440:
            assert before % 1_440 >= 18 * 60
            assert after % 1_440 < 6 * 60
    assert [at % 1_440 for at in found if not isinstance(at, TimeFault)] == [
        m for m, at in zip(minutes, found, strict=True) if not isinstance(at, TimeFault)
    ]


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("1930", 1_170),
        ("19:30", 1_170),
        ("930", 570),
        ("１９：３０", 1_170),
        ("19.30", 1_170),
        ("19时30分", 1_170),
    ],
)
def test_a_time_is_read_as_people_type_it(text, minute):
    assert written_minutes([text]) == [minute]


def test_r_4_1_5_a_page_is_corrected_on_the_day_that_is_written_on_it_only(book, cashier, taker):
    before, today = DAY - timedelta(days=1), DAY
    enter(sheet_of(book, ((1, "1930", "1-301", "50"),), cashier=cashier, day=before))
    enter(sheet_of(book, ((2, "0002", "1-302", "50"),), cashier=cashier, day=today))
    late, fresh = Receipt.objects.order_by("number")
    assert campus_day(late.at_ms) == today, "entered today"
    assert may_correct(late, NOW_MS) is CorrectionRefusal.NOT_TODAY
    assert may_correct(fresh, NOW_MS) is None
