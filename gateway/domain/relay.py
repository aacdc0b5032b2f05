"""What to do next about a relay: desired, commanded, observed, unknown, as a table (C-15, C-16). Knows no line and no driver.

A meter's acknowledgement means "accepted", not "done": only a read-back proves anything. Open is proved by the status word and no
current, closed by the status word alone (a room without load draws none). Silence is unknown, and unknown is read before anything
is sent again. What contradicts is retried rarely, never hammered.

What is seen:

    unknown       nothing was read since the last command, this boot, or the last rest
    open          status word open, current read and none flows
    closed        status word closed
    trip-pending  status word closed, the meter holds a command to open, and so much current flows that it may delay the trip
    keyed         status word open, but the customer's key can close it: a permit (1BH) was given and not withdrawn
    flowing       status word open, but current flows: welded, or a status that lies

Nor does a contact prove anything while a command the other way may still be moving it: then it is looked at again.
"""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from gateway.contract.commands import RelayWish
from gateway.contract.facts import Instant, RelayVerdict
from gateway.contract.identifiers import AccountId, CommandId, MeterNo
from gateway.domain.instants import elapsed_ms, is_due, later
from gateway.domain.relay_rests import SILENT_LOOK_MS
from gateway.domain.timetable import LIGHTS_OUT

AS_BEFORE = "before-lock-out"
"""Why a relay that no rule decides on is closed again."""
SETTLE_MS = 2_000
"""How long a relay, its status word and its current may take to follow a command."""
FIRST_LOOK_MS = 80
"""A contact takes some tens of milliseconds to move: a look right behind the acknowledgement is a look wasted."""
LOOK_AGAIN_MS = 120
STALE_MS = 900_000
"""A read-back older than this proves nothing any more."""
CURRENT_FLOWS_MA = 100
"""Above the noise of a meter's current input, below any load worth cutting (about 20 W)."""
TRIP_WAITS_ABOVE_MA = 20_000
"""Makers delay a trip above 30 A (protocols.md 1.6). Well below that nothing explains a delay: the relay is stuck, or it lies."""


class RelayState(msgspec.Struct, frozen=True, array_like=True):
    """Everything known about one meter's relay."""

    meter: MeterNo
    account: AccountId | None = None
    credit_closed: bool | None = None
    """What the credit rule wants; None: nothing, leave it as it is."""
    credit_why: str = ""
    override: RelayWish | None = None
    override_why: str = ""
    locks: tuple[str, ...] = ()
    """Who locked it out; it stays open until all have released it."""
    command: CommandId | None = None
    """The command behind the override or lock."""
    commanded_closed: bool | None = None
    commanded_at: Instant | None = None
    permit: bool = False
    """The customer may close with the meter's own key, until the meter has accepted a command to open."""
    tries: int = 0
    refused: str = ""
    observed_closed: bool | None = None
    observed_pending_open: bool = False
    observed_current_ma: int | None = None
    observed_status_word: int | None = None
    observed_at: Instant | None = None
    verdict: RelayVerdict = RelayVerdict.UNKNOWN
    why: str = ""
    rest_until: Instant | None = None
    trip: str = ""
    """The power rule that opened it (`power-cap`, `high-power`, ...); empty when none did."""
    dark: bool = False
    """A time-table keeps it open."""
    silences: int = 0
    """Looks without an answer since the last one, a changed wish or a good reading of its meter."""
    close_again: bool = False
    """It was locked out while it stood closed and no rule wanted anything of it: closed again when the last lock ends."""

    @property
    def desired_closed(self) -> bool | None:
        """A lock-out beats a person's override, which beats a power rule and a time-table, which beat the credit rule (C-16)."""
        if self.locks:
            return False
        if self.override is not None:
            return self.override is RelayWish.CLOSE
        if self.trip or self.dark:
            return False
        return True if self.credit_closed is None and self.close_again else self.credit_closed

    @property
    def desired_why(self) -> str:
        if self.locks:
            return f"locked out by {', '.join(self.locks)}"
        if self.override is not None:
            return self.override_why
        before = AS_BEFORE if self.credit_closed is None and self.close_again else self.credit_why
        return self.trip or (LIGHTS_OUT if self.dark else before)


class Sight(StrEnum):
    """What the last read-back shows."""

    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSED = "closed"
    TRIP_PENDING = "trip-pending"
    KEYED = "keyed"
    FLOWING = "flowing"


class Phase(StrEnum):
    """Where the command towards the desired state is."""

    IDLE = "idle"
    OPPOSED = "opposed"
    """The last command was the opposite one, and the contact may still follow it."""
    SENT = "sent"
    OVERDUE = "overdue"
    PERMITTED = "permitted"
    REFUSED = "refused"


