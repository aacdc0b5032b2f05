"""Every page, in both languages and schemes, at the desk and on a phone: nothing sticks out, nobody is shut out.

Each page is loaded once per language and looked at in every way: both sizes, both schemes, its weight.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, Site, Visitor, Visits

PAYMENT = "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11"
READ_BACK = f"/desk/rooms/2/read-back/?payment={PAYMENT}"

PAGES: dict[str, tuple[str, str]] = {
    "sign-in": ("", "/office/sign-in/"),
    "find": ("cashier", "/desk/?q=10"),
    "find nothing": ("cashier", "/desk/?q=nobody"),
    "desk room": ("cashier", "/desk/rooms/1/"),
    "read back": ("cashier", f"{READ_BACK}&amount=50"),
    "bad amount": ("cashier", f"{READ_BACK}&amount=x"),
    "receipt": ("cashier", "/desk/receipts/1/"),
    "waiting": ("cashier", "/desk/waiting/"),
    "voucher": ("cashier", "/desk/vouchers/1/"),
    "voucher of a building in order": ("cashier", "/desk/vouchers/2/"),
    "overview": ("cashier", "/"),
    "building": ("cashier", "/buildings/1/"),
    "room by hour": ("cashier", "/rooms/3/"),
    "room by day": ("cashier", "/rooms/4/?by=day"),
    "alarms": ("cashier", "/alarms/"),
    "alarms to resolve": ("manager", "/alarms/"),
    "accounts": ("cashier", "/accounts/"),
    "gateways": ("manager", "/gateways/"),
    "prices": ("manager", "/office/prices/"),
    "import": ("manager", "/office/import/"),
    "reports": ("cashier", "/papers/"),
    "a day's takings": ("cashier", "/papers/takings/?kind=day"),
    "a month's takings": ("cashier", "/papers/takings/?kind=month"),
    "a year's prices": ("manager", "/papers/price-list/?kind=year"),
    "no such sheet": ("", "/papers/proof/7/0123456789abcdef/"),
    "office": ("manager", "/office/"),
    "office of a cashier": ("cashier", "/office/"),
    "approvals": ("cashier", "/office/approvals/"),
    "approvals to sign": ("director", "/office/approvals/"),
    "approval to sign": ("director", "/office/approvals/1/"),
    "approval of one's own": ("manager", "/office/approvals/1/"),
    "settings": ("manager", "/office/settings/"),
    "setting": ("manager", "/office/settings/desk.hours/"),
    "setting of classes": ("manager", "/office/settings/sale.seasonal-minimum/"),
    "chain": ("manager", "/office/settings/approval.setting/"),
    "people": ("manager", "/office/people/"),
    "person": ("manager", "/office/people/1/"),
    "delegations": ("manager", "/office/delegations/"),
    "notices": ("manager", "/office/notices/"),
    "to tell by hand": ("cashier", "/office/by-hand/"),
    "channels": ("manager", "/office/channels/"),
    "channel": ("manager", "/office/channels/1/"),
    "mail server": ("manager", "/office/mail-server/"),
    "own mail": ("cashier", "/office/own-mail/"),
    "password": ("cashier", "/office/password/"),
    "second factor": ("manager", "/office/second-factor/"),
    "forbidden": ("cashier", "/gateways/"),
    "missing": ("cashier", "/rooms/99999/"),
}
GOOD_LIST = "building,building name,floor,room,class,meter\n9,Nine,1,101,dormitory,20249001\n"
BAD_LIST = "building,building name,floor,room,class,meter\n9,Nine,one,101,palace,20249001\n"


def send_list(page: Page, text: str) -> None:
    page.goto("/office/import/")
    page.locator("input[type=file]").set_input_files(
        {"name": "rooms.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


def paste_no_address(page: Page) -> None:
    page.goto("/office/channels/")
    page.locator("#id_name").fill("finance group")
    page.locator("#id_office").select_option("finance")
    page.locator("#id_address").fill("https://qyapi.weixin.qq.com/cgi-bin/webhook/send")
    with page.expect_navigation():
        page.locator("form[data-once] button.primary").click()


def show_a_code(page: Page) -> None:
    page.goto("/desk/vouchers/1/")
    with page.expect_navigation():
        page.locator("table form button").first.click()


def give_no_reason(page: Page) -> None:
    page.goto("/alarms/")
    page.locator("a[id^=resolve-]").first.click()
    with page.expect_navigation():
        page.locator("form[data-once] button").click()


def mistype_a_setting(page: Page) -> None:
    page.goto("/office/settings/desk.hours/")
    page.locator("#id_value").fill("noon")
    with page.expect_navigation():
        page.locator("main form[data-once] button").click()


def be_refused(page: Page) -> None:
    """Send an amount that no page would send: the server's word, not the form's, is what counts."""
    page.goto(f"{READ_BACK}&amount=50")
    page.evaluate("document.querySelector('input[name=amount]').value = '0.001'")
    page.locator("form[data-once] button").click()
    page.locator("p[role=alert]").wait_for()


def send_an_old_page(page: Page) -> None:
    page.goto("/office/sign-in/")
    page.locator("form[data-once] [name=csrfmiddlewaretoken]").evaluate(
        "field => field.value = 'x'.repeat(64)"
    )
    with page.expect_navigation():
        page.locator("form[data-once]").evaluate("form => HTMLFormElement.prototype.submit.call(form)")


def be_locked_out(page: Page) -> None:
    page.goto("/office/sign-in/")
    while not page.locator(".note.warn").count():
        page.locator("#id_username").fill("stranger")
        page.locator("#id_password").fill("wrong")
        with page.expect_navigation():
            page.locator("#id_password").press("Enter")


def meet_a_broken_server(page: Page, site: Site) -> None:
    site.sql("ALTER TABLE link_watermarkcheck RENAME TO taken_away")
    try:
        page.goto("/gateways/")
    finally:
        site.sql("ALTER TABLE taken_away RENAME TO link_watermarkcheck")


DEEDS: dict[str, tuple[str, Callable[[Page, Site], None], str]] = {
    "import preview": ("manager", lambda page, site: send_list(page, GOOD_LIST), "form[data-once]"),
    "import refused": ("manager", lambda page, site: send_list(page, BAD_LIST), ".note.bad"),
    "voucher code": ("cashier", lambda page, site: show_a_code(page), "#voucher-code"),
    "channel refused": ("manager", lambda page, site: paste_no_address(page), "#id_address_error"),
    "alarm without a reason": ("manager", lambda page, site: give_no_reason(page), "#id_why_error"),
    "payment refused": ("cashier", lambda page, site: be_refused(page), "p[role=alert]"),
    "setting mistyped": ("manager", lambda page, site: mistype_a_setting(page), ".errorlist"),
    "old page": ("", lambda page, site: send_an_old_page(page), "main li"),
    "locked out": ("", lambda page, site: be_locked_out(page), ".note.warn"),
    "broken server": ("manager", meet_a_broken_server, "main li"),
}
"""Pages that only a deed leads to, and what proves that it did."""
EXPECTED_COMPLAINTS = {
    *("bad amount", "forbidden", "missing"),
    "channel refused",
    "setting mistyped",
    *("alarm without a reason", "import refused", "old page", "locked out", "broken server"),
}
"""Pages whose status is an error: Chromium notes it in its console."""
pytestmark = pytest.mark.timeout(600)
"""One fixture walks through every page in a language: the first test that needs it waits for all of them."""

STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
RUN_AXE = (
    "options => axe.run(document, {resultTypes: ['violations'], ...options}).then(found => found.violations)"
)
COLOURS_ONLY = {"runOnly": ["color-contrast"]}
"""What else axe looks at is the same in both schemes."""


@pytest.fixture(scope="module", autouse=True)
def one_receipt(site: Site) -> None:
    """Give the receipt's page something to show, the page of vouchers a credit, and the alarms' one to resolve."""
    site.run(
        "from central import clock; from central.desk import operations; from central.office.models import User\n"
        "from central.link.alarms import raise_alarm\n"
        "raise_alarm('grant-twice', '1-102.1', now_ms=clock.now_ms(), gateway_id='gw-1', detail='p-1 was credited by e1 before')\n"
        "from tests.browser import seed_notices; seed_notices.notices()\n"
        "from central.office.approvals import ask\n"
        "meal = {'code': 'desk.duty-meal', 'place': 'campus', 'where': '', 'value': 1000, 'from_ms': clock.now_ms()}\n"
        "ask('setting', meal, subject='desk.duty-meal', why='米涨价了', "
        "actor=User.objects.get(username='manager'), now_ms=clock.now_ms())\n"
        "operations.pay('every-page', '1-102.1', 5000, User.objects.get(username='cashier'), now_ms=clock.now_ms())"
    )


@dataclass
class Look:
    """What was found on one page: pixels that stick out by width, axe's serious findings by scheme, its weight."""

    sticks_out: dict[int, int] = field(default_factory=dict)
    shut_out: dict[str, list[object]] = field(default_factory=dict)
    weight_bytes: int = 0


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("zh-hans", marks=pytest.mark.xdist_group("pages-zh")),
        pytest.param("en", marks=pytest.mark.xdist_group("pages-en")),
    ],
)
def looks(request: pytest.FixtureRequest, visits: Visits, site: Site, axe: str) -> dict[str, Look]:
    """Walk through every page in one language and look at each in every way."""
    visitors = {who: visits(who, language=request.param) for who in ("", "cashier", "manager", "director")}
    return {name: look_at(visitor, axe) for name, visitor in walk(visitors, site)}


