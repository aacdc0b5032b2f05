"""Every page, in both languages and schemes, at the desk and on a phone: nothing sticks out, nobody is shut out."""

import json
from collections.abc import Callable

import pytest

from tests.browser.conftest import DESK, PHONE, Site, Visitor

Visit = Callable[..., Visitor]

PAGES = {
    "sign-in": ("", "/office/sign-in/"),
    "find": ("cashier", "/desk/?q=10"),
    "desk room": ("cashier", "/desk/rooms/1/"),
    "read back": (
        "cashier",
        "/desk/rooms/2/read-back/?payment=7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11&amount=50",
    ),
    "bad amount": (
        "cashier",
        "/desk/rooms/2/read-back/?payment=7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11&amount=x",
    ),
    "receipt": ("cashier", "/desk/receipts/1/"),
    "waiting": ("cashier", "/desk/waiting/"),
    "overview": ("cashier", "/"),
    "building": ("cashier", "/buildings/1/"),
    "room by hour": ("cashier", "/rooms/3/"),
    "room by day": ("cashier", "/rooms/4/?by=day"),
    "alarms": ("cashier", "/alarms/"),
    "accounts": ("cashier", "/accounts/"),
    "gateways": ("manager", "/gateways/"),
    "prices": ("manager", "/office/prices/"),
    "import": ("manager", "/office/import/"),
    "forbidden": ("cashier", "/gateways/"),
    "missing": ("cashier", "/rooms/99999/"),
}
EXPECTED_COMPLAINTS = {"bad amount", "forbidden", "missing"}
"""Pages whose status is an error: Chromium notes it in its console."""
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module", autouse=True)
def one_receipt(site: Site) -> None:
    """Give the receipt's page something to show."""
    site.run(
        "from central import clock; from central.desk import operations; from central.office.models import User\n"
        "operations.pay('every-page', '1-102.1', 5000, User.objects.get(username='cashier'), now_ms=clock.now_ms())"
    )


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_sticks_out_sideways(visit: Visit, language: str, size: dict[str, int]) -> None:
    seen = {}
    for name, (page, visitor) in walk(visit, language, size=size):
        seen[name] = page.evaluate(STICKS_OUT)
        visitor.complaints.clear() if name in EXPECTED_COMPLAINTS else None
    assert {name: pixels for name, pixels in seen.items() if pixels > 0} == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_no_serious_violation(visit: Visit, axe: str, language: str, dark: bool) -> None:
    found = {}
    for name, (page, visitor) in walk(visit, language, dark=dark):
        # Evaluated by the debugger, so that the page's own policy against foreign script stays in force.
        page.evaluate(axe)
        violations = page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)"
        )
        serious = [v for v in violations if v["impact"] in ("serious", "critical")]
        if serious:
            found[name] = [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in serious]
        visitor.complaints.clear() if name in EXPECTED_COMPLAINTS else None
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def test_dark_is_dark_and_light_is_light(visit: Visit) -> None:
    shades = {}
    for dark in (False, True):
        page = visit(dark=dark).page
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[dark] = sum(int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(","))
    assert shades[True] < 150 < 600 < shades[False]


def test_pages_weigh_little(visit: Visit) -> None:
    for name, (page, visitor) in walk(visit, "zh-hans"):
        assert len(page.content().encode()) < 150_000, name
        visitor.complaints.clear() if name in EXPECTED_COMPLAINTS else None


def walk(visit: Visit, language: str, **how: object):
    """Visit every page as the one who may, one profile per person."""
    visitors: dict[str, Visitor] = {}
    for name, (who, path) in PAGES.items():
        visitor = visitors.get(who) or visit(who, language=language, **how)
        visitors[who] = visitor
        visitor.page.goto(path)
        yield name, (visitor.page, visitor)
