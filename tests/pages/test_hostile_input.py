"""What no person types, at every address, in every query and in every field of every form: an answer, never a broken server.

The pages are walked by their own links, so that a new page is in it at once. Each request is undone again. On PostgreSQL, which
refuses what SQLite stores (NUL characters, words too long, numbers beyond 64 bits), test_on_postgresql.py runs it once more.
"""

import logging
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import product
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from central import clock
from central.dashboard import top_of_page
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import User
from tests.browser import seed_lists, seed_notices
from tests.open_shifts import on_shift
from tests.pages.test_access import PATTERNS, SPECIMENS

pytestmark = [pytest.mark.django_db(databases=["default", "telemetry"]), pytest.mark.timeout(600)]

HUGE = "99999999999999999999"
WHO = {
    "manager": "admin",
    "cashier": "cashier",
    "director": "director",
    "finance": "finance",
    "technician": "technician",
}
IN_ADDRESSES = (HUGE, "1%00", "%ED%A0%80", "x" * 300)
REFUSED_BY_DATABASES = (HUGE, "NaN")
STORED_BY_SQLITE = ("x" * 5_000,)
MISREAD_BY_CODE = ("²", "0001-01-01", "9999-12-31")
TYPED = (*REFUSED_BY_DATABASES, *(MISREAD_BY_CODE if connection.vendor == "sqlite" else STORED_BY_SQLITE))
"""What code reads wrongly it reads wrongly on both databases; what SQLite stores, only PostgreSQL refuses: each once is enough."""
IN_ALL_FIELDS = () if connection.vendor == "sqlite" else ("a\0b",)
"""A NUL is left out in whatever field it comes, at one place (plain_input.py): once in all fields of each form and query."""
QUERIES = (
    *(
        "page",
        "q",
        "day",
        "month",
        "kind",
        "next",
        "first",
        "last",
        "person",
        "about",
        "text",
        "show",
        "before",
    ),
    *(
        "by",
        "seen",
        "building",
        "only",
        "audience",
        "at",
        "digest",
        "missing",
        "amount",
        "usual",
        "payment",
        "hash",
        "items",
        "tendered",
        "method",
        "reference",
    ),
)
"""What pages read from their address, all at once; an unknown one is nobody's."""
A_PATTERN_AT_MOST = 2
"""Addresses looked at of each pattern."""
PLACE = "987654321"
SKIPPED = ("office:sign-out", "set_language")


@dataclass
class Form:
    """A form as a browser sees it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class PageReader(HTMLParser):
    """Reads the links and forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        self.links += [had[name] for name in ("href", "hx-get") if had.get(name)]
        if tag == "form":
            self.forms.append(Form(had.get("action", ""), had.get("method", "get").lower()))
        elif self.forms and had.get("name") and had["name"] != "csrfmiddlewaretoken":
            self.forms[-1].fields.append((had["name"], had.get("value", "")))
        elif self.forms and tag == "option" and "selected" in had:
            name, _value = self.forms[-1].fields[-1]
            self.forms[-1].fields[-1] = (name, had.get("value", ""))


Walked = dict[str, list[tuple[str, PageReader]]]
"""Each person's pages."""


def read(body: bytes) -> PageReader:
    reader = PageReader()
    reader.feed(body.decode())
    return reader


@pytest.fixture
def people(campus: None) -> dict[str, Client]:
    seed_lists.lists()
    seed_notices.notices()
    User.objects.create_user("technician", role=User.Role.TECHNICIAN)
    on_shift(User.objects.get(username="cashier"), clock.now_ms())
    clients = {}
    for name in WHO:
        clients[name] = client = Client(raise_request_exception=False)
        client.force_login(User.objects.get(username=name), "django.contrib.auth.backends.ModelBackend")
        session = client.session
        session[CONFIRMED_KEY] = clock.real_now_ms()
        session.save()
    return clients


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Callable[[], object]], None]]:
    """Send a request and undo it; in the end no server may have been broken.

    The menu of each answer counts nothing: what waits was counted above every page of the walk, by the same statements.
    """
    found: dict[str, str] = {}
    errors: list[BaseException] = []

    def note(**_kwargs: object) -> None:
        errors.append(sys.exc_info()[1])

    got_request_exception.connect(note)

    def fire(what: str, send: Callable[[], object]) -> None:
        errors.clear()
        try:
            with monkeypatch.context() as menu, transaction.atomic(), transaction.atomic("telemetry"):
                menu.setattr(top_of_page, "_count", lambda *_: (0, ""))
                answer = send()
                if answer.status_code >= 500:
                    found[what] = repr(errors[-1])[:300] if errors else f"{answer.status_code}"
                transaction.set_rollback(True)
                transaction.set_rollback(True, "telemetry")
        except Exception as error:  # what the client itself could not send or take
            found[what] = f"outside: {error!r}"[:300]

    yield fire
    got_request_exception.disconnect(note)
    assert not found, "\n".join(f"{what}: {why}" for what, why in found.items())


