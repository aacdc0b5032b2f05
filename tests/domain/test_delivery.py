"""Where a payment stands, as the desk tells it: a table of what is known."""

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
