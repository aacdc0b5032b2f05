"""The forms that are known: from pages, from what views were heard to read; and the next one to send, made from them by dice."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve, reverse

from central.office.roles import Role
from tests.fuzz.listening import HEARD
from tests.fuzz.page_forms import Form, Page
from tests.fuzz.typed_values import value_for
from tests.pages.test_access import PATTERNS, SPECIMENS

FORMS_KEPT, PARTS_KEPT = 12, 20
STRANGER = ""
OF_EVERY_PAGE = ("office:sign-out", "set_language")
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
class KnownForms:
    """Forms by the view they go to, newest first."""

    dice: random.Random
    names: list[str] = field(default_factory=list)
    """The addresses that take forms."""
    forms: dict[str, list[tuple[str, Form]]] = field(default_factory=lambda: defaultdict(list))
    questions: dict[str, list[tuple[str, Form]]] = field(default_factory=lambda: defaultdict(list))
    """Forms that only ask: what they lead to may be a form that does something, as reading back leads to paying."""
    known: dict[str, list[object]] = field(default_factory=lambda: defaultdict(list))
    """What stands in the addresses of pages, by the part's name."""
    turn: int = 0
    turns: Counter[str] = field(default_factory=Counter)
    """How often each address had its turn: those who may take turns at it."""
    following: tuple[str, str, Form] | None = None
    """A form on the page that came back, and who has it before him: who reads back, pays."""

    def keep(self, address: str, body: bytes) -> list[str]:
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

    def next_shot(self) -> Shot:
        """Make the next form: addresses in turn; who may, but for one in ten."""
        if self.following and self.dice.random() < 0.7:
            role, action, form = self.following
            self.following = None
            return self._of_form(view_of(action), role, action, form)
        name = self.names[self.turn % len(self.names)]
        self.turn += 1
        may = allowed(name)
        others = [role for role in Role if role not in may]
        role = may[self.turns[name] % len(may)]
        self.turns[name] += 1
        if others and self.dice.random() < 0.1:
            role = self.dice.choice(others)
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

    def question(self) -> Shot:
        """Make a form that only asks."""
        name = self.dice.choice(sorted(self.questions))
        action, form = self.dice.choice(self.questions[name])
        return self._of_form(name, self.dice.choice(allowed(name)), action, form)

    def follow(self, shot: Shot, page: Page) -> None:
        """Let the same person send the form that came back, as one who reads back and then pays."""
        forms = []
        for form in page.forms:
            name = view_of(form.action or shot.path)
            is_his = name in self.names and name not in OF_EVERY_PAGE and shot.role in allowed(name)
            if form.method == "post" and is_his:
                forms.append(form)
        if forms and shot.role:
            form = self.dice.choice(forms)
            self.following = (shot.role, form.action or shot.path, form)


def allowed(name: str) -> list[str]:
    """Give who may open an address; everyone, and strangers, where it names nobody."""
    may = getattr(PATTERNS[name].callback, "allowed_roles", None)
    return sorted(may) if may else [*Role, STRANGER]


def view_of(address: str) -> str:
    """Name the view of an address; "" when there is none."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""
