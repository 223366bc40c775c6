"""Logistic regression: the logarithm of the odds as a weighted sum of the inputs (Cox 1958).

How it works:
    p(c | x) = exp(w_c · x + b_c) / Σₖ exp(wₖ · x + bₖ), with the weights that minimise
    -Σᵢ ln p(yᵢ | xᵢ) + λ/2 Σ w². Categories enter as one column of zeros and ones a word
    (one-hot). scikit-learn finds the weights (L-BFGS); they are then evaluated here.

Use it when:
    You want to see whether a straight boundary will do, or which inputs push which way. It is the
    same network as an MLP without hidden layers, and its optimum is unique.

Think twice when:
    Classes bend around each other: compare with gradient boosting or an MLP.

Cost:
    Some hundred passes over the data; seconds for a table, a minute for 60,000 pictures of
    28 × 28 pixels. Looks at all the data at once.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table;
    outputs: (B, classes).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> model = fg.LogisticRegression().fit(X, np.array(["low", "low", "high", "high"]))
    >>> model.predict(np.array([[-5.0], [8.0]])).tolist()
    ['low', 'high']
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping

from sklearn import linear_model
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._linear import LinearLayer, design
from fieldguide.card import Card
from fieldguide.data import Inputs
from fieldguide.hyperparameter import option

FIRST_PASSES = 10  # before the first look at the clock, where time is limited
TRUSTED = 0.7  # of the time left is planned for: passes vary in length


class LogisticRegression(LinearLayer, Baseline):
    """Linear classifier, as a baseline; fitted by scikit-learn, evaluated by torch."""

    card = Card(
        title="Logistic regression",
        paper="Cox (1958). The regression analysis of binary sequences. Journal of the Royal "
        "Statistical Society B 20.",
        year=1958,
        tasks=("classification",),
        capacity=1,
        needs_examples=20,
        baseline=True,
    )

    regularisation: float = option(
        1.0, "pull λ of the weights towards 0", low=0, search=(1e-3, 1e3), log=True
    )
    most_passes: int = option(1_000, "passes over the data after which the solver stops", low=1)

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Let scikit-learn find the weights, and copy them."""
        solver = linear_model.LogisticRegression(
            C=1 / self.regularisation if self.regularisation else math.inf
        )
        table = design(x, self.task_.inputs.cardinalities)
        converged = self._solve(solver, table, y.numpy())
        self.copy_weights(solver.coef_, solver.intercept_)
        return {"converged": float(converged)}

    @property
    def notes_(self) -> list[str]:
        """Whether the solver stopped before it had converged."""
        if all(record["converged"] for record in self.history_):
            return super().notes_
        return [
            *super().notes_,
            "logistic regression stopped before it had converged, so it may do better than this; "
            f"try most_passes={10 * self.most_passes}, more time, or a larger regularisation.",
        ]

    def _solve(self, solver: linear_model.LogisticRegression, table: object, y: object) -> bool:
        """Fit within the limits of passes and time; say whether it converged."""
        began = time.monotonic()
        ends = math.inf if self.time_limit is None else began + self.time_limit
        passes = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            while passes < self.most_passes:
                if passes and time.monotonic() >= ends:
                    break  # not before it has looked once: there would be nothing to predict with
                at_once = self._passes(passes, began, ends)
                solver.set_params(max_iter=at_once, warm_start=True).fit(table, y)
                passes += at_once
                if solver.n_iter_.max() < at_once:
                    return True
        return False

    def _passes(self, done: int, began: float, ends: float) -> int:
        """Return the passes until the next look at the clock.

        As many as fit: the solver forgets at each what it had learnt of the curvature, and then
        needs several times the passes.
        """
        left = self.most_passes - done
        if ends == math.inf:
            return left
        if not done:
            return min(left, FIRST_PASSES)
        now = time.monotonic()
        pace = max(now - began, 1e-6) / done
        return min(left, max(FIRST_PASSES, int(TRUSTED * (ends - now) / pace)))
