"""A cashier at the web desk: signs in, opens a shift, finds a room, reads back, takes cash. All through the pages, as people do.

It knows the desk's addresses and field names, and no table.
"""

import time
from dataclasses import dataclass

from firmware_tools.campus.browser import Browser, Form, Page


class DeskRefused(RuntimeError):
    """The desk didn't do what was asked; the text is what the page said."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A payment that the desk confirmed. Times are monotonic seconds of this machine."""

    payment: str
    receipt_url: str
    asked_s: float
    """When the button was pressed."""
    confirmed_s: float
    """When the receipt's page was there."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The page that was read back to the customer: pressing its button pays once, however often."""

    page: Page
    form: Form


class Cashier:
    """One signed-in cashier. Blocking: run it in a thread."""

    def __init__(self, base_url: str) -> None:
        self._browser = Browser(base_url)
        self._rooms: dict[str, str] = {}

    def sign_in(self, name: str, password: str) -> None:
        """Sign in, and open a shift. Raises DeskRefused."""
        page = self._browser.open("/office/sign-in/")
        page = self._browser.submit(page, page.form("username", "password"), username=name, password=password)
        if any("password" in form.fields for form in page.forms):
            raise DeskRefused(f"signing in as {name} failed ({page.status} {page.url})")
        self._open_shift()

    def _open_shift(self) -> None:
        """Open a shift with an empty drawer, unless one is open: cash is taken only in a shift. Raises DeskRefused."""
        page = self._browser.open("/desk/shift/")
        if "/shifts/" in page.url:
            return
        done = self._browser.submit(page, page.form("drawer", "total"), total="0")
        if done.status != 200 or done.url.endswith("/desk/shift/"):
            raise DeskRefused(f"no shift could be opened ({done.status} {done.url})")

    def pay(self, room: str, yuan: str) -> Sale:
        """Take cash for a room such as `1-105`. Raises DeskRefused."""
        return self.press(self.offer(room, yuan))

    def offer(self, room: str, yuan: str) -> Offer:
        """Type the amount and read back; nothing is booked yet. Raises DeskRefused."""
        page = self._browser.open(self._address_of(room))
        page = self._browser.submit(page, page.form("payment", "amount"), amount=yuan)
        forms = [form for form in page.forms if form.method == "post" and "payment" in form.fields]
        if not forms:
            raise DeskRefused(f"no read-back of {yuan} yuan for {room} ({page.status} {page.url})")
        return Offer(page, forms[0])

    def press(self, offer: Offer) -> Sale:
        """Press the button of a page that was read back; pressing again is the same payment. Raises DeskRefused."""
        asked_s = time.monotonic()
        done = self._browser.submit(offer.page, offer.form)
        confirmed_s = time.monotonic()
        if done.status != 200 or "/receipts/" not in done.url:
            raise DeskRefused(f"the payment was answered with {done.status} at {done.url}")
        return Sale(offer.form.fields["payment"], done.url, asked_s, confirmed_s)

    def _address_of(self, room: str) -> str:
        """Find a room's page by its label, once."""
        if room not in self._rooms:
            page = self._browser.open(f"/desk/?q={room}")
            rooms = [link for link in [page.url, *page.links] if "/desk/rooms/" in link]
            if not rooms:
                raise DeskRefused(f"the desk finds no room {room} ({page.status} {page.url})")
            self._rooms[room] = rooms[0]
        return self._rooms[room]
