"""Receipt books at the desk: checked before use, issued in order, every gap named, bound and stored."""

import io
import re
from datetime import date
from uuid import uuid4

import openpyxl
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from central import clock
from central.campus.models import Account, Room
from central.desk import binding, books
from central.desk.binding import BindingRefusal, NotBound, WantedRange
from central.desk.book_models import (
    BookHolding,
    BookPageIssue,
    BookPageMark,
    BoundVolume,
    ReceiptBook,
    VolumePlace,
)
from central.desk.book_queries import current_book, gaps_of, states_of
from central.desk.book_verification import verify_pages
from central.desk.books import BookRefusal, Checked
from central.desk.models import Payment, Receipt
from central.desk.operations import Paid, pay
from central.desk.refusals import DeskRefusal, Refused
from central.domain.receipt_book import Finding, Mark, PageState
from central.ledger.models import AuditEntry
from central.office.models import DatedValue, User
from tests.open_shifts import have_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
SEALS = ["档案馆公章", "财务专用章", "加盖财务专用章生效"]


def who(name: str = "cashier") -> User:
    return User.objects.get(username=name)


def now() -> int:
    return clock.now_ms()


def say(code: str, value: object) -> None:
    """Put a dated value in force, as an approved change would."""
    DatedValue.objects.create(
        code=code, place="campus", where="", value=value, from_ms=now() - 1000, made_by="test", made_ms=now()
    )


@pytest.fixture
def book(campus: None) -> ReceiptBook:
    """Book A-12, pages 1 to 6, with the cashier; not checked."""
    made = books.receive_book("A-12", 1, 6, "", actor=who(), now_ms=now())
    assert isinstance(made, ReceiptBook)
    assert isinstance(books.take_book(made, actor=who(), now_ms=now()), BookHolding)
    return made


@pytest.fixture
def by_page(campus: None) -> None:
    say("receipt.original", "page")


def check(book: ReceiptBook, *findings: Finding, seals: list[str] = SEALS) -> Checked:
    done = books.check_pages(
        book, book.first_page, book.last_page, seals, findings, actor=who(), now_ms=now()
    )
    assert isinstance(done, Checked), done
    return done


def sell(page: str, number: str = "") -> Paid | Refused:
    account = Account.objects.order_by("code")[2]
    return pay(number or str(uuid4()), account.code, 5_000, have_shift(who(), now()), now_ms=now(), page=page)


# -------------------------------------------------------------- issued in order


def test_a_page_not_checked_or_without_a_seal_or_void_is_not_issued(by_page: None, book: ReceiptBook) -> None:
    assert sell("1") == Refused(DeskRefusal.PAGE_NOT_CHECKED, page=1)
    check(book, seals=SEALS[:2])
    assert sell("1") == Refused(DeskRefusal.PAGE_LACKS_SEAL, page=1)
    check(book, Finding(range(1, 2), Mark.STAINED))
    assert sell("1") == Refused(DeskRefusal.PAGE_VOID, page=1)
    assert not Payment.objects.exists()
    paid = sell("2")
    assert isinstance(paid, Paid)
    assert BookPageIssue.objects.get().payment_id == paid.receipt.payment_id


def test_pages_go_out_in_order_and_a_skipped_one_needs_its_reason(by_page: None, book: ReceiptBook) -> None:
    check(book)
    assert isinstance(sell("1"), Paid)
    assert sell("3") == Refused(DeskRefusal.PAGE_GAP, page=2)
    assert sell("1") == Refused(DeskRefusal.PAGE_ISSUED, page=1)
    assert sell("7") == Refused(DeskRefusal.NOT_IN_BOOK, page=7)
    assert sell("zwei") == Refused(DeskRefusal.BAD_PAGE)
    assert sell("") == Refused(DeskRefusal.BAD_PAGE)
    skip = (book, 2, Mark.SKIPPED)
    assert books.void_page(*skip, " ", actor=who(), now_ms=now()) is BookRefusal.NO_REASON
    assert isinstance(books.void_page(*skip, "两页粘连", actor=who(), now_ms=now()), BookPageMark)
    assert isinstance(sell("3"), Paid)
    assert [(gap.page, gap.mark, gap.note) for gap in gaps_of(book)] == [(2, "skipped", "两页粘连")]


def test_the_same_payment_again_takes_no_second_page(by_page: None, book: ReceiptBook) -> None:
    check(book)
    first = sell("1", "once")
    again = sell("2", "once")
    assert isinstance(first, Paid)
    assert isinstance(again, Paid)
    assert again.existed
    assert BookPageIssue.objects.count() == 1
    assert isinstance(sell("2"), Paid)


def test_a_payment_that_is_refused_leaves_the_page(by_page: None, book: ReceiptBook) -> None:
    check(book)
    account = Account.objects.order_by("code")[2]
    assert isinstance(pay("x", account.code, 1, have_shift(who(), now()), now_ms=now(), page="1"), Refused)
    assert states_of(book)[1] is PageState.GOOD


