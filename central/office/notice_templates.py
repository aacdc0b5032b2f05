"""What notices say: a template is a title and lines of words, filled in with parameters, in the language of who is told.

A line whose parameter is missing or empty is left out. Parameters are data, not words: what must be spoken in the reader's
language is put under a name that ends in `_word`, as its English msgid, and is translated here. What only who is told may read
(a code) is put under a name that ends in `_secret`, sealed, and is opened for sending alone. No template takes a customer's name:
what goes to a group is rooms and balances (R-4.1.6).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from central.domain.notice import DAY_MS, HOUR_MS, MINUTE_MS
from central.office.sealing import unseal

Params = Mapping[str, str | int]
PLACE = re.compile(r"%\((\w+)\)s")
ALWAYS_MS = 10_000 * DAY_MS
"""A window that never ends: the same key is never told twice."""


HIDDEN = "······"
"""What pages show of a secret."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that goes with a notice, and the name of its file. It is drawn when it is asked for."""

    name: str
    draw: Callable[[], bytes]
    content_type: str = "image/png"

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return self.draw()


class WrongParameters(ValueError):
    """A caller names no template, or doesn't give what its title needs: a mistake in the program."""


@dataclass(frozen=True, slots=True)
class Template:
    """Words with places, and for how long the same key is not told again."""

    name: str
    """For people: what kind of notice it is."""
    title: str
    lines: tuple[str, ...] = ()
    again_after_ms: int = ALWAYS_MS
    listed: Callable[[Params], Sequence[str]] | None = None
    """Makes lines that stand before the others, in the active language: what no fixed number of words can say."""
    pictures: Callable[[Params, str], Sequence[Picture]] | None = None
    """Draws what goes with the text where the channel carries pictures, in a language."""


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as it is read."""

    title: str
    text: str

    def in_one(self) -> str:
        """Give title and text as one text, for what has no title of its own."""
        return f"{self.title}\n{self.text}" if self.text else self.title


TEMPLATES: dict[str, Template] = {
    "approval-waiting": Template(
        _("Approval waits"),
        _("Approval %(number)s waits for your office: %(act_word)s"),
        (_("About: %(subject)s"), _("Reason: %(why)s"), _("Look and sign: %(link)s")),
    ),
    "approval-reminder": Template(
        _("Reminder of an approval"),
        _("Still waiting: approval %(number)s, %(act_word)s"),
        (_("About: %(subject)s"), _("Waiting for %(hours)s hours"), _("Look and sign: %(link)s")),
    ),
    "approval-escalated": Template(
        _("Approval escalated"),
        _("Approval %(number)s was not signed in time: %(act_word)s"),
        (_("About: %(subject)s"), _("Waiting for %(hours)s hours"), _("Look: %(link)s")),
    ),
    "approval-decided": Template(
        _("Approval decided"),
        _("Approval %(number)s, %(act_word)s: %(decision_word)s"),
        (_("About: %(subject)s"), _("Reason: %(why)s"), _("Look: %(link)s")),
    ),
    "sign-in-changed": Template(
        _("Sign-in changed"),
        _("The sign-in of %(name)s was changed"),
        (
            _("Changed: %(what_word)s, %(at)s"),
            _("If that was not you, tell an administrator at once: he closes the account."),
        ),
    ),
    "code-used-again": Template(
        _("Second factor: a code given twice"),
        _("A code of %(name)s's second factor was given a second time"),
        (
            _("When: %(at)s. It opened nothing."),
            _(
                "If that was not you, somebody saw your code and knows your password: change it, and tell an administrator."
            ),
        ),
    ),
    "chain-broken": Template(
        _("The books do not verify"),
        _("The check of the books failed: %(check)s"),
        (
            _("First fault: %(fault)s"),
            _("Keep the databases as they are, make no entry by hand, and call the developer."),
        ),
        again_after_ms=6 * HOUR_MS,
    ),
    "gateway-revoked": Template(
        _("Gateway revoked"),
        _("The gateway of %(building)s was revoked"),
        (
            _("Gateway: %(gateway)s"),
            _("Reason: %(why)s"),
            _("Nothing that it says is believed. Enrol a new card to bring the building back."),
        ),
    ),
    "certificate-ends": Template(
        _("Certificate ends soon"),
        _("The certificate of %(whose)s ends on %(day)s"),
        (_("Renewal by itself has failed. See the page of enrolment and certificates."),),
        again_after_ms=24 * HOUR_MS,
    ),
    "backup-failed": Template(
        _("Backup failed"),
        _("%(what_word)s of the server failed"),
        (
            _("Why: %(why)s"),
            _("Until one goes well, a failed disk costs what was booked since the last good one."),
        ),
        again_after_ms=DAY_MS,
    ),
    "central-restored": Template(
        _("Server restored"),
        _("The server was restored from a backup; %(open)s points are open"),
        (
            _(
                "What was revoked, retired or changed since the backup must be done again: page Restored from a backup."
            ),
        ),
    ),
    "gateway-silent": Template(
        _("Gateway silent"),
        _("The gateway of %(building)s is silent"),
        (
            _("Last heard: %(last_heard)s"),
            _("Supply goes on as its rules say; payments arrive there when it is back."),
        ),
        again_after_ms=12 * HOUR_MS,
    ),
    "test": Template(
        _("Test"),
        _("Test of the channel %(channel)s"),
        (
            _("Asked by %(by)s at %(at)s. Whoever reads this gets the card room's notices here."),
            _("Nothing needs to be done."),
        ),
        again_after_ms=MINUTE_MS // 6,
    ),
}
"""By code. Apps of upper floors add theirs with `register`."""


def register(code: str, template: Template) -> None:
    """Add a template; call it in `AppConfig.ready` of the app that owns it."""
    TEMPLATES[code] = template


def check(code: str, params: Params) -> None:
    """Raise WrongParameters when there is no such template or its title can't be filled in."""
    if code not in TEMPLATES:
        raise WrongParameters(f"there is no notice {code}")
    missing = set(PLACE.findall(TEMPLATES[code].title)) - params.keys()
    if missing:
        raise WrongParameters(f"notice {code} lacks {', '.join(sorted(missing))}")


