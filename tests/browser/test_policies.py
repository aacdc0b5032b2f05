"""A class's overdraft, changed by two people: one asks on a phone, the other signs at a desk; and the other way round."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Site, Visits

pytestmark = pytest.mark.xdist_group("policies")


@pytest.mark.parametrize(
    ("asks", "signs", "yuan"), [(PHONE, DESK, "5"), (DESK, PHONE, "7.5")], ids=["phone asks", "desk asks"]
)
def test_an_overdraft_is_asked_for_and_signed(
    site: Site, visit: Visits, asks: dict[str, int], signs: dict[str, int], yuan: str
) -> None:
    page = visit("manager", language="en", size=asks).page
    page.goto("/link/policies/")
    page.get_by_role("link", name="学生宿舍").click()
    page.locator("#id_overdraft").fill(yuan)
    page.locator("#id_overdraft").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What it would do today")
    room = page.get_by_role("row").filter(has=page.get_by_role("link", name="1-101"))
    if yuan == "5":
        expect(room).to_contain_text("would be restored")
        expect(room).to_contain_text("-1.24 yuan")
    page.get_by_role("button", name="Back to the form").click()
    expect(page.locator("#id_overdraft")).to_have_value(yuan)
    page.get_by_role("button", name="See what it would do").last.click()
    page.locator("#why").fill("examination weeks")
    page.get_by_role("button", name="Ask for it").click()
    page.wait_for_url(re.compile(r"/office/approvals/\d+/"))
    request = page.url.removeprefix(site.url)
    micro_yuan = int(float(yuan) * 1_000_000)
    held = "SELECT overdraft FROM campus_customerclass WHERE code = 'dormitory'"
    assert site.sql(held) != [(micro_yuan,)]
    other = visit("director", language="en", size=signs).page
    other.goto(request)
    expect(other.get_by_role("row").filter(has_text="Overdraft")).to_contain_text(f"{yuan} yuan")
    other.get_by_role("button", name="Sign", exact=True).click()
    expect(other.get_by_text("is approved, and it is done")).to_be_visible()
    assert site.sql(held) == [(micro_yuan,)]


def test_rows_are_added_without_a_script(chromium: Browser, site: Site, cookies: dict[str, list]) -> None:
    context = chromium.new_context(viewport=PHONE, base_url=site.url, java_script_enabled=False)
    context.add_cookies([*cookies["manager"], {"name": "django_language", "value": "en", "url": site.url}])
    page = context.new_page()
    page.goto("/link/policies/buildings/2/")
    page.get_by_text("Calendar 1 · new").click()
    page.locator("#id_calendars-0-calendar").fill("夜间")
    before = page.locator("fieldset.rule-row").count()
    with page.expect_navigation():
        page.locator("button[name=add][value='calendars.0.windows']").click()
    assert page.locator("fieldset.rule-row").count() > before
    expect(page.locator("#id_calendars-0-calendar")).to_have_value("夜间")
    context.close()
