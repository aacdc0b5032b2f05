"""The effects every group has, thieves or not: the usual loss, the meters' classes, and what follows hours and days but no room. Pure.

Each is a column with a standard deviation known beforehand, or one that is found as the likeliest (`Sizes`).
"""

from dataclasses import dataclass, replace

import numpy as np

from central.domain.group_hours import PPM, UsualLoss
from central.domain.loss_noise import Array, Mixed, bands_of, whitened
from central.domain.loss_rows import Rows

THIRD = 3**-0.5
"""A class bounds an error that may lie anywhere within: its standard deviation is a third's root of it."""
GUESSED_PPM, GUESSED_UNCERTAINTY_PPM = 15_000, 10_000
"""Loss in conductors at mean load, where nobody has calibrated: between nothing and some 3 %."""
TAP_SHARE = 0.05
"""A steady load without a meter, of the mean load; how large is found by its data."""
SKEW_HOURS = 0.02
FREE_SHARE = 3.0
"""A suspect's missing energy, in units of what its column shows: nearly unbounded."""
UNREST_FREE = 3.0
FIXED = 4
"""Load, load x load, its change, and a steady tap; then hours, then days, then rooms."""


@dataclass(frozen=True)
class Sizes:
    """What is found as the likeliest: the errors' scale, the white share, and the deviations of hours and days (of the mean load)."""

    k: float = 1.0
    white: float = 0.0
    """Variance that is new in each interval, in units of the mean instant's."""
    memory: float = 0.0
    """How much of it lives on in the next one: a load that nobody knows of doesn't change every hour."""
    hours: float = 0.0
    days: float = 0.0


def guessed(rows: Rows) -> UsualLoss:
    """Give what a group loses as a rule, with all its doubt: conductors and the master's class."""
    share_ppm = (GUESSED_UNCERTAINTY_PPM**2 + (rows.told.master_class_ppm * THIRD) ** 2) ** 0.5
    mean_load_wh = max(1, round(float(rows.load.mean())))
    return UsualLoss(GUESSED_PPM, GUESSED_PPM, mean_load_wh, round(share_ppm), GUESSED_UNCERTAINTY_PPM)


class Effects:
    """The columns of all groups' effects (T x m) and the loss less what is expected of it (T)."""

    def __init__(self, rows: Rows, is_quiet: bool = False) -> None:
        self._rows = rows
        self.mean_load = max(1.0, float(rows.load.mean()))
        usual = rows.told.usual or guessed(rows)
        load = rows.load
        bent = load**2 / max(1, usual.mean_load_wh) - load
        change = np.diff(load, prepend=load[:1])
        steady = np.full(len(load), self.mean_load)
        self._fixed_sd = [
            usual.share_uncertainty_ppm / PPM, usual.square_uncertainty_ppm / PPM, SKEW_HOURS, 0.0 if is_quiet else TAP_SHARE,
        ]  # fmt: skip
        self.restless = np.ones(len(load))
        """T: how much more than usual each interval scatters."""
        self.target = rows.loss - usual.share_ppm / PPM * load - usual.square_ppm / PPM * bent
        hours = (rows.hour[:, None] == np.unique(rows.hour)[None, :]) * self.mean_load
        days = (rows.day[:, None] == np.unique(rows.day)[None, :]) * self.mean_load
        self.counts = (hours.shape[1], days.shape[1])
        self.matrix = np.column_stack([load, bent, change, steady, hours, days, rows.rooms])

    def deviations(self, sizes: Sizes) -> Array:
        """Give each column's standard deviation."""
        hours, days = self.counts
        room_sd = self._rows.told.sub_class_ppm / PPM * THIRD
        rooms = len(self._rows.meters)
        return np.array([*self._fixed_sd, *[sizes.hours] * hours, *[sizes.days] * days, *[room_sd] * rooms])

    def learn_unrest(self, sizes: Sizes, named: Array) -> None:
        """Take intervals that stray far for restless: an unknown load is a kettle now and nothing then (Student's errors)."""
        (target, matrix, free), _ = self.whiten(sizes, self.target[:, None], self.matrix, named)
        deviations = np.concatenate([self.deviations(sizes), np.full(named.shape[1], FREE_SHARE)])
        mean, _ = Mixed(np.hstack([matrix, free]), target[:, 0]).posterior(deviations, sizes.k)
        stray = self.target - np.hstack([self.matrix, named]) @ mean
        middle = 2.2 * float(np.median(stray**2)) + 1e-9
        self.restless = (UNREST_FREE + stray**2 / middle) / (UNREST_FREE + 1)

    def usual(self, mean: Array, covariance: Array) -> UsualLoss:
        """Give the usual loss that a posterior of all effects tells, for days to come."""
        told = self._rows.told.usual or guessed(self._rows)
        share_sd, square_sd = float(covariance[0, 0]) ** 0.5, float(covariance[1, 1]) ** 0.5
        return UsualLoss(
            told.share_ppm + round(PPM * float(mean[0])), told.square_ppm + round(PPM * float(mean[1])),
            told.mean_load_wh, round(PPM * share_sd) + 1, round(PPM * square_sd) + 1,
        )  # fmt: skip

    def tap_columns(self) -> slice:
        """Which effects follow no room: the steady tap, the hours and the days."""
        return slice(FIXED - 1, FIXED + sum(self.counts))

    def whiten(self, sizes: Sizes, *others: Array) -> tuple[list[Array], float]:
        """Whiten columns (each T x something) by the errors' covariance at k = 1; give them and the log of its determinant."""
        rows = self._rows
        var = rows.instants_var
        follows = np.concatenate([[False], np.diff(np.array(rows.kept)) == 1])
        memory = np.where(follows, sizes.memory, 0.0)
        bands = bands_of(
            var, rows.filled_var, sizes.white * float(var.mean()) * self.restless, memory, follows
        )
        widths = np.cumsum([one.shape[1] for one in others])[:-1]
        columns, log_determinant = whitened(bands, memory, np.hstack(others))
        return np.split(columns, widths, axis=1), log_determinant


WHITES = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
MEMORIES = (0.0, 0.4, 0.7, 0.85, 0.95)
SCALES = (0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0, 30.0)
SHARES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)


GRIDS = {"k": SCALES, "white": WHITES, "memory": MEMORIES, "hours": SHARES, "days": SHARES}


def likeliest(effects: Effects, named: Array, begin: Sizes) -> Sizes:
    """Find the sizes that make the losses likeliest, `named` columns (T x s) being free; from `begin`, one size after the other."""
    best, lowest = begin, float("inf")
    mixed: dict[tuple[float, float], tuple[Mixed, float]] = {}

    def deviance(sizes: Sizes) -> float:
        errors = (sizes.white, sizes.memory)
        if errors not in mixed:
            (target, matrix, free), determinant = effects.whiten(
                sizes, effects.target[:, None], effects.matrix, named
            )
            mixed[errors] = Mixed(np.hstack([matrix, free]), target[:, 0]), determinant
        free_sd = np.full(named.shape[1], FREE_SHARE)
        found, determinant = mixed[errors]
        return found.deviance(np.concatenate([effects.deviations(sizes), free_sd]), sizes.k) + determinant

    lowest = deviance(best)
    for _ in range(2):
        before = best
        for name, grid in GRIDS.items():
            for way in (1, -1):
                place = grid.index(getattr(best, name)) + way
                while 0 <= place < len(grid):
                    tried = replace(best, **{name: grid[place]})
                    found = deviance(tried)
                    if found >= lowest:
                        break
                    best, lowest, place = tried, found, place + way
        if best == before:
            break
    return best
