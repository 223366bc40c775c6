"""A rehearsal of linear forecasts: learnt from early windows, tried on the last ones.

On the windows that they were fitted to, weights look better than they are, and the more so the more
of them there are. So the penalty is chosen, and the width of intervals measured, on windows that
come after; then everything is learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fieldguide.data.windows import Windows

LATE = 0.2  # share of the windows that a rehearsal is judged on, the last ones of each series
FEWEST = 20  # early windows, and late ones, below which there is none
PENALTIES = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)


@dataclass(frozen=True)
class Stage:
    """What a rehearsal is played with.

    Attributes:
        early: Windows to learn from.
        late: Windows to be judged by.
        truth: What came in those, (late, outputs); NaN where it is not known.
    """

    early: np.ndarray
    late: np.ndarray
    truth: np.ndarray

    @classmethod
    def of(cls, data: Windows) -> Stage | None:
        """Cut windows in time; None where there are too few."""
        early, late = data.late(LATE)
        if min(len(early), len(late)) < FEWEST:
            return None
        truth = data.take(late).y
        assert truth is not None
        return cls(early.numpy(), late.numpy(), truth.flatten(1).double().numpy())


def rehearse(
    stage: Stage, table: np.ndarray, targets: np.ndarray, penalties: Sequence[float]
) -> tuple[float, Tensor]:
    """Return the penalty with the least mean absolute error, and its errors on late windows.

    Args:
        stage: Early and late windows.
        table: Inputs of all windows, (n, features).
        targets: What follows them, (n, outputs).
        penalties: Those tried.
    """
    x, y = table[stage.early], targets[stage.early]
    level, aim = x.mean(axis=0), y.mean(axis=0)
    x = x - level
    products, wanted = x.T @ x, x.T @ (y - aim)
    tried = []
    for penalty in penalties:
        weights = _solved(products, wanted, penalty)
        guess = (table[stage.late] - level) @ weights + aim
        error = np.abs(guess - stage.truth)
        tried.append((float(np.nanmean(error)), penalty, error))
    _, penalty, error = min(tried, key=lambda one: one[0])
    return penalty, torch.from_numpy(error)


def _solved(products: np.ndarray, wanted: np.ndarray, penalty: float) -> np.ndarray:
    """Return (XᵀX + λI)⁻¹ Xᵀy, of least length where λ = 0 leaves a choice."""
    if penalty == 0:
        return np.asarray(np.linalg.lstsq(products, wanted, rcond=None)[0])
    return np.linalg.solve(products + penalty * np.eye(len(products)), wanted)
