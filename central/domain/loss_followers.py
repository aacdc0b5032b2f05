"""Which rooms the loss follows: one after the other is named while it explains more than chance, and each is weighed against all others. Pure.

A room's evidence is the Bayes factor of its column against no column, given all that is already named (a sparse regression by
single effects, after Wang et al. 2020). Its confidence is its share among all rooms that could explain the same, and nobody.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from central.domain.loss_columns import Columns, Pattern, columns_of
from central.domain.loss_effects import FREE_SHARE, Effects, Sizes, likeliest
from central.domain.loss_noise import Array, Mixed
from central.domain.loss_rows import Rows

PRIOR_ROOMS = 1.0
"""So many rooms of a group are expected to under-record, before looking."""
SLAB = 2.0
"""Missing energy in units of its column: half of the use missing is 1, three quarters are 3."""
NAME_ABOVE = 3.0
"""Log of the Bayes factor times the prior odds of the room; below, the room stays unnamed."""
MOST_NAMED = 0.2
"""Of the rooms: when more seem to steal, it is the master or the usual loss that is wrong."""
LEAST_EVIDENCE = -50.0
ROUNDS = 3
LEAST_UNNAMED = 10
"""With fewer rooms, their scatter says nothing."""
UNSTEADY_CONFIDENCE = 0.5
"""At most, of a room that the loss follows at some hours only."""


@dataclass(frozen=True)
class Follower:
    """One room; Wh as floats."""

    meter: str
    missing_wh: float
    sd_wh: float
    confidence: float
    t: float
    evidence: float
    pattern: Pattern


@dataclass(frozen=True)
class Findings:
    """`followers`: all judged rooms, the surest first."""

    followers: tuple[Follower, ...]
    unattributed_wh: float
    unattributed_sd_wh: float

    def named(self, least: float) -> list[Follower]:
        """Those of at least this confidence."""
        return [one for one in self.followers if one.confidence >= least]


class Evidence:
    """Moments u and information G of all columns behind the group's effects: all that naming needs."""

    def __init__(self, moments: Array, information: Array, columns: Columns, rooms: int) -> None:
        self.u, self.g, self.columns, self.rooms = moments, information, columns, rooms
        self.prior = 1 / SLAB**2

    def beside(self, named: Sequence[int]) -> tuple[Array, Array]:
        """Give all columns' moments and own information once `named` columns are free."""
        own = np.diag(self.g).copy()
        if not named:
            return self.u, own
        at = list(named)
        inner = self.g[np.ix_(at, at)] + np.eye(len(at)) * self.prior
        solved = np.linalg.solve(inner, np.column_stack([self.g[at], self.u[at]]))
        u = self.u - self.g[:, at] @ solved[:, -1]
        own = own - np.einsum("ij,ji->i", self.g[:, at], solved[:, :-1])
        return u, np.maximum(own, 0.0)

    def log_factors(self, named: Sequence[int]) -> tuple[Array, Array]:
        """Give each column's log Bayes factor (positive effects only) and its t, given `named`."""
        u, own = self.beside(named)
        t = np.where(own > 0, u / np.sqrt(np.maximum(own, 1e-300)), 0.0)
        shrink = own / (own + self.prior)
        factor = 0.5 * t**2 * shrink - 0.5 * np.log1p(own / self.prior)
        return np.where(t > 0, factor, np.minimum(0.0, -0.5 * t**2)), t

    def by_room(self, named: Sequence[int]) -> tuple[Array, Array, Array]:
        """Give each room's best log factor, that column's place and t; rooms without a column: -inf, -1, 0."""
        factors, t = self.log_factors(named)
        best, place, best_t = np.full(self.rooms, -np.inf), np.full(self.rooms, -1), np.zeros(self.rooms)
        for column, owner in enumerate(self.columns.owner):
            if factors[column] > best[owner]:
                best[owner], place[owner], best_t[owner] = factors[column], column, t[column]
        return best, place, best_t

    def name(self, unsteady: Set[int] = frozenset()) -> list[int]:
        """Name columns one after the other, at most one of a room, until none explains more than chance; drop what no longer does.

        Rooms that are known as unsteady stay unnamed.
        """
        named: list[int] = []
        threshold = NAME_ABOVE + float(np.log(self.rooms / PRIOR_ROOMS))
        for _ in range(2 * max(3, int(self.rooms * MOST_NAMED))):
            best, place, _ = self.by_room(named)
            best[[*self.columns.owner[named], *unsteady]] = -np.inf
            room = int(np.argmax(best))
            if best[room] < threshold or len(named) >= max(1, int(self.rooms * MOST_NAMED)):
                break
            named = self._pruned([*named, int(place[room])], threshold)
        return named

    def calmed(self, named: Sequence[int]) -> "Evidence":
        """Give the same evidence, weaker by as much as the unnamed rooms' t scatter more than chance lets them.

        A load that nobody knows of has habits, and all rooms with like habits stand out a little then.
        """
        _, t = self.log_factors(named)
        owners = self.columns.owner[list(named)]
        unnamed = np.array([pattern == Pattern.SHARE for pattern in self.columns.patterns]) & ~np.isin(
            self.columns.owner, owners
        )
        if unnamed.sum() < LEAST_UNNAMED:
            return self
        excess = max(1.0, float((t[unnamed] ** 2).mean()))
        return Evidence(self.u / excess, self.g / excess, self.columns, self.rooms)

    def _pruned(self, named: list[int], threshold: float) -> list[int]:
        """Let each named room take its best column, and leave out what explains no more than chance beside the others."""
        for one in list(named[:-1]):
            others = [other for other in named if other != one]
            best, place, _ = self.by_room(others)
            room = int(self.columns.owner[one])
            named = others if best[room] < threshold else [*others, int(place[room])]
        return named


