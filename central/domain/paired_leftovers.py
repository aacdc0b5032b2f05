"""Rows that found no partner: which two of them could be one row with one error, so that fewest errors remain. Pure.

Rows that could be one are joined to components; each is searched by itself, to the end or to its budget. What counts is first the
number of errors, then what they rest on (`Basis`). All equally good ways are kept.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from central.domain.agreement_rows import Row, Rules
from central.domain.gap_findings import RANK, Basis, Error, ErrorKind, Explanation, Side, merged
from central.domain.matched_rows import Matched, Surplus
from central.domain.row_errors import alone_errors, can_be_one, pair_error, twins_of

_Edges = dict[int, dict[int, Error]]
MOST_TOGETHER = 300
"""So many rows hanging together are searched; more are no mistakes of a list, but another list."""
MOST_EQUAL = 60
"""So many of the equal rows are looked at when one of them may be the other half of a row of the other side."""


@dataclass(frozen=True, slots=True)
class Component:
    """Rows without partners that hang together, and every smallest way to explain them."""

    left: tuple[Row, ...]
    right: tuple[Row, ...]
    explanations: tuple[Explanation, ...]
    is_complete: bool
    steps: int


@dataclass
class _Search:
    """One component under search: what may be paired with what, and what each row means alone."""

    left: list[int]
    right: list[int]
    edges: _Edges
    alone: dict[tuple[Side, int], list[Error]]
    budget: int
    steps: int = 0
    best: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self.ways: list[dict[int, int]] = []

    @property
    def is_complete(self) -> bool:
        return self.steps <= self.budget

    def run(self, at: int, paired: dict[int, int], cost: int) -> None:
        """Go on with the left row at this place: pair it with a free right row, or with none."""
        self.steps += 1
        if not self.is_complete:
            return
        if at == len(self.left):
            self._keep(paired, cost)
            return
        most_pairs = len(paired) + len(self.left) - at
        if self.best is not None and (-most_pairs, cost) > self.best:
            return
        row = self.left[at]
        taken = set(paired.values())
        for other, error in self.edges.get(row, {}).items():
            if other not in taken:
                self.run(at + 1, {**paired, row: other}, cost + RANK[error.basis])
        self.run(at + 1, paired, cost)

    def _keep(self, paired: dict[int, int], cost: int) -> None:
        score = (-len(paired), cost)
        if self.best is None or score < self.best:
            self.best, self.ways = score, []
        if score == self.best:
            self.ways.append(paired)

    def explanations(self) -> Iterator[list[Error]]:
        """Give each way's errors, one list for each choice of what rows alone mean."""
        for paired in self.ways:
            fixed = [self.edges[row][other] for row, other in paired.items()]
            lefts = [self.alone[Side.LEFT, row] for row in self.left if row not in paired]
            rights = [self.alone[Side.RIGHT, row] for row in self.right if row not in paired.values()]
            for chosen in product(*lefts, *rights):
                yield [*fixed, *chosen]


def pair_leftovers(matched: Matched, rules: Rules) -> list[Component]:
    """Explain the rows without partners, component by component."""
    edges, are_all = _edges(matched, rules)
    twins_left = twins_of(pair.left for pair in matched.pairs)
    twins_right = twins_of(pair.right for pair in matched.pairs)
    alone = {
        (Side.LEFT, at): alone_errors(one, Side.LEFT, twins_left, rules)
        for at, one in enumerate(matched.left)
    }
    alone |= {
        (Side.RIGHT, at): alone_errors(one, Side.RIGHT, twins_right, rules)
        for at, one in enumerate(matched.right)
    }
    left_over = rules.budget_steps if are_all else 0
    found = []
    # The small ones first: what hangs together in hundreds is another list, and must not spend the others' steps.
    for left, right in sorted(_components(matched, edges), key=lambda sides: len(sides[0]) + len(sides[1])):
        component = _searched(matched, _Search(left, right, edges, alone, left_over))
        left_over = max(0, left_over - component.steps)
        found.append(component)
    return found


