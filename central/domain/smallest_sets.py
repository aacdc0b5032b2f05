"""The smallest sets of signed whole numbers that add up to a target: all of them, by meeting in the middle. Pure.

A set of size s is a first part of ceil(s / 2) items in order and a last part of floor(s / 2), looked up by the sum that is left.
Each set is met once. Sizes are tried from one upwards; the first size that has a set ends the search: no smaller one exists. What
is looked at is counted, and a budget of such steps bounds the time; whether it sufficed is said: `is_complete`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import gcd


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
    steps: int = 0


def smallest_sets(items: Sequence[Item], target: int, most: int, limit: int, budget: int) -> Found:
    """Find all smallest sets (at most `most` items) whose deltas add up to `target`; give `limit` of them, count the rest.

    Not complete when the budget of steps was used up: then what was found so far is given, and smaller or equal sets may exist.
    """
    divisor = gcd(*(item.delta for item in items)) if items else 0
    if not target or not divisor or target % divisor:
        return Found(steps=len(items))
    steps = len(items)
    for size in range(1, most + 1):
        found = _of_size(items, target, size, limit, budget - steps)
        steps += found.steps
        if found.sets or not found.is_complete:
            return Found(found.sets, found.more, found.is_complete, steps)
    return Found(steps=steps)


def _of_size(items: Sequence[Item], target: int, size: int, limit: int, budget: int) -> Found:
    tail = size // 2
    lasts: dict[int, list[tuple[int, ...]]] = {}
    sets: list[tuple[int, ...]] = []
    steps = more = 0
    for last in _picks(len(items), tail):
        steps += 1
        if steps > budget:
            return Found(is_complete=False, steps=steps)
        lasts.setdefault(sum(items[at].delta for at in last), []).append(last)
    for first in _picks(len(items), size - tail):
        steps += 1
        if steps > budget:
            return Found(tuple(sets), more, False, steps)
        for last in lasts.get(target - sum(items[at].delta for at in first), ()):
            steps += 1
            if (last and last[0] < first[-1]) or not _fits(items, first + last):
                continue
            if len(sets) < limit:
                sets.append(first + last)
            else:
                more += 1
    return Found(tuple(sets), more, True, steps)


def _picks(count: int, size: int) -> Iterator[tuple[int, ...]]:
    return combinations_with_replacement(range(count), size)


def _fits(items: Sequence[Item], chosen: tuple[int, ...]) -> bool:
    """Say whether no class of rows is used up more often than it has rows."""
    if len(chosen) == 1:
        return items[chosen[0]].capacity >= 1
    used = Counter(items[at].owner for at in chosen)
    return all(used[items[at].owner] <= items[at].capacity for at in chosen)
