"""A theft on phones: reported within a minute and few taps, answered and judged on site; the finding's form shuts nobody out."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import seed_theft
from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, Site, sign_in
from tests.browser.own_site import serving, site_at
from tests.browser.test_every_page import RUN_AXE, STICKS_OUT
from tests.browser.test_offline import visit

pytestmark = [pytest.mark.xdist_group("theft"), pytest.mark.timeout(900)]
PICTURE = {"name": "cable.jpg", "mimeType": "image/jpeg", "buffer": seed_theft.picture("CABLE")}
MOST_TAPS = 5
SMALLEST_PX = 44
"""Of what is tapped (WCAG 2.2, 2.5.5)."""


@pytest.fixture(scope="module")
def site(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("central") / "data"
    shutil.copytree(seeded, folder)
    made = site_at(folder)
    made.run("from tests.browser import seed_theft; seed_theft.people()")
    with serving(made):
        yield made


@pytest.fixture
def phone(chromium: Browser, site: Site) -> Iterator[Callable[[str], Page]]:
    """Open a phone, signed in."""
    opened = []

    def open_phone(name: str) -> Page:
        context = chromium.new_context(
            viewport=PHONE, base_url=site.url, reduced_motion="reduce", has_touch=True
        )
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "django_language", "value": "en", "url": site.url}])
        page = context.new_page()
        sign_in(page, name)
        return page

    yield open_phone
    for context in opened:
        context.close()


def test_from_the_report_to_the_finding_on_two_phones(phone: Callable[[str], Page], axe: str) -> None:
    warden, electrician = phone("warden"), phone("electrician")
    began = time.monotonic()
    warden.goto("/losses/theft/report/")
    taps = 0
    warden.locator("#id_room").tap()
    warden.locator("#id_room").fill("102")
    warden.get_by_text("cable from the corridor").tap()
    warden.locator("#id_photos").set_input_files(PICTURE)
    warden.get_by_role("button", name="Report it now").tap()
    taps += 4
    expect(warden.get_by_text("on his way")).to_be_visible()
    seconds = time.monotonic() - began
    print(f"\nreport: {taps} taps, 3 digits, {seconds:.1f} s of a scripted walk, until the case's page stood")
    assert taps <= MOST_TAPS
    electrician.goto("/losses/theft/")
    electrician.locator("tbody a").first.tap()
    electrician.get_by_role("button", name="I have seen it and go there").tap()
    expect(electrician.get_by_text("acknowledged").first).to_be_visible()
    electrician.get_by_role("button", name="I am there").tap()
    expect(electrician.get_by_text("in time")).to_be_visible()
    expect(warden.get_by_text("in time")).to_be_visible()
    electrician.get_by_role("link", name="What I found").tap()
    expect(electrician.get_by_text("theft confirmed")).to_be_visible()
    fits(electrician, axe)
    electrician.get_by_text("theft confirmed").tap()
    electrician.locator("#id_photos").set_input_files(PICTURE)
    electrician.locator("#id_text").fill("stove")
    electrician.get_by_role("button", name="Record it").tap()
    expect(electrician.get_by_text("found · theft")).to_be_visible()


def test_a_report_without_a_network_is_told_when_it_is_back_with_when_it_was_seen(
    phone: Callable[[str], Page], site: Site
) -> None:
    warden = phone("warden")
    visit(warden, "/losses/theft/report/")
    warden.context.set_offline(True)
    warden.locator("#id_room").fill("103")
    warden.get_by_text("meter bypassed").tap()
    warden.get_by_role("button", name="Report it now").tap()
    expect(warden.locator("#offline-strip")).to_be_visible()
    assert site.sql("SELECT count(*) FROM losses_case WHERE about = '1-103'") == [(0,)]
    warden.wait_for_timeout(3_000)
    warden.context.set_offline(False)
    waited = "SELECT c.opened_ms - json_extract(s.facts, '$.seen_ms') FROM losses_casestep s"
    waited += " JOIN losses_case c ON c.id = s.case_id WHERE c.about = '1-103'"
    until = time.monotonic() + 100
    while not (rows := site.sql(waited)) and time.monotonic() < until:
        warden.wait_for_timeout(100)
    assert len(rows) == 1
    assert rows[0][0] > 2_000


def fits(page: Page, axe: str) -> None:
    """Nothing sticks out, axe finds nothing serious, and what is tapped is large enough."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate(STICKS_OUT) <= 0
    page.evaluate(axe)
    found = page.evaluate(RUN_AXE, {})
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    choices = page.locator(".touch-choice, .phone-form .button").all()
    assert min(one.bounding_box()["height"] for one in choices) >= SMALLEST_PX
