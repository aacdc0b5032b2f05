"""How a room's lock-out for work stands, and how its supply comes back, from what was asked, answered and read back. Pure.

What is shown is what was read back, never what was asked (C-15). A room that can't be locked is named, so that a person isolates it
by hand: it is not a reason to wait.
"""

from dataclasses import dataclass
from enum import StrEnum

from central.domain.delivery import RelayWord
from gateway.contract.facts import CommandOutcome, RelayVerdict

LOCKED_OUT_BY = "locked out by "
CENTRAL, TECHNICIAN = "central", "technician"
UNDER_WAY_WORDS = (LOCKED_OUT_BY, "commanded", "changed by itself", "credit-", "before-lock-out", "protected")
"""How a relay's word begins while it is only not read back yet."""


class Locking(StrEnum):
    """How far a lock-out is."""

    ASKED = "asked"
    """The command waits for its way to the building."""
    RECEIVED = "received"
    """The gateway has taken it; the contact is not read back yet."""
    LOCKED = "locked"
    """Read back open, and kept open."""
    WAS_OFF = "was-off"
    """Off already when it was asked; kept open now."""
    NO_METER = "no-meter"
    NO_GATEWAY = "no-gateway"
    NO_RELAY = "no-relay"
    SILENT = "silent"
    NOT_OPENED = "not-opened"
    """The meter refuses, or its contact and its current contradict each other."""
    TOO_LATE = "too-late"
    """It was not answered in its time, and isn't done any more."""
    REFUSED = "refused"
    """The gateway didn't take the command."""


BY_HAND = frozenset(
    {Locking.NO_METER, Locking.NO_GATEWAY, Locking.NO_RELAY, Locking.SILENT, Locking.NOT_OPENED, Locking.TOO_LATE, Locking.REFUSED}
)  # fmt: skip
"""Not locked: a person isolates it by hand."""


class Return(StrEnum):
    """How far a supply is back."""

    STILL_LOCKED = "still-locked"
    """Central's lock-out stands: its release is not answered."""
    LOCKED_ON_SITE = "locked-on-site"
    """A technician's lock-out stands: it ends on site alone."""
    UNDER_WAY = "under-way"
    CLOSED = "closed"
    """Read back closed."""
    OPEN_BY_RULE = "open-by-rule"
    """Read back open, and a rule says so: no credit, lights out, another lock-out."""
    OTHER_ORDER = "other-order"
    """Another order that goes on needs it locked out: that one releases it."""
    NOT_SWITCHED = "not-switched"
    """It was never locked: it has no relay, or no gateway has switched it."""
    UNKNOWN = "unknown"
    """Silent, refused or contradicted: a person looks."""


BACK = frozenset({Return.CLOSED, Return.OPEN_BY_RULE, Return.OTHER_ORDER, Return.NOT_SWITCHED})
STANDING = frozenset({Return.STILL_LOCKED, Return.LOCKED_ON_SITE})


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as central knows it: whether one was made, its outcome where it was answered."""

    is_made: bool = False
    outcome: str = ""
    is_over: bool = False
    """Its time has passed."""

    @property
    def is_too_late(self) -> bool:
        """Whether it was not done in its time; a gateway that is cut off says nothing of it."""
        return self.outcome == CommandOutcome.EXPIRED or (self.is_over and not self.outcome)

    @property
    def is_applied(self) -> bool:
        """Whether the gateway did it."""
        return self.outcome in (CommandOutcome.APPLIED, CommandOutcome.EXISTS)


@dataclass(frozen=True, slots=True)
class PointFacts:
    """What is known of one meter's lock-out and release."""

    has_meter: bool
    lock: Asked
    release: Asked
    relay: RelayWord | None
    was_off: bool = False
    """It was read back open before the lock-out was asked for."""
    is_needed_elsewhere: bool = False
    """Another order that goes on keeps it locked out, or has taken the lock-out over."""
    told: tuple[str, ...] = ()
    """Whose lock-outs stand as the gateway told them, whatever the relay's last word was: its meter may be silent."""

    @property
    def lockers(self) -> frozenset[str]:
        """Who keeps it locked out, as told and by the relay's own word."""
        if self.relay is None or not self.relay.why.startswith(LOCKED_OUT_BY):
            return frozenset(self.told)
        return frozenset((*self.told, *self.relay.why.removeprefix(LOCKED_OUT_BY).split(", ")))


def locking_of(facts: PointFacts) -> Locking:
    """Say how the lock-out stands. What a technician locked on site counts as locked: the link may be down meanwhile."""
    relay = facts.relay
    if not facts.has_meter:
        return Locking.NO_METER
    is_open = relay is not None and relay.verdict == RelayVerdict.CONFIRMED and relay.observed_closed is False
    if is_open and {CENTRAL, TECHNICIAN} & facts.lockers:
        return Locking.WAS_OFF if facts.was_off else Locking.LOCKED
    if not facts.lock.is_made:
        return Locking.NO_GATEWAY
    if facts.lock.is_too_late:
        return Locking.TOO_LATE
    if not facts.lock.outcome:
        return Locking.ASKED
    if not facts.lock.is_applied:
        return Locking.REFUSED
    return Locking.RECEIVED if relay is None else _not_open(relay)


def _not_open(relay: RelayWord) -> Locking:
    match relay.verdict:
        case RelayVerdict.HELD:
            return Locking.NO_RELAY
        case RelayVerdict.REFUSED | RelayVerdict.CONTRADICTED | RelayVerdict.WAITING_KEY:
            return Locking.NOT_OPENED
        case RelayVerdict.UNKNOWN if not _is_under_way(relay.why):
            return Locking.SILENT
    return Locking.RECEIVED


def return_of(facts: PointFacts) -> Return:
    """Say how the supply is back after the release was asked for."""
    if TECHNICIAN in facts.lockers:
        return Return.LOCKED_ON_SITE
    if not facts.has_meter or not facts.lock.is_made:
        return Return.NOT_SWITCHED
    if facts.is_needed_elsewhere:
        return Return.OTHER_ORDER
    if CENTRAL not in facts.lockers and facts.lock.outcome and not facts.lock.is_applied:
        return Return.NOT_SWITCHED
    if CENTRAL in facts.lockers or not facts.release.is_applied:
        return Return.STILL_LOCKED
    relay = facts.relay
    if relay is None:
        return Return.UNDER_WAY
    if relay.verdict == RelayVerdict.CONFIRMED:
        return Return.CLOSED if relay.observed_closed else _open_for(relay)
    if relay.verdict == RelayVerdict.HELD:
        return Return.NOT_SWITCHED
    is_moving = relay.verdict in (RelayVerdict.DELAYED, RelayVerdict.UNKNOWN) and _is_under_way(relay.why)
    return Return.UNDER_WAY if is_moving else Return.UNKNOWN


def _open_for(relay: RelayWord) -> Return:
    """An open contact is back where a rule wants it open; wanted closed, it is on its way."""
    return Return.UNDER_WAY if relay.desired_closed else Return.OPEN_BY_RULE


def _is_under_way(why: str) -> bool:
    """A relay that was just told to move is not known yet, but nothing is wrong with its meter."""
    return why.startswith(UNDER_WAY_WORDS)
