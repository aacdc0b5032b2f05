"""Credited and supplied are two states (R-4.1.3, C-15): where a payment stands, and if not supplied, why. Pure.

Supplied is what a relay's status word and current proved; nothing here assumes it.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.contract.facts import DecisionKind, RelayVerdict
from gateway.contract.rules import CutOff
from gateway.domain.caps import NIGHT_CAP, POWER_CAP
from gateway.domain.high_power import HIGH_POWER
from gateway.domain.timetable import LIGHTS_OUT


class Stage(StrEnum):
    """How far credit came."""

    CREDITED = "credited"
    """Booked and receipted here; not sent yet."""
    SENT = "sent"
    APPLIED = "applied"
    """The gateway has booked it; the supply is not proved."""
    SUPPLIED = "supplied"
    REFUSED = "refused"
    """The gateway didn't take it: a person must look."""


class WhyNot(StrEnum):
    """Why it is not supplied yet; a text key for the pages."""

    NO_GATEWAY = "no-gateway"
    GATEWAY_OFFLINE = "gateway-offline"
    UNDER_WAY = "under-way"
    REFUSED_BY_GATEWAY = "refused-by-gateway"
    NO_RELAY = "no-relay"
    STILL_NEGATIVE = "still-negative"
    ON_HOLD = "on-hold"
    LOCKED_OUT = "locked-out"
    PRESS_KEY = "press-key"
    TRIP_DELAYED = "trip-delayed"
    RELAY_REFUSED = "relay-refused"
    RELAY_CONTRADICTED = "relay-contradicted"
    RELAY_UNKNOWN = "relay-unknown"
    RELAY_OPEN = "relay-open"
    LIGHTS_OUT = "lights-out"
    POWER_TRIP = "power-trip"


@dataclass(frozen=True, slots=True)
class RelayWord:
    """The latest word on the account's relay."""

    observed_closed: bool | None
    desired_closed: bool | None
    verdict: str
    why: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """What is known about one grant."""

    has_gateway: bool
    gateway_online: bool
    sent: bool
    applied_ms: int | None
    refused: str
    supplied_ms: int | None
    cut_off: str
    decision: str | None
    decision_reason: str
    relay: RelayWord | None


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """Where it stands: stage, the read-back's instant when supplied, else the reason and its detail."""

    stage: Stage
    applied_ms: int | None = None
    read_back_ms: int | None = None
    """When the relay was read back closed; before `applied_ms` it had been on all along."""
    why_not: WhyNot | None = None
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Nothing more will come: supplied, or applied where there is no relay to read back."""
        return self.stage == Stage.SUPPLIED or (
            self.stage == Stage.APPLIED and self.why_not == WhyNot.NO_RELAY
        )


_BY_VERDICT = {
    RelayVerdict.WAITING_KEY: WhyNot.PRESS_KEY,
    RelayVerdict.DELAYED: WhyNot.TRIP_DELAYED,
    RelayVerdict.REFUSED: WhyNot.RELAY_REFUSED,
    RelayVerdict.CONTRADICTED: WhyNot.RELAY_CONTRADICTED,
    RelayVerdict.UNKNOWN: WhyNot.RELAY_UNKNOWN,
}


_BESIDE_CREDIT = {
    LIGHTS_OUT: WhyNot.LIGHTS_OUT,
    POWER_CAP: WhyNot.POWER_TRIP,
    NIGHT_CAP: WhyNot.POWER_TRIP,
    HIGH_POWER: WhyNot.POWER_TRIP,
}
"""Reasons that keep a relay open whatever the credit."""


def proves_supply(relay: RelayWord, decision: str | None) -> bool:
    """Say whether a relay's word proves supply: confirmed closed, and nothing is about to open it."""
    return (
        relay.verdict == RelayVerdict.CONFIRMED
        and relay.observed_closed is True
        and relay.desired_closed is not False
        and decision != DecisionKind.OPEN
    )


def state_of(facts: DeliveryFacts) -> DeliveryState:
    """Say where a grant stands. Silence is unknown, never supplied (C-15)."""
    if facts.refused:
        return DeliveryState(Stage.REFUSED, why_not=WhyNot.REFUSED_BY_GATEWAY, detail=facts.refused)
    if facts.supplied_ms is not None:
        return DeliveryState(Stage.SUPPLIED, facts.applied_ms, read_back_ms=facts.supplied_ms)
    if facts.applied_ms is not None:
        why_not, detail = _why_not_supplied(facts)
        return DeliveryState(Stage.APPLIED, facts.applied_ms, why_not=why_not, detail=detail)
    stage = Stage.SENT if facts.sent else Stage.CREDITED
    if not facts.has_gateway:
        return DeliveryState(stage, why_not=WhyNot.NO_GATEWAY)
    return DeliveryState(stage, why_not=WhyNot.UNDER_WAY if facts.gateway_online else WhyNot.GATEWAY_OFFLINE)


def _why_not_supplied(facts: DeliveryFacts) -> tuple[WhyNot, str]:
    if facts.cut_off == CutOff.NONE:
        return WhyNot.NO_RELAY, ""
    relay = facts.relay
    beside = _beside_credit(facts.decision, facts.decision_reason, relay)
    if beside is not None:
        return beside
    if facts.decision == DecisionKind.OPEN:
        return WhyNot.STILL_NEGATIVE, facts.decision_reason
    if relay is None:
        return WhyNot.RELAY_UNKNOWN, ""
    if relay.verdict == RelayVerdict.HELD:
        locked = "lock" in relay.why
        return (WhyNot.LOCKED_OUT if locked else WhyNot.ON_HOLD), relay.why
    if relay.verdict == RelayVerdict.UNKNOWN and _is_under_way(relay.why):
        return WhyNot.RELAY_OPEN, relay.why
    if relay.verdict in _BY_VERDICT:
        return _BY_VERDICT[RelayVerdict(relay.verdict)], relay.why
    if relay.observed_closed:
        return WhyNot.UNDER_WAY, relay.why
    return WhyNot.RELAY_OPEN, relay.why


def _beside_credit(decision: str | None, reason: str, relay: RelayWord | None) -> tuple[WhyNot, str] | None:
    """A lock-out, a time-table or a power rule keeps it open: more credit changes nothing."""
    wanted_open = relay is not None and relay.desired_closed is False
    if relay is not None and wanted_open and "locked out" in relay.why:
        return WhyNot.LOCKED_OUT, relay.why
    if relay is not None and wanted_open and relay.why in _BESIDE_CREDIT:
        return _BESIDE_CREDIT[relay.why], relay.why
    if decision == DecisionKind.OPEN and reason in _BESIDE_CREDIT:
        return _BESIDE_CREDIT[reason], reason
    return None


def _is_under_way(why: str) -> bool:
    """A relay that was just told to close is not known yet, but nothing is wrong with its meter."""
    return why == "commanded" or why.startswith("credit-")
