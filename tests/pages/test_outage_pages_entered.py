"""An outage as the desk sees it: pages typed, checked against the cash, entered once; vouchers ordered, printed, counted."""

import re
import time

import pytest
from django.test import Client

from central import clock
from central.desk import books
from central.desk.models import Payment, Receipt
from central.desk.outage.models import OutageSheet, VoucherCount, VoucherStock
from central.desk.shifts import open_shift_of
from central.domain.periods import day_period
from central.ledger.models import AuditEntry
from central.link.models import StockVoucher
from central.link.vouchers import voucher_file
from central.office import approvals
from central.office.models import Approval, Delegation, User
from central.reports.outage_pages import OUTAGE_PAGES
from central.reports.takings import build as takings
from tests.open_shifts import have_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
FRONT, PAGES, ENTER = "/desk/outage/", "/desk/outage/pages/", "/desk/outage/pages/enter/"
STOCKS = "/desk/outage/vouchers/"
KEY = "a" * 32


@pytest.fixture
def head(cashier: Client) -> dict[str, object]:
    """The cashier's book of 20 checked pages, and what stands above the pages."""
    anna, now_ms = User.objects.get(username="cashier"), clock.now_ms()
    when = {"actor": anna, "now_ms": now_ms - 3 * 86_400_000}
    book = books.receive_book("E-1", 1, 20, "", **when)
    books.take_book(book, **when)
    books.check_pages(book, 1, 20, books.seals_at(now_ms), [], **when)
    day = clock.campus_day(now_ms - 86_400_000).isoformat()
    return {"book": book.pk, "last": 2, "day": day, "written_by": anna.pk, "shift": open_shift_of(anna).pk}


TYPED = {
    "time-1": "1930", "room-1": "1-101", "yuan-1": "50", "time-2": "19:40", "room-2": "1-102", "yuan-2": "20.50",
    "counted": "70.50", "reason": "", "key": KEY,
}  # fmt: skip


def checked(client: Client, head: dict[str, object], **changes: str):
    return client.post(PAGES, head | TYPED | changes)


def shown(page: str) -> str:
    return re.search(r'name="shown" value="(\w+)"', page)[1]


def enter(client: Client, head: dict[str, object], **changes: str):
    digest = shown(checked(client, head, **changes).content.decode())
    return client.post(ENTER, head | TYPED | {"shown": digest} | changes)


def test_typed_checked_and_entered_once(cashier: Client, head: dict[str, object]) -> None:
    page = cashier.post(PAGES, head).content.decode()
    assert 'name="time-1"' in page
    assert 'name="time-3"' not in page
    page = checked(cashier, head).content.decode()
    assert "70.50" in page
    assert ENTER in page
    answer = enter(cashier, head)
    assert (answer.status_code, answer.url) == (302, "/desk/outage/sheets/1/")
    again = enter_again(cashier, head, OutageSheet.objects.get().digest)
    assert again.redirect_chain == [("/desk/outage/sheets/1/", 302)]
    assert "These pages were entered already" in again.content.decode()
    other = enter_again(cashier, head, "0" * 64)
    assert other.redirect_chain == [("/desk/outage/sheets/1/", 302)]
    assert "Begin anew" in other.content.decode(), "what was changed since is not entered, and not said to be"
    assert Payment.objects.count() == 2
    page = cashier.get(answer.url).content.decode()
    assert "19:30" in page
    assert "1-102" in page


def enter_again(client: Client, head: dict[str, object], digest: str):
    return client.post(ENTER, head | TYPED | {"shown": digest}, follow=True)