def walk(visitors: dict[str, Visitor], site: Site) -> Iterator[tuple[str, Visitor]]:
    for name, (who, path) in PAGES.items():
        visitors[who].page.goto(path)
        yield name, visitors[who]
        forgive(name, visitors[who])
    for name, (who, deed, proof) in DEEDS.items():
        deed(visitors[who].page, site)
        assert visitors[who].page.locator(proof).count(), f"{name} did not come up"
        yield name, visitors[who]
        forgive(name, visitors[who])


def forgive(name: str, visitor: Visitor) -> None:
    if name in EXPECTED_COMPLAINTS:
        visitor.complaints.clear()


def look_at(visitor: Visitor, axe: str) -> Look:
    page, look = visitor.page, Look()
    look.weight_bytes = len(page.content().encode())
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        look.sticks_out[size["width"]] = page.evaluate(STICKS_OUT)
    # Evaluated by the debugger, so that the page's own policy against foreign script stays in force.
    page.evaluate(axe)
    for scheme, options in (("dark", COLOURS_ONLY), ("light", {})):
        page.emulate_media(color_scheme=scheme)
        look.shut_out[scheme] = [
            (found["id"], [node["html"][:200] for node in found["nodes"][:3]])
            for found in page.evaluate(RUN_AXE, options)
            if found["impact"] in ("serious", "critical")
        ]
    return look


def test_no_page_sticks_out_sideways(looks: dict[str, Look]) -> None:
    assert {name: look.sticks_out for name, look in looks.items() if max(look.sticks_out.values()) > 0} == {}


def test_axe_finds_no_serious_violation(looks: dict[str, Look]) -> None:
    found = {name: look.shut_out for name, look in looks.items() if any(look.shut_out.values())}
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def test_pages_weigh_little(looks: dict[str, Look]) -> None:
    assert {name: look.weight_bytes for name, look in looks.items() if look.weight_bytes >= 150_000} == {}


def test_dark_is_dark_and_light_is_light(visits: Visits) -> None:
    shades, page = {}, visits().page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[scheme] = sum(
            int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(",")
        )
    assert shades["dark"] < 150 < 600 < shades["light"]