def _edges(matched: Matched, rules: Rules) -> tuple[_Edges, bool]:
    """Find the pairs that could be one row: only rows with a place, a day or a document in common are compared.

    False when there are more to compare than the budget has steps (a list of another month, say): then no pair is claimed.
    """
    by_key: dict[object, list[int]] = defaultdict(list)
    for at, one in enumerate(matched.right):
        for key in _keys(one):
            by_key[key].append(at)
    edges: _Edges = {}
    steps = 0
    for at, one in enumerate(matched.left):
        found: dict[int, Error] = {}
        for other in sorted({other for key in _keys(one) for other in by_key[key]}):
            steps += _comparisons(one, matched.right[other])
            if steps > rules.budget_steps:
                return {}, False
            error = _as_one(one, matched.right[other], rules)
            if error is not None:
                found[other] = error
        # The strongest first: a good way found early spares the search most others.
        edges[at] = dict(sorted(found.items(), key=lambda item: RANK[item[1].basis]))
    return edges, True


def _comparisons(left: Surplus, right: Surplus) -> int:
    return min(len(left.among), MOST_EQUAL) * min(len(right.among), MOST_EQUAL)


def _keys(one: Surplus) -> set[object]:
    days = {row.day for row in one.among}
    return days | {name for row in one.among for name in (row.place, row.document) if name}


def _as_one(left: Surplus, right: Surplus, rules: Rules) -> Error | None:
    """Find the strongest way in which one of the equal rows left over on each side could be the same row, and which they are."""
    ways: dict[tuple[ErrorKind, Basis], tuple[dict[Row, None], dict[Row, None]]] = {}
    for mine, theirs in product(left.among[:MOST_EQUAL], right.among[:MOST_EQUAL]):
        found = can_be_one(mine, theirs, rules)
        if found is not None:
            rows, against = ways.setdefault(found, ({}, {}))
            rows[mine] = against[theirs] = None
    if not ways:
        return None
    kind, basis = min(ways, key=lambda way: (RANK[way[1]], way[0]))
    rows, against = ways[kind, basis]
    error = pair_error(next(iter(rows)), next(iter(against)), kind, basis, rules)
    return replace(error, rows=tuple(rows), against=tuple(against))


def _components(matched: Matched, edges: _Edges) -> list[tuple[list[int], list[int]]]:
    """Join what could be paired, and what is left over from the same equal rows."""
    parent: dict[tuple[Side, int], tuple[Side, int]] = {}

    def root(node: tuple[Side, int]) -> tuple[Side, int]:
        while parent.setdefault(node, node) != node:
            node = parent[node] = parent[parent[node]]
        return node

    for row, others in edges.items():
        for other in others:
            parent[root((Side.LEFT, row))] = root((Side.RIGHT, other))
    for side, surplus in ((Side.LEFT, matched.left), (Side.RIGHT, matched.right)):
        same: dict[tuple[str, ...], int] = {}
        for at, one in enumerate(surplus):
            first = same.setdefault(tuple(row.id for row in one.among), at)
            parent[root((side, at))] = root((side, first))
    found: dict[tuple[Side, int], tuple[list[int], list[int]]] = {}
    for side, surplus in ((Side.LEFT, matched.left), (Side.RIGHT, matched.right)):
        for at in range(len(surplus)):
            lists = found.setdefault(root((side, at)), ([], []))
            lists[side is Side.RIGHT].append(at)
    return list(found.values())


def _takes_twice(errors: Sequence[Error]) -> bool:
    """Say whether one and the same row would be in two errors."""
    sure = [row.id for error in errors if len(error.rows) == error.take for row in error.rows]
    return len(sure) != len(set(sure))


def _searched(matched: Matched, search: _Search) -> Component:
    if len(search.left) > MOST_TOGETHER:
        search.budget = 0
    search.run(0, {}, 0)
    found: dict[Explanation, None] = {}
    for errors in search.explanations():
        search.steps += len(errors)
        if not search.is_complete:
            break
        if not _takes_twice(errors):
            found[merged(errors)] = None
    explanations = sorted(found, key=lambda errors: (len(errors), repr(errors)))
    return Component(
        tuple(matched.left[at].row for at in search.left),
        tuple(matched.right[at].row for at in search.right),
        tuple(explanations),
        search.is_complete,
        search.steps,
    )
