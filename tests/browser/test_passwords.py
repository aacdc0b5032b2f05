"""Choosing a password: how good it is stands beside it, and what is typed can be looked at (ASVS 2.1.8, 2.1.12)."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Visits

TYPED = {
    "short": "too short: twelve characters at least",
    "passwordpassword": "among the first that are guessed",
    "abcdefghijklmnop": "among the first that are guessed",
    "cashier-cashier": "among the first that are guessed",
    "twelve chars": "taken, but one more word makes it far better",
    "tall-lamp-quiet-42": "very good",
    "春天的河水很安静也很清澈啊": "very good",
}


@pytest.fixture
def page(visit: Visits) -> Page:
    page = visit("cashier", "en", DESK).page
    page.goto("/office/password/")
    return page


def test_how_good_a_new_password_is_stands_beside_it(page: Page) -> None:
    hint, meter = page.locator(".strength output"), page.locator(".strength meter")
    expect(hint).to_be_hidden()
    values = []
    for password, words in TYPED.items():
        page.locator("#id_new_password1").fill(password)
        expect(hint).to_have_text(words)
        values.append(meter.evaluate("meter => meter.value"))
    assert values == sorted(values), "each of these is at least as good as the one before"
    page.locator("#id_new_password1").fill("")
    expect(hint).to_be_hidden()


def test_what_is_typed_is_shown_and_goes_hidden(page: Page) -> None:
    field, button = page.locator("#id_old_password"), page.get_by_role("button", name="what is typed")
    field.fill("a lamp and a tall quiet house")
    expect(field).to_have_attribute("type", "password")
    button.click()
    expect(field).to_have_attribute("type", "text")
    expect(button).to_have_text("Hide what is typed")
    page.evaluate(
        "document.querySelector('form.stack').addEventListener('submit', (event) => event.preventDefault())"
    )
    page.locator("#id_old_password").press("Enter")
    expect(field).to_have_attribute("type", "password")
