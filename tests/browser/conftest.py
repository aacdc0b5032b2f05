"""A central of the browser's own: a data folder, a seeded campus, the product's own server, and Debian's Chromium.

The fixtures end with their module: while Playwright runs it owns the process's event loop, and no asyncio test could.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.browser.own_site import Site as Site
from tests.browser.own_site import seed_site, serving, site_at
from tests.browser.seed import PASSWORD
from tests.made_once import made_once

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
"""A busy machine is slow, not wrong."""

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
WINDOWLESS = shutil.which("chromium-headless-shell") or CHROMIUM
"""The same pages, drawn and judged the same, for a quarter less of the processor."""
NO_OTHER_HOST = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""Refused here and not by a route of Playwright's: with one, every request goes through Python and nothing is cached."""
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


def missing(what: str) -> None:
    """Skip for want of a part; under CI a missing part is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A seeded central, once: each module's server gets a copy."""
    return made_once(tmp_path_factory, worker_id, "seeded", seed_site)


@pytest.fixture(scope="module")
def site(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a copy of the seeded central on a free port."""
    folder = tmp_path_factory.mktemp("central") / "data"
    shutil.copytree(seeded, folder)
    made = site_at(folder)
    with serving(made):
        yield made


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Debian's Chromium, headless; the one without windows, but for a module that says `SHOWS_PDF`: it has no PDF viewer."""
    with launched(CHROMIUM if getattr(request.module, "SHOWS_PDF", False) else WINDOWLESS) as browser:
        yield browser


@contextmanager
def launched(program: str | None) -> Iterator[Browser]:
    """Run a browser until the block ends. It finds no host but this machine, whatever a page asks for."""
    if program is None:
        missing("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", NO_OTHER_HOST])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One browser profile. Every request that leaves for another host is refused and noted."""

    context: BrowserContext
    page: Page
    outside: list[str]
    complaints: list[str]
    is_forgiven: bool = False
    """The test made the browser complain; of a page that is still open, a complaint may come after the test's last line."""


Visits = Callable[..., Visitor]


class Cookies(dict[str, list[dict[str, str]]]):
    """The session's cookies, by name; whoever is asked for first is signed in by the form."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        super().__init__({"": []})
        self._chromium, self._site = chromium, site

    def __missing__(self, name: str) -> list[dict[str, str]]:
        context = self._chromium.new_context(base_url=self._site.url)
        sign_in(context.new_page(), name)
        self[name] = context.cookies()
        context.close()
        return self[name]


@pytest.fixture(scope="module")
def cookies(chromium: Browser, site: Site) -> Cookies:
    """Sign everyone in once, when first asked for; none for a stranger."""
    return Cookies(chromium, site)


@contextmanager
def profile(
    chromium: Browser, site: Site, cookies: list[dict[str, str]], language: str, size: dict[str, int]
) -> Iterator[Visitor]:
    """Open a profile of its own; at its end nothing may have been asked outside, and the browser must be content."""
    # Without motion, so that a colour that is measured has arrived.
    context = chromium.new_context(viewport=size, base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([*cookies, {"name": "django_language", "value": language, "url": site.url}])
    visitor = Visitor(context, context.new_page(), [], [])

    def watch(request: Request) -> None:
        # Chromium's own PDF viewer, which shows what is printed, is no host.
        if not request.url.startswith((site.url + "/", "data:", "chrome-extension://", "chrome://")):
            visitor.outside.append(request.url)

    context.on("request", watch)
    visitor.page.on("console", lambda said: said.type == "error" and visitor.complaints.append(said.text))
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    try:
        yield visitor
        context.cookies()  # an answer comes after all that was said before it
        complaints = [] if visitor.is_forgiven else _without_replaced(visitor.complaints)
    finally:
        context.close()
    # What is under way is cut off by the closing, and a page says so: that is no complaint.
    assert visitor.outside == [], "a page asked an outside host"
    assert complaints == [], "the browser complained"


def _without_replaced(complaints: list[str]) -> list[str]:
    """Leave out how htmx tells, in two lines, that a newer question took an older one's place, or that its page was left."""
    kept: list[str] = []
    for said in complaints:
        if said.startswith("htmx:sendAbort") and kept and kept[-1].startswith("htmx:afterRequest"):
            kept.pop()
        else:
            kept.append(said)
    return kept


def _opener(
    chromium: Browser, site: Site, cookies: dict[str, list[dict[str, str]]], stack: ExitStack
) -> Visits:
    def open_profile(
        name: str = "cashier", language: str = "zh-hans", size: dict[str, int] = DESK
    ) -> Visitor:
        return stack.enter_context(profile(chromium, site, cookies[name], language, size))

    return open_profile


@pytest.fixture
def visit(chromium: Browser, site: Site, cookies: dict[str, list[dict[str, str]]]) -> Iterator[Visits]:
    """Open a profile for one test: `visit("cashier", language="en", size=PHONE)`; a stranger's with an empty name."""
    with ExitStack() as stack:
        yield _opener(chromium, site, cookies, stack)


@pytest.fixture(scope="module")
def visits(chromium: Browser, site: Site, cookies: dict[str, list[dict[str, str]]]) -> Iterator[Visits]:
    """Open profiles that several tests share."""
    with ExitStack() as stack:
        yield _opener(chromium, site, cookies, stack)


def sign_in(page: Page, name: str) -> None:
    page.goto("/office/sign-in/")
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(re.compile(r"/$"))


@pytest.fixture(scope="module")
def axe() -> str:
    """The accessibility checker's source."""
    if not AXE.exists():
        missing("no axe-core: run `npm ci` in tests/browser")
    return AXE.read_text(encoding="utf-8")