class Move(StrEnum):
    """What the table says."""

    READ_BACK = "read-back"
    SEND = "send"
    LOOK_AGAIN = "look-again"
    CONFIRM = "confirm"
    DELAYED = "delayed"
    WAIT_FOR_KEY = "wait-for-key"
    CONTRADICTED = "contradicted"
    REFUSED = "refused"


_UNKNOWN = dict.fromkeys(Phase, Move.READ_BACK)
_CONFIRM = {**dict.fromkeys(Phase, Move.CONFIRM), Phase.OPPOSED: Move.LOOK_AGAIN}
_DELAYED = dict.fromkeys(Phase, Move.DELAYED)
_COMMANDING = {
    Phase.IDLE: Move.SEND,
    Phase.OPPOSED: Move.SEND,
    Phase.SENT: Move.LOOK_AGAIN,
    Phase.OVERDUE: Move.CONTRADICTED,
    Phase.PERMITTED: Move.WAIT_FOR_KEY,
    Phase.REFUSED: Move.REFUSED,
}
_WELDED = {
    Phase.IDLE: Move.SEND,
    Phase.OPPOSED: Move.SEND,
    Phase.SENT: Move.LOOK_AGAIN,
    Phase.OVERDUE: Move.CONTRADICTED,
    Phase.REFUSED: Move.CONTRADICTED,
}

MOVES: dict[bool, dict[Sight, dict[Phase, Move]]] = {
    False: {
        Sight.UNKNOWN: _UNKNOWN,
        Sight.OPEN: _CONFIRM,
        Sight.CLOSED: _COMMANDING,
        Sight.TRIP_PENDING: _DELAYED,
        Sight.KEYED: _COMMANDING,
        Sight.FLOWING: _WELDED,
    },
    True: {
        Sight.UNKNOWN: _UNKNOWN,
        Sight.OPEN: _COMMANDING,
        Sight.CLOSED: _CONFIRM,
        Sight.TRIP_PENDING: _COMMANDING,
        Sight.KEYED: _COMMANDING,
        Sight.FLOWING: _COMMANDING,
    },
}
"""desired closed -> sight -> phase -> move. What is not here is refused with a KeyError: a broken invariant."""


class ObservedStatus(msgspec.Struct, frozen=True):
    """A read-back of the status word, and of the current where it was read with it."""

    closed: bool
    current_ma: int | None = None
    commanded_closed: bool | None = None
    """The last command the meter itself holds, where it says so."""
    status_word: int | None = None


class CommandAccepted(msgspec.Struct, frozen=True):
    """The meter took the command that was sent. It has not necessarily done it."""


class CommandRefused(msgspec.Struct, frozen=True):
    """The meter refused; `reason` as the driver names it (`keep-power`, `password`, `expired`, ...)."""

    reason: str


class CommandUnanswered(msgspec.Struct, frozen=True):
    """Nothing good came back to a command: it may have been done or not (C-15)."""


class ReadBackUnanswered(msgspec.Struct, frozen=True):
    """Nothing good came back to a read-back: the contact is unknown (C-15)."""

    why: str = "silent"
    line_gone: bool = False
    """It was not asked at all."""


RelayEvent = ObservedStatus | CommandAccepted | CommandRefused | CommandUnanswered | ReadBackUnanswered


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Read the status word, `after_ms` from now, and with it the current, unless the contact has yet to `close`: then the current
    proves nothing, and the line is for others. `in_turn`: nothing is under way, an old proof is only renewed; polls don't wait."""

    close: bool
    after_ms: int = 0
    in_turn: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Send this command once, then read back whatever came of it."""

    close: bool
    permit: bool = False
    """Close by the customer's key (DL/T 645 1BH): the model has no direct close."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Leave this relay alone; its task comes back after `after_ms`."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is left to do."""

    verdict: RelayVerdict


Step = ReadBack | Send | Rest | Settled


def sight_of(state: RelayState, now: Instant) -> Sight:
    """Name what is known about the contact right now."""
    if state.observed_closed is None or not _is_fresh(state, now):
        return Sight.UNKNOWN
    if state.observed_closed:
        return Sight.TRIP_PENDING if _may_be_delayed(state) else Sight.CLOSED
    if state.observed_current_ma is None:
        return Sight.OPEN if state.desired_closed else Sight.UNKNOWN
    if state.observed_current_ma > CURRENT_FLOWS_MA:
        return Sight.FLOWING
    return Sight.KEYED if state.permit and not state.desired_closed else Sight.OPEN


def _may_be_delayed(state: RelayState) -> bool:
    current_ma = state.observed_current_ma
    return state.observed_pending_open and (current_ma is None or current_ma > TRIP_WAITS_ABOVE_MA)