def find(rows: Rows) -> Findings:
    """Weigh every judged room: with steady errors first, and once more when something unknown and restless remains."""
    effects, columns = Effects(rows), columns_of(rows)
    search = Search(rows, effects, columns)
    search.run()
    if search.sizes.white > 0:
        effects.learn_unrest(search.sizes, columns.matrix[:, search.named])
        search.run()
    return Findings(
        _followers(rows, search.evidence, search.named, search.unsteady),
        *_unattributed(effects, search.sizes, columns, search.named),
    )


class Search:
    """Names rooms and finds the errors' sizes in turn: each needs the other."""

    evidence: Evidence

    def __init__(self, rows: Rows, effects: Effects, columns: Columns) -> None:
        self._rows, self._effects, self._columns = rows, effects, columns
        self.named: list[int] = []
        self.unsteady: set[int] = set()
        self.sizes = Sizes()

    def run(self) -> None:
        """Go on until the same rooms are named twice."""
        for _ in range(ROUNDS):
            before = set(self.named)
            self._round()
            if set(self.named) == before:
                break

    def _round(self) -> None:
        effects, columns = self._effects, self._columns
        self.sizes = likeliest(effects, columns.matrix[:, self.named], self.sizes)
        (target, matrix, seen), _ = effects.whiten(
            self.sizes, effects.target[:, None], effects.matrix, columns.matrix
        )
        mixed = Mixed(matrix, target[:, 0])
        seen_by = mixed.seen_by(seen, effects.deviations(self.sizes), self.sizes.k)
        evidence = Evidence(*seen_by, columns, len(self._rows.meters))
        self.evidence = evidence.calmed(evidence.name(self.unsteady))
        named = self.evidence.name(self.unsteady)
        self.unsteady |= unsteady_rooms(self._rows, effects, self.sizes, columns, named)
        self.named = [one for one in named if int(columns.owner[one]) not in self.unsteady]


PARTS = ((22, 23, 0, 1, 2, 3, 4, 5), (6, 7, 8, 9, 10, 11, 12, 13), (14, 15, 16, 17, 18, 19, 20, 21))
UNSTEADY_ABOVE = 14.0
TOLERANCE = 0.2


