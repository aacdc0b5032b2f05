"""The regression's errors: what a balance's scatter looks like, and how it is taken out. Pure.

Registers are exact but for their last step and the moment they were read at. An interval's error is therefore the difference of two
instants' errors, and what one interval has too much its neighbour has too little: over days nearly nothing is left. Ordinary least squares
throws that away; here the errors' covariance is

    V = k (D S D' + r I)        D: differences, S: the instants' variances, r: what is new in each interval

with its Cholesky factor in two diagonals, so that whitening T intervals costs T steps. On top of it lie effects that are small and
known in size only (normal priors): every meter's class, the usual loss, a load that has its hours and its days. k, r and the sizes of
the last two are the likeliest ones (maximum marginal likelihood).
"""

from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bands:
    """A covariance (T x T) with two neighbours: `own` on the diagonal, `first` of each row with the row before, `second` with the one before that."""

    own: Array
    first: Array
    second: Array


def bands_of(instants_var: Array, new_var: Array, lasting_var: Array, memory: Array, follows: Flags) -> Bands:
    """Give the covariance of the errors freed of their memory.

    `instants_var` (T x 2): of each interval's beginning and end; `new_var` (T): new in it and gone with it; `lasting_var` (T): new in it and
    fading by `memory` (T) from one interval to the next; `follows`: the row before is the interval before.
    """
    own = instants_var.sum(axis=1) + new_var
    beside = np.where(follows, -instants_var[:, 0], 0.0)
    own_before, beside_before, memory_before = (
        np.concatenate([[0.0], one[:-1]]) for one in (own, beside, memory)
    )
    lasting = np.where(follows, lasting_var, lasting_var / (1 - memory.max() ** 2))
    return Bands(
        own - 2 * memory * beside + memory**2 * own_before + lasting,
        beside - memory * own_before + memory * memory_before * beside_before,
        -memory * beside_before,
    )


def whitened(bands: Bands, memory: Array, columns: Array) -> tuple[Array, float]:
    """Solve L z = columns (T x m) for V = L L'; give z and the log of V's determinant.

    `memory` (T) is how much of the interval before lives on in each (0 where none is before): columns are first freed of it, and V, given
    by its bands, is the covariance of what is left.
    """
    freed = columns.copy()
    freed[1:] -= memory[1:, None] * columns[:-1]
    out = np.empty_like(freed)
    nothing = np.zeros(freed.shape[1])
    last, before, variance, variance_before, first = nothing, nothing, 1.0, 1.0, 0.0
    log_determinant = 0.0
    for place, row in enumerate(freed):
        # L's entries in this row: each band's, less what the steps between explain already.
        second = float(bands.second[place]) / variance_before
        first = (float(bands.first[place]) - second * variance_before * first) / variance
        own = float(bands.own[place]) - first * first * variance - second * second * variance_before
        last, before = row - first * last - second * before, last
        variance, variance_before = own, variance
        out[place] = last / own**0.5
        log_determinant += log(own)
    return out, log_determinant


@dataclass
class Mixed:
    """y = effects x normal coefficients (mean 0, deviations s) + white noise of variance k, all already whitened by V at k = 1."""

    effects: Array
    target: Array

    def __post_init__(self) -> None:
        self._gram = self.effects.T @ self.effects
        self._moment = self.effects.T @ self.target
        self._square = float(self.target @ self.target)

    def deviance(self, deviations: Array, k: float) -> float:
        """Give -2 log of the marginal likelihood, but for a constant."""
        on = deviations > 0
        factor = self._factor(on, deviations, k)
        part = np.linalg.solve(factor, self._moment[on])
        quadratic = (self._square - float(part @ part) / k) / k
        determinant = 2 * float(np.log(np.diag(factor)).sum() + np.log(deviations[on]).sum())
        return len(self.target) * float(np.log(k)) + determinant + quadratic

    def _factor(self, on: npt.NDArray[np.bool_], deviations: Array, k: float) -> Array:
        precision = self._gram[np.ix_(on, on)] / k
        precision[np.diag_indices_from(precision)] += 1 / deviations[on] ** 2
        return np.asarray(np.linalg.cholesky(precision))

    def posterior(self, deviations: Array, k: float) -> tuple[Array, Array]:
        """Give the coefficients' mean (m) and covariance (m x m); effects of deviation 0 stay 0."""
        on = deviations > 0
        factor = self._factor(on, deviations, k)
        inverse = np.linalg.solve(factor, np.eye(len(factor)))
        mean, covariance = np.zeros(len(on)), np.zeros((len(on), len(on)))
        covariance[np.ix_(on, on)] = inverse.T @ inverse
        mean[on] = covariance[np.ix_(on, on)] @ self._moment[on] / k
        return mean, covariance

    def seen_by(self, columns: Array, deviations: Array, k: float) -> tuple[Array, Array]:
        """Give what columns (T x c, whitened) see of the target behind all effects: moments (c) and their information (c x c)."""
        on = deviations > 0
        factor = self._factor(on, deviations, k)
        across = np.linalg.solve(factor, self.effects[:, on].T @ columns) / k
        part = np.linalg.solve(factor, self._moment[on]) / k
        moments = columns.T @ self.target / k - across.T @ part
        return moments, columns.T @ columns / k - across.T @ across
