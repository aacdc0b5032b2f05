"""Sends generated forms to every address that takes one, as each person who may, and judges the answers. Needs a set-up central.

The addresses come from the list of addresses, the forms from the pages' own links and from what views were heard to read: what is
built later is in it at once. What is sent is kept, as by anyone at work: the campus goes on from there.
"""

import random
import sys
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db import OperationalError, connection
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from central import clock
from central.desk.models import Payment
from central.desk.shifts import open_shift_of
from central.ledger.immutability import immutable_tables
from central.office.dangerous import CONFIRMED_KEY
from central.office.idle import SEEN_KEY
from central.office.models import User
from central.office.roles import Role
from tests.fuzz.listening import HEARD
from tests.fuzz.page_forms import Form, Page
from tests.fuzz.typed_values import FILES, value_for
from tests.open_shifts import on_shift
from tests.pages.test_access import PATTERNS, SPECIMENS

STARTS = ("/", "/office/", "/desk/", "/audit/", "/papers/", "/desk/shift/", "/desk/hand-ins/", "/desk/days/")
A_PATTERN_AT_MOST = 4
FORMS_KEPT, PARTS_KEPT = 12, 20
WALK_EVERY = 400
ASKED_BEFORE = 0.2
STRANGER = ""
BACKEND = "django.contrib.auth.backends.ModelBackend"
OF_EVERY_PAGE = ("office:sign-out", "set_language")
WALKED_FIRST = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR, Role.ADMIN, Role.TECHNICIAN)
LOST_AT_MOST = 200
"""A longer text than a field takes may be cut by the page that asks again."""
Sent = list[tuple[str, str]]


@dataclass
class Shot:
    """One form that is sent."""

    view: str
    role: str
    path: str
    sent: Sent
    file_field: str = ""
    by_script: bool = False
    """Sent by htmx: a part of the page may come back."""
    of_page: bool = False
    """It is a form of a page, with all its fields: the page that asks again must have what was typed."""

    def words(self) -> str:
        """Write it so that it can be sent again by hand."""
        shown = ", ".join(f"{key}={value[:40]!r}" for key, value in self.sent[:12])
        return f"{self.role or 'stranger'}{' by script' if self.by_script else ''} {self.path} {shown}"


