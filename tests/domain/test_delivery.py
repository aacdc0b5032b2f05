"""Where a payment stands, as the desk tells it: a table of what is known."""

from dataclasses import replace

import pytest

from central.domain.delivery import DeliveryFacts, RelayWord, Stage, WhyNot, state_of
from gateway.contract.facts import RelayVerdict


def applied(relay: RelayWord) -> DeliveryFacts:
    return DeliveryFacts(
        has_gateway=True,
        gateway_online=True,
        sent=True,
        applied_ms=1,
        refused="",
        supplied_ms=None,
        cut_off="internal",
        decision="close",
        decision_reason="credit-left",
        relay=relay,
    )


def word(verdict: RelayVerdict, why: str) -> RelayWord:
    return RelayWord(observed_closed=False, desired_closed=True, verdict=verdict, why=why, at_ms=1)


@pytest.mark.parametrize(
    ("verdict", "why", "expected"),
    [
        (RelayVerdict.UNKNOWN, "commanded", WhyNot.RELAY_OPEN),
        (RelayVerdict.UNKNOWN, "credit-left", WhyNot.RELAY_OPEN),
        (RelayVerdict.UNKNOWN, "silent", WhyNot.RELAY_UNKNOWN),
        (RelayVerdict.CONTRADICTED, "no-effect", WhyNot.RELAY_CONTRADICTED),
        (RelayVerdict.WAITING_KEY, "press the meter's key", WhyNot.PRESS_KEY),
    ],
)
def test_why_a_booked_payment_is_not_supplied_yet(verdict: RelayVerdict, why: str, expected: WhyNot) -> None:
    state = state_of(applied(word(verdict, why)))
    assert (state.stage, state.why_not) == (Stage.APPLIED, expected)


@pytest.mark.parametrize(
    ("why", "decision", "reason", "expected"),
    [
        ("lights-out", "close", "credit-left", WhyNot.LIGHTS_OUT),
        ("credit-spent", "open", "lights-out", WhyNot.LIGHTS_OUT),
        ("power-cap", "close", "credit-left", WhyNot.POWER_TRIP),
        ("high-power", "open", "high-power", WhyNot.POWER_TRIP),
        ("locked out by technician", "close", "credit-left", WhyNot.LOCKED_OUT),
        ("credit-spent", "open", "credit-spent", WhyNot.STILL_NEGATIVE),
    ],
)
def test_what_keeps_a_paid_room_dark_is_named(why: str, decision: str, reason: str, expected: WhyNot) -> None:
    relay = replace(word(RelayVerdict.CONFIRMED, why), desired_closed=False)
    facts = replace(applied(relay), decision=decision, decision_reason=reason)
    assert state_of(facts).why_not == expected
