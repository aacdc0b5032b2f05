"""Uses the web desk as a person with a browser would: cookies, hidden fields, redirects; no script, no short cut.

It knows HTML forms and nothing of the pages: what a form is for is the caller's knowledge.
"""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

TIMEOUT_S = 30


class NoSuchForm(LookupError):
    """The page has no such form; the text shows what it has instead."""


@dataclass(slots=True)
class Form:
    """A form as the page offers it, its fields filled in as they stand."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """What came back: the address after redirects, the status, the text, its forms and links."""

    url: str
    status: int
    text: str
    forms: list[Form]
    links: list[str]

    def form(self, *field_names: str) -> Form:
        """The first form that has all these fields. Raises NoSuchForm."""
        for form in self.forms:
            if all(name in form.fields for name in field_names):
                return form
        offered = [sorted(form.fields) for form in self.forms]
        raise NoSuchForm(f"{self.url} ({self.status}) has no form with {field_names}; it has {offered}")


class Browser:
    """One person's browser with its own cookies. Blocking: run it in a thread."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
        )

    def open(self, path: str) -> Page:
        """Follow an address, absolute or relative to the site."""
        return self._fetch(urllib.request.Request(urllib.parse.urljoin(self._base_url, path)))  # noqa: S310 - our own server

    def submit(self, page: Page, form: Form, **values: str) -> Page:
        """Fill in fields and send the form, hidden fields included."""
        url = urllib.parse.urljoin(page.url, form.action)
        data = urllib.parse.urlencode({**form.fields, **values})
        if form.method != "post":
            return self.open(f"{url.partition('?')[0]}?{data}")
        request = urllib.request.Request(url, data.encode(), headers={"Referer": page.url})  # noqa: S310 - our own server
        return self._fetch(request)

    def _fetch(self, request: urllib.request.Request) -> Page:
        try:
            response = self._opener.open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return read_page(
                response.geturl(), response.status or 0, response.read().decode(errors="replace")
            )


def read_page(url: str, status: int, text: str) -> Page:
    """Find a page's forms and links."""
    reader = _FormReader()
    reader.feed(text)
    return Page(url, status, text, reader.forms, reader.links)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "form":
            self._open = Form(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None:
            self._take_field(self._open, tag, values)

    def _take_field(self, form: Form, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in values or self._select not in form.fields:
                form.fields[self._select] = values.get("value", "")
        elif tag == "textarea" and name:
            form.fields[name] = ""
        elif tag == "input" and name and not _left_out(values):
            form.fields[name] = values.get(
                "value", "on" if values.get("type") in ("checkbox", "radio") else ""
            )

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


def _left_out(values: dict[str, str]) -> bool:
    """Boxes that are not ticked, and buttons, send nothing."""
    kind = values.get("type", "text")
    return kind in ("submit", "button", "image", "reset", "file") or (
        kind in ("checkbox", "radio") and "checked" not in values
    )
