"""Printing by one key: the receipt's PDF opens beside the page, the page learns of it, and the second print asks why."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Site, Visitor

Visit = Callable[..., Visitor]
SHOWS_PDF = True
pytestmark = pytest.mark.xdist_group("printing")


def pay(page: Page, room: str, amount: str) -> None:
    page.goto(f"/desk/?q={room}")
    page.locator("#amount").fill(amount)
    page.keyboard.press("Enter")
    page.locator("form[data-once] button").click()
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))


def test_one_key_prints_the_receipt_and_the_page_learns_of_it(visit: Visit, site: Site) -> None:
    visitor = visit()
    page, answers = visitor.page, []
    visitor.context.on("response", lambda answer: answers.append(answer))
    pay(page, "1-101", "41")
    expect(page.locator("#printing")).to_contain_text("尚未打印")
    with page.expect_popup():
        page.keyboard.press("p")
    pdf = wait_for_pdf(page, answers)
    assert pdf.status == 200
    assert pdf.headers["content-type"] == "application/pdf"
    assert site.sql("SELECT paper, copy FROM desk_receiptprint") == [("receipt", 0)]
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # a headless window never loses it
    expect(page.locator("#printing")).to_contain_text("原件")
    expect(page.locator("[data-key=p]")).to_have_count(0)
    with page.expect_popup():
        page.keyboard.press("s")
    wait_for_pdf(page, answers, 2)
    assert site.sql("SELECT paper, copy FROM desk_receiptprint ORDER BY id") == [("receipt", 0), ("slip", 0)]


def wait_for_pdf(page: Page, answers: list[Response], count: int = 1) -> Response:
    for _ in range(600):
        found = [
            answer for answer in answers if answer.request.method == "POST" and "/receipts/" in answer.url
        ]
        if len(found) >= count:
            return found[-1]
        page.wait_for_timeout(100)
    raise AssertionError("no PDF came")


def test_a_stale_page_gets_no_second_original(visit: Visit, site: Site) -> None:
    visitor = visit(language="en")
    page = visitor.page
    pay(page, "1-102", "42")
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    stale = visitor.context.new_page()
    stale.goto(page.url)
    with page.expect_popup():
        page.keyboard.press("p")
    prints = f"SELECT copy, reason FROM desk_receiptprint WHERE receipt_id = {number} ORDER BY id"
    for _ in range(600):
        if site.sql(prints):
            break
        page.wait_for_timeout(100)
    with stale.expect_popup() as tab:
        stale.keyboard.press("p")
    asked = tab.value
    expect(asked.get_by_role("heading", level=1)).to_contain_text("Printed before")
    assert site.sql(prints) == [(0, "")]
    asked.locator("#reason").fill("jam")
    with asked.expect_popup():
        asked.locator("#reason").press("Enter")
    for _ in range(600):
        if len(site.sql(prints)) == 2:
            break
        page.wait_for_timeout(100)
    assert site.sql(prints) == [(0, ""), (1, "jam")]
    visitor.is_forgiven = True


def test_keys_do_not_print_while_one_types(visit: Visit, site: Site) -> None:
    page = visit().page
    pay(page, "1-103", "43")
    before = site.sql("SELECT count(*) FROM desk_receiptprint")
    page.goto("/desk/")
    page.locator("#find").fill("")
    page.keyboard.type("ps")
    expect(page.locator("#find")).to_have_value("ps")
    assert site.sql("SELECT count(*) FROM desk_receiptprint") == before
