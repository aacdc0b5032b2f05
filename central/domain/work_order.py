"""A work order's states, what may be done in each, and what its start lacks (R-4.3.4). Pure.

planned -> told -> started (locks are asked for) -> working (isolated, proved dead) -> ended (releases are asked for) -> closed
                                      a change of the window leads from told back to planned; until it ends, each may be cancelled
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from central.domain.work_agreement import Decision

MINUTE_MS = 60_000


class OrderState(StrEnum):
    """Where a work order is."""

    PLANNED = "planned"
    TOLD = "told"
    STARTED = "started"
    """Lock-outs are asked for; nobody works yet."""
    WORKING = "working"
    """Isolated and proved dead, by name."""
    ENDED = "ended"
    """Earths and locks are off, releases are asked for; supplies come back."""
    CLOSED = "closed"
    CANCELLED = "cancelled"


class OrderAct(StrEnum):
    """What is done to a work order; each is a step on record."""

    PLANNED = "planned"
    ROOMS = "rooms"
    """The affected rooms were corrected by hand."""
    WINDOW = "window"
    """Another time: the asking begins anew."""
    PERSON = "person"
    TOLD = "told"
    OVERRIDDEN = "overridden"
    """A head decided against a refusal or a silence, or because of danger."""
    STARTED = "started"
    ISOLATED = "isolated"
    ENDED = "ended"
    EXPLAINED = "explained"
    """Why a room's supply is not back, or what was done about it."""
    CLOSED = "closed"
    CANCELLED = "cancelled"


_S, _A = OrderState, OrderAct
TABLE: Final[Mapping[OrderAct, Mapping[OrderState, OrderState]]] = {
    _A.ROOMS: {_S.PLANNED: _S.PLANNED, _S.TOLD: _S.TOLD},
    _A.WINDOW: {_S.PLANNED: _S.PLANNED, _S.TOLD: _S.PLANNED},
    _A.PERSON: {_S.PLANNED: _S.PLANNED, _S.TOLD: _S.TOLD},
    _A.TOLD: {_S.PLANNED: _S.TOLD, _S.TOLD: _S.TOLD},
    _A.OVERRIDDEN: {_S.PLANNED: _S.PLANNED, _S.TOLD: _S.TOLD},
    _A.STARTED: {_S.PLANNED: _S.STARTED, _S.TOLD: _S.STARTED},
    _A.ISOLATED: {_S.STARTED: _S.WORKING},
    _A.ENDED: {_S.STARTED: _S.ENDED, _S.WORKING: _S.ENDED},
    _A.EXPLAINED: {_S.ENDED: _S.ENDED},
    _A.CLOSED: {_S.ENDED: _S.CLOSED},
    _A.CANCELLED: {_S.PLANNED: _S.CANCELLED, _S.TOLD: _S.CANCELLED, _S.STARTED: _S.ENDED, _S.WORKING: _S.ENDED},
}  # fmt: skip
"""Cancelled with locks standing, it is ended first: its locks are released and read back like any other's."""
LIVE = (_S.PLANNED, _S.TOLD, _S.STARTED, _S.WORKING, _S.ENDED)
LOCKED = (_S.STARTED, _S.WORKING)
"""Supplies are kept off for work."""


def state_after(act: OrderAct, state: OrderState) -> OrderState | None:
    """Give the state that an act leads to; None: it can't be done now."""
    return TABLE.get(act, {}).get(state)


class Lack(StrEnum):
    """What a start lacks."""

    NO_PERSON = "no-person"
    """Nobody is named who isolates, proves dead and answers for it."""
    NOT_AGREED = "not-agreed"
    TOO_EARLY = "too-early"
    WINDOW_OVER = "window-over"


def start_lacks(
    decision: Decision, *, from_ms: int, until_ms: int, has_person: bool, is_danger: bool, now_ms: int
) -> list[Lack]:
    """Give all that a start lacks now; danger that a head has decided on waits for no window."""
    found = [] if has_person else [Lack.NO_PERSON]
    if not decision.is_agreed:
        found.append(Lack.NOT_AGREED)
    if is_danger:
        return found
    if now_ms < from_ms:
        found.append(Lack.TOO_EARLY)
    elif now_ms >= until_ms:
        found.append(Lack.WINDOW_OVER)
    return found


def is_late(until_ms: int, minutes: int, now_ms: int) -> bool:
    """Say whether work that still goes on has outrun its window by so many minutes."""
    return now_ms >= until_ms + minutes * MINUTE_MS
