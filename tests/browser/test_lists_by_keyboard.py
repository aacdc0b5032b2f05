"""A price list without a mouse: begun, typed, compared, asked for; and the password again where prices move."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Site, Visitor

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.xdist_group("lists-by-keyboard")


def test_a_price_list_needs_no_mouse(visit: Visit, site: Site) -> None:
    page = visit("manager").page
    page.goto("/office/prices/")
    page.get_by_role("button", name="编制新表").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("草稿")
    page.locator("#id_begins").focus()
    price = page.locator("input[name$=-price]").first
    for _ in range(12):
        page.keyboard.press("Tab")
        if price.evaluate("field => field === document.activeElement"):
            break
    expect(price).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("0.6083")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="与现行电价对比")).to_be_visible()
    expect(page.locator("main")).to_contain_text("8.96")
    page.locator("#why").focus()
    page.keyboard.type("购电成本上涨")
    page.keyboard.press("Enter")
    page.locator(".notes, #password-again").first.wait_for()
    if page.locator("#password-again").count():
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
    expect(page.locator(".notes")).to_contain_text("已提交审批")
    assert site.sql("SELECT state, why FROM office_approval WHERE act='price-list'") == [
        ("waiting", "购电成本上涨")
    ]
