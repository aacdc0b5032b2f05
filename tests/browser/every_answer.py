"""Asks a seeded central for every page and file that its own links lead to, in one process without a browser; prints what was
answered.

First headers and marks of every answer; then what people who serve another building get of the same objects, and what people who
serve all of them get. The database is a copy, and what a form does to it is undone.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import django

django.setup()

from django.db import transaction  # noqa: E402  after the set-up
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import Resolver404, resolve  # noqa: E402

from central import clock  # noqa: E402
from central.campus.models import Building, Room  # noqa: E402
from central.ledger.models import ChainHead  # noqa: E402
from central.office.dangerous import CONFIRMED_KEY  # noqa: E402
from central.office.models import User  # noqa: E402
from central.office.roles import OF_BUILDINGS  # noqa: E402
from tests.browser.test_every_page import PAGES  # noqa: E402

OF_A_VIEW_AT_MOST = 1
"""In each form of a file that its query asks for."""
FORM = re.compile(r"(?:as|form|file|download)=(\w+)")
Asked = tuple[str, str, HttpResponse, "Links"]
ROOMS = [one.full_label for one in Room.objects.select_related("building")]
INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>|<style|<[^>]*\s(?:style|on[a-z]+)=", re.IGNORECASE)
"""What the policy forbids and a browser would leave undone: script and looks inside a page."""


class Links(HTMLParser):
    """A page's addresses, and its forms with their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        self.found += [had[name] for name in ("href", "src", "hx-get") if had.get(name, "").startswith("/")]
        if tag == "form" and had.get("method", "").lower() == "post":
            self.forms.append((had.get("action", ""), {}))
        elif self.forms and had.get("name"):
            self.forms[-1][1][had["name"]] = had.get("value", "")


def client_of(name: str) -> Client:
    """Give a client of somebody who is signed in and has just typed the password; of nobody for an empty name."""
    client = Client(raise_request_exception=False)
    if name:
        client.force_login(User.objects.get(username=name), "django.contrib.auth.backends.ModelBackend")
        session = client.session
        session[CONFIRMED_KEY] = clock.real_now_ms()
        session.save()
    return client


def view_of(address: str) -> tuple[str, dict[str, object]]:
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return "", {}
    return match.view_name, match.kwargs


def walked() -> Iterator[Asked]:
    """Ask for every page as the walk of the browser does, then for what their links lead to, a few of each view."""
    clients = {who: client_of(who) for who, _path in PAGES.values()}
    waiting, counts = list(PAGES.values()), Counter[str]()
    for who, path in waiting:
        name, _kwargs = view_of(path)
        kind = f"{name or path} {''.join(FORM.findall(urlsplit(path).query))}"
        if counts[kind] >= OF_A_VIEW_AT_MOST:
            continue
        counts[kind] += 1
        answer, links = clients[who].get(path), Links()
        if "html" in answer.headers.get("Content-Type", ""):
            links.feed(answer.content.decode())
            waiting += [(who, link.split("#")[0]) for link in links.found]
        yield who, path, answer, links


def told_of(who: str, path: str, answer: HttpResponse, links: Links) -> dict[str, object]:
    """Tell of an answer its headers and what stands inside that must not."""
    is_page = "html" in answer.headers.get("Content-Type", "")
    return {
        "who": who,
        "path": path,
        "status": answer.status_code,
        "headers": dict(answer.headers.items()),
        "inline": INLINE.findall(answer.content.decode()) if is_page else [],
        "cookies": {name: dict(one.items()) for name, one in answer.cookies.items()},
        "is_form_without_token": any("csrfmiddlewaretoken" not in fields for _to, fields in links.forms),
    }


def strangers(walk: list[Asked]) -> dict[str, object]:
    """Tell what people who serve another building see of objects and change with forms; to compare, those who serve all."""
    pages = {view_of(path)[0]: path for _who, path, answer, _ in walk if answer.status_code == 200}
    pages.pop("", "")
    forms = {(to or path).split("?")[0]: had for _who, path, _, links in walk for to, had in links.forms}
    forms = {view_of(path)[0]: (path, had) for path, had in forms.items()}
    other = Building.objects.create(code="ZZ", name="elsewhere")
    told = dict[str, object]()
    for role, served in [(role, served) for role in OF_BUILDINGS for served in ([other], [])]:
        name = f"{'other' if served else 'every'}-{role}"
        User.objects.create_user(name, role=role).buildings.set(served)
        client, shown, changed = client_of(name), [], []
        for path in (path for path in pages.values() if is_let_in(path, role)):
            shown += [path] if is_of_a_room(undone(client, path)[0]) else []
        for path, had in (form for form in forms.values() if is_let_in(form[0], role)):
            changed += [path] if undone(client, path, had)[1] else []
        told[name] = {"shown": shown, "changed": changed}
    return told


def is_let_in(path: str, role: str) -> bool:
    """Say whether an address names an object and its view lets a role in."""
    match = resolve(urlsplit(path).path)
    return bool(match.kwargs) and role in getattr(match.func, "allowed_roles", ())


def is_of_a_room(text: str) -> bool:
    """Say whether a page names a room of the campus."""
    return any(label in text for label in ROOMS)


def undone(client: Client, path: str, fields: dict[str, str] | None = None) -> tuple[str, bool]:
    """Ask, or send a form, and undo what it did; give the page's text and whether anything came on record."""
    with transaction.atomic(), transaction.atomic("telemetry"):
        before = ChainHead.objects.values_list("position", flat=True).first()
        typed = {name: value or "1" for name, value in (fields or {}).items()}
        answer = client.get(path) if fields is None else client.post(path, typed)
        is_changed = before != ChainHead.objects.values_list("position", flat=True).first()
        transaction.set_rollback(True)
        transaction.set_rollback(True, "telemetry")
    is_text = answer.status_code == 200 and answer.headers["Content-Type"].startswith(
        ("text/html", "application/json")
    )
    return answer.content.decode() if is_text else "", is_changed


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    walk = list(walked())
    told = {"answers": [told_of(*one) for one in walk], "strangers": strangers(walk)}
    print(json.dumps(told, ensure_ascii=False))