def pages(client: Client) -> Iterator[tuple[str, PageReader]]:
    """Walk one person's pages by their links."""
    waiting, seen, counts = deque(["/", "/office/", "/desk/", "/audit/", "/papers/"]), set(), Counter()
    while waiting:
        address = waiting.popleft()
        try:
            name = resolve(urlsplit(address).path).view_name
        except Resolver404:
            continue
        if address in seen or counts[name] >= A_PATTERN_AT_MOST:
            continue
        seen.add(address)
        answer = client.get(address)
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        counts[name] += 1
        reader = read(answer.content)
        waiting.extend(link.split("#")[0] for link in reader.links if link.startswith("/"))
        yield address, reader


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Refusals by the thousand are not worth a line each."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def test_in_addresses(people: dict[str, Client], broken: Callable) -> None:
    for name, key in [(one, part) for one in PATTERNS for part in PATTERNS[one].pattern.converters]:
        may = getattr(PATTERNS[name].callback, "allowed_roles", None)
        clients = [people[who] for who, role in WHO.items() if may is None or role in may][:1]
        for raw in [address_with(name, key, value) for value in IN_ADDRESSES]:
            for client in clients:
                broken(f"get {raw}", lambda client=client, raw=raw: client.get(raw))
                broken(f"post {raw}", lambda client=client, raw=raw: client.post(raw))


def address_with(name: str, key: str, value: str) -> str:
    """Give an address in which one part is `value`, as it stands."""
    arguments = {part: SPECIMENS.get(part, 1) for part in PATTERNS[name].pattern.converters}
    return reverse(name, kwargs=arguments | {key: PLACE}).replace(PLACE, value)


def test_in_queries_and_forms(people: dict[str, Client], broken: Callable) -> None:
    """In one walk: to draw every page once more takes as long as a third of what is tried."""
    walked = {who: list(pages(client)) for who, client in people.items()}
    asked = in_queries(walked, people, broken)
    assert len(asked) > 40, "the walk finds the pages"
    filled = in_forms(walked, people, broken)
    assert len({name for name, _key in filled}) > 25, "the walk finds the forms"


def in_queries(walked: Walked, people: dict[str, Client], broken: Callable) -> set[tuple[str, ...]]:
    """Ask each page with everything in its query; give the pages with what they were asked."""
    done = set()
    for who, address in [(who, address) for who, found in walked.items() for address, _reader in found]:
        path, _mark, query = address.partition("?")
        asked = dict(parse_qsl(query))
        if (name := (resolve(path).view_name, *asked)) in done:
            continue
        done.add(name)
        alone = [asked | {key: value} for key, value in product(asked, TYPED)]
        for one in [*(dict.fromkeys(QUERIES, value) for value in (*TYPED, *IN_ALL_FIELDS)), *alone]:
            raw = f"{path}?{urlencode(one)}"
            broken(f"{who} {raw[:150]}", lambda client=people[who], raw=raw: client.get(raw))
    return done


def in_forms(walked: Walked, people: dict[str, Client], broken: Callable) -> set[tuple[str, str]]:
    """Fill each field of each form with everything; give the fields."""
    done: set[tuple[str, str]] = set()
    for who, address, form in [
        (who, address, form)
        for who, found in walked.items()
        for address, reader in found
        for form in reader.forms
    ]:
        action = (form.action or address).split("?")[0]
        name = resolve(action).view_name
        fields = {} if name in SKIPPED else {kind_of(key): key for key, _had in form.fields}
        fresh = [key for kind, key in fields.items() if (name, kind) not in done]
        done |= {(name, kind_of(key)) for key in fresh}
        send = people[who].post if form.method == "post" else people[who].get
        alone = [{key: value} for key, value in product(fresh, TYPED)]
        for typed in [*(dict.fromkeys(fresh, value) for value in IN_ALL_FIELDS if fresh), *alone]:
            sent = {one: had or "1" for one, had in form.fields} | typed
            what = f"{who} {form.method} {action} {next(iter(typed))}={next(iter(typed.values()))[:30]!r}"
            broken(what, lambda send=send, action=action, sent=sent: send(action, sent))
    return done


def kind_of(key: str) -> str:
    """Name a field without its numbers: the fields of a table's fortieth row are read as those of its last."""
    return re.sub(r"\d+", "#", key)
