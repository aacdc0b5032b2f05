"""Forms on a phone without a network: what was typed is kept, sent once, never lost, never sent as somebody else."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE_MS, PHONE, Site, sign_in
from tests.browser.own_site import serving, site_at

pytestmark = [pytest.mark.xdist_group("offline"), pytest.mark.timeout(900)]
CASE = "/losses/cases/1/"
NOTE = f"form[action='{CASE}step/']:has(input[value=noted])"
STRIP = "#offline-strip"
WALK = "/losses/rounds/buildings/1/walk/"
SEED = "from tests.browser.seed_offline import offline; offline()"


@pytest.fixture(scope="module")
def site(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("central") / "data"
    shutil.copytree(seeded, folder)
    made = site_at(folder)
    made.run(SEED)
    with serving(made):
        yield made


Phone = Callable[..., tuple[BrowserContext, Page]]


@pytest.fixture
def phone(chromium: Browser, site: Site) -> Iterator[Phone]:
    """Open a phone of its own, signed in, with the case's page kept on it."""
    opened: list[BrowserContext] = []

    def open_phone(name: str = "electrician", path: str = CASE) -> tuple[BrowserContext, Page]:
        context = chromium.new_context(viewport=PHONE, base_url=site.url, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        context.add_cookies([{"name": "django_language", "value": "en", "url": site.url}])
        page = context.new_page()
        sign_in(page, name)
        visit(page, path)
        return context, page

    yield open_phone
    for context in opened:
        context.close()


def visit(page: Page, path: str) -> None:
    """Open a page and wait until it is kept."""
    page.goto(path)
    while not is_kept(page, path):
        page.wait_for_timeout(50)


def is_kept(page: Page, path: str) -> bool:
    kept = """async (path) => { for (const name of await caches.keys()) if (name.startsWith("cardroom-pages-"))
        for (const kept of await (await caches.open(name)).keys()) if (new URL(kept.url).pathname === path) return true;
        return false; }"""
    return bool(page.evaluate(kept, path))


def until_gone(page: Page, path: str) -> None:
    """Wait until a page is no longer kept; the test's own time ends it."""
    while is_kept(page, path):
        page.wait_for_timeout(50)


def photo() -> dict[str, object]:
    """A photograph as phones take it: large."""
    file = BytesIO()
    Image.frombytes("RGB", (2400, 1800), os.urandom(2400 * 1800 * 3)).save(file, "JPEG", quality=60)
    return {"name": "cable.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def note(page: Page, text: str, *, with_photo: bool = False) -> None:
    form = page.locator(NOTE)
    form.locator("textarea").fill(text)
    if with_photo:
        form.locator("input[type=file]").set_input_files(photo())
    form.locator("button").click()


def notes_of(site: Site, text: str) -> list[tuple[object, ...]]:
    return site.sql(f"SELECT photos, received_ms - at_ms, by_id FROM losses_casestep WHERE text = '{text}'")


def wait_until_sent(page: Page) -> None:
    expect(page.locator(STRIP)).to_have_attribute("data-waiting", "0")


def test_what_is_typed_without_a_network_survives_the_tab_and_arrives_once(phone: Phone, site: Site) -> None:
    context, page = phone()
    context.set_offline(True)
    page.reload()
    expect(page.locator(STRIP)).to_contain_text("No network: this page is as it was at")
    expect(page.locator("h1")).to_contain_text("Case 1")
    assert page.locator("h1").evaluate("h1 => getComputedStyle(h1).fontWeight") != "400", (
        "its looks are kept, too"
    )
    note(page, "cable behind the door", with_photo=True)
    expect(page.locator(STRIP)).to_contain_text("Entries waiting on this phone: 1")
    expect(page.locator(NOTE)).to_contain_text("Kept on this phone")
    expect(page.locator(f"{NOTE} textarea")).to_have_value("")
    note(page, "another one")
    expect(page.locator(STRIP)).to_contain_text("Entries waiting on this phone: 2")
    page.close()
    page = context.new_page()
    page.goto(CASE)
    expect(page.locator(STRIP)).to_contain_text("Entries waiting on this phone: 2")
    assert notes_of(site, "cable behind the door") == []
    context.set_offline(False)
    wait_until_sent(page)
    expect(page.locator(STRIP)).to_contain_text("Load it anew")
    [(photos, waited_ms, _by)] = notes_of(site, "cable behind the door")
    assert len(str(photos)) == 68, "one digest"
    assert int(str(waited_ms)) > 300
    assert len(notes_of(site, "another one")) == 1
    assert site.sql("SELECT width FROM losses_photo") == [(1600,)]
    page.get_by_role("link", name="Load it anew").click()
    expect(page.locator(".steps")).to_contain_text("cable behind the door")
    expect(page.locator(STRIP)).to_be_hidden()


def test_a_page_that_its_reader_may_no_longer_see_is_taken_from_the_phone(phone: Phone, site: Site) -> None:
    context, page = phone("second")
    serves = "from central.office.models import User; User.objects.get(username='second').buildings"
    site.run(f"{serves}.create(code='elsewhere', name='Elsewhere')")
    answer = page.goto(CASE)
    assert answer is not None
    assert answer.status == 404
    page.goto("/losses/cases/")
    until_gone(page, CASE)
    context.set_offline(True)
    page.goto(CASE)
    expect(page.locator("h1")).to_contain_text("没有网络")
    site.run(f"{serves}.clear()")


def test_a_page_that_is_not_kept_says_so_and_names_those_that_are(phone: Phone) -> None:
    context, page = phone()
    context.set_offline(True)
    page.goto("/losses/cases/")
    expect(page.locator("h1")).to_contain_text("没有网络")
    page.get_by_role("link", name=re.compile("Case 1")).click()
    expect(page.locator("h1")).to_contain_text("Case 1")


def test_a_phone_that_dies_between_keeping_and_sending_sends_it_later(phone: Phone, site: Site) -> None:
    context, page = phone()
    page.route("**/step/", lambda route: None)  # the answer never comes
    with page.expect_request("**/step/"):  # it is kept before it is sent
        note(page, "then the battery died")
    page.close()
    assert notes_of(site, "then the battery died") == []
    page = context.new_page()
    page.goto(CASE)
    wait_until_sent(page)
    assert len(notes_of(site, "then the battery died")) == 1


def test_an_answer_that_is_lost_makes_no_second_entry(phone: Phone, site: Site) -> None:
    _context, page = phone()

    def lose(route: object) -> None:
        route.fetch()
        route.abort()

    page.route("**/step/", lose, times=1)
    note(page, "taken, but who knows")
    expect(page.locator(STRIP)).to_contain_text("Sent to the server: 1")
    assert len(notes_of(site, "taken, but who knows")) == 1


def test_what_the_server_refuses_stays_with_its_reason_and_can_be_mended(phone: Phone, site: Site) -> None:
    context, page = phone()
    context.set_offline(True)
    form = page.locator(NOTE)
    form.locator("input[type=file]").set_input_files(
        {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    note(page, "see the picture")
    expect(page.locator(STRIP)).to_have_attribute("data-waiting", "1")
    context.set_offline(False)
    refused = page.locator(".offline-refused")
    expect(refused).to_contain_text("A file is no photograph")
    expect(refused).to_contain_text("see the picture")
    page.reload()
    expect(refused).to_contain_text("A file is no photograph")
    assert notes_of(site, "see the picture") == []
    refused.get_by_role("button", name="Mend it").click()
    expect(form.locator("textarea")).to_have_value("see the picture")
    expect(refused).to_be_empty()
    form.locator("input[type=file]").set_input_files([])
    form.locator("button").click()
    page.locator(".steps").get_by_text("see the picture").wait_for()
    assert len(notes_of(site, "see the picture")) == 1
    page.reload()
    expect(page.locator(".offline-refused")).to_be_empty()


def test_a_refusal_while_online_keeps_what_was_typed_in_the_form(phone: Phone, site: Site) -> None:
    _context, page = phone()
    form = page.locator(NOTE)
    note(page, "   ", with_photo=False)
    expect(form.locator("[role=alert]")).to_contain_text("Say in words what you saw or did")
    note(page, "now with words")
    page.locator(".steps").get_by_text("now with words").wait_for()
    expect(page.locator(".offline-refused")).to_be_empty()


def test_a_session_that_ended_loses_nothing_and_another_person_sends_nothing(
    phone: Phone, site: Site
) -> None:
    context, page = phone()
    context.set_offline(True)
    note(page, "mine alone")
    expect(page.locator(STRIP)).to_have_attribute("data-waiting", "1")
    context.clear_cookies(name="sessionid")
    context.set_offline(False)
    expect(page.get_by_role("link", name="Sign in again to send what waits")).to_be_visible()
    page.get_by_role("link", name="Sign in again to send what waits").click()
    sign_in(page, "second")
    kept = "async () => (await caches.keys()).filter((name) => name.startsWith('cardroom-pages-'))"
    while page.evaluate(kept):  # another's pages go while this one comes
        page.wait_for_timeout(50)
    page.goto(CASE)
    expect(page.locator(STRIP)).to_contain_text("Entries of someone else waiting on this phone: 1")
    expect(page.locator("body")).not_to_contain_text("mine alone")
    assert notes_of(site, "mine alone") == []
    page.locator("form[data-leave] button").click()
    sign_in(page, "electrician")
    page.goto(CASE)
    wait_until_sent(page)
    [(_photos, _waited, by)] = notes_of(site, "mine alone")
    assert site.sql(f"SELECT username FROM office_user WHERE id = {by}") == [("electrician",)]


def test_a_person_changed_in_another_tab_sends_nothing_under_the_new_name(phone: Phone, site: Site) -> None:
    context, page = phone()
    other = context.new_page()
    other.goto("/")
    other.locator("form[data-leave] button").click()
    sign_in(other, "second")
    note(page, "typed by the first")
    expect(page.locator(STRIP)).to_have_attribute("data-waiting", "1")
    assert notes_of(site, "typed by the first") == []


def test_a_round_is_walked_without_a_network_and_every_room_is_on_record_once(
    phone: Phone, site: Site
) -> None:
    context, page = phone("warden", WALK)
    context.set_offline(True)
    page.get_by_role("button", name="Begin the round").click()
    for label in ("101", "102", "103"):
        page.get_by_role("button", name=f"{label} In order").click()
        expect(page.locator(f"li:has(b:text-is('{label}'))")).to_have_attribute("data-state", "in-order")
    page.get_by_role("link", name="104 Not in order").click()
    say = page.locator("#say")
    say.locator("select[name=what]").select_option("cable")
    say.locator("textarea").fill("orange cable")
    say.locator("input[type=file]").set_input_files(photo())
    say.locator("button").click()
    expect(page.locator("li:has(b:text-is('104'))")).to_have_attribute("data-state", "found")
    expect(page.locator("#walk-seen")).to_have_text("4")
    page.close()
    page = context.new_page()
    page.goto(WALK)
    expect(page.locator("#walk-seen")).to_have_text("4")
    expect(page.locator("#begin")).to_be_hidden()
    page.get_by_role("button", name="Only what is left").click()
    expect(page.locator("#walk li:visible")).to_have_count(8)
    page.get_by_label("Why rooms are left").fill("fire drill")
    page.get_by_role("button", name="End the round").click()
    expect(page.locator("#walk-ended")).to_be_visible()
    assert site.sql("SELECT count(*) FROM losses_round") == [(0,)]
    context.set_offline(False)
    wait_until_sent(page)
    expect(page.locator("#reported")).to_contain_text("104: The theft is reported")
    assert site.sql("SELECT count(*), count(DISTINCT room_id), sum(is_addition) FROM losses_roundentry") == [
        (4, 4, 0)
    ]
    assert site.sql("SELECT seen, rooms, text FROM losses_roundend") == [(4, 12, "fire drill")]
    [(begun_ms, ended_ms)] = site.sql(
        "SELECT started_ms, at_ms FROM losses_round JOIN losses_roundend ON losses_roundend.round_id = losses_round.id"
    )
    assert int(str(ended_ms)) > int(str(begun_ms)), "as the phone measured, not as they arrived"
    assert site.sql("SELECT count(*) FROM losses_case WHERE kind = 'theft'") == [(1,)]


def test_rooms_tapped_online_are_on_the_copy_that_is_shown_offline(phone: Phone, site: Site) -> None:
    context, page = phone("warden", WALK)
    before = int(page.locator("#walk-seen").inner_text())
    page.get_by_role("button", name="201 In order").click()
    copy = "async () => (await (await caches.match(location.href)).text()).split('data-state=\"in-order\"').length - 1"
    while page.evaluate(copy) <= before:
        page.wait_for_timeout(100)
    context.set_offline(True)
    page.reload()
    expect(page.locator("#walk-seen")).to_have_text(str(before + 1))


def test_nothing_of_a_page_stays_after_a_sign_out(phone: Phone) -> None:
    context, page = phone()
    page.locator("form[data-leave] button").click()
    page.wait_for_url(re.compile("/office/sign-in/"))
    until_gone(page, CASE)
    context.set_offline(True)
    page.goto(CASE)
    expect(page.locator("h1")).to_contain_text("没有网络")
    expect(page.locator("body")).not_to_contain_text("Case 1")


def test_a_server_that_fails_or_is_an_old_page_is_asked_again(phone: Phone, site: Site) -> None:
    _context, page = phone()
    failing = [500, 503]
    page.route(
        "**/step/",
        lambda route: route.fulfill(status=failing.pop(0)) if failing else route.continue_(),
    )
    note(page, "at the third time")
    expect(page.locator(NOTE)).to_contain_text("Kept on this phone")
    expect(page.locator(STRIP)).to_contain_text("Sent to the server: 1")
    assert len(notes_of(site, "at the third time")) == 1


def test_without_script_the_form_is_a_form(chromium: Browser, site: Site, phone: Phone) -> None:
    context, _page = phone()
    plain = chromium.new_context(viewport=PHONE, base_url=site.url, java_script_enabled=False)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto(CASE)
    note(page, "plainly")
    page.locator(".steps").get_by_text("plainly").wait_for()
    plain.close()
