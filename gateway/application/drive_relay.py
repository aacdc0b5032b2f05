"""Driving relays: which want work, what the next step is, what came of it (C-10, C-15). Sends nothing: the loop does.

The loop's turn with one relay:  step = next_step(...);  then, until it is a Rest or Settled:
    ReadBack -> wait, read status word and current -> report_relay(ObservedStatus | ReadBackUnanswered)
    Send     -> switch once -> report_relay(CommandAccepted | CommandRefused | CommandUnanswered)
"""

from dataclasses import dataclass

import msgspec

from gateway.application.alarms import clear_alarm, raise_alarm, station
from gateway.application.decide import policy
from gateway.application.ports import Journal
from gateway.application.records import ONLY
from gateway.application.relay_state import CLOSING, keep_relay, relay_of
from gateway.contract.commands import RelayWish
from gateway.contract.facts import Instant, RelayVerdict
from gateway.contract.identifiers import CommandId, MeterNo
from gateway.domain.instants import elapsed_ms
from gateway.domain.ledger import AccountState
from gateway.domain.reading import MeterState
from gateway.domain.relay import (
    FIRST_LOOK_MS,
    LOOK_AGAIN_MS,
    STALE_MS,
    CommandAccepted,
    CommandRefused,
    CommandUnanswered,
    Move,
    ObservedStatus,
    ReadBack,
    ReadBackUnanswered,
    RelayEvent,
    RelayState,
    Rest,
    Send,
    Settled,
    Step,
    accepted,
    commanded,
    heard,
    is_outdated,
    is_resting,
    looks_in_turn,
    move_for,
    observed,
    rested,
)
from gateway.domain.relay_rests import (
    DELAYED_LOOK_MS,
    KEY_LOOK_MS,
    SILENT_LOOK_MS,
    retry_rest_ms,
    silent_rest_ms,
)
from gateway.protocols.driver import RelayAction

CHANGED_BY_ITSELF = "changed by itself"


@dataclass(frozen=True, slots=True)
class RelayTask:
    """A relay that wants work. `closing`: it restores a supply; those go first."""

    meter: MeterNo
    closing: bool


def relay_tasks(journal: Journal, now: Instant) -> list[RelayTask]:
    """List the relays that want work now, restorings first, then cuts, then what is only to be looked at again."""
    waiting = [state for state in journal.records(RelayState).values() if _wants_work(state, now)]
    waiting.sort(
        key=lambda state: (state.verdict is RelayVerdict.CONFIRMED, not state.desired_closed, state.meter)
    )
    return [RelayTask(state.meter, closing=bool(state.desired_closed)) for state in waiting]


def _wants_work(state: RelayState, now: Instant) -> bool:
    if state.desired_closed is None or is_resting(state, now):
        return False
    return state.verdict is not RelayVerdict.CONFIRMED or _is_stale(state, now)


def _is_stale(state: RelayState, now: Instant) -> bool:
    seen = state.observed_at
    return seen is None or seen.boot != now.boot or (elapsed_ms(seen, now) or 0) > STALE_MS


def next_step(journal: Journal, meter: MeterNo, actions: frozenset[RelayAction], now: Instant) -> Step:
    """Give the next step for one relay. A `Send` is stored before it is given: whatever happens to it, it is read back.

    `actions` is what the meter's model can do; without any, the relay is HELD and nothing is ever sent.
    """
    state = relay_of(journal, meter)
    if state.desired_closed is None:
        return Settled(state.verdict)
    if _action_for(state, actions) is None:
        _rest(journal, state, RelayVerdict.HELD, "no-relay", now, STALE_MS)
        _tell_closing(journal, state)
        return Settled(RelayVerdict.HELD)
    if is_resting(state, now):
        return Rest(_until_rested_ms(state, now))
    return _make(journal, state, move_for(state, now), actions, now)


def _action_for(state: RelayState, actions: frozenset[RelayAction]) -> RelayAction | None:
    wanted = [RelayAction.CLOSE, RelayAction.PERMIT] if state.desired_closed else [RelayAction.OPEN]
    return next((action for action in wanted if action in actions), None)


