"""Whitening by bands does what a dense inverse of the same covariance does, gaps and memory included."""

import numpy as np
import pytest

from central.domain.loss_noise import Mixed, bands_of, whitened


@pytest.mark.parametrize("memory", [0.0, 0.4, 0.95])
@pytest.mark.parametrize("gap", [None, 5, 13])
def test_bands_are_the_dense_covariance(memory: float, gap: int | None) -> None:
    dice = np.random.default_rng(1)
    count = 20
    follows = np.array([place > 0 and place != gap for place in range(count)])
    instants = dice.uniform(1, 3, count + 1)
    ends = np.column_stack([instants[:-1], instants[1:]])
    new, lasting = dice.uniform(0, 1, count), dice.uniform(0.5, 2, count)
    dense = np.diag(ends.sum(axis=1) + new)
    for place in np.flatnonzero(follows):
        dense[place, place - 1] = dense[place - 1, place] = -ends[place, 0]
    dense += remembered(lasting, memory, follows)
    columns = dice.normal(size=(count, 4))
    kept = np.where(follows, memory, 0.0)
    white, log_determinant = whitened(bands_of(ends, new, lasting, kept, follows), kept, columns)
    assert np.allclose(white.T @ white, columns.T @ np.linalg.solve(dense, columns))
    assert log_determinant == pytest.approx(np.linalg.slogdet(dense)[1])


def remembered(fresh: np.ndarray, memory: float, follows: np.ndarray) -> np.ndarray:
    """The covariance of what lives on: each row is the memory of the row before and something fresh; behind a gap, fresh alone."""
    count = len(fresh)
    made = np.zeros((count, count))
    for place in range(count):
        if follows[place]:
            made[place, :place] = made[:place, place] = memory * made[place - 1, :place]
            made[place, place] = memory**2 * made[place - 1, place - 1] + fresh[place]
        else:
            made[place, place] = fresh[place] / (1 - memory**2)
    return made


def test_the_marginal_likelihood_is_that_of_the_dense_covariance() -> None:
    dice = np.random.default_rng(2)
    effects, target = dice.normal(size=(30, 5)), dice.normal(size=30)
    deviations, k = np.array([0.5, 0.0, 1.0, 2.0, 0.1]), 1.7
    dense = k * np.eye(30) + effects @ np.diag(deviations**2) @ effects.T
    mixed = Mixed(effects, target)
    expected = np.linalg.slogdet(dense)[1] + target @ np.linalg.solve(dense, target)
    assert mixed.deviance(deviations, k) == pytest.approx(expected)
    columns = dice.normal(size=(30, 2))
    moments, information = mixed.seen_by(columns, deviations, k)
    assert np.allclose(moments, columns.T @ np.linalg.solve(dense, target))
    assert np.allclose(information, columns.T @ np.linalg.solve(dense, columns))
    mean, covariance = mixed.posterior(deviations, k)
    assert np.allclose(mean, deviations**2 * (effects.T @ np.linalg.solve(dense, target)))
    assert covariance[1, 1] == 0.0
