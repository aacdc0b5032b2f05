"""A book is checked and issued by keyboard: seals ticked, exceptions typed, the next page confirmed with the payment."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visitor

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.xdist_group("receipt-books")

BY_PAGE = (
    "from central import clock; from central.office.models import DatedValue\n"
    "DatedValue.objects.create(code='receipt.original', place='campus', value='page', from_ms=clock.now_ms() - 1,"
    " made_by='test', made_ms=clock.now_ms())"
)


def test_a_whole_evening_of_one_book_without_a_mouse(visit: Visit, site: Site) -> None:
    page = visit().page
    page.goto("/desk/books/")
    page.locator("#id_number").focus()
    type_through(page, "A-12", "1", "50")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/books/\d+/"))
    page.get_by_role("button", name="领用此本").press("Enter")
    expect(page.locator(".notes")).to_contain_text("已登记")
    check(page)
    site.run(BY_PAGE)
    issue(page, "1-101", "1", "45")
    issue(page, "1-102", "3", "46")
    assert site.sql("SELECT page FROM desk_bookpageissue ORDER BY id") == [(1,), (3,)]


def type_through(page: Page, *words: str) -> None:
    for place, word in enumerate(words):
        if place:
            page.keyboard.press("Tab")
        page.keyboard.type(word)


def check(page: Page) -> None:
    """The first seal has the focus: three are ticked by the space bar, the exceptions are typed below them."""
    expect(page.locator("#id_seals_0")).to_be_focused()
    for _seal in range(3):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    expect(page.locator("#id_findings")).to_be_focused()
    page.keyboard.type("2 4 茶水")
    page.keyboard.press("Enter")
    page.keyboard.type("40-41 1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".notes")).to_contain_text("完好 47 页，缺章 0 页，作废 3 页")
    expect(page.locator("#gaps-title + div")).to_contain_text("茶水")


def issue(page: Page, room: str, number: str, amount: str) -> None:
    page.goto(f"/desk/?q={room}")
    page.locator("#amount").fill(amount)
    page.keyboard.press("Enter")
    expect(page.locator("#page")).to_have_value(number)
    expect(page.locator("form[data-once] button")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    expect(page.locator("#printing")).to_contain_text(f"收据本 A-12 第 {number} 页")


def test_a_wrong_page_is_refused_in_words_and_stays_typed(visit: Visit, site: Site) -> None:
    visitor = visit(language="en")
    page = visitor.page
    page.goto("/desk/?q=1-103")
    page.locator("#amount").fill("47")
    page.keyboard.press("Enter")
    expect(page.locator("#page")).to_have_value("4")
    page.locator("#page").fill("7")
    page.locator("form[data-once] button").click()
    expect(page.locator("#page-error")).to_contain_text("Page 4 comes before it")
    expect(page.locator("#page")).to_have_value("7")
    page.locator("#page").fill("4")
    page.locator("form[data-once] button").click()
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    assert site.sql("SELECT max(page) FROM desk_bookpageissue") == [(4,)]
    visitor.is_forgiven = True
