"""Ridge regression: a weighted sum of the inputs with small weights (Hoerl & Kennard 1970).

How it works:
    ŷ = w · x + b, with the weights that minimise Σᵢ (yᵢ - ŷᵢ)² + λ Σ w², found in closed form:
    w = (XᵀX + λI)⁻¹ Xᵀy for centred columns. Categories enter as one column of zeros and ones a
    word (one-hot). scikit-learn solves it; the weights are then evaluated here.

Use it when:
    You want to see whether a straight line will do, or which inputs push which way. On series it is
    the linear autoregression: every step ahead is a weighted sum of the past of all channels.

Think twice when:
    Effects level off, turn round or depend on each other: compare with gradient boosting.

Cost:
    examples · features² multiplications once: an instant for a table. Looks at all the data at
    once.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table;
    outputs: (B, targets), of forecasts (B, horizon · targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> model = fg.RidgeRegression(regularisation=0.0).fit(X, 2 * X[:, 0] + 0.5)
    >>> model.predict(np.array([[10.0]])).round(3).tolist()
    [20.5]
"""

from __future__ import annotations

from collections.abc import Mapping

from sklearn import linear_model
from torch import Tensor

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._linear import LinearLayer, design
from fieldguide.card import Card
from fieldguide.data import Inputs
from fieldguide.hyperparameter import option


class RidgeRegression(LinearLayer, Baseline):
    """Linear regression with a pull towards 0, as a baseline; fitted by scikit-learn."""

    card = Card(
        title="Ridge regression",
        paper="Hoerl & Kennard (1970). Ridge regression: biased estimation for nonorthogonal "
        "problems. Technometrics 12.",
        year=1970,
        tasks=("regression", "forecasting"),
        capacity=1,
        needs_examples=20,
        baseline=True,
    )

    regularisation: float = option(
        1.0, "pull λ of the weights towards 0", low=0, search=(1e-3, 1e3), log=True
    )

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Let scikit-learn solve for the weights, and copy them."""
        table = design(x, self.task_.inputs.cardinalities)
        targets = y.flatten(1).double().numpy()  # of a forecast: all steps ahead
        solver = linear_model.Ridge(alpha=self.regularisation).fit(table, targets)
        self.copy_weights(solver.coef_, solver.intercept_)
        return {}
