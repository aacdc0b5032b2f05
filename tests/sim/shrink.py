"""Make a failing run small: fewer days, buildings, rooms, troubles that still break the same rule.

Delta debugging (Zeller and Hildebrandt, 2002) over the troubles, behind a search for the smallest frame. A smaller run is another
one in its dice for loss and delay; all that is asked is that it breaks the same rule.
"""

from collections.abc import Callable
from dataclasses import replace

from tests.sim.plan import Shape, troubles_of
from tests.sim.world import Outcome

MOST_CPU_S = 240.0
"""Enough to come far; a big world takes long to come to its fault."""
Runner = Callable[[Shape], Outcome]


def rule_of(outcome: Outcome) -> str:
    """Name the rule that a run broke first; empty when none."""
    return outcome.faults[0].partition(":")[0] if outcome.faults else ""


def shrink(failed: Outcome, run: Runner, say: Callable[[str], None] = lambda text: None) -> Outcome:
    """Give the smallest failing run that was found."""
    return _Shrinking(failed, run, say).smallest()


class _Shrinking:
    def __init__(self, failed: Outcome, run: Runner, say: Callable[[str], None]) -> None:
        self.best, self._run, self._say = failed, run, say
        self._rule, self._left_s = rule_of(failed), MOST_CPU_S

    def smallest(self) -> Outcome:
        self._fewer_days()
        self._fewer_buildings()
        self._fewer_rooms()
        self._fewer_troubles()
        self._fewer_days()
        return self.best

    def _still(self, shape: Shape) -> bool:
        """Say whether a smaller run breaks the same rule; it is the best one then."""
        if self._left_s <= 0:
            return False
        outcome = self._run(shape)
        self._left_s -= outcome.cpu_s
        if rule_of(outcome) != self._rule:
            return False
        self.best = outcome
        count = len(troubles_of(shape))
        self._say(
            f"{shape.buildings} x {shape.rooms} rooms, {shape.days} days, {count} troubles: {outcome.faults[0]}"
        )
        return True

    def _fewer_days(self) -> None:
        """The day of the fault is enough in most cases; then still fewer."""
        if self.best.day + 1 < self.best.shape.days:
            self._still(replace(self.best.shape, days=self.best.day + 1))
        days = 2
        while days < self.best.shape.days:
            if self._still(replace(self.best.shape, days=days)):
                return
            days += max(1, (self.best.shape.days - days) // 2)

    def _fewer_buildings(self) -> None:
        while self.best.shape.buildings > 1:
            if not self._still(replace(self.best.shape, buildings=self.best.shape.buildings - 1)):
                return

    def _fewer_rooms(self) -> None:
        rooms = 2
        while rooms < self.best.shape.rooms:
            if self._still(replace(self.best.shape, rooms=rooms)):
                return
            rooms *= 2

    def _fewer_troubles(self) -> None:
        """ddmin: try parts and complements of parts, finer and finer."""
        numbers = [one.number for one in troubles_of(self.best.shape)]
        if numbers and self._still(self.best.shape.with_only(())):
            return
        parts = 2
        while len(numbers) >= 2 and self._left_s > 0:
            size = -(-len(numbers) // parts)
            pieces = [numbers[place : place + size] for place in range(0, len(numbers), size)]
            kept = self._smaller_of(numbers, pieces)
            if kept is not None:
                parts = 2 if len(kept) <= size else max(parts - 1, 2)
                numbers = kept
            elif parts >= len(numbers):
                break
            else:
                parts = min(len(numbers), parts * 2)

    def _smaller_of(self, numbers: list[int], pieces: list[list[int]]) -> list[int] | None:
        for piece in pieces:
            if len(piece) < len(numbers) and self._still(self.best.shape.with_only(tuple(piece))):
                return piece
        for piece in pieces:
            rest = [number for number in numbers if number not in piece]
            if len(pieces) > 2 and rest and self._still(self.best.shape.with_only(tuple(rest))):
                return rest
        return None
