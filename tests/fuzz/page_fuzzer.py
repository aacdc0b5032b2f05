"""Sends generated forms to every address that takes one, as each person who may, and judges the answers. Needs a set-up central.

The addresses come from the list of addresses, the forms from the pages' own links and from what views were heard to read: what is
built later is in it at once. What is sent is kept, as by anyone at work: the campus goes on from there.
"""

import random
import sys
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from central import clock
from central.desk.models import Payment
from central.desk.shifts import open_shift_of
from central.ledger.immutability import immutable_tables
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import User
from central.office.people import roles_of
from central.office.roles import Role
from central.office.sessions import SEEN_KEY
from tests.fuzz.known_forms import STRANGER, KnownForms, Shot, allowed, view_of
from tests.fuzz.page_forms import Form, Page
from tests.fuzz.typed_values import FILES
from tests.open_shifts import on_shift
from tests.pages.test_access import PATTERNS, SPECIMENS

STARTS = ("/", "/office/", "/desk/", "/audit/", "/papers/", "/desk/shift/", "/desk/hand-ins/", "/desk/days/")
A_PATTERN_AT_MOST = 4
WALK_EVERY = 400
ASKED_BEFORE = 0.2
BACKEND = "django.contrib.auth.backends.ModelBackend"
WALKED_FIRST = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR, Role.ADMIN, Role.TECHNICIAN)
CUT_FROM = 16
"""A longer text than its field takes comes back as far as the field goes."""
LOST_AT_MOST = 200
"""A longer text than a field takes may be cut by the page that asks again."""