def test_a_mistyped_page_keeps_what_was_typed_and_nothing_is_entered(
    cashier: Client, head: dict[str, object]
) -> None:
    answer = checked(cashier, head, **{"room-2": "nowhere", "time-1": "2570"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="nowhere"' in page
    assert ENTER not in page
    refused = cashier.post(ENTER, head | TYPED | {"room-2": "nowhere", "shown": "0" * 64})
    assert (refused.status_code, Payment.objects.count()) == (422, 0)


def test_a_wrong_day_is_put_right_beside_the_pages_and_nothing_typed_is_lost(
    cashier: Client, head: dict[str, object]
) -> None:
    tomorrow = clock.campus_day(clock.now_ms() + 86_400_000).isoformat()
    for day in ("", "30.11.", tomorrow):
        answer = cashier.post(PAGES, head | TYPED | {"day": day, "day_before": head["day"]})
        page = answer.content.decode()
        assert answer.status_code == 422
        for kept in ('value="1-102"', 'value="70.50"', f'name="day" value="{head["day"]}"', 'role="status"'):
            assert kept in page, kept
        assert ENTER not in page, "not with a day that nobody chose"
    assert ENTER in checked(cashier, head).content.decode(), "the day that was meant"


def test_another_sum_than_was_counted_wants_a_reason(cashier: Client, head: dict[str, object]) -> None:
    answer = enter(cashier, head, counted="70")
    assert answer.status_code == 422
    assert "differs from their sum" in answer.content.decode()
    assert enter(cashier, head, counted="70", reason="0.50 missing").status_code == 302


def test_the_receipt_is_a_copy_and_the_day_sheet_has_both_dates(
    cashier: Client, head: dict[str, object]
) -> None:
    enter(cashier, head)
    receipt = Receipt.objects.first()
    page = cashier.get(f"/desk/receipts/{receipt.number}/").content.decode()
    assert "what is printed here is a copy" in page
    sheet = takings(day_period(clock.campus_day(clock.now_ms())))
    assert " → " in sheet.tables[0].rows[0].cells[1]
    assert "19:30" in sheet.tables[0].rows[0].cells[1]
    report = OUTAGE_PAGES.build(day_period(clock.campus_day(clock.now_ms())))
    assert [row.cells[1] for row in report.tables[0].rows] == [1, 2]


@pytest.mark.parametrize("changes", [
    {"book": "9"}, {"last": "x"}, {"last": "0"}, {"day": "2999-01-01"}, {"day": "x"}, {"shift": "77"}, {"written_by": "0"},
    {"counted": ""}, {"counted": "x"}, {"key": "x"}, {"room-1": "\x00"}, {"yuan-1": "9" * 400}, {"voucher-1": "1-001"},
])  # fmt: skip
def test_bad_input_is_never_a_fault(
    cashier: Client, head: dict[str, object], changes: dict[str, str]
) -> None:
    for address in (PAGES, ENTER):
        assert cashier.post(address, head | TYPED | {"shown": "0" * 64} | changes).status_code in (400, 422)
    assert not OutageSheet.objects.exists()


def test_who_carried_a_buildings_credit_is_shown_with_what_arrived(
    cashier: Client, head: dict[str, object]
) -> None:
    enter(cashier, head)
    voucher_file("gw-1", actor="cashier", now_ms=clock.now_ms())
    page = cashier.get(FRONT).content.decode()
    assert "Who took credit along" in page
    assert "/desk/vouchers/1/" in page


def test_a_hundred_pages_fit_one_page(cashier: Client, head: dict[str, object]) -> None:
    anna, now_ms = User.objects.get(username="cashier"), clock.now_ms()
    when = {"actor": anna, "now_ms": now_ms - 3 * 86_400_000}
    book = books.receive_book("E-2", 1, 100, "", **when)
    books.check_pages(book, 1, 100, books.seals_at(now_ms), [], **when)
    page = cashier.post(PAGES, head | {"book": book.pk, "last": 100}).content
    assert page.count(b'name="room-') == 100
    assert len(page) < 150_000


# --- vouchers


def make(client: Client, **changes: str):
    sent = {"building": "1", "value": "20", "per_room": "1", "why": "enrolment", "key": KEY}
    return client.post(f"{STOCKS}make/", sent | changes)


def sign(*names: str) -> Approval:
    request = Approval.objects.order_by("-number").first()
    for name in names:
        who = User.objects.get(username=name)
        request = approvals.sign(request.number, approve=True, reason="", actor=who, now_ms=clock.now_ms())
    return request


@pytest.fixture
def stock(cashier: Client) -> VoucherStock:
    assert make(cashier).status_code == 302
    assert make(cashier).status_code == 302, "a double click asks once"
    sign("finance", "director")
    return VoucherStock.objects.get()


def test_a_stock_is_ordered_counted_and_destroyed_by_two(cashier: Client, stock: VoucherStock) -> None:
    assert StockVoucher.objects.count() == 6
    address = f"{STOCKS}{stock.pk}/"
    assert "In the safe" in cashier.get(address).content.decode()
    assert cashier.post(f"{address}count/", {"count-counted": "5", "count-reason": ""}).status_code == 400
    assert cashier.post(f"{address}count/", {"count-counted": "6"}).status_code == 302
    assert VoucherCount.objects.get().counted == 6
    sent = {"destroy-everything": "on", "destroy-why": "term", "destroy-key": "b" * 32}
    assert cashier.post(f"{address}destroy/", sent).status_code == 302
    assert sign("finance").state == "approved"
    page = cashier.get(address).content.decode()
    assert "destroyed" in page
    assert cashier.post(f"{address}destroy/", sent | {"destroy-key": "c" * 32}).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [{"building": "9"}, {"value": "x"}, {"value": "0.01"}, {"per_room": "9"}, {"why": ""}, {"key": "-"}],
)
def test_a_stock_that_can_not_be_is_refused_in_words(cashier: Client, changes: dict[str, str]) -> None:
    assert make(cashier, **changes).status_code == 400
    assert not Approval.objects.exists()


def test_the_codes_are_printed_by_who_does_not_sell_and_again_with_a_reason(
    cashier: Client, stock: VoucherStock
) -> None:
    from tests.pages.conftest import _client

    address = f"{STOCKS}{stock.pk}/print/"
    assert cashier.post(address).status_code == 403
    who, now_ms = {one.username: one for one in User.objects.all()}, clock.now_ms()
    Delegation.objects.create(
        absent=who["finance"], stand_in=who["cashier"], from_ms=now_ms - 1, until_ms=now_ms + 3_600_000
    )
    refused = cashier.post(address, follow=True)
    assert "never sees the codes" in refused.content.decode(), "not in the place of finance either"
    assert not AuditEntry.objects.filter(action="print-vouchers").exists()
    finance = _client("finance")
    first = finance.post(address)
    assert (first.status_code, first["Content-Type"], first.content[:4]) == (200, "application/pdf", b"%PDF")
    assert finance.post(address).status_code == 302, "why again?"
    assert finance.post(address, {"reason": "jam"}).status_code == 200
    assert AuditEntry.objects.filter(action="print-vouchers").count() == 2


def test_a_voucher_is_sold_on_a_page(cashier: Client, stock: VoucherStock, head: dict[str, object]) -> None:
    have_shift(User.objects.get(username="cashier"), clock.now_ms())
    number = StockVoucher.objects.first().number
    changes = {"voucher-1": number, "room-1": "", "yuan-1": "", "counted": "40.50"}
    assert enter(cashier, head, **changes).status_code == 302
    assert number in cashier.get("/desk/outage/sheets/1/").content.decode()
    assert "sold" in cashier.get(f"{STOCKS}{stock.pk}/").content.decode()


def test_a_last_page_far_beyond_the_book_is_answered_at_once(
    cashier: Client, head: dict[str, object]
) -> None:
    """One digit too many on the desk's form once counted to a thousand million."""
    began = time.process_time()
    answer = cashier.post(PAGES, head | {"last": 999_999_999})
    assert time.process_time() - began < 5
    page = answer.content.decode()
    assert 'name="time-20"' in page
    assert 'name="time-21"' not in page
