"""Meters read on a phone in a cellar: floors kept beforehand, doubts asked on the spot, entries sent once there is a network."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, Site, sign_in
from tests.browser.own_site import serving, site_at
from tests.browser.test_every_page import RUN_AXE, STICKS_OUT

pytestmark = [pytest.mark.xdist_group("offline"), pytest.mark.timeout(900)]
SEED = "from tests.browser import seed_readings; seed_readings.readings()"
MONTH = """
from central import clock
from central.losses.readings.sheets import month_of, period_now
print(month_of(period_now(clock.now_ms())))
"""
KEPT = """async (path) => { for (const name of await caches.keys()) if (name.startsWith("cardroom-pages-"))
    for (const kept of await (await caches.open(name)).keys()) if (kept.url.endsWith(path)) return true;
    return false; }"""


@pytest.fixture(scope="module")
def site(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("central") / "data"
    shutil.copytree(seeded, folder)
    made = site_at(folder)
    made.run(SEED)
    with serving(made):
        yield made


@pytest.fixture(scope="module")
def base(site: Site) -> str:
    return f"/losses/readings/1/{site.run(MONTH).strip()}/"


@pytest.fixture(scope="module")
def phone(chromium: Browser, site: Site) -> Iterator[tuple[BrowserContext, Page]]:
    context = chromium.new_context(viewport=PHONE, base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "django_language", "value": "en", "url": site.url}])
    page = context.new_page()
    sign_in(page, "wu")
    yield context, page
    context.close()


def test_the_electricians_pages_stick_out_nowhere_and_shut_nobody_out(
    phone: tuple[BrowserContext, Page], base: str, axe: str
) -> None:
    _context, page = phone
    found = {}
    for path in (base, f"{base}floor/?floor=1", f"{base}import/", f"{base.replace('/1/', '/2/')}compare/"):
        page.goto(path)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            assert page.evaluate(STICKS_OUT) <= 0, (path, size)
        page.evaluate(axe)
        found[path] = [
            (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in page.evaluate(RUN_AXE, {})
            if one["impact"] in ("serious", "critical")
        ]
        assert len(page.content().encode()) < 150_000
    assert not any(found.values()), json.dumps(found, indent=1)


def test_a_floor_is_read_without_a_network_and_arrives_once(
    phone: tuple[BrowserContext, Page], base: str, site: Site
) -> None:
    context, page = phone
    page.goto(f"{base}floor/?floor=1")
    for floor in ("1", "2"):  # one look at a floor keeps them all
        while not page.evaluate(KEPT, f"floor/?floor={floor}"):
            page.wait_for_timeout(50)
    context.set_offline(True)
    page.goto(f"{base}floor/?floor=2")
    expect(page.locator("#offline-strip")).to_contain_text("No network")
    row = page.locator(".reading").first
    field, keep = row.locator("[name=reading]"), row.locator("button")
    field.fill("1 234,5")
    keep.click()
    expect(row.locator("[data-said]")).to_contain_text("without blanks and commas")
    field.fill("12.00")
    keep.click()
    expect(row.locator("[data-said]")).to_contain_text("Below the last value")
    expect(row.locator("[data-said]")).to_contain_text("Right all the same?")
    row.locator("[name=words]").fill("new display")
    keep.click()
    expect(row.locator("[data-now]")).to_contain_text("12.00 · on this phone, not sent yet")
    meter = row.locator("[name=meter]").input_value()
    wanted = f"SELECT register_wh, words FROM losses_handreading WHERE meter = '{meter}'"
    assert site.sql(wanted) == []
    page.close()
    page = context.new_page()
    page.goto(f"{base}floor/?floor=2")
    expect(page.locator(".reading").first.locator("[data-now]")).to_contain_text("not sent yet")
    context.set_offline(False)
    expect(page.locator(".reading").first.locator("[data-now]")).to_contain_text("12.00 · sent")
    assert site.sql(wanted) == [(12_000, "new display")]
