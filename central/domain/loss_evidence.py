"""How well each room's column explains the loss beside those already named, and which rooms are named. Pure.

A room's evidence is the Bayes factor of its column against no column, given all that is named (a sparse regression by single
effects, after Wang et al. 2020).
"""

from collections.abc import Sequence, Set
from math import log

import numpy as np

from central.domain.attributed import Pattern
from central.domain.loss_columns import Columns
from central.domain.loss_noise import Array

PRIOR_SHARE = 0.02
"""Of a group's rooms are expected to under-record, before looking."""
SLAB = 2.0
"""Missing energy in units of its column: half of the use missing is 1, three quarters are 3."""
NAME_ABOVE = 2.0
"""Log of the Bayes factor times the prior odds of the room; below, the room stays unnamed."""
MOST_NAMED, MOST_NAMED_OF_FEW = 0.2, 3
"""Of the rooms: when more seem to steal, it is the master or the usual loss that is wrong."""
LEAST_UNNAMED = 10
"""With fewer rooms, their scatter says nothing."""


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

    def amount(self, column: int, named: Sequence[int]) -> tuple[float, float]:
        """Give the energy that a column misses in all, in Wh, and its deviation, beside `named`."""
        u, own = self.beside(named)
        precision, total = float(own[column]) + self.prior, float(self.columns.matrix[:, column].sum())
        return float(u[column]) / precision * total, precision**-0.5 * total

    def name(self, unsteady: Set[int] = frozenset()) -> list[int]:
        """Name columns one after the other, at most one of a room, until none explains more than chance; drop what no longer does.

        Rooms that are known as unsteady stay unnamed.
        """
        named: list[int] = []
        threshold = NAME_ABOVE - log(PRIOR_SHARE)
        most = max(MOST_NAMED_OF_FEW, int(self.rooms * MOST_NAMED))
        for _ in range(2 * most):
            best, place, _ = self.by_room(named)
            best[[*self.columns.owner[named], *unsteady]] = -np.inf
            room = int(np.argmax(best))
            if best[room] < threshold or len(named) >= most:
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
