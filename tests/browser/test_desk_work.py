"""A cashier's evening in a real browser: keyboard only, a nervous double click, a server that does not answer."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESK, PHONE, Site, Visitor

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.xdist_group("desk-work")


def count_payments(site: Site) -> int:
    return int(str(site.sql("SELECT count(*) FROM desk_payment")[0][0]))


def read_back(page: Page, room: str, amount: str) -> None:
    page.goto(f"/desk/?q={room}")
    page.locator("#amount").fill(amount)
    page.locator("#amount").press("Enter")
    expect(page.locator(".readback")).to_contain_text(room)


def test_a_payment_needs_no_mouse_and_the_supply_is_read_back_before_her_eyes(
    visit: Visit, site: Site
) -> None:
    page = visit().page
    page.goto("/desk/")
    page.keyboard.type("1-101")
    expect(page.locator(".hits a")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.type("50")
    page.keyboard.press("Enter")
    expect(page.locator(".readback")).to_contain_text("0.5583")
    expect(page.get_by_role("button", name="收现金并开收据")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".receipt")).to_contain_text("伍拾元整")
    expect(page.locator("#delivery")).to_contain_text("已入账")
    now_ms = int(time.time() * 1000)
    site.sql(f"UPDATE link_delivery SET applied_ms={now_ms}, supplied_ms={now_ms} WHERE supplied_ms IS NULL")
    expect(page.locator("#delivery")).to_contain_text(re.compile(r"已送电，已回读\s*\d\d:\d\d:\d\d"))
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_be_focused()


def test_arrow_keys_walk_through_the_hits(visit: Visit) -> None:
    page = visit().page
    page.goto("/desk/?q=10")
    page.locator("#find").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hits a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#find")).to_be_focused()


def test_a_double_click_pays_once(visit: Visit, site: Site) -> None:
    page = visit().page
    before = count_payments(site)
    read_back(page, "1-201", "31")
    page.locator("form[data-once] button").dblclick()
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    assert count_payments(site) == before + 1


def test_without_script_the_same_forms_pay(chromium, visit: Visit, site: Site) -> None:
    cookies = visit().context.cookies()
    context = chromium.new_context(java_script_enabled=False, base_url=site.url)
    context.add_cookies(cookies)
    page = context.new_page()
    before = count_payments(site)
    read_back(page, "1-202", "32")
    page.locator("form[data-once] button").click()
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    page.go_back()
    page.locator("form[data-once] button").click()
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    expect(page.locator(".notes")).to_contain_text("没有重复收款")
    assert count_payments(site) == before + 1
    context.close()


def test_a_silent_server_leaves_the_page_with_what_to_do_and_the_second_try_pays_once(
    visit: Visit, site: Site
) -> None:
    visitor = visit()
    page = visitor.page
    before = count_payments(site)
    read_back(page, "1-203", "33")

    def answer_is_lost(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/pay/", answer_is_lost, times=1)
    page.locator("form[data-once] button").click()
    expect(page.locator("#no-answer")).to_be_visible()
    assert count_payments(site) == before + 1, "the server had taken it"
    page.locator("form[data-once] button").click()
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    assert count_payments(site) == before + 1
    visitor.is_forgiven = True


def test_the_same_sum_is_questioned_in_the_browser_too(visit: Visit, site: Site) -> None:
    page = visit(language="en").page
    for _ in range(2):
        read_back(page, "1-204", "34")
        button = page.locator("form[data-once] button")
        button.click()
        page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
        before = count_payments(site)
    read_back(page, "1-204", "34")
    expect(page.get_by_role("alert").first).to_contain_text("A second payment?")
    assert count_payments(site) == before


def test_the_live_page_keeps_focus_and_place_while_it_refreshes(visit: Visit, site: Site) -> None:
    page = visit(size=PHONE).page
    page.goto("/buildings/1/")
    link = page.locator("#rooms th a").nth(8)
    link.focus()
    link.scroll_into_view_if_needed()
    place, focused = page.evaluate("[scrollY, document.activeElement.id]")
    with page.expect_response(lambda r: "/buildings/1/" in r.url and r.status == 200):
        site.telemetry_sql("UPDATE telemetry_lastreading SET power_w = power_w + 1")
    page.wait_for_function("id => document.activeElement && document.activeElement.id === id", arg=focused)
    assert page.evaluate("scrollY") == pytest.approx(place, abs=2)


def test_the_language_switch_keeps_the_page(visit: Visit) -> None:
    page = visit().page
    page.goto("/buildings/1/?show=low")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/buildings/1/?show=low")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_the_days_work_fits_the_desk_screen(visit: Visit) -> None:
    page = visit(size=DESK).page
    for path in ("/desk/", "/desk/?q=1-205"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollHeight") <= DESK["height"], path
    read_back(page, "1-205", "35")
    page.wait_for_load_state("load")  # with its stylesheet: a slow machine shows the bare page first
    button = page.locator("form[data-once] button").bounding_box()
    assert button
    assert button["y"] + button["height"] <= DESK["height"]


def test_the_receipt_prints_alone(visit: Visit) -> None:
    page = visit().page
    read_back(page, "1-206", "36")
    page.locator("form[data-once] button").click()
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    page.emulate_media(media="print")
    expect(page.locator(".receipt")).to_be_visible()
    for hidden in (".top", ".foot", "#delivery"):
        expect(page.locator(hidden)).to_be_hidden()
