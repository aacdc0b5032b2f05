"""Stock is taken with a phone whose network comes and goes: no label is lost, none is counted twice (R-4.3.3a)."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Site, Visits

COUNTING = "/workshop/stock-taking/2/"


def test_labels_read_without_a_network_wait_on_the_phone_and_arrive_once(visit: Visits, site: Site) -> None:
    site.run("from tests.browser import seed_stock; seed_stock.stock()")
    keeper = visit("keeper", "en", PHONE)
    page = keeper.page
    page.goto(COUNTING)

    def read(*labels: str) -> None:
        expect(page.locator("[name=label]")).to_be_focused()
        for label in labels:
            page.keyboard.type(label)
            page.keyboard.press("Enter")

    read("M-000001", "M-000002")
    page.locator("#counted", has_text="M-000002").wait_for()
    keeper.context.set_offline(True)
    read("M-000005", "nobody's", "M-000009")
    page.locator("#counting-waits", has_text="3").wait_for()
    keeper.context.set_offline(False)
    page.locator("#counted", has_text="M-000009").wait_for()
    expect(page.locator("#counting-waits")).to_be_hidden()
    keeper.context.set_offline(True)
    read("M-000007")
    page.locator("#counting-waits", has_text="1").wait_for()
    page.close()  # the phone's battery is empty
    keeper.context.set_offline(False)
    again = keeper.context.new_page()
    again.goto(COUNTING)
    again.locator("#counted", has_text="M-000007").wait_for()
    read_now = (
        "SELECT label, count(*) FROM workshop_stockscan WHERE taking_id = 2 AND place_id = 1 GROUP BY label"
    )
    wanted = ["M-000001", "M-000002", "M-000005", "M-000007", "M-000009", "nobody's"]
    assert sorted(site.sql(read_now)) == [(label, 1) for label in wanted]
    keeper.complaints[:] = [said for said in keeper.complaints if "INTERNET_DISCONNECTED" not in said]
