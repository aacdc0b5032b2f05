"""An act's detail as people read it. It was written for the record, in English and with bare figures; each pattern finds one again.

What no pattern knows is shown as it came: often it is a person's own reason.
"""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local
from central.domain.chain import printed
from central.ledger.checking import VERIFIED, FaultKind
from central.office.roles import Role
from central.office.templatetags.cardroom import fen
from central.office.words import Words

_PATTERNS: tuple[tuple[str, str, Words], ...] = (
    ("import-campus", r"(?P<n>\d+) rooms, (?P<m>\d+) classes", gettext_lazy("%(n)s rooms, %(m)s classes")),
    ("publish-price", r"(?P<price>\S+) from (?P<from_ms>\d+)",
     gettext_lazy("%(price)s yuan/kWh from %(from_ms)s")),
    ("bind-meter", r"(?P<meter>.+) from (?P<from_ms>\d+)", gettext_lazy("meter %(meter)s from %(from_ms)s")),
    ("move-meter", r"(?P<old>.+) to (?P<new>.+)", gettext_lazy("from building %(old)s to building %(new)s")),
    ("add-meter", r"(?P<building>.+)", gettext_lazy("building %(building)s")),
    ("enrol-gateway", r"(?P<building>.+)", gettext_lazy("building %(building)s")),
    ("delegate", r"by (?P<who>.+) (?P<from_ms>\d+)-(?P<until_ms>\d+): (?P<why>.*)",
     gettext_lazy("%(who)s stands in from %(from_ms)s to %(until_ms)s: %(why)s")),
    ("pay-out", r"(?P<request>.+): (?P<fen>\d+) fen", gettext_lazy("%(fen)s yuan (%(request)s)")),
    ("take-voucher-file", r"(?P<n>\d+) grants: (?P<grants>.*)", gettext_lazy("%(n)s credits: %(grants)s")),
    ("show-voucher-codes", r"(?P<n>\d+) grants: (?P<grants>.*)", gettext_lazy("%(n)s credits: %(grants)s")),
    ("approve-cuts", r"(?P<n>\d+)", gettext_lazy("%(n)s cuts")),
    ("seal-paper", r"(?P<seal>[0-9a-f]{64})", gettext_lazy("seal %(seal)s")),
    (VERIFIED, r"(?P<n>\d+) (?P<hash>[0-9a-f]{64})",
     gettext_lazy("everything holds up to row %(n)s, hash %(hash)s")),
    ("take-audit", r"(?P<n>\d+) rows, (?P<form>\w+)(?P<what>.*)", gettext_lazy("%(n)s rows as %(form)s%(what)s")),
    ("lock-period", r"period:(?P<month>[\d-]+) up to row (?P<row>\d+)",
     gettext_lazy("accounting period %(month)s, with all booked up to row %(row)s")),
    ("sign-out", r"idle", gettext_lazy("nothing was done for a while")),
    ("sign-out", r"wrong-passwords", gettext_lazy("after too many wrong passwords")),
    ("sign-out", r"too-long", gettext_lazy("after the longest time that a sign-in lasts")),
    ("make-pin", r"again", gettext_lazy("the former one no longer opens anything")),
)  # fmt: skip
PATTERNS = tuple((action, re.compile(pattern), words) for action, pattern, words in _PATTERNS)
_FAULT = re.compile(rf"(?P<kind>{'|'.join(FaultKind)}) (?P<position>\d+) (?P<name>.*)")
_TAKEN = re.compile(r"(?P<form>pdf|xlsx|json|csv)(?: copy (?P<copy>\d+))?(?: sealed (?P<sealed>\d+))?")

FAULTS: dict[FaultKind, Words] = {
    FaultKind.MISSING: gettext_lazy(
        "Row %(position)s of the chain is missing: it was removed. The next one there is %(name)s."
    ),
    FaultKind.ALTERED: gettext_lazy(
        "Row %(position)s of the chain was changed after it was written: %(name)s. Its content doesn't match its hash."
    ),
    FaultKind.UNITS: gettext_lazy("Row %(position)s mixes yuan and kWh: %(name)s."),
    FaultKind.NEWEST: gettext_lazy(
        "The newest rows don't match what was noted of the chain's end: row %(position)s and those after it "
        "were removed or changed, up to %(name)s."
    ),
    FaultKind.SUMS: gettext_lazy("The balance kept of account %(name)s is not the sum of its transfers."),
    FaultKind.TRIGGERS: gettext_lazy(
        "The database no longer refuses changes of money: these triggers are missing: %(name)s."
    ),
}


def fault_words(kind: str, name: str, position: int) -> str:
    """Say what of the books doesn't hold, and name the first row or account."""
    return str(FAULTS[FaultKind(kind)]) % {"name": name, "position": position}


def detail_words(action: str, detail: str) -> str:
    """Give an act's detail in the reader's words, or as it came."""
    if action in ("add-user", "change-user"):
        return _office(detail)
    if action == "take-paper" and (taken := _TAKEN.fullmatch(detail)):
        return _taken(taken)
    if action == VERIFIED and (fault := _FAULT.fullmatch(detail)):
        return fault_words(fault["kind"], fault["name"], int(fault["position"]))
    for of, pattern, words in PATTERNS:
        if of == action and (found := pattern.fullmatch(detail)):
            return str(words) % {name: _part(name, text) for name, text in found.groupdict().items()}
    return detail


def _part(name: str, text: str) -> str:
    if name.endswith("_ms"):
        return local(int(text)).strftime("%Y-%m-%d %H:%M")
    if name == "fen":
        return fen(int(text))
    return printed(bytes.fromhex(text)) if name in ("hash", "seal") else text


def _office(detail: str) -> str:
    role, _space, buildings = detail.partition(" ")
    if role not in Role.values:
        return detail
    name = str(Role(role).label)
    return (
        _("%(office)s, buildings %(buildings)s") % {"office": name, "buildings": buildings}
        if buildings
        else name
    )


def _taken(taken: re.Match[str]) -> str:
    parts = [taken["form"].upper()]
    if taken["copy"]:
        parts.append(_("copy %(copy)s") % {"copy": taken["copy"]})
    if taken["sealed"]:
        parts.append(_("sealed as number %(number)s") % {"number": taken["sealed"]})
    return ", ".join(parts)
