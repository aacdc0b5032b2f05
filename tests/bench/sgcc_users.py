"""The public users of a State Grid company with labels from inspections: one small model, trained and scored on disjoint
folds of one file.

Only shown by `make bench-theft`: daily values of strangers say little of who steals, and nothing of the rules here is tuned
on them. The model is a ridge-penalized logistic regression on a handful of summary features; the file stays where it is.
"""

from pathlib import Path

import numpy as np

from tests.bench.stolen_energy import Array

DAYS_FILE = "sgcc_jan2014.parquet"
FOLDS = 5
PENALTY = 30.0
STEPS = 25
TOP_SHARE = 0.05


def score_users(file: Path, seed: int) -> tuple[float, float]:
    """Give the AUC and the precision among the first 5 %, each user scored by a model that never saw him."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(file)
    label = np.asarray(table.column("label").to_numpy()).astype(float)
    names = [name for name in table.column_names if name not in ("label", "user", "id", "CONS_NO", "cons_no")]
    use = np.column_stack([table.column(name).to_numpy(zero_copy_only=False).astype(float) for name in names])
    features = _features(use)
    fold = np.random.default_rng(seed).integers(FOLDS, size=len(label))
    score = np.empty(len(label))
    for one in range(FOLDS):
        score[fold == one] = features[fold == one] @ _fit(features[fold != one], label[fold != one])
    first = np.argsort(-score, kind="stable")[: round(TOP_SHARE * len(score))]
    return _auc(score, label), float(label[first].mean())


def _features(use: Array) -> Array:
    """Level, spread, zeros, trend, unsteadiness from day to day and by weekday, each ranked to a normal's shape."""
    gaps = np.isnan(use)
    known = np.where(gaps, 0.0, use)
    level = known.mean(axis=1)
    spread = known.std(axis=1)
    relative = known / np.maximum(level, 1e-6)[:, None]
    half = use.shape[1] // 2
    made = [
        np.log1p(level), np.log1p(spread), spread / np.maximum(level, 1e-6), (known <= 0).mean(axis=1), gaps.mean(axis=1),
        known[:, half:].mean(axis=1) / np.maximum(known[:, :half].mean(axis=1), 1e-6),
        known[:, -7:].mean(axis=1) / np.maximum(known[:, :7].mean(axis=1), 1e-6),
        np.abs(np.diff(relative, axis=1)).mean(axis=1), relative.max(axis=1), relative.min(axis=1),
        np.median(relative, axis=1), np.log1p(known.max(axis=1)), np.log1p(known.min(axis=1)),
    ]  # fmt: skip
    ranks = np.column_stack(
        [np.argsort(np.argsort(one, kind="stable"), kind="stable") / len(one) - 0.5 for one in made]
    )
    return np.hstack([np.ones((len(use), 1)), ranks, ranks**2, ranks[:, :1] * ranks])


def _fit(features: Array, label: Array) -> Array:
    """Newton steps; the penalty spares the constant."""
    weights = np.zeros(features.shape[1])
    penalty = np.full(features.shape[1], 1.0 / PENALTY)
    penalty[0] = 0.0
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        hessian = (
            (features * (chance * (1 - chance))[:, None]).T @ features
            + np.diag(penalty)
            + 1e-9 * np.eye(len(weights))
        )
        weights = weights + np.linalg.solve(hessian, features.T @ (label - chance) - penalty * weights)
    return weights


def _auc(score: Array, label: Array) -> float:
    high, low = score[label == 1][:, None], score[label == 0][None, :]
    return float((high > low).mean() + (high == low).mean() / 2)
