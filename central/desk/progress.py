"""From "credited" to "supplied" as a page tells it (R-4.1.3): three stations, and one sentence that says what helps.

What is proved is decided in `domain/delivery.py`; this room only finds the words.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.domain.delivery import DeliveryState, Stage, WhyNot
from central.link.models import Delivery
from central.office.words import OUTCOMES, Words, badge_of

DONE, NOW, FAILED, TO_DO = "done", "now", "fail", "todo"

WHY_NOT: dict[WhyNot, Words] = {
    WhyNot.NO_GATEWAY: gettext_lazy(
        "This building has no gateway yet. The credit is booked and goes out when one is enrolled."
    ),
    WhyNot.GATEWAY_OFFLINE: gettext_lazy(
        "The building's gateway is not connected. The credit is safe and goes out by itself when it is back."
    ),
    WhyNot.UNDER_WAY: gettext_lazy("On its way: the gateway's answer comes within seconds."),
    WhyNot.NO_RELAY: gettext_lazy(
        "Booked at the gateway. This room cannot be switched: it has no relay to read back."
    ),
    WhyNot.STILL_NEGATIVE: gettext_lazy(
        "The balance is still not above zero. The supply returns when it is."
    ),
    WhyNot.ON_HOLD: gettext_lazy("The gateway switches nothing here at present."),
    WhyNot.LOCKED_OUT: gettext_lazy(
        "Locked out by a technician. Nothing closes the relay until the lock-out is released."
    ),
    WhyNot.PRESS_KEY: gettext_lazy("The meter waits for its key: ask the resident to press it."),
    WhyNot.TRIP_DELAYED: gettext_lazy("The meter delays the switching; it follows by itself."),
    WhyNot.RELAY_REFUSED: gettext_lazy("The meter refuses the command. A technician must look at it."),
    WhyNot.RELAY_CONTRADICTED: gettext_lazy(
        "The relay says one thing and the current another. A technician must look at it."
    ),
    WhyNot.RELAY_UNKNOWN: gettext_lazy(
        "The relay's state is not known: the meter does not answer. A technician must look at it."
    ),
    WhyNot.LIGHTS_OUT: gettext_lazy(
        "Lights out by the time-table. The supply returns by itself when it ends."
    ),
    WhyNot.POWER_TRIP: gettext_lazy(
        "Cut for its power, not for its credit. It comes back by itself, or a person must close it."
    ),
    WhyNot.RELAY_OPEN: gettext_lazy("The relay is still open; it is being closed and read back."),
}


@dataclass(frozen=True)
class Step:
    """One station. `stage` is done, now, fail or todo."""

    stage: str
    name: str
    at_ms: int | None = None

    @property
    def icon(self) -> str:
        """An outline per stage, so that no one needs the colour."""
        return {DONE: "done", NOW: "wait", FAILED: "fail", TO_DO: "todo"}[self.stage]


@dataclass(frozen=True)
class Progress:
    """The three stations, one sentence for the reader, and whether anything can still change."""

    steps: tuple[Step, ...]
    sentence: Words
    is_final: bool


def progress_of(credited_ms: int, state: DeliveryState) -> Progress:
    """Tell how far a payment's credit has come."""
    credited = Step(DONE, _("Credited"), credited_ms)
    return Progress((credited, _gateway_step(state), _supply_step(state)), sentence_of(state), state.is_final)


def sentence_of(state: DeliveryState) -> Words:
    """Say where it stands and, when it stands still, what helps."""
    if state.stage == Stage.SUPPLIED:
        return _("The relay was read back closed: the room has power.")
    if state.detail == Delivery.WITHDRAWN:
        return _("Withdrawn by a correction before any gateway had it.")
    if state.stage == Stage.REFUSED:
        outcome = badge_of(OUTCOMES, state.detail).word
        return _(
            "The gateway did not take the credit (%(outcome)s). The money is booked; tell an administrator: "
            "an alarm names the cause, and “cardroom-central resend-grant” sends it again."
        ) % {"outcome": outcome}
    return WHY_NOT.get(state.why_not or WhyNot.UNDER_WAY, state.detail)


def _gateway_step(state: DeliveryState) -> Step:
    stage = {Stage.CREDITED: NOW, Stage.SENT: NOW, Stage.REFUSED: FAILED}.get(state.stage, DONE)
    return Step(stage, _("At the gateway"), state.applied_ms)


def _supply_step(state: DeliveryState) -> Step:
    if state.stage == Stage.SUPPLIED:
        was_on = (state.read_back_ms or 0) < (state.applied_ms or 0)
        words = _("Was on already, read back") if was_on else _("Supplied, read back")
        return Step(DONE, words, state.read_back_ms)
    if state.why_not == WhyNot.NO_RELAY:
        return Step(TO_DO, _("No relay"))
    return Step(NOW if state.stage == Stage.APPLIED else TO_DO, _("Supplied"))