def test_without_a_book_nothing_is_sold(by_page: None, campus: None) -> None:
    assert sell("1") == Refused(DeskRefusal.NO_BOOK)


def test_with_numbers_as_originals_no_page_is_asked_for(book: ReceiptBook) -> None:
    assert isinstance(sell(""), Paid)
    assert not BookPageIssue.objects.exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["issue", "void", "check"]), st.integers(1, 6), st.sampled_from(Mark)))
)
def test_whatever_is_done_no_page_goes_out_twice_and_no_gap_is_without_a_reason(
    by_page: None, book: ReceiptBook, acts: list[tuple[str, int, Mark]]
) -> None:
    with transaction.atomic():
        for act, page, mark in acts:
            if act == "issue":
                sell(str(page))
            elif act == "void":
                books.void_page(book, page, mark, "reason", actor=who(), now_ms=now())
            else:
                books.check_pages(
                    book, 1, page, SEALS, [Finding(range(page, page + 1), mark)], actor=who(), now_ms=now()
                )
        issued = list(BookPageIssue.objects.order_by("pk").values_list("page", flat=True))
        states = states_of(book)
        assert issued == sorted(set(issued))
        assert [page for page, state in states.items() if state is PageState.ISSUED] == issued
        earlier = [page for page in states if issued and page < issued[-1]]
        reasons = {gap.page for gap in gaps_of(book)}
        assert all(page in issued or page in reasons for page in earlier)
        assert not set(issued) & reasons
        transaction.set_rollback(True)


# -------------------------------------------------------------- check and hold


def test_a_check_names_what_each_page_lacks(book: ReceiptBook) -> None:
    done = check(
        book,
        Finding(range(2, 3), Mark.LACKS_SEAL, (SEALS[1],)),
        Finding(range(4, 6), Mark.STAINED, note="茶水"),
    )
    assert (done.good, done.lacking, done.void) == (3, 1, 2)
    assert [(m.page, m.mark, m.lacking) for m in BookPageMark.objects.exclude(mark="good")] == [
        (2, "lacks-seal", [SEALS[1]]),
        (4, "stained", []),
        (5, "stained", []),
    ]
    again = check(book)
    assert (again.good, again.void) == (4, 0), "void pages stay void, a sealed one becomes good"
    assert states_of(book)[4] is PageState.VOID


def test_the_seals_are_a_dated_setting(book: ReceiptBook) -> None:
    say("receipt.seals", [*SEALS, "校章"])
    assert check(book).lacking == 6
    assert BookPageMark.objects.first().lacking == ["校章"]


def test_an_issued_page_is_neither_checked_again_nor_made_void(by_page: None, book: ReceiptBook) -> None:
    check(book)
    sell("1")
    void = books.void_page(book, 1, Mark.SPOILED, "x", actor=who(), now_ms=now())
    assert void is BookRefusal.PAGE_ISSUED
    assert check(book).good == 5


def test_one_book_at_a_time_and_never_anothers(book: ReceiptBook, admin: Client) -> None:
    other = books.receive_book("A-13", 7, 12, "", actor=who(), now_ms=now())
    assert books.take_book(other, actor=who(), now_ms=now()) is BookRefusal.HAS_BOOK
    assert books.take_book(book, actor=who("manager"), now_ms=now()) is BookRefusal.HELD_BY_ANOTHER
    assert isinstance(books.return_book(book, actor=who(), now_ms=now()), BookHolding)
    assert books.return_book(book, actor=who(), now_ms=now()) is BookRefusal.NOT_HELD
    assert isinstance(books.take_book(other, actor=who(), now_ms=now()), BookHolding)
    assert current_book(who()) == other


@pytest.mark.parametrize(
    ("number", "first", "last", "why"),
    [
        ("A-12", 1, 6, BookRefusal.NUMBER_TAKEN),
        ("B", 0, 6, BookRefusal.BAD_RANGE),
        ("B", 7, 6, BookRefusal.BAD_RANGE),
        ("B", 1, 501, BookRefusal.TOO_MANY_PAGES),
    ],
)
def test_a_book_that_can_not_be_is_refused(
    book: ReceiptBook, number: str, first: int, last: int, why: BookRefusal
) -> None:
    assert books.receive_book(number, first, last, "", actor=who(), now_ms=now()) is why


