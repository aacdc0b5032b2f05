"""Whether there is power, why not, and what to do: in words for whoever lives there, not for whoever runs the system."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from central.domain.work_lock import LOCKED_OUT_BY
from central.office.words import Words
from gateway.contract.facts import DecisionKind

SPENT = "credit-spent"


@dataclass(frozen=True)
class Said:
    """One state: a sentence, what to do, and its tone (good, warn, bad, info, mute)."""

    what: Words
    to_do: Words
    tone: str


ON = Said(_("There is power."), "", "good")
ON_LOW = Said(
    _("There is power, but the balance is low."), _("Pay at the desk before it is used up."), "warn"
)
ON_SPENT = Said(
    _("The credit is used up. The power stays on for the moment."),
    _("Pay at the desk as soon as it opens, or the power is cut."),
    "warn",
)
PAID_NOT_ON = Said(
    _("The power is being switched on."),
    _("It takes a minute. If it stays off, tell the desk."),
    "info",
)
_SPENT = Said(
    _("The power is cut because the credit is used up."),
    _("Pay at the desk: it returns at once."),
    "bad",
)
_TOO_MUCH = Said(
    _("The power is cut because too much was used at once."),
    _("Switch off or unplug what needs much power. It returns by itself; if it doesn't, tell the desk."),
    "warn",
)
CUT_FOR: dict[str, Said] = {
    SPENT: _SPENT,
    "lights-out": Said(
        _("Lights out by the time-table."),
        _("The power returns by itself. Your credit has nothing to do with it."),
        "info",
    ),
    "power-cap": _TOO_MUCH,
    "night-cap": _TOO_MUCH,
    "high-power": Said(
        _("The power is cut because a heating appliance was plugged in."),
        _("Unplug it. The power returns by itself; if it doesn't, tell the desk."),
        "warn",
    ),
}
_LOCKED = Said(
    _("The power is locked off for work."),
    _("It returns when the work is done. Ask the building's warden how long it takes."),
    "warn",
)
_CUT = Said(_("The power is cut."), _("Ask at the desk: they see why."), "bad")
_TROUBLE = _("Nothing to do for you. If you have no power, tell the building's warden or the desk.")
OTHERS: dict[str, Said] = {
    "waiting-key": Said(
        _("The power may come back."), _("Press the key on your meter: it switches itself on then."), "info"
    ),
    "delayed": Said(_("The meter is about to switch."), _("Wait a minute."), "info"),
    "silent": Said(_("Your meter does not answer at present."), _TROUBLE, "mute"),
    "contradicted": Said(_("Your meter says one thing and does another. It is looked at."), _TROUBLE, "mute"),
    "refused": Said(_("Your meter does not follow. It is looked at."), _TROUBLE, "mute"),
    "no-relay": Said(_("This room's power is not switched by the system."), "", "mute"),
    "no-meter": Said(_("This room has no meter at present: its power stays on."), "", "mute"),
}
UNKNOWN = Said(_("Whether there is power is not known at present."), _TROUBLE, "mute")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known: the room's state as screens name it, the relay's reason, and the gateway's last decision with its reason."""

    kind: str
    relay_why: str
    decision: str
    reason: str
    is_low: bool
    is_spent: bool
    """By what the books say now, payments included."""


def say(facts: Facts) -> Said:
    """Find the words."""
    if facts.kind == "supplied":
        return ON_SPENT if facts.is_spent else ON_LOW if facts.is_low else ON
    if facts.kind != "cut-off":
        return OTHERS.get(facts.kind, UNKNOWN)
    if LOCKED_OUT_BY in facts.relay_why:
        return _LOCKED
    said = CUT_FOR.get(facts.relay_why) or CUT_FOR.get(_reason(facts), _CUT)
    return PAID_NOT_ON if said is _SPENT and not facts.is_spent else said


def _reason(facts: Facts) -> str:
    return facts.reason if facts.decision == DecisionKind.OPEN else ""
