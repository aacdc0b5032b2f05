"""Improvement items (R-5.1): a problem, its measure, who does it until when; how one goes from open to checked. Pure.

open -> in work -> done -> checked          done is checked by somebody else, or given back to work
open, in work, done -> dropped              with the reason
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """How far an item is."""

    OPEN = "open"
    IN_WORK = "in-work"
    DONE = "done"
    CHECKED = "checked"
    DROPPED = "dropped"


class Act(StrEnum):
    """What somebody does to an item."""

    OPENED = "opened"
    TAKEN = "taken"
    NOTED = "noted"
    CHANGED = "changed"
    """Another owner, day or measure."""
    DONE = "done"
    CHECKED = "checked"
    GIVEN_BACK = "given-back"
    """Not done after all: it goes on."""
    DROPPED = "dropped"


class Fault(StrEnum):
    """Why an act is refused."""

    NOT_NOW = "not-now"
    """The item is not so far, or further."""
    NOT_HIS = "not-his"
    """Neither its owner nor one who keeps the items."""
    OWN_WORK = "own-work"
    """Who did it does not check it."""
    NO_WORDS = "no-words"
    NOTHING_CHANGED = "nothing-changed"
    NO_OWNER = "no-owner"
    TWO_OWNERS = "two-owners"
    """A person or an office, not both."""
    DUE_BEFORE = "due-before"
    """Its day was over when it was set."""


FINISHED = frozenset({State.CHECKED, State.DROPPED})
TO_DO = (State.OPEN, State.IN_WORK)
STANDING = (*TO_DO, State.DONE)
LEADS_TO: dict[tuple[State, Act], State] = {
    (State.OPEN, Act.TAKEN): State.IN_WORK,
    (State.OPEN, Act.DONE): State.DONE,
    (State.IN_WORK, Act.DONE): State.DONE,
    (State.DONE, Act.CHECKED): State.CHECKED,
    (State.DONE, Act.GIVEN_BACK): State.IN_WORK,
    **{(state, Act.NOTED): state for state in STANDING},
    **{(state, Act.CHANGED): state for state in STANDING},
    **{(state, Act.DROPPED): State.DROPPED for state in STANDING},
}
"""What is not in it is refused."""
OF_OWNERS = frozenset({Act.TAKEN, Act.NOTED, Act.DONE})
OF_CHECKERS = frozenset({Act.CHECKED, Act.GIVEN_BACK})
SAID_IN_WORDS = frozenset({Act.NOTED, Act.CHANGED, Act.DONE, Act.CHECKED, Act.GIVEN_BACK, Act.DROPPED})


@dataclass(frozen=True, slots=True)
class Actor:
    """What somebody is to an item: of its owner, a keeper of items, one who may check, the one who said that it is done."""

    is_owner: bool = False
    is_keeper: bool = False
    is_checker: bool = False
    did_it: bool = False


def fault_of(state: State, act: Act, actor: Actor, words: str) -> Fault | None:
    """Say why an act is refused; None when it may be done."""
    if (state, act) not in LEADS_TO:
        return Fault.NOT_NOW
    if act in OF_CHECKERS and actor.did_it:
        return Fault.OWN_WORK
    if not _may(act, actor):
        return Fault.NOT_HIS
    return Fault.NO_WORDS if act in SAID_IN_WORDS and not words.strip() else None


def _may(act: Act, actor: Actor) -> bool:
    if act in OF_OWNERS:
        return actor.is_owner or actor.is_keeper
    return actor.is_checker if act in OF_CHECKERS else actor.is_keeper


def acts_for(state: State, actor: Actor) -> list[Act]:
    """Give what somebody can do to an item now, in the order in which it is offered."""
    return [act for act in Act if fault_of(state, act, actor, "words") is None]


def after(acts: list[Act]) -> State | None:
    """Give the state that acts lead to, from the opening on; None when they can't have been in this order."""
    if not acts or acts[0] is not Act.OPENED:
        return None
    state = State.OPEN
    for act in acts[1:]:
        if (state, act) not in LEADS_TO:
            return None
        state = LEADS_TO[state, act]
    return state


def days_late(state: State, due: date, today: date) -> int:
    """Give by how many days an item is late; 0 while it is not, and once it is done."""
    return max(0, (today - due).days) if state in TO_DO else 0


def is_soon(state: State, due: date, today: date, days_before: int) -> bool:
    """Say whether its owner is to be reminded: the day is near, and not over."""
    return state in TO_DO and 0 <= (due - today).days <= days_before