@dataclass
class Fuzzer:
    """Everything that is known on the way; `faults` by goal."""

    dice: random.Random
    clients: dict[str, Client] = field(default_factory=dict)
    forms: dict[str, list[tuple[str, Form]]] = field(default_factory=lambda: defaultdict(list))
    outcomes: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    tried: set[tuple[str, str]] = field(default_factory=set)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    confirmed: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)
    known: dict[str, list[object]] = field(default_factory=lambda: defaultdict(list))
    """What stands in the addresses of pages, by the part's name."""
    questions: dict[str, list[tuple[str, Form]]] = field(default_factory=lambda: defaultdict(list))
    """Forms that only ask: what they lead to may be a form that does something, as reading back leads to paying."""
    following: tuple[str, str, Form] | None = None
    """A form on the page that came back, and who has it before him: who reads back, pays."""

    def begin(self) -> None:
        """Make a person of every office, find the addresses that take forms, and walk the pages once."""
        got_request_exception.connect(self._note_error)
        for role in Role:
            User.objects.get_or_create(username=f"the-{role}", defaults={"role": role})
        self.clients = {role: Client(raise_request_exception=False) for role in (*Role, STRANGER)}
        self.names = [name for name in PATTERNS if self._takes_forms(name)]
        self._have_shift()
        for role in WALKED_FIRST:
            self.walk(role)

    def _note_error(self, **_kwargs: object) -> None:
        self.errors.append(sys.exc_info()[1])

    def _takes_forms(self, name: str) -> bool:
        role = next(iter(self.allowed(name)))
        return self._signed_in(role).post(self._specimen(name)).status_code != 405

    def allowed(self, name: str) -> list[str]:
        """Give who may open an address; everyone, and strangers, where it names nobody."""
        may = getattr(PATTERNS[name].callback, "allowed_roles", None)
        return sorted(may) if may else [*Role, STRANGER]

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

    # ------------------------------------------------------------ finding forms

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
                waiting.extend(self.keep_forms(address, answer.content))

    def keep_forms(self, address: str, body: bytes) -> list[str]:
        """Keep a page's forms by the view they go to; give its links."""
        page = Page(body)
        for form in page.forms:
            action = form.action or address
            name = view_of(action)
            if form.method == "post" and name:
                self.forms[name] = [(action, form), *self.forms[name]][:FORMS_KEPT]
            elif name and form.fields:
                self.questions[name] = [(action, form), *self.questions[name]][:FORMS_KEPT]
        for link in (*page.links, *(form.action for form in page.forms)):
            self._keep_parts(link)
        return [link.split("#")[0] for link in page.links if link.startswith("/")]

    def _keep_parts(self, address: str) -> None:
        try:
            parts = resolve(urlsplit(address).path).kwargs
        except Resolver404:
            return
        for part, value in parts.items():
            if value not in self.known[part]:
                self.known[part] = [value, *self.known[part]][:PARTS_KEPT]

    # ------------------------------------------------------------ making a form

    def next_shot(self, number: int) -> Shot:
        """Make the next form: addresses in turn; who may, but for one in ten."""
        if self.following and self.dice.random() < 0.7:
            role, action, form = self.following
            self.following = None
            return self._of_form(view_of(action), role, action, form)
        name = self.names[number % len(self.names)]
        allowed = self.allowed(name)
        others = [role for role in Role if role not in allowed]
        role = self.dice.choice(others if others and self.dice.random() < 0.1 else allowed)
        throw = self.dice.random()
        if self.forms[name] and throw < 0.7:
            return self._of_page(name, role)
        sent = [(key, self._value(name, key)) for key in self._names(name)] if throw < 0.95 else []
        return Shot(name, role, self._address(name), sent, self._file_field(name))

    def _of_page(self, name: str, role: str) -> Shot:
        action, form = self.dice.choice(self.forms[name])
        return self._of_form(name, role, action, form)

    def _of_form(self, name: str, role: str, action: str, form: Form) -> Shot:
        buttons = [one for one in form.fields if one.kind in ("button", "submit")]
        pressed = self.dice.choice(buttons) if buttons else None
        sent: Sent = [(pressed.name, self.dice.choice(pressed.choices or [pressed.value]))] if pressed else []
        changed = self.dice.choice([0, 0.15, 0.5])
        for one in form.fields:
            value = one.value
            if one.kind in ("button", "submit"):
                continue
            if one.choices and one.kind in ("radio", "checkbox"):
                value = self.dice.choice([*one.choices, *one.choices, ""])
            if one.kind not in ("file", "hidden") and self.dice.random() < (changed or 0.4 * (not value)):
                value = value_for(one.name, one.choices, self.dice)
            elif one.kind == "hidden" and self.dice.random() < 0.1:
                value = value_for(one.name, [one.value], self.dice)
            if one.kind not in ("file", "checkbox", "radio") or value:
                sent.append((one.name, value))
        return Shot(name, role, action, sent, self._file_field(name), of_page=True)

    def _names(self, name: str) -> list[str]:
        known = {one.name for _action, form in self.forms[name] for one in form.fields}
        names = sorted(known | HEARD[name])
        return [key for key in names if self.dice.random() < 0.9]

    def _value(self, name: str, key: str) -> str:
        known = [
            value
            for _action, form in self.forms[name]
            for one in form.fields
            if one.name == key
            for value in (one.value, *one.choices)
        ]
        return value_for(key, known[:60], self.dice)

    def _file_field(self, name: str) -> str:
        fields = [one.name for _action, form in self.forms[name] for one in form.fields if one.kind == "file"]
        return fields[0] if fields and self.dice.random() < 0.9 else ""

    def _address(self, name: str) -> str:
        if self.forms[name] and self.dice.random() < 0.7:
            return self.dice.choice(self.forms[name])[0]
        arguments = {}
        for part, kind in PATTERNS[name].pattern.converters.items():
            usual = self.dice.choice(self.known[part] or [SPECIMENS.get(part, 1)])
            if type(kind).__name__ == "IntConverter" and self.dice.random() < 0.2:
                usual = self.dice.choice([0, 1, 2, 3, self.dice.randrange(20), 10**12])
            arguments[part] = usual
        return reverse(name, kwargs=arguments)

    # ------------------------------------------------------------ sending and judging

    def fire(self, number: int) -> None:
        """Send one form and judge what comes of it."""
        if number % WALK_EVERY == WALK_EVERY - 1:
            self.walk(list(Role)[number // WALK_EVERY % len(Role)])
            self._have_shift()
        if self.dice.random() < ASKED_BEFORE:
            self._ask()
        shot = self.next_shot(number)
        self.tried.add((shot.view, shot.role))
        self.errors.clear()
        client = self._signed_in(shot.role)
        answer = self._send(client, shot)
        outcome = self.judge(client, shot, answer)
        self.outcomes[shot.view.split(":")[0]][outcome] += 1

    def _ask(self) -> None:
        """Send a form that only asks, and go on with what it leads to."""
        name = self.dice.choice(sorted(self.questions))
        action, form = self.dice.choice(self.questions[name])
        role = self.dice.choice(self.allowed(name))
        asked = self._of_form(name, role, action, form)
        query = urlencode([(key, _plain(value)) for key, value in asked.sent])
        answer = self._signed_in(role).get(f"{action.partition('?')[0]}?{query}")
        if answer.status_code >= 500:
            self._fault("no server error", f"{role} get {action}?{query[:200]}: {self._why()}")
        elif answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
            self.keep_forms(action, answer.content)
            self._follow(asked, Page(answer.content))

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
        if shot.role not in self.allowed(shot.view):
            if status not in (403, 404):
                self._fault("who may not is kept out", f"{status} for {shot.words()}")
            return "kept out"
        if status in (301, 302):
            return self._after_redirect(client, shot, place)
        if "html" not in answer.headers.get("Content-Type", ""):
            if status >= 400:
                self._fault("every refusal is a page in words", f"{status} {shot.words()}")
            return "a file" if status < 400 else "refused"
        page = Page(answer.content)
        self.keep_forms(shot.path, answer.content)
        self._follow(shot, page)
        if status >= 400 and not (page.says_why or (page.has_main and status in (403, 404))):
            self._fault("every refusal is a page in words", f"{status} {shot.words()}")
        if page.says_why and shot.of_page:
            self._typed_is_there(shot, page)
        if status in (403, 404):
            return "not theirs" if status == 403 else "nothing there"
        return "refused in words" if page.says_why or status >= 400 else "shown"

    def _follow(self, shot: Shot, page: Page) -> None:
        """Let the same person send the form that came back, as one who reads back and then pays."""
        forms = [
            form
            for form in page.forms
            if form.method == "post" and view_of(form.action or shot.path) in self.names
        ]
        forms = [form for form in forms if shot.role in self.allowed(view_of(form.action or shot.path))]
        forms = [form for form in forms if view_of(form.action or shot.path) not in OF_EVERY_PAGE]
        if forms and shot.role:
            form = self.dice.choice(forms)
            self.following = (shot.role, form.action or shot.path, form)

    def _after_redirect(self, client: Client, shot: Shot, place: str) -> str:
        if shot.view == "desk:pay" and "/receipts/" in place:
            self.confirmed.add(dict(shot.sent).get("payment", "").replace("\0", ""))
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
        self.keep_forms(place, there.content)
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
            self._fault("what was typed comes back", f"{gone[0]} gone from {shot.words()}")

    def _gone(self, sent: dict[str, str], back: Form) -> str:
        """Name what was typed and is not in the form that came back; "" when all is."""
        kept = back.typed()
        for key, value in sent.items():
            wanted = _plain(value)
            is_short = key in kept and wanted and len(wanted) < LOST_AT_MOST
            if is_short and wanted not in [_plain(one) for one in kept[key]]:
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
        return {(name, role) for name in self.names for role in self.allowed(name)} - self.tried


def view_of(address: str) -> str:
    """Name the view of an address; "" when there is none."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _plain(text: str) -> str:
    """Write a text as it may come back: without NUL, its lines ended in one way, what is no text as the server read it."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").strip()
