"""The desk's month and year tables, and the pages that go to finance with a batch, as cashier and finance see them."""

from datetime import timedelta

import pytest
from django.test import Client

from central import clock
from central.desk import books
from central.desk.book_models import BookPageIssue, ReceiptBook
from central.desk.day_close import close_day
from central.desk.day_models import DayClose, HandIn
from central.desk.hand_in_models import HandInPages
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import Paid, pay
from central.desk.shift_models import Shift
from central.desk.shift_verification import verify_shifts
from central.domain.receipt_book import Mark
from central.office import approvals
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, DatedValue, User
from tests.open_shifts import off_shift, on_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
DAY_MS = 86_400_000
SEALS = ["档案馆公章", "财务专用章", "加盖财务专用章生效"]


def who(name: str) -> User:
    return User.objects.get(username=name)


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(who(name), backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def yesterday(campus: None) -> int:
    """Book A-12, pages 1 to 6, and a shift of yesterday: 1 spoiled, 2 paid in cash, 3 by card. The shift has ended."""
    DatedValue.objects.create(
        code="receipt.original", place="campus", value="page", from_ms=0, made_by="test", made_ms=0
    )
    at_ms, cashier = clock.now_ms() - DAY_MS, who("cashier")
    act = {"actor": cashier, "now_ms": at_ms}
    book = books.receive_book("A-12", 1, 6, "", **act)
    books.check_pages(book, 1, 6, SEALS, [], **act)
    books.take_book(book, **act)
    books.void_page(book, 1, Mark.SPOILED, "ink", **act)
    shift = on_shift(cashier, at_ms)
    card = HowPaid(Payment.Method.CARD, "T-77")
    assert isinstance(pay("p1", "1-102.1", 5_000, cashier, now_ms=at_ms, page="2"), Paid)
    assert isinstance(pay("p2", "1-103.1", 1_200, cashier, now_ms=at_ms, page="3", how=card), Paid)
    off_shift(shift, at_ms)
    return at_ms


@pytest.fixture
def closed(yesterday: int) -> DayClose:
    made = close_day(clock.campus_day(yesterday), who("cashier"), now_ms=clock.now_ms())
    assert isinstance(made, DayClose), made
    return made


def text(answer: object) -> str:
    return answer.content.decode()


def test_the_month_names_open_days_and_every_figure_is_a_door(yesterday: int) -> None:
    client, day = client_of("finance"), clock.campus_day(yesterday)
    month = f"/desk/days/table/?period=month:{day:%Y-%m}"
    page = text(client.get(month))
    sheet = f"/papers/takings/?period=day%3A{day}"
    assert f'<a href="{sheet}">62.00</a>' in page
    assert f'<a href="{sheet}">not closed</a>' in page
    assert "Days that are not closed" in page
    assert "62.00" in text(client.get(sheet))
    close_day(day, who("cashier"), now_ms=clock.now_ms())
    page = text(client.get(month))
    assert '<a href="/desk/days/1/">62.00</a>' in page
    assert '<a href="/desk/days/1/">12.00</a>' in page, "by card"
    assert "Days that are not closed" not in page
    year = text(client.get(f"/desk/days/table/?period=year:{day.year}"))
    assert f'<a href="/desk/days/table/?period=month%3A{day:%Y-%m}">62.00</a>' in year
    period = text(client.get(f"/desk/days/table/?period=period:{day + timedelta(days=10):%Y-%m}"))
    assert "Accounting period" in period


@pytest.mark.parametrize(
    "asked", ["", "nonsense", "month:2026-13", "day:2026-11-25", "year:0", "\0", "year:99999"]
)
def test_what_is_no_period_shows_this_month(cashier: Client, asked: str) -> None:
    answer = cashier.get("/desk/days/table/", {"period": asked})
    assert answer.status_code == 200
    assert f"Month {clock.campus_day(clock.now_ms()):%Y-%m}" in text(answer)


def hand(client: Client, closed: DayClose, **typed: str) -> object:
    sent = {"days": [closed.pk], "cash": "50.00", "bank_slip": "B-1", **typed}
    return client.post("/desk/hand-ins/make/", sent, follow=True)


def test_a_batch_lists_its_pages_and_what_was_no_cash(closed: DayClose) -> None:
    client = client_of("cashier")
    before = text(client.get("/desk/hand-ins/"))
    assert "T-77" in before
    page = text(hand(client, closed))
    assert "spoiled: ink" in page
    assert "2–3" in page
    assert "T-77" in page
    kept = list(HandInPages.objects.order_by("first").values_list("kind", "first", "last", "reason"))
    assert kept == [("void", 1, 1, "spoiled ink"), ("issued", 2, 3, "")]
    assert all(check.holds for check in verify_shifts())


def test_a_missing_page_waits_for_signatures(closed: DayClose) -> None:
    client = client_of("cashier")
    for typed in ("A-12 4", "B-1 2", "A-12 2-999999999"):
        refused = hand(client, closed, missing=typed, reason="lost")
        assert refused.status_code == 400
        assert typed in text(refused), "what was typed is still there"
    assert "is no book with its pages" in text(hand(client, closed, missing="A-12 seven"))
    assert "Give the reason" in text(hand(client, closed, missing="A-12 3"))
    assert not HandIn.objects.exists()
    assert "Missing receipt pages" in text(hand(client, closed, missing="A-12 3", reason="lost"))
    made, request = HandIn.objects.get(), Approval.objects.get(act="missing-pages")
    finance = client_of("finance")
    refused = finance.post(f"/desk/hand-ins/{made.pk}/end/", {"word": "received"}, follow=True)
    assert "Pages of this batch are missing" in text(refused)
    assert "A-12" in text(finance.get(f"/office/approvals/{request.number}/"))
    for name in ("finance", "director"):
        approvals.sign(request.number, approve=True, reason="", actor=who(name), now_ms=clock.now_ms())
    finance.post(f"/desk/hand-ins/{made.pk}/end/", {"word": "received"})
    assert HandIn.objects.get().end.received
    assert all(check.holds for check in verify_shifts())


def test_pages_left_out_without_a_reason_stop_the_batch(closed: DayClose) -> None:
    """A row written by hand, past the rules: page 6 went out, nobody knows of 4 and 5."""
    book = ReceiptBook.objects.get()
    payment = Payment.objects.create(
        payment_id="forged",
        account=Payment.objects.first().account,
        bucket="paid",
        amount_fen=7,
        cashier=who("cashier"),
        at_ms=1,
        grant="g",
        shift=Shift.objects.get(),
    )
    BookPageIssue.objects.create(book=book, page=6, payment=payment, by=who("cashier"), at_ms=1)
    assert "neither issued nor void" in text(hand(client_of("cashier"), closed))
    assert not HandIn.objects.exists()


def test_a_page_handed_in_twice_is_found(closed: DayClose) -> None:
    hand(client_of("cashier"), closed)
    HandInPages.objects.create(
        hand_in=HandIn.objects.get(), book=ReceiptBook.objects.get(), kind="issued", first=2, last=2
    )
    faults = [check.fault for check in verify_shifts() if not check.holds]
    assert faults == ["book A-12: page 2 is in two batches"]


def test_void_pages_after_the_last_one_go_with_the_next_batch(closed: DayClose) -> None:
    client, now_ms, cashier = client_of("cashier"), clock.now_ms(), who("cashier")
    hand(client, closed)
    book = ReceiptBook.objects.get()
    books.void_page(book, 4, Mark.STAINED, "tea", actor=cashier, now_ms=now_ms)
    books.void_page(book, 6, Mark.STAINED, "tea", actor=cashier, now_ms=now_ms)
    shift = on_shift(cashier, now_ms)
    off_shift(shift, now_ms)
    second = close_day(shift.day, cashier, now_ms=now_ms)
    assert isinstance(second, DayClose)
    hand(client, second, cash="0")
    kept = HandInPages.objects.filter(hand_in=2).values_list("kind", "first", "last")
    assert list(kept) == [("void", 4, 4)], "page 5 is not accounted for yet: 6 waits for it"


def test_a_form_with_too_many_fields_is_refused_in_words(cashier: Client) -> None:
    answer = cashier.post("/desk/days/close/", {f"f{number}": "1" for number in range(6_001)})
    assert answer.status_code == 400
    assert "more fields than a form may have" in text(answer)
