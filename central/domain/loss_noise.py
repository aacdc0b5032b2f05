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


def whitened(diagonal: Array, beside: Array, columns: Array) -> tuple[Array, float]:
    """Solve L z = columns for V = L L', V tridiagonal: `diagonal` (T), `beside` (T-1) its neighbour entries; columns T x m.

    Gives z and the log of V's determinant.
    """
    out = np.empty_like(columns)
    last, variance = columns[0], float(diagonal[0])
    out[0] = last / variance**0.5
    log_determinant = log(variance)
    for place in range(1, len(columns)):
        factor = float(beside[place - 1]) / variance
        variance = float(diagonal[place]) - factor * float(beside[place - 1])
        last = columns[place] - factor * last
        out[place] = last / variance**0.5
        log_determinant += log(variance)
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