@dataclass
class Fuzzer:
    """Everything that is known on the way; `faults` by goal."""

    dice: random.Random
    found: KnownForms
    clients: dict[str, Client] = field(default_factory=dict)
    outcomes: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    tried: set[tuple[str, str]] = field(default_factory=set)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    confirmed: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)

    def begin(self) -> None:
        """Make a person of every office, find the addresses that take forms, and walk the pages once."""
        got_request_exception.connect(self._note_error)
        for role in Role:
            User.objects.get_or_create(username=f"the-{role}", defaults={"role": role})
        self.clients = {role: Client(raise_request_exception=False) for role in (*Role, STRANGER)}
        self.found.names = [name for name in PATTERNS if self._takes_forms(name)]
        self._have_shift()
        for role in WALKED_FIRST:
            self.walk(role)

    def _note_error(self, **_kwargs: object) -> None:
        self.errors.append(sys.exc_info()[1])

    def _takes_forms(self, name: str) -> bool:
        role = next(iter(allowed(name)))
        return self._signed_in(role).post(self._specimen(name)).status_code != 405

    def _specimen(self, name: str) -> str:
        kinds = PATTERNS[name].pattern.converters
        return reverse(name, kwargs={part: SPECIMENS.get(part, 1) for part in kinds})

    def _signed_in(self, role: str) -> Client:
        """Give a person's browser, signed in and confirmed anew: what was sent may have taken his office or his session."""
        client = self.clients[role]
        if role == STRANGER:
            return client
        user = User.objects.get(username=f"the-{role}")
        if (user.role, user.is_active, user.must_change_password) != (role, True, False):
            user.role, user.is_active, user.must_change_password = role, True, False
            user.save()
        session = client.session
        if session.get("_auth_user_id") != str(user.pk):
            client.force_login(user, BACKEND)
            session = client.session
        if not 0 <= clock.real_now_ms() - session.get(CONFIRMED_KEY, 0) < 120_000:
            session[CONFIRMED_KEY] = session[SEEN_KEY] = clock.real_now_ms()
            session.save()
        return client

    def walk(self, role: str) -> None:
        """Look at one person's pages by their links, and keep their forms."""
        client, waiting, seen, counts = self._signed_in(role), deque(STARTS), set(), Counter()
        while waiting:
            address = waiting.popleft()
            name = view_of(address)
            if not name or address in seen or counts[name] >= A_PATTERN_AT_MOST:
                continue
            seen.add(address)
            answer = client.get(address)
            if answer.status_code >= 500:
                self._fault("no server error", f"{role} get {address}: {self._why()}")
            if answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
                counts[name] += 1
                waiting.extend(self.found.keep(address, answer.content))

    # ------------------------------------------------------------ sending and judging

    def fire(self, number: int) -> None:
        """Send one form and judge what comes of it."""
        if number % WALK_EVERY == WALK_EVERY - 1:
            self.walk(list(Role)[number // WALK_EVERY % len(Role)])
            self._have_shift()
        if self.dice.random() < ASKED_BEFORE:
            self._ask()
        shot = self.found.next_shot()
        self.tried.add((shot.view, shot.role))
        self.errors.clear()
        client = self._signed_in(shot.role)
        answer = self._send(client, shot)
        outcome = self.judge(client, shot, answer)
        self.outcomes[shot.view.split(":")[0]][outcome] += 1

    def _ask(self) -> None:
        """Send a form that only asks, and go on with what it leads to."""
        asked = self.found.question()
        query = urlencode([(key, _plain(value)) for key, value in asked.sent])
        answer = self._signed_in(asked.role).get(f"{asked.path.partition('?')[0]}?{query}")
        if answer.status_code >= 500:
            self._fault("no server error", f"get by {asked.words()}: {self._why()}")
        elif answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
            self.found.keep(asked.path, answer.content)
            self.found.follow(asked, Page(answer.content))

    def _have_shift(self) -> None:
        cashier = User.objects.get(username="the-cashier")
        if open_shift_of(cashier) is None:
            try:
                on_shift(cashier, clock.now_ms())
            except AssertionError:
                return  # another one has the drawer

    def _send(self, client: Client, shot: Shot):
        shot.by_script = self.dice.random() < 0.05
        headers = {"HX-Request": "true"} if shot.by_script else {}
        if shot.file_field:
            data: dict[str, object] = {
                key: value.encode("utf-8", "replace").decode() for key, value in shot.sent
            }
            data[shot.file_field] = SimpleUploadedFile("list.csv", self.dice.choice(FILES))
            return client.post(shot.path, data, headers=headers)
        pairs = [f"{_quoted(key)}={_quoted(value)}" for key, value in shot.sent]
        kind = "application/x-www-form-urlencoded"
        return client.generic("POST", shot.path, "&".join(pairs), kind, headers=headers)

    def judge(self, client: Client, shot: Shot, answer) -> str:
        """Say in a word what came of it; what must not be goes to the faults."""
        status, place = answer.status_code, answer.headers.get("Location", "")
        if status >= 500:
            self._fault("no server error", f"{shot.words()}: {self._why()}")
            return "broken"
        if shot.role not in allowed(shot.view):
            if status not in (403, 404) and not _stands_in(shot.role, allowed(shot.view)):
                self._fault("who may not is kept out", f"{status} for {shot.words()}")
            return "kept out"
        if status in (301, 302):
            return self._after_redirect(client, shot, place)
        if "html" not in answer.headers.get("Content-Type", ""):
            if status >= 400:
                self._fault("every refusal is a page in words", f"{status} {shot.words()}")
            return "a file" if status < 400 else "refused"
        page = Page(answer.content)
        self.found.keep(shot.path, answer.content)
        self.found.follow(shot, page)
        if status >= 400 and not (page.says_why or (page.has_main and status in (403, 404))):
            self._fault("every refusal is a page in words", f"{status} {shot.words()}")
        if page.says_why and shot.of_page:
            self._typed_is_there(shot, page)
        if status in (403, 404):
            return "not theirs" if status == 403 else "nothing there"
        return "refused in words" if page.says_why or status >= 400 else "shown"

    def _after_redirect(self, client: Client, shot: Shot, place: str) -> str:
        if shot.view == "desk:pay" and "/receipts/" in place:
            self.confirmed.add(str(UUID(dict(shot.sent)["payment"].replace("\0", "").strip())))
        if not place.startswith("/"):
            return "sent elsewhere"
        if place.startswith(reverse("office:sign-in")):
            return "sent to the sign-in"
        there = client.get(place)
        if there.status_code >= 500:
            self._fault("no server error", f"get {place} after {shot.words()}: {self._why()}")
            return "broken"
        if "html" not in there.headers.get("Content-Type", ""):
            return "done"
        page = Page(there.content)
        self.found.keep(place, there.content)
        return "done, in words" if page.says_why else "done"

    def _typed_is_there(self, shot: Shot, page: Page) -> None:
        """A form that comes back has what was typed in it: nobody types it again."""
        sent = dict(shot.sent)
        back = [
            form
            for form in page.forms
            if view_of(form.action or shot.path) == shot.view
            and {one.name for one in form.fields} >= set(sent)
        ]
        gone = [self._gone(sent, form) for form in back]
        if back and all(gone):
            self._fault("what was typed comes back", f"{gone[-1]} gone from {shot.words()}")

    def _gone(self, sent: dict[str, str], back: Form) -> str:
        """Name what was typed and is not in the form that came back; "" when all is."""
        kept = back.typed()
        for key, value in sent.items():
            wanted = _plain(value)
            is_text = "\ufffd" not in wanted
            is_short = key in kept and wanted and is_text and len(wanted) < LOST_AT_MOST
            back_again = [_plain(one) for one in kept.get(key, [])]
            was_cut = any(len(one) >= CUT_FROM and wanted.startswith(one) for one in back_again)
            if is_short and wanted not in back_again and not was_cut:
                return f"{key}: {wanted[:40]!r}"
        return ""

    def _why(self) -> str:
        error = self.errors[-1] if self.errors else None
        if isinstance(error, OperationalError):
            return f"database: {error}"
        return repr(error)[:300]

    def _fault(self, goal: str, words: str) -> None:
        self.faults[goal].append(words)

    # ------------------------------------------------------------ what must be in the books

    def count_money(self) -> None:
        """Money's tables only grow, and what was confirmed is in them."""
        for name in immutable_tables():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {name}")
                count = cursor.fetchone()[0]
            if count < self.counts.get(name, 0):
                self._fault("nothing is lost", f"{name} had {self.counts[name]} rows, has {count}")
            self.counts[name] = count
        missing = self.confirmed - set(Payment.objects.values_list("payment_id", flat=True))
        for payment in missing:
            self._fault("nothing is lost", f"payment {payment!r} was confirmed and is not in the books")

    def untried(self) -> set[tuple[str, str]]:
        """Give the addresses and persons that were not tried."""
        return {(name, role) for name in self.found.names for role in allowed(name)} - self.tried


def _stands_in(role: str, may: list[str]) -> bool:
    """Say whether a person acts for an absent one of the offices that may: delegations are made on the way, too."""
    user = User.objects.filter(username=f"the-{role}").first()
    return user is not None and not roles_of(user, clock.now_ms()).isdisjoint(may)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _plain(text: str) -> str:
    """Write a text as it may come back: without NUL, its lines ended in one way, what is no text as the server read it."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").strip()