def render(code: str, params: Params, language: str, site: str = "", *, for_sending: bool = False) -> Words:
    """Fill a template in, in a language. `site` (https://host) makes a parameter `link` that is a path a whole link.

    Secrets are opened only `for_sending`; a page shows that there is one.
    """
    check(code, params)
    template = TEMPLATES[code]
    with translation.override(language):
        filled = {
            name: HIDDEN if name.endswith("_secret") and not for_sending else _filled(name, value, site)
            for name, value in params.items()
        }
        lines = list(template.listed(params)) if template.listed else []
        lines += [gettext(line) % filled for line in template.lines if _has_all(line, filled)]
        return Words(" ".join((gettext(template.title) % filled).split()), "\n".join(lines))


def pictures(code: str, params: Params, language: str) -> list[Picture]:
    """Draw the pictures that go with a notice; none where its template has none."""
    template = TEMPLATES.get(code)
    return list(template.pictures(params, language)) if template and template.pictures else []


def name_of_template(code: str) -> str:
    """Say what kind of notice a code is, in the reader's language; the code itself when no template has it."""
    return gettext(TEMPLATES[code].name) if code in TEMPLATES else code


def _filled(name: str, value: str | int, site: str) -> str:
    if name.endswith("_word"):
        return gettext(str(value)) if value else ""
    if name == "link":
        return f"{site}{value}" if site and value else ""
    if name.endswith("_secret"):
        return _opened(str(value), site)
    return str(value)


def _opened(sealed: str, site: str) -> str:
    """Open a secret; a path becomes a whole link, or nothing where the site's address isn't known."""
    value = (unseal(sealed) or {}).get("value", "")
    return (f"{site}{value}" if site else "") if value.startswith("/") else value


def _has_all(line: str, filled: Mapping[str, str]) -> bool:
    return all(filled.get(place) for place in PLACE.findall(line))
