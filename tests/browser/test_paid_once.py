"""A sale of two receipts is paid once: two clicks, a reload, an answer that is lost, a server that is killed with SIGKILL."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site, Visitor
from tests.browser.own_site import site_at, start_server
from tests.browser.selling_keys import LIST_OF_ITEMS

Visit = Callable[..., Visitor]
pytestmark = [pytest.mark.xdist_group("paid-once"), pytest.mark.timeout(900)]
RECEIPT = re.compile(r"/desk/receipts/\d+/")

DIES = """
import os, signal
import django
django.setup()
from central.desk import sale_views, sales
def die(*given, **more):
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
sell = sale_views.sell
"""
MOMENTS = {
    "before": ("sale_views.sell = die", 0),
    "half done": ("sales.charge = die", 0),
    "after": ("sale_views.sell = lambda *given, **more: (sell(*given, **more), die())", 2),
}
"""When the server kills itself: before it begins, with the electricity written and the items not, after it committed."""


@pytest.fixture(scope="module")
def site(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("central") / "data"
    shutil.copytree(seeded, folder)
    made = site_at(folder)
    made.run(LIST_OF_ITEMS)
    return made


class Server:
    """The product's own server, which can be killed and started anew on the same port."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.process = start_server(site)

    def restart(self, before: str = "") -> None:
        self.stop()
        self.process = start_server(self.site, before)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="module", autouse=True)
def server(site: Site) -> Iterator[Server]:
    running = Server(site)
    yield running
    running.stop()


def count(site: Site) -> int:
    assert site.sql("SELECT count(*) FROM desk_payment") == site.sql("SELECT count(*) FROM desk_receipt")
    return int(str(site.sql("SELECT count(*) FROM desk_payment")[0][0]))


def read_back(page: Page, room: str, amount: str) -> None:
    page.goto(f"/desk/?q={room}")
    page.locator("#amount").fill(amount)
    page.locator("#items").fill("插座, c-01")
    page.locator("#items").press("Enter")
    expect(page.locator(".readback")).to_contain_text("补卡费")


def test_two_clicks_take_it_once(visit: Visit, site: Site) -> None:
    page, before = visit().page, count(site)
    read_back(page, "1-101", "31")
    page.locator("form[data-once] button").dblclick()
    page.wait_for_url(RECEIPT)
    assert count(site) == before + 2


def test_a_reload_and_going_back_take_it_once(visit: Visit, site: Site) -> None:
    page, before = visit().page, count(site)
    read_back(page, "1-102", "32")
    page.locator("form[data-once] button").click()
    page.wait_for_url(RECEIPT)
    page.reload()
    expect(page.locator(".receipt")).to_have_count(2)
    page.go_back()
    page.reload()
    page.locator("form[data-once] button").click()
    page.wait_for_url(RECEIPT)
    expect(page.locator(".notes")).to_contain_text("没有重复收款")
    assert count(site) == before + 2


def test_a_lost_answer_is_asked_for_again_and_takes_it_once(visit: Visit, site: Site) -> None:
    visitor = visit()
    page, before = visitor.page, count(site)
    read_back(page, "1-103", "33")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/pay/", lose, times=1)
    page.locator("form[data-once] button").click()
    expect(page.locator("#no-answer")).to_be_visible()
    assert count(site) == before + 2, "the server had taken it"
    page.locator("form[data-once] button").click()
    page.wait_for_url(RECEIPT)
    assert count(site) == before + 2
    visitor.is_forgiven = True


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_server_killed_between_question_and_answer_takes_it_once(
    visit: Visit, site: Site, server: Server, moment: str
) -> None:
    visitor = visit()
    page, before = visitor.page, count(site)
    code, taken = MOMENTS[moment]
    server.restart(DIES + code)
    read_back(page, f"1-20{list(MOMENTS).index(moment) + 1}", "34")
    page.locator("form[data-once] button").click()
    expect(page.locator("#no-answer")).to_be_visible()
    assert server.process.wait(timeout=60) == -9, "killed, not ended"
    assert count(site) == before + taken
    server.restart()
    page.locator("form[data-once] button").click()
    page.wait_for_url(RECEIPT)
    expect(page.locator(".receipt")).to_have_count(2)
    assert count(site) == before + 2
    faults = site.run(
        "from central.desk.verification import verify_sales\n"
        "print([check.fault for check in verify_sales() if check.fault])"
    )
    assert faults.strip() == "[]"
    visitor.is_forgiven = True
