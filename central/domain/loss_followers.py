"""Which rooms the loss follows: one after the other is named while it explains more than chance, and each is weighed against
the others. Pure.

A room's confidence is its share among all rooms that could explain the same, and nobody.
"""

from collections.abc import Set
from dataclasses import dataclass, replace

import numpy as np

from central.domain.attributed import Pattern
from central.domain.loss_columns import Columns, columns_of
from central.domain.loss_effects import FREE_SHARE, Effects, Sizes
from central.domain.loss_evidence import PRIOR_SHARE, Evidence
from central.domain.loss_noise import Array, Mixed
from central.domain.loss_rows import Rows
from central.domain.loss_sizes import likeliest
from central.domain.loss_steadiness import unsteady_rooms

LEAST_EVIDENCE = -50.0
NEAR = 0.02
ROUNDS = 3
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


def _followers(rows: Rows, evidence: Evidence, named: list[int], unsteady: Set[int]) -> tuple[Follower, ...]:
    """Weigh each room beside all that are named, and beside all but one whose place it might take; the surer view counts."""
    owners = [int(evidence.columns.owner[one]) for one in named]
    views = [(named, owners)]
    views += [
        ([*named[:at], *named[at + 1 :]], [*owners[:at], *owners[at + 1 :]]) for at in range(len(named))
    ]
    best: dict[int, Follower] = {}
    for others, gone in views:
        factors, places, t = evidence.by_room(others)
        factors[gone] = -np.inf
        sure = _confidences(factors)
        for room in range(len(rows.meters)):
            if room in gone or (room in best and best[room].confidence >= sure[room]):
                continue
            column = int(places[room])
            missing_wh, sd_wh = evidence.amount(column, others) if column >= 0 else (0.0, 0.0)
            pattern = evidence.columns.patterns[column] if column >= 0 else Pattern.SHARE
            strength = float(max(factors[room], LEAST_EVIDENCE))
            best[room] = Follower(
                rows.meters[room], missing_wh, sd_wh, float(sure[room]), float(t[room]), strength, pattern
            )
    for room in unsteady:
        held = best[room]
        best[room] = replace(
            held,
            confidence=min(held.confidence, UNSTEADY_CONFIDENCE),
            evidence=min(held.evidence, 0.0),
        )
    return tuple(sorted(best.values(), key=lambda one: (-one.confidence, -one.t)))


def _confidences(factors: Array) -> Array:
    """Share one more thief among all rooms that could be it (logs of their Bayes factors), and nobody.

    A factor is known to a small part of itself only, since registers have steps: rivals that come near are as good.
    """
    top = max(0.0, float(factors.max(initial=0.0)))
    near = np.minimum(top, factors + NEAR * top)
    weights = np.exp(near - top)
    return np.asarray(weights / (weights.sum() + np.exp(-top) / PRIOR_SHARE))


def _unattributed(effects: Effects, sizes: Sizes, columns: Columns, named: list[int]) -> tuple[float, float]:
    """Give what follows no room, and its standard uncertainty: the posterior of the steady tap, the hours and the days."""
    (target, matrix, free), _ = effects.whiten(
        sizes, effects.target[:, None], effects.matrix, columns.matrix[:, named]
    )
    deviations = np.concatenate([effects.deviations(sizes), np.full(len(named), FREE_SHARE)])
    mean, covariance = Mixed(np.hstack([matrix, free]), target[:, 0]).posterior(deviations, sizes.k)
    sums = np.zeros(len(mean))
    tap = effects.tap_columns()
    sums[tap] = effects.matrix[:, tap].sum(axis=0)
    variance = float(sums @ covariance @ sums)
    return float(sums @ mean), max(0.0, variance) ** 0.5