def test_every_act_is_in_the_chain_and_no_row_can_be_changed(by_page: None, book: ReceiptBook) -> None:
    check(book, Finding(range(6, 7), Mark.MISSING))
    sell("1")
    said = list(AuditEntry.objects.filter(subject="book A-12").values_list("action", "detail"))
    assert said == [
        ("receive-book", "pages 1-6"),
        ("take-book", ""),
        ("check-book", "good 1-5; missing 6"),
    ]
    for table in ("receiptbook", "bookholding", "bookpagemark", "bookpageissue"):
        with (
            pytest.raises(DatabaseError, match="immutable"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM desk_{table}")


def test_pages_are_proved_and_what_does_not_hold_is_named(by_page: None, book: ReceiptBook) -> None:
    check(book, Finding(range(2, 3), Mark.SKIPPED))
    sell("1")
    sell("3")
    assert verify_pages().holds
    payment = Payment.objects.create(
        payment_id="behind", account=Payment.objects.first().account, bucket="paid", amount_fen=1, cashier=who(),
        at_ms=now(), grant="behind",
    )  # fmt: skip
    issue = {"payment": payment, "book": book, "by": who(), "at_ms": now()}
    with transaction.atomic():
        BookPageIssue.objects.create(page=6, **issue)
        assert verify_pages().fault == "book A-12: page 4 was left out before page 6 without a reason"
        transaction.set_rollback(True)
    BookPageIssue.objects.create(page=2, **issue)
    assert verify_pages().fault == "book A-12: page 2 was issued and is not good"


# --------------------------------------------------------------------- binding


def bind(*ranges: WantedRange, place: str = "档案室 3 柜") -> BoundVolume | NotBound:
    return binding.bind_volume("2026 年 11 月", ranges, place, date(2026, 11, 30), actor=who(), now_ms=now())


def test_only_what_is_accounted_for_is_bound_and_only_once(by_page: None, book: ReceiptBook) -> None:
    check(book, Finding(range(2, 3), Mark.STAINED))
    sell("1")
    sell("3")
    assert bind(WantedRange("A-12", 1, 5)) == NotBound(BindingRefusal.NOT_ACCOUNTED, "A-12 4-5")
    assert bind(WantedRange("A-12", 1, 7)) == NotBound(BindingRefusal.NOT_IN_BOOK, "A-12 1-7")
    assert bind(WantedRange("Z", 1, 2)) == NotBound(BindingRefusal.UNKNOWN_BOOK, "Z")
    assert bind() == NotBound(BindingRefusal.NOTHING)
    assert bind(WantedRange("A-12", 1, 3), place=" ") == NotBound(BindingRefusal.NO_PLACE)
    overlapping = bind(WantedRange("A-12", 1, 2), WantedRange("A-12", 2, 3))
    assert overlapping == NotBound(BindingRefusal.TWICE, "A-12 2-3")
    assert not BoundVolume.objects.exists()
    assert isinstance(bind(WantedRange("A-12", 1, 3)), BoundVolume)
    assert bind(WantedRange("A-12", 3, 3)) == NotBound(BindingRefusal.BOUND_BEFORE, "A-12 3-3 (1)")


def test_the_systems_receipts_are_bound_by_number(campus: None) -> None:
    for _ in range(3):
        assert isinstance(sell(""), Paid)
    assert bind(WantedRange("", 1, 4)) == NotBound(BindingRefusal.NOT_ISSUED_YET, "1-4")
    first = bind(WantedRange("", 1, 2))
    second = bind(WantedRange("", 3, 3))
    assert isinstance(first, BoundVolume)
    assert isinstance(second, BoundVolume)
    assert [first.number, second.number] == [1, 2]
    assert isinstance(bind(WantedRange("", 2, 2)), NotBound)


def test_the_register_says_where_each_volume_is_and_was(cashier: Client) -> None:
    sell("")
    volume = bind(WantedRange("", 1, 1))
    assert isinstance(volume, BoundVolume)
    answer = cashier.post(
        f"/desk/volumes/{volume.number}/store/", {"place": "地下库房", "since": "2027-01-05"}
    )
    assert answer.status_code == 302
    assert VolumePlace.objects.filter(volume=volume).count() == 2
    page = cashier.get("/desk/volumes/").content.decode()
    assert page.index("地下库房") < page.index("档案室 3 柜")
    report = f"/papers/bound-volumes/?period=year:{clock.campus_day(now()).year}"
    assert "地下库房" in cashier.get(report).content.decode()
    text = PdfReader(io.BytesIO(cashier.get(f"{report}&form=pdf").content)).pages[0].extract_text()
    assert "地下库房" in text
    sheet = openpyxl.load_workbook(io.BytesIO(cashier.get(f"{report}&form=xlsx").content)).active
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "地下库房" in cells
    assert "receipts 1-1" in cells


def test_the_report_of_gaps_names_each(book: ReceiptBook, cashier: Client) -> None:
    check(book, Finding(range(3, 4), Mark.STAINED, note="茶水"))
    page = cashier.get(f"/papers/receipt-gaps/?period=year:{clock.campus_day(now()).year}").content.decode()
    assert "A-12" in page
    assert "茶水" in page


# ----------------------------------------------------------------------- pages


def room_path() -> str:
    return f"/desk/rooms/{Room.objects.get(label='103').pk}/"


def test_the_read_back_offers_the_next_page_and_binds_it(
    by_page: None, book: ReceiptBook, cashier: Client
) -> None:
    check(book, Finding(range(1, 2), Mark.WRONG))
    typed = {"payment": str(uuid4()), "amount": "50"}
    page = cashier.get(f"{room_path()}read-back/", typed).content.decode()
    assert re.search(r'name="page" value="2"', page)
    refused = cashier.post(f"{room_path()}pay/", {**typed, "page": "3"})
    assert refused.status_code == 409
    again = refused.content.decode()
    assert "Page 2 comes before it" in again
    assert re.search(r'name="page" value="3"', again), "what was typed stays"
    assert not Payment.objects.exists()
    done = cashier.post(f"{room_path()}pay/", {**typed, "page": "2"})
    assert done.status_code == 302
    shown = cashier.get(done.url).content.decode()
    assert "page 2 of receipt book A-12" in shown
    printed = cashier.post(f"{done.url}print/")
    text = PdfReader(io.BytesIO(printed.content)).pages[0].extract_text()
    assert text.count("原件：收据本 A-12 第 2 页") == 3
    assert text.count("副本（原件为收据本页）") == 3


def test_the_read_back_says_what_is_wrong_with_the_book(by_page: None, cashier: Client) -> None:
    typed = {"payment": str(uuid4()), "amount": "50"}
    page = cashier.get(f"{room_path()}read-back/", typed).content.decode()
    assert "You have no receipt book" in page
    assert "disabled" in page
    made = books.receive_book("A-12", 1, 6, "", actor=who(), now_ms=now())
    books.take_book(made, actor=who(), now_ms=now())
    assert "Page 1 was not checked" in cashier.get(f"{room_path()}read-back/", typed).content.decode()


def test_a_book_goes_from_the_safe_to_the_desk_by_pages(cashier: Client) -> None:
    made = cashier.post("/desk/books/receive/", {"number": "A-12", "first": "1", "last": "50", "note": ""})
    path = made.url
    assert cashier.post(f"{path}take/").status_code == 302
    seen = cashier.get(path).content.decode()
    assert 'name="first" value="1"' in seen
    assert 'name="last" value="50"' in seen
    checked = cashier.post(
        f"{path}check/", {"first": "1", "last": "50", "seals": SEALS, "findings": "17 1\n18-19 4\n23 5 2"}
    )
    assert checked.status_code == 302
    page = cashier.get(path).content.decode()
    assert "Checked: 46 good, 1 without a seal, 3 void" in page
    assert "lacks a seal" in page
    assert 'name="first" value="23"' in page, "what is still to be checked is offered next"


@pytest.mark.parametrize(
    ("what", "typed", "said"),
    [
        ("check", {"first": "1", "last": "6", "findings": "9 1"}, "not in the range"),
        ("check", {"first": "1", "last": "6", "findings": "x"}, "begin with the page"),
        ("check", {"first": "1", "last": "9"}, "must be of this book"),
        ("check", {"first": "", "last": "6"}, "Fill this in"),
        ("check", {"first": "1", "last": "6", "seals": "校章"}, ""),
        ("void", {"page": "1", "mark": "skipped", "reason": ""}, "Fill this in"),
        ("void", {"page": "9", "mark": "skipped", "reason": "kept words"}, "must be of this book"),
    ],
)
def test_bad_input_is_said_and_not_lost(
    book: ReceiptBook, cashier: Client, what: str, typed: dict[str, str], said: str
) -> None:
    answer = cashier.post(f"/desk/books/{book.pk}/{what}/", typed)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert said in page
    assert all(value in page for value in typed.values() if value != "校章")
    assert not BookPageMark.objects.exists()


def test_a_bad_range_is_said_and_not_lost(cashier: Client) -> None:
    typed = {"title": "十一月", "ranges": "A-12 1-50\nnonsense", "place": "柜", "since": "2026-11-30"}
    answer = cashier.post("/desk/volumes/bind/", typed)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "“nonsense” is no range" in page
    assert "A-12 1-50" in page
    assert "十一月" in page
    refused = cashier.post("/desk/volumes/bind/", {**typed, "ranges": "A-12 1-50"})
    assert "No book has the number A-12" in refused.content.decode()


def test_a_volume_is_bound_on_the_page(cashier: Client) -> None:
    sell("")
    typed = {"title": "十一月", "ranges": "1-1", "place": "档案室", "since": "2026-11-30"}
    assert cashier.post("/desk/volumes/bind/", typed).status_code == 302
    assert "Bound as volume 1" in cashier.get("/desk/volumes/").content.decode()
    assert Receipt.objects.count() == 1
