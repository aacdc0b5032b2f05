"""What `make bench-theft` sets beside the rules: the usual ways of ranking rooms by a group's loss, on the very same buildings.

Each gives one score per room (columns of `subs`), the higher the more suspect. `README` are figures that others measured on
such buildings.
"""

import numpy as np

from tests.bench.stolen_energy import Array

RIDGE_SD = 0.3
SWEEPS = 60
LEAST_T = 4.0


def fixed_ratio(loss: Array, subs: Array) -> Array:
    """The naive rule: a fixed share is lost, and who uses most of what the group loses beyond it is looked at first."""
    beyond = np.maximum(0.0, loss - 0.05 * (loss + subs.sum(axis=1)))
    return np.asarray((subs * beyond[:, None]).sum(axis=0))


def pearson(loss: Array, subs: Array) -> Array:
    """Correlate each room's hours with the loss."""
    off = subs - subs.mean(axis=0)
    spread = np.sqrt((off**2).sum(axis=0))
    return np.where(spread > 0, off.T @ (loss - loss.mean()) / np.maximum(spread, 1e-9), -1e9)


def _design(loss: Array, subs: Array) -> tuple[Array, Array]:
    load = loss + subs.sum(axis=1)
    return np.column_stack([load, load**2 / load.mean()]), subs


def nnls(loss: Array, subs: Array) -> Array:
    """Non-negative least squares with the usual loss as two columns, by coordinate descent."""
    matrix = np.hstack(_design(loss, subs))
    gram, moment = matrix.T @ matrix, matrix.T @ loss
    found = np.zeros(matrix.shape[1])
    for _ in range(SWEEPS):
        for place in range(len(found)):
            if gram[place, place] > 0:
                step = (moment[place] - gram[place] @ found) / gram[place, place]
                found[place] = max(0.0, found[place] + step)
    return found[2:]


def ridge(loss: Array, subs: Array) -> Array:
    """Ridge regression; the score is the coefficient in its deviations."""
    matrix = np.hstack(_design(loss, subs))
    white = float(np.var(np.diff(loss))) / 2
    penalty = np.array([1.0, 1.0, *[white / RIDGE_SD**2] * subs.shape[1]])
    inverse = np.linalg.inv(matrix.T @ matrix + np.diag(penalty))
    found = inverse @ matrix.T @ loss
    return np.asarray((found / np.sqrt(np.diag(inverse)))[2:])


def stepwise(loss: Array, subs: Array) -> Array:
    """Positive stepwise regression: the room of the highest t joins while t > 4; rooms that joined stand before all others."""
    joined: list[int] = []
    score = np.zeros(subs.shape[1])
    while len(joined) < subs.shape[1] // 5:
        base = np.column_stack([*_design(loss, subs)[0].T, *subs[:, joined].T])
        away = base @ np.linalg.lstsq(base, np.column_stack([loss, subs]), rcond=None)[0]
        rest, left = loss - away[:, 0], subs - away[:, 1:]
        length = np.sqrt((left**2).sum(axis=0))
        moment = np.where(length > 1.0, left.T @ rest / np.maximum(length, 1e-9), 0.0)
        t = moment / np.sqrt(np.maximum(1e-9, (rest @ rest - moment**2) / (len(loss) - base.shape[1] - 1)))
        t[joined] = -np.inf
        best = int(np.argmax(t))
        score = np.where(np.isin(np.arange(len(t)), joined), score, np.nan_to_num(t, neginf=0.0))
        if t[best] <= LEAST_T:
            break
        score[best] = 1_000 - len(joined)
        joined.append(best)
    return score


BASELINES = {
    "fixed 5 %": fixed_ratio,
    "Pearson": pearson,
    "NNLS": nnls,
    "ridge": ridge,
    "stepwise t > 4": stepwise,
}
README = "others on such buildings: Pearson .12, OLS t .69, NNLS .70, ridge .73, stepwise .74, whitened .80 (AUC .978)"
