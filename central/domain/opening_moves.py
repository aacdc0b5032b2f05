"""What moves when a room's opening balance goes from one figure to another. Pure: one rule for go-live, correction and way back.

Credit is what the gateway can hold: a grant is above zero, and what is asked back is at most what was granted (C-7). A debt of the
old system can't be held there; it is kept as owed at central.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moves:
    """Amounts in the bucket's unit, none below zero; of `grant` and `take_back` one is zero, and so of `owe` and `forgive`."""

    grant: int = 0
    take_back: int = 0
    owe: int = 0
    forgive: int = 0


def moves(before: int, after: int, owed: int | None = None) -> Moves:
    """Say what moves so that an opening of `before` becomes one of `after`.

    `owed` is what is still owed of the former debt: what was paid of it meanwhile can't be forgiven, and comes back as credit.
    grant - take_back - owe + forgive is always after - before.
    """
    grant = max(after, 0) - max(before, 0)
    debt = max(-after, 0) - max(-before, 0)
    forgive = min(-debt, -debt if owed is None else max(owed, 0)) if debt < 0 else 0
    paid_back = max(-debt, 0) - forgive
    return Moves(max(grant, 0) + paid_back, max(-grant, 0), max(debt, 0), forgive)
