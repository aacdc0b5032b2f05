"""Who signs what in which order (R-4.2.1). Pure: a chain of steps, the signatures so far, and whether one more person may sign.

A step names offices, any of which may sign, and how many different people it takes. Nobody signs what he asked for, nobody signs
twice, and one "no" ends the request: what is wanted after that is asked anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_STEPS = 8
MOST_PERSONS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """Offices of which any may sign, and how many different people must."""

    offices: tuple[str, ...]
    persons: int = 1


Chain = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was given: at which step (from 0), by which person."""

    step: int
    person: int


class SignRefusal(StrEnum):
    """Why a person may not sign now."""

    ENDED = "ended"
    OWN_REQUEST = "own-request"
    SIGNED_BEFORE = "signed-before"
    NOT_YOUR_TURN = "not-your-turn"


def step_now(chain: Chain, signed: Sequence[Signed]) -> int | None:
    """Give the first step that lacks a signature; None when all are given."""
    for place, step in enumerate(chain):
        if sum(signature.step == place for signature in signed) < step.persons:
            return place
    return None


def may_sign(
    chain: Chain,
    signed: Sequence[Signed],
    *,
    asker: int,
    person: int,
    offices: Collection[str],
    stand_ins: Collection[str] = (),
) -> SignRefusal | None:
    """Say why a person who acts for `offices` may not sign the step that waits; None when he may.

    `stand_ins` are offices that may sign in place of those of the step: a request that waited too long was escalated to them.
    """
    place = step_now(chain, signed)
    if place is None:
        return SignRefusal.ENDED
    if person == asker:
        return SignRefusal.OWN_REQUEST
    if any(signature.person == person for signature in signed):
        return SignRefusal.SIGNED_BEFORE
    if not {*chain[place].offices, *stand_ins} & set(offices):
        return SignRefusal.NOT_YOUR_TURN
    return None


def can_be_signed(chain: Chain, people: Mapping[str, int]) -> bool:
    """Say whether so many people by office are enough for the whole chain, each signing once."""
    if not chain:
        return True
    first, *rest = chain
    if first.persons == 0:
        return can_be_signed(tuple(rest), people)
    one_less = Step(first.offices, first.persons - 1)
    return any(
        can_be_signed((one_less, *rest), {**people, office: people[office] - 1})
        for office in first.offices
        if people.get(office, 0) > 0
    )


def for_asker(chain: Chain, offices: Collection[str], others: Mapping[str, int]) -> Chain | None:
    """Give the chain that a person's request takes; None when it could never be signed.

    A step that is the asker's own, and that too few others could sign, is his by asking: the director's request does not wait for
    the director; of two who must sign there, the other one still does. Somebody else signs all the same: four eyes at least.
    `others` are the other people by office.
    """
    asked = (step if can_be_signed((step,), others) else _by_asking(step, offices) for step in chain)
    left = tuple(step for step in asked if step.persons)
    if chain and not left:
        return None
    return left if can_be_signed(left, others) else None


def _by_asking(step: Step, offices: Collection[str]) -> Step:
    """Count the asking of one who holds an office of the step as one of its signatures."""
    return Step(step.offices, step.persons - 1) if set(step.offices) & set(offices) else step


class NotAChain(ValueError):
    """What is stored or typed is no chain; the message says where."""


def chain_of(value: object) -> Chain:
    """Read a chain from its JSON: a list of `{"offices": [...], "persons": 1}`. Raises NotAChain."""
    if not isinstance(value, list) or len(value) > MOST_STEPS:
        raise NotAChain(f"a chain is a list of at most {MOST_STEPS} steps")
    return tuple(_step(entry, place) for place, entry in enumerate(value, start=1))


def _step(entry: object, place: int) -> Step:
    if not isinstance(entry, dict) or set(entry) - {"offices", "persons"}:
        raise NotAChain(f"step {place} has offices and persons, nothing else")
    offices, persons = entry.get("offices"), entry.get("persons", 1)
    if not isinstance(offices, list) or not offices or not all(isinstance(one, str) for one in offices):
        raise NotAChain(f"step {place} names no office")
    if not isinstance(persons, int) or isinstance(persons, bool) or not 1 <= persons <= MOST_PERSONS:
        raise NotAChain(f"step {place} takes 1 to {MOST_PERSONS} persons")
    return Step(tuple(dict.fromkeys(offices)), persons)


def chain_json(chain: Chain) -> list[dict[str, object]]:
    """Write a chain as JSON, the form in which settings and requests keep it."""
    return [{"offices": list(step.offices), "persons": step.persons} for step in chain]