def _make(
    journal: Journal, state: RelayState, move: Move, actions: frozenset[RelayAction], now: Instant
) -> Step:
    match move:
        case Move.READ_BACK:
            in_turn = looks_in_turn(state, _is_silent(journal, state.meter), now)
            return ReadBack(bool(state.desired_closed), in_turn=in_turn)
        case Move.LOOK_AGAIN:
            return ReadBack(bool(state.desired_closed), LOOK_AGAIN_MS)
        case Move.SEND:
            return _send(journal, state, actions, now)
        case Move.CONFIRM:
            return _confirm(journal, state, now)
        case Move.DELAYED:
            return _rest(
                journal, state, RelayVerdict.DELAYED, "the meter delays the trip", now, DELAYED_LOOK_MS
            )
        case Move.WAIT_FOR_KEY:
            return _rest(journal, state, RelayVerdict.WAITING_KEY, "press the meter's key", now, KEY_LOOK_MS)
        case Move.CONTRADICTED:
            return _no_effect(journal, state, RelayVerdict.CONTRADICTED, "no-effect", actions, now)
        case Move.REFUSED:
            return _no_effect(journal, state, RelayVerdict.REFUSED, state.refused, actions, now)


def _is_silent(journal: Journal, meter: MeterNo) -> bool:
    """Say whether polls of the meter go unanswered."""
    polled = journal.record(MeterState, meter)
    return polled is not None and polled.silent_since is not None


def _send(journal: Journal, state: RelayState, actions: frozenset[RelayAction], now: Instant) -> Step:
    action = _action_for(state, actions)
    wait_ms = _inrush_wait_ms(journal, now) if state.desired_closed else 0
    if wait_ms > 0:
        return Rest(wait_ms)
    send = Send(close=bool(state.desired_closed), permit=action is RelayAction.PERMIT)
    if send.close:
        journal.keep(ONLY, msgspec.structs.replace(station(journal), last_close=now))
    keep_relay(journal, state, commanded(state, send, now), now)
    return send


def _inrush_wait_ms(journal: Journal, now: Instant) -> int:
    """How long a restoring must still wait behind the last one in the building (C-10)."""
    last = station(journal).last_close
    if last is None or last.boot != now.boot:
        return 0
    return max(0, last.monotonic_ms + policy(journal).restore_gap_ms - now.monotonic_ms)


def _confirm(journal: Journal, state: RelayState, now: Instant) -> Step:
    proved = msgspec.structs.replace(
        state,
        tries=0,
        refused="",
        rest_until=None,
        verdict=RelayVerdict.CONFIRMED,
        why=state.desired_why,
        close_again=state.close_again and not state.desired_closed,
    )
    keep_relay(journal, relay_of(journal, state.meter), proved, now)
    clear_alarm(journal, "relay-contradicted", state.meter, now)
    clear_alarm(journal, "relay-refused", state.meter, now)
    _tell_closing(journal, state)
    return Settled(RelayVerdict.CONFIRMED)


def _tell_closing(journal: Journal, state: RelayState) -> None:
    """A closing account may have its final register read once the lock-out is proved, or can't be had (C-8)."""
    account = journal.record(AccountState, state.account) if state.account else None
    if account is None or account.closing is None or CLOSING not in state.locks:
        return
    closing = msgspec.structs.replace(account.closing, relay_is_done=True)
    journal.keep(account.account, msgspec.structs.replace(account, closing=closing))
    journal.must_commit()


def _rest(
    journal: Journal, state: RelayState, verdict: RelayVerdict, why: str, now: Instant, rest_ms: int
) -> Step:
    before = relay_of(journal, state.meter)
    after = rested(state, verdict, why, now, rest_ms)
    keep_relay(journal, before, after, now)
    return Rest(_until_rested_ms(after, now))


def _until_rested_ms(state: RelayState, now: Instant) -> int:
    return 0 if state.rest_until is None else max(0, state.rest_until.monotonic_ms - now.monotonic_ms)


def _no_effect(
    journal: Journal,
    state: RelayState,
    verdict: RelayVerdict,
    why: str,
    actions: frozenset[RelayAction],
    now: Instant,
) -> Step:
    """A command did nothing: say so, rest, and only then send again."""
    if state.rest_until is not None:
        return _send(journal, state, actions, now)
    what = "relay-refused" if verdict is RelayVerdict.REFUSED else "relay-contradicted"
    wanted = "closed" if state.desired_closed else "open"
    raise_alarm(
        journal, what, state.meter, f"the relay should be {wanted}: {why}, after {state.tries} tries", now
    )
    return _rest(journal, state, verdict, why, now, retry_rest_ms(state.tries))