def _is_fresh(state: RelayState, now: Instant) -> bool:
    seen = state.observed_at
    if seen is None or seen.boot != now.boot or (elapsed_ms(seen, now) or 0) > STALE_MS:
        return False
    rest = state.rest_until
    return not any(
        mark is not None
        and mark.boot == now.boot
        and seen.monotonic_ms < mark.monotonic_ms <= now.monotonic_ms
        for mark in (state.commanded_at, rest)
    )


def phase_of(state: RelayState, now: Instant) -> Phase:
    """Name where the command towards what is desired is; a command of another boot is forgotten."""
    at = state.commanded_at
    if at is None or at.boot != now.boot:
        return Phase.IDLE
    settling = (elapsed_ms(at, now) or 0) <= SETTLE_MS
    if state.commanded_closed is not state.desired_closed:
        return Phase.OPPOSED if settling else Phase.IDLE
    if state.tries == 0:
        return Phase.IDLE
    if state.refused:
        return Phase.REFUSED
    if settling:
        return Phase.SENT
    return Phase.PERMITTED if state.permit and state.desired_closed else Phase.OVERDUE


def move_for(state: RelayState, now: Instant) -> Move:
    """Look the move up. Raises KeyError for a state without a desire: it has no row."""
    desired = state.desired_closed
    if desired is None:
        raise KeyError("a relay that nobody wants anything of has no move")
    return MOVES[desired][sight_of(state, now)][phase_of(state, now)]


def looks_in_turn(state: RelayState, meter_is_silent: bool, now: Instant) -> bool:
    """Say whether a look is due only because its proof is old, or was not to be had: it waits behind what rooms depend on."""
    is_patient = state.verdict is RelayVerdict.CONFIRMED or state.silences > 0 or meter_is_silent
    return is_patient and phase_of(state, now) is Phase.IDLE


def is_outdated(state: RelayState, seen_at: Instant) -> bool:
    """Say whether a read-back that began then tells of a contact that was commanded or seen since."""
    marks = (state.commanded_at, state.observed_at)
    return any(
        m is not None and m.boot == seen_at.boot and m.monotonic_ms > seen_at.monotonic_ms for m in marks
    )


def observed(state: RelayState, status: ObservedStatus, now: Instant) -> RelayState:
    """Give the state after a read-back, which ends a rest for silence. A current that was not read with the status keeps nothing of
    the last one."""
    return msgspec.structs.replace(
        state,
        observed_closed=status.closed,
        observed_pending_open=status.closed and status.commanded_closed is False,
        observed_current_ma=status.current_ma,
        observed_status_word=status.status_word,
        observed_at=now,
        silences=0,
        rest_until=now if state.silences and state.rest_until else state.rest_until,
    )


def heard(state: RelayState, now: Instant) -> RelayState:
    """Give a silent relay's state once its meter was read: it is looked at again as after a first silence."""
    soon, rest = later(now, SILENT_LOOK_MS), state.rest_until
    if rest is not None and rest.boot == now.boot and rest.monotonic_ms > soon.monotonic_ms:
        rest = soon
    return msgspec.structs.replace(state, silences=1, rest_until=rest)


def wished(state: RelayState, changed: RelayState) -> RelayState:
    """Give `changed` with its tries begun anew when it wants something else of the contact than `state` did.

    A proved cut that stays for another reason says that reason from now on: paid, but the lights are out.
    """
    if changed.desired_closed is state.desired_closed:
        if changed.desired_closed is False and changed.verdict is RelayVerdict.CONFIRMED:
            return msgspec.structs.replace(changed, why=changed.desired_why)
        return changed
    return msgspec.structs.replace(
        changed,
        tries=0,
        refused="",
        rest_until=None,
        silences=0,
        verdict=RelayVerdict.UNKNOWN,
        why=changed.desired_why,
    )


def commanded(state: RelayState, send: Send, now: Instant) -> RelayState:
    """Give the state after a command left."""
    return msgspec.structs.replace(
        state,
        commanded_closed=send.close,
        commanded_at=now,
        permit=send.permit or (state.permit and not send.close),
        tries=state.tries + 1,
        refused="",
        rest_until=None,
        verdict=RelayVerdict.UNKNOWN,
        why="commanded",
    )


def accepted(state: RelayState) -> RelayState:
    """Give the state after the meter took the command: one to open withdraws what the customer's key was permitted."""
    return msgspec.structs.replace(state, permit=state.permit and bool(state.commanded_closed))


def is_resting(state: RelayState, now: Instant) -> bool:
    return state.rest_until is not None and not is_due(state.rest_until, now)


def rested(state: RelayState, verdict: RelayVerdict, why: str, now: Instant, rest_ms: int) -> RelayState:
    """Give the state with a verdict that is not final, looked at again after a rest."""
    rest_until = state.rest_until if is_resting(state, now) else later(now, rest_ms)
    return msgspec.structs.replace(state, verdict=verdict, why=why, rest_until=rest_until)
