"""How large the errors and the unknown loads of these very intervals are: the sizes that make the losses likeliest. Pure.

One size after the other walks along its grid while the marginal likelihood grows; whitening, the dear part, is done once for
each kind of errors met.
"""

from dataclasses import replace

import numpy as np

from central.domain.loss_effects import FREE_SHARE, Effects, Sizes
from central.domain.loss_noise import Array, Mixed

SHARES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
GRIDS = {
    "k": (0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0, 30.0),
    "white": (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "memory": (0.0, 0.4, 0.7, 0.85, 0.95),
    "hours": SHARES,
    "days": SHARES,
}
WALKS = 2


def likeliest(effects: Effects, named: Array, begin: Sizes) -> Sizes:
    """Find the sizes that make the losses likeliest, `named` columns (T x s) being free; from `begin` on."""
    walk = _Walk(effects, named, begin)
    for _ in range(WALKS):
        before = walk.best
        for name, grid in GRIDS.items():
            walk.along(name, grid)
        if walk.best == before:
            break
    return walk.best


class _Walk:
    def __init__(self, effects: Effects, named: Array, begin: Sizes) -> None:
        self._effects, self._named = effects, named
        self._whitened: dict[tuple[float, float], tuple[Mixed, float]] = {}
        self.best, self._lowest = begin, self._deviance(begin)

    def along(self, name: str, grid: tuple[float, ...]) -> None:
        """Go up, then down, as long as it gets likelier."""
        for way in (1, -1):
            place = grid.index(getattr(self.best, name)) + way
            while 0 <= place < len(grid):
                tried = replace(self.best, **{name: grid[place]})
                found = self._deviance(tried)
                if found >= self._lowest:
                    break
                self.best, self._lowest, place = tried, found, place + way

    def _deviance(self, sizes: Sizes) -> float:
        errors = (sizes.white, sizes.memory)
        if errors not in self._whitened:
            (target, matrix, free), log_determinant = self._effects.whiten(
                sizes, self._effects.target[:, None], self._effects.matrix, self._named
            )
            self._whitened[errors] = Mixed(np.hstack([matrix, free]), target[:, 0]), log_determinant
        mixed, log_determinant = self._whitened[errors]
        free_sd = np.full(self._named.shape[1], FREE_SHARE)
        deviations = np.concatenate([self._effects.deviations(sizes), free_sd])
        return mixed.deviance(deviations, sizes.k) + log_determinant