def unsteady_rooms(
    rows: Rows, effects: Effects, sizes: Sizes, columns: Columns, named: list[int]
) -> set[int]:
    """Find named rooms that the loss follows by night only, or by day: a hidden load with the same habits looks like that, a meter
    that shows a constant share too little does not."""
    shares = [one for one in named if columns.patterns[one] == Pattern.SHARE]
    if not shares:
        return set()
    part = np.array([next(p for p, hours in enumerate(PARTS) if hour in hours) for hour in rows.hour])
    split = np.hstack([columns.matrix[:, shares] * (part == one)[:, None] for one in range(len(PARTS))])
    others = [one for one in named if one not in shares]
    (target, matrix, seen), _ = effects.whiten(
        sizes, effects.target[:, None], effects.matrix, np.hstack([split, columns.matrix[:, others]])
    )
    mixed = Mixed(matrix, target[:, 0])
    u, g = mixed.seen_by(seen, effects.deviations(sizes), sizes.k)
    covariance = np.linalg.inv(g + np.eye(len(u)) * 1e-2)
    mean = covariance @ u
    unsteady = set()
    for place, one in enumerate(shares):
        at = [place + p * len(shares) for p in range(len(PARTS))]
        c, v = mean[at], covariance[np.ix_(at, at)]
        middle = float(np.linalg.solve(v, c).sum() / np.linalg.inv(v).sum())
        v = v + np.eye(len(at)) * (TOLERANCE * middle) ** 2
        w = np.linalg.inv(v)
        middle = float((w @ c).sum() / w.sum())
        if float((c - middle) @ w @ (c - middle)) > UNSTEADY_ABOVE:
            unsteady.add(int(columns.owner[one]))
    return unsteady


def _followers(rows: Rows, evidence: Evidence, named: list[int], unsteady: Set[int]) -> tuple[Follower, ...]:
    sums = evidence.columns.matrix.sum(axis=0)
    nobody = len(rows.meters) / PRIOR_ROOMS
    owners = {int(evidence.columns.owner[one]): one for one in named}
    free = evidence.by_room(named)
    made = []
    for room, meter in enumerate(rows.meters):
        others = [one for one in named if one != owners.get(room)]
        best, place, t = evidence.by_room(others) if room in owners else free
        rivals = np.array([value for other, value in enumerate(best) if other == room or other not in owners])
        top = max(0.0, float(best[room]), float(rivals.max(initial=0.0)))
        weight = float(np.exp(best[room] - top))
        confidence = weight / (float(np.exp(rivals - top).sum()) + nobody * float(np.exp(-top)))
        if room in unsteady:
            confidence = min(confidence, UNSTEADY_CONFIDENCE)
        column = int(place[room])
        u, own = evidence.beside(others)
        precision = float(own[column]) + evidence.prior if column >= 0 else 1.0
        mean = float(u[column]) / precision if column >= 0 else 0.0
        made.append(
            Follower(
                meter, mean * float(sums[column]), precision**-0.5 * float(sums[column]), confidence, float(t[room]),
                float(max(best[room], LEAST_EVIDENCE)),
                evidence.columns.patterns[column] if column >= 0 else Pattern.SHARE,
            )
        )  # fmt: skip
    return tuple(sorted(made, key=lambda one: (-one.confidence, -one.t)))


def _unattributed(effects: Effects, sizes: Sizes, columns: Columns, named: list[int]) -> tuple[float, float]:
    """Give what follows no room, and its standard uncertainty: the posterior of the steady tap, the hours and the days."""
    (target, matrix, free), _ = effects.whiten(
        sizes, effects.target[:, None], effects.matrix, columns.matrix[:, named]
    )
    mixed = Mixed(np.hstack([matrix, free]), target[:, 0])
    mean, covariance = mixed.posterior(
        np.concatenate([effects.deviations(sizes), np.full(len(named), FREE_SHARE)]), sizes.k
    )
    sums = np.zeros(len(mean))
    tap = effects.tap_columns()
    sums[tap] = effects.matrix[:, tap].sum(axis=0)
    return float(sums @ mean), float(np.sqrt(max(0.0, sums @ covariance @ sums)))
