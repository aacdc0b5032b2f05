"""How well a ranking puts the guilty above the innocent: AUC, share on top, average precision."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Score:
    """Rankings gathered over buildings: how well the guilty stand above the others."""

    scores: list[list[float]] = field(default_factory=list)
    guilty: list[list[bool]] = field(default_factory=list)

    def add(self, scores: list[float], guilty: list[bool]) -> None:
        self.scores.append(scores)
        self.guilty.append(guilty)

    @property
    def auc(self) -> float:
        """Mean over buildings: how probably a guilty room stands above an innocent one."""
        return float(np.mean([_auc(*one) for one in zip(self.scores, self.guilty, strict=True)]))

    @property
    def top_k(self) -> float:
        """Share of the guilty among the first k of their building, k their number."""
        found = total = 0
        for scores, guilty in zip(self.scores, self.guilty, strict=True):
            order = np.argsort(-np.array(scores), kind="stable")[: sum(guilty)]
            found, total = found + int(np.array(guilty)[order].sum()), total + sum(guilty)
        return found / max(1, total)

    @property
    def average_precision(self) -> float:
        """Mean over buildings of the precision at each guilty room's place."""
        each = []
        for scores, guilty in zip(self.scores, self.guilty, strict=True):
            hit = np.array(guilty)[np.argsort(-np.array(scores), kind="stable")]
            each.append(float((np.cumsum(hit) / np.arange(1, len(hit) + 1))[hit].mean()))
        return float(np.mean(each))


def _auc(scores: list[float], guilty: list[bool]) -> float:
    values, marks = np.array(scores), np.array(guilty)
    high, low = values[marks][:, None], values[~marks][None, :]
    return float((high > low).mean() + (high == low).mean() / 2)
