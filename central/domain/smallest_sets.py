"""The smallest sets of signed whole numbers that add up to a target: all of them, by meeting in the middle. Pure.

A set of size s is a first part of ceil(s / 2) items in order and a last part of floor(s / 2), looked up by the sum that is left.
Each set is met once. Sizes are tried from one upwards; the first size that has a set ends the search: no smaller one exists. What
is looked at is counted, and a budget of such steps bounds the time; whether it sufficed is said: `is_complete`.

Sets of several items that fit may mean nothing: among many numbers nearly every target is met by some pair. So the targets around
it are tried too, and when several of them are met as well, the set is a coincidence: `is_crowded`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from math import gcd

NEIGHBOURS = 10
"""So many targets around the real one are tried."""
CROWDED_FROM = 2
"""So many of them met: a set that fits proves nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """One possible error: what it adds, and the class of equal rows it takes one of (`capacity` rows in all)."""

    delta: int
    owner: int
    capacity: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """Sets as sorted indices into the items (an index twice: two rows of that class); `more`: as small, beyond the limit."""

    sets: tuple[tuple[int, ...], ...] = ()
    more: int = 0
    is_complete: bool = True
    is_crowded: bool = False
    steps: int = 0


@dataclass
class _Budget:
    """Counts what is looked at."""

    left: int
    used: int = 0

    def step(self) -> bool:
        """Take one step; False: none is left."""
        if self.used >= self.left:
            return False
        self.used += 1
        return True


@dataclass
class _Halves:
    """All last parts of one size by their sums."""

    size: int
    by_sum: dict[int, list[tuple[int, ...]]] = field(default_factory=dict)


def smallest_sets(items: Sequence[Item], target: int, most: int, limit: int, budget: int) -> Found:
    """Find all smallest sets (at most `most` items) whose deltas add up to `target`; give `limit` of them, count the rest.

    Not complete when the budget of steps was used up: then what was found so far is given, and smaller or equal sets may exist.
    """
    divisor = gcd(*(item.delta for item in items)) if items else 0
    if not target or not divisor or target % divisor:
        return Found(steps=len(items))
    steps = _Budget(budget)
    for size in range(1, most + 1):
        halves = _last_parts(items, size // 2, steps)
        sets: list[tuple[int, ...]] = []
        more = 0
        for chosen in _sets(items, target, size, halves, steps) if halves else ():
            if len(sets) < limit:
                sets.append(chosen)
            else:
                more += 1
        is_complete = halves is not None and steps.used < steps.left
        if sets or more or not is_complete:
            is_crowded = (
                bool(sets or more) and halves is not None and _is_crowded(items, target, size, halves, steps)
            )
            return Found(tuple(sets), more, is_complete, is_crowded, steps.used)
    return Found(steps=steps.used)


def _last_parts(items: Sequence[Item], size: int, steps: _Budget) -> _Halves | None:
    """Sum all last parts; None when the budget does not reach."""
    halves = _Halves(size)
    for last in combinations_with_replacement(range(len(items)), size):
        if not steps.step():
            return None
        halves.by_sum.setdefault(sum(items[at].delta for at in last), []).append(last)
    return halves


def _sets(
    items: Sequence[Item], target: int, size: int, halves: _Halves, steps: _Budget
) -> Iterator[tuple[int, ...]]:
    """Give each set of a size once, until the budget is used up."""
    for first in combinations_with_replacement(range(len(items)), size - halves.size):
        if not steps.step():
            return
        for last in halves.by_sum.get(target - sum(items[at].delta for at in first), ()):
            if not steps.step():
                return
            if (not last or last[0] >= first[-1]) and _fits(items, first + last):
                yield first + last


def _fits(items: Sequence[Item], chosen: tuple[int, ...]) -> bool:
    """Say whether no class of rows is used up more often than it has rows."""
    used = Counter(items[at].owner for at in chosen)
    return all(used[items[at].owner] <= items[at].capacity for at in chosen)


def _is_crowded(items: Sequence[Item], target: int, size: int, halves: _Halves, steps: _Budget) -> bool:
    """Say whether targets as round as this one and next to it are met too, by sets of several items."""
    if size == 1:
        return False
    tried = _Budget(steps.left)
    met = 0
    for away in range(1, NEIGHBOURS // 2 + 1):
        for near in (target - away * roundness(target), target + away * roundness(target)):
            met += any(True for _set in _sets(items, near, size, halves, tried)) if near else 0
    steps.used += tried.used
    return met >= CROWDED_FROM


def roundness(number: int) -> int:
    """Give the power of ten that a number is a whole multiple of: 120 yuan (12000 fen) is as round as 1000 fen."""
    unit = 1
    while number and number % (unit * 10) == 0:
        unit *= 10
    return unit
