"""The five steps of a case as its page draws them: asked, approved, withdrawn, paid, closed (C-8)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.desk.departures.states import Standing, State

REACHED = {
    State.ASKED: 1,
    State.ENDED: 1,
    State.APPROVED: 2,
    State.WAITING: 2,
    State.GATEWAY_REFUSED: 2,
    State.WITHDRAWN: 3,
    State.EMPTY: 4,
    State.PAID: 5,
}
"""How many steps are done."""
STUCK = frozenset({State.ENDED, State.GATEWAY_REFUSED})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its stage is done, now, fail or empty."""

    name: str
    stage: str
    icon: str
    at_ms: int | None = None


def steps_of(one: Standing) -> list[Step]:
    """Give a case's steps, with when each was done."""
    ended = one.closing or one.request
    answered_ms = ended.answered_ms if ended else None
    paid = getattr(one.case, "paid", None)
    names = (
        (_("asked"), one.case.asked_ms),
        (_("approved"), one.approval.ended_ms if one.approval else None),
        (_("given back"), answered_ms),
        (_("paid"), paid.at_ms if paid else None),
        (pgettext("case", "settled"), paid.at_ms if paid else answered_ms),
    )
    done = REACHED[one.state] + (one.state == State.EMPTY)
    return [_step(name, at_ms, place, done, one.state in STUCK) for place, (name, at_ms) in enumerate(names)]


def _step(name: str, at_ms: int | None, place: int, done: int, is_stuck: bool) -> Step:
    if place < done:
        return Step(name, "done", "done", at_ms)
    if place == done:
        return Step(name, "fail" if is_stuck else "now", "fail" if is_stuck else "wait")
    return Step(name, "", "todo")
