"""A receipt is corrected without a mouse: from its page to the new one, with the room found as on the find page (R-4.1.5)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visitor

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.xdist_group("corrections")

SELL = (
    "from central import clock; from central.desk.operations import pay; from central.office.models import User\n"
    "paid = pay('keyboard', '1-102.1', 5000, User.objects.get(username='cashier'), now_ms=clock.now_ms())\n"
    "print(paid.receipt.number)"
)


def test_a_wrong_room_is_corrected_by_keyboard(visit: Visit, site: Site) -> None:
    number = int(site.run(SELL))
    page = visit().page
    page.goto(f"/desk/receipts/{number}/")
    page.get_by_role("link", name="更正此收据").press("Enter")
    page.wait_for_url(re.compile(r"/correct/$"))
    expect(page.get_by_role("link", name="房间有误")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("1-106")
    page.keyboard.press("Enter")
    expect(page.locator("#reason")).to_be_focused()
    expect(page.locator("dl.facts").last).to_contain_text("1-106")
    page.keyboard.type("房号听错")
    page.keyboard.press("Enter")
    expect(page.locator("dl.readback")).to_contain_text("1-106")
    expect(page.locator("form[data-once] button.primary")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/desk/corrections/{number}/"))
    expect(page.locator("#correction-now")).to_contain_text("已要求，未答复")
    expect(page.get_by_role("link", name="打印补开的收据")).to_be_focused()
    answers(site, number)
    expect(page.locator("#correction-now")).to_contain_text("已全部收回")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/desk/receipts/{number + 1}/"))
    expect(page.locator("main")).to_contain_text("房号听错")
    assert site.sql("SELECT replaced_by_id, reason FROM desk_receiptvoid") == [(number + 1, "房号听错")]


def answers(site: Site, number: int) -> None:
    """Let the gateway have taken all of it: the page shows it by itself."""
    site.run(
        "from django.db import transaction\n"
        "from central.desk.corrections.reclaims import settle; from central.link.models import TakeBackRequest\n"
        "request = TakeBackRequest.objects.get()\n"
        "request.state, request.taken, request.answered_ms = 'settled', request.asked, 1\n"
        "request.save()\n"
        "with transaction.atomic():\n"
        "    settle(request, 1)"
    )


def test_what_was_typed_stays_when_it_is_refused(visit: Visit, site: Site) -> None:
    number = int(site.run(SELL.replace("'keyboard'", "'keyboard-2'")))
    visitor = visit(language="en")
    page: Page = visitor.page
    page.goto(f"/desk/receipts/{number}/correct/?kind=amount")
    page.locator("#amount").fill("1")
    page.locator("#reason").fill("misheard")
    page.keyboard.press("Enter")
    expect(page.locator("#amount-error")).to_contain_text("The least for this class")
    expect(page.locator("#amount")).to_have_value("1")
    expect(page.locator("#reason")).to_have_value("misheard")
    page.locator("#amount").fill("20")
    page.keyboard.press("Enter")
    expect(page.locator("dl.readback")).to_contain_text("Give back")
    expect(page.locator("form[data-once] button.primary")).to_be_focused()
    page.wait_for_load_state("load")  # the key is the script's
    page.keyboard.press("Escape")
    expect(page.locator("#amount")).to_have_value("20")
    expect(page.locator("#reason")).to_have_value("misheard")
    visitor.is_forgiven = True
