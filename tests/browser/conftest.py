"""A central of the browser's own: a data folder, a seeded campus, the product's own server, and Debian's Chromium."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from tests.browser.seed import PASSWORD

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
SEED = "import django; django.setup(); from tests.browser import seed; seed.people(); seed.campus()"


def missing(what: str) -> None:
    """Skip for want of a part; under CI a missing part is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@dataclass
class Site:
    """A running server and its data."""

    url: str
    environment: dict[str, str]

    def run(self, source: str) -> str:
        """Run Python code beside the server, as its other processes would; give what it printed."""
        code = f"import django; django.setup()\n{source}"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Set up central by its own commands, seed it, serve it on a free port."""
    folder = tmp_path_factory.mktemp("central")
    environment = {
        **os.environ,
        "CARDROOM_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "central.config.settings",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    for variable in ("CARDROOM_BENCH_CLOCK", "DATABASE_URL", "TELEMETRY_DATABASE_URL"):
        environment.pop(variable, None)
    for command in (["-m", "central", "init"], ["-c", SEED]):
        done = subprocess.run(
            [sys.executable, *command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "central", "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        while (line := server.stdout.readline()) and "Listening at" not in line and "serving on" not in line:
            pass
        assert server.poll() is None, "the server ended at once"
        yield Site(f"http://127.0.0.1:{port}", environment)
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    if CHROMIUM is None:
        missing("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One browser profile. Every request that leaves for another host is refused and noted."""

    context: BrowserContext
    page: Page
    outside: list[str]
    complaints: list[str]


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Open a profile: `visit("cashier", language="en", size=PHONE, dark=True)`; signed in unless the name is empty."""
    visitors: list[Visitor] = []

    def open_profile(
        name: str = "cashier", language: str = "zh-hans", size: dict[str, int] = DESK, dark: bool = False
    ) -> Visitor:
        context = chromium.new_context(
            viewport=size, color_scheme="dark" if dark else "light", base_url=site.url
        )
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
        visitor = Visitor(context, context.new_page(), [], [])

        def watch(route: Route) -> None:
            if route.request.url.startswith((site.url + "/", "data:")):
                route.continue_()
            else:
                visitor.outside.append(route.request.url)
                route.abort()

        context.route("**/*", watch)
        visitor.page.on("console", lambda said: said.type == "error" and visitor.complaints.append(said.text))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        if name:
            sign_in(visitor.page, name)
        visitors.append(visitor)
        return visitor

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
        assert visitor.outside == [], "a page asked an outside host"
        assert visitor.complaints == [], "the browser complained"


def sign_in(page: Page, name: str) -> None:
    page.goto("/office/sign-in/")
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(re.compile(r"/$"))


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source."""
    if not AXE.exists():
        missing("no axe-core: run `npm ci` in tests/browser")
    return AXE.read_text(encoding="utf-8")
