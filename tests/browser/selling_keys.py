"""The keys of a whole sale, as a cashier presses them: the room, the money, what was given, an item; then the receipt, printed."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, Response, expect

LIST_OF_ITEMS = """
from central import clock
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.office.repair_lists import publish_at_console
now_ms = clock.now_ms()
items = [
    Item("R-01", ItemKind.REPAIR, "更换插座", "Replace a socket", ItemUnit.EACH, 1_500),
    Item("R-02", ItemKind.REPAIR, "更换日光灯管", "Replace a tube", ItemUnit.EACH, 1_200),
    Item("C-01", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 2_000),
]
publish_at_console(items, now_ms, why="tests", now_ms=now_ms - 1)
"""
"""To be run beside the server: the list that items are sold from."""


@dataclass(frozen=True)
class Keys:
    """What is typed in the fields, and how long each key takes."""

    room: str
    amount: str
    tendered: str = ""
    items: str = ""
    pause_ms: int = 0


def sell_by_keyboard(page: Page, keys: Keys) -> None:
    """From the desk's page to the receipt's page, without a mouse. The search field has the focus when it begins."""
    keyboard = page.keyboard
    keyboard.type(keys.room, delay=keys.pause_ms)
    keyboard.press("Enter")
    expect(page.locator("#amount")).to_be_focused()
    keyboard.type(keys.amount, delay=keys.pause_ms)
    for text in (keys.tendered, keys.items) if keys.items else (keys.tendered,) if keys.tendered else ():
        keyboard.press("Tab")
        keyboard.type(text, delay=keys.pause_ms)
    keyboard.press("Enter")
    expect(page.locator("form[data-once] button")).to_be_focused()
    keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/receipts/\d+/"))
    expect(page.locator(".receipt").first).to_contain_text("№")


def print_by_keyboard(page: Page) -> Response:
    """Press the key that prints the receipts; give the answer, which is their PDF."""
    with page.context.expect_event("response", _is_print) as answer:
        page.keyboard.press("p")
    return answer.value


def _is_print(response: Response) -> bool:
    return response.request.method == "POST" and "/print/" in response.url
