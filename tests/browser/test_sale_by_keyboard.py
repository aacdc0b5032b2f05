"""A sale without touching the mouse: electricity, an item, change, both receipts printed; kWh and a card by the same keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site, Visitor
from tests.browser.selling_keys import LIST_OF_ITEMS, Keys, print_by_keyboard, sell_by_keyboard

Visit = Callable[..., Visitor]
SHOWS_PDF = True
pytestmark = pytest.mark.xdist_group("sale-by-keyboard")


@pytest.fixture(scope="module", autouse=True)
def listed(site: Site) -> None:
    site.run(LIST_OF_ITEMS)


@pytest.fixture
def desk(visit: Visit) -> Visitor:
    visitor = visit()
    visitor.page.goto("/desk/")
    expect(visitor.page.locator("#find")).to_be_focused()
    return visitor


def test_electricity_an_item_and_change_from_the_room_to_the_printed_receipts(
    desk: Visitor, site: Site
) -> None:
    page = desk.page
    sell_by_keyboard(page, Keys("1-101", "50", "100", "插座 2"))
    expect(page.locator("#change")).to_contain_text("20.00")
    expect(page.locator(".receipt")).to_have_count(2)
    answer = print_by_keyboard(page)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert site.sql("SELECT paper, copy FROM desk_receiptprint") == [("receipt", 0), ("receipt", 0)]
    page.bring_to_front()
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_be_focused()


def test_the_usual_sale_is_the_room_the_amount_and_three_times_enter(desk: Visitor, site: Site) -> None:
    sell_by_keyboard(desk.page, Keys("1-102", "30"))
    expect(desk.page.locator(".receipt")).to_have_count(1)
    assert site.sql("SELECT amount_fen FROM desk_payment ORDER BY at_ms DESC LIMIT 1") == [(3_000,)]


def test_the_sum_is_said_while_it_is_typed(desk: Visitor) -> None:
    page = desk.page
    page.keyboard.type("1-103")
    page.keyboard.press("Enter")
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.type("100度")
    expect(page.locator("#sum-so-far")).to_contain_text("55.83")
    for text in ("100", "更换"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    expect(page.locator("#sum-so-far")).to_contain_text("R-01 更换插座、R-02 更换日光灯管")
    page.keyboard.type("日光")
    expect(page.locator("#sum-so-far")).to_contain_text("67.83")
    expect(page.locator("#sum-so-far")).to_contain_text("32.17")


def test_a_card_is_chosen_by_its_letter_keys_and_its_number_typed(desk: Visitor, site: Site) -> None:
    page = desk.page
    page.keyboard.type("1-104")
    page.keyboard.press("Enter")
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.type("40")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator("#method")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("POS-0042")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="已付款，开收据")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".receipt")).to_contain_text("POS-0042")
    assert site.sql("SELECT method, method_reference FROM desk_payment WHERE method <> 'cash'") == [
        ("card", "POS-0042")
    ]