def report_relay(
    journal: Journal, meter: MeterNo, event: RelayEvent, actions: frozenset[RelayAction], now: Instant
) -> Step:
    """Take what came of a step and give the next one."""
    state = relay_of(journal, meter)
    match event:
        case ObservedStatus():
            after = _disproved(observed(state, event, now))
            keep_relay(journal, state, after, now)
            if event.current_ma is None and not event.closed and after.desired_closed is False:
                why = "status open, but the current was not read"
                return _rest(journal, after, RelayVerdict.UNKNOWN, why, now, SILENT_LOOK_MS)
        case CommandRefused():
            keep_relay(journal, state, msgspec.structs.replace(state, refused=event.reason), now)
        case ReadBackUnanswered():
            silences = state.silences + (not event.line_gone)
            silent = msgspec.structs.replace(state, silences=silences)
            return _rest(journal, silent, RelayVerdict.UNKNOWN, event.why, now, silent_rest_ms(silences))
        case CommandAccepted():
            keep_relay(journal, state, accepted(state), now)
            return ReadBack(bool(state.desired_closed), FIRST_LOOK_MS)
        case CommandUnanswered():
            return ReadBack(bool(state.desired_closed))
    return next_step(journal, meter, actions, now)


def _disproved(state: RelayState) -> RelayState:
    """Take a proof back that the contact contradicts: a row that says `confirmed` never says something else beside it (C-15)."""
    if state.verdict is not RelayVerdict.CONFIRMED or state.observed_closed is state.desired_closed:
        return state
    return msgspec.structs.replace(state, verdict=RelayVerdict.UNKNOWN, why=CHANGED_BY_ITSELF)


def note_reading(journal: Journal, meter: MeterNo, now: Instant) -> None:
    """Take that a meter answers again: its relay, where it was silent, is soon looked at."""
    state = journal.record(RelayState, meter)
    if state is not None and state.silences:
        keep_relay(journal, state, heard(state, now), now)


def note_observation(
    journal: Journal, meter: MeterNo, status: ObservedStatus, now: Instant, seen_at: Instant | None = None
) -> bool:
    """Take a relay state that a poll brought along; say whether the relay wants work because of it.

    `seen_at` is when its reading began: what was commanded or seen since is not contradicted by it (C-15).
    """
    state = relay_of(journal, meter)
    if seen_at is not None and is_outdated(state, seen_at):
        return False
    after = observed(state, status, now if seen_at is None else seen_at)
    if after.desired_closed is None:
        keep_relay(journal, state, after, now)
        return False
    if move_for(after, now) is Move.CONFIRM:
        _confirm(journal, after, now)
        return False
    if after.verdict is RelayVerdict.CONFIRMED:
        after = msgspec.structs.replace(after, verdict=RelayVerdict.UNKNOWN, why=CHANGED_BY_ITSELF)
    keep_relay(journal, state, after, now)
    return _wants_work(after, now)


def lock_out(
    journal: Journal, meter: MeterNo, by: str, now: Instant, command: CommandId | None = None
) -> bool:
    """Keep a relay open until the same owner releases it, whatever credit or override say (C-16). `by`: TECHNICIAN or CENTRAL."""
    state = relay_of(journal, meter)
    after = msgspec.structs.replace(
        state,
        locks=tuple(sorted({*state.locks, by})),
        command=command,
        close_again=state.close_again or (state.desired_closed is None and bool(state.observed_closed)),
    )
    return keep_relay(journal, state, after, now)


def release_lock(
    journal: Journal, meter: MeterNo, by: str, now: Instant, command: CommandId | None = None
) -> bool:
    """Take back one owner's lock-out; the relay follows override and credit again when no other lock is left, and stands as it
    stood before where nothing decides on it."""
    state = relay_of(journal, meter)
    locks = tuple(lock for lock in state.locks if lock != by)
    return keep_relay(journal, state, msgspec.structs.replace(state, locks=locks, command=command), now)


def set_override(
    journal: Journal,
    meter: MeterNo,
    wish: RelayWish,
    why: str,
    now: Instant,
    command: CommandId | None = None,
) -> bool:
    """Open or close a relay on a person's word until AUTO; say whether that changes what is desired."""
    state = relay_of(journal, meter)
    override = wish if wish in (RelayWish.OPEN, RelayWish.CLOSE) else None
    changed = msgspec.structs.replace(
        state, override=override, override_why=why if override else "", command=command
    )
    return keep_relay(journal, state, changed, now)


def end_cutting_override(journal: Journal, meter: MeterNo, now: Instant) -> bool:
    """Take back a person's order to open: the room has become one that is never cut (C-16)."""
    state = relay_of(journal, meter)
    if state.override is not RelayWish.OPEN:
        return False
    return set_override(journal, meter, RelayWish.AUTO, "", now)
