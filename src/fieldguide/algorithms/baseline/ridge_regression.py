"""Ridge regression: a weighted sum of the inputs with small weights (Hoerl & Kennard 1970).

How it works:
    ŷ = w · x + b, with the weights that minimise Σᵢ (yᵢ - ŷᵢ)² + λ Σ w², found in closed form:
    w = (XᵀX + λI)⁻¹ Xᵀy for centred columns. Categories enter as one column of zeros and ones a
    word (one-hot). scikit-learn solves it; the weights are then evaluated here. Of forecasts, λ is
    what does best on the last fifth of the windows after learning from the others, unless it is
    given; the errors there say how wide intervals are. Then all windows are learnt from.

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

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from sklearn import linear_model
from torch import Tensor, nn

from fieldguide.algorithms.baseline import _rehearsal
from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._linear import LinearLayer, design
from fieldguide.card import Card
from fieldguide.data import Examples, Inputs
from fieldguide.data.windows import Windows
from fieldguide.engine import Stage
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.backtest import conformal
from fieldguide.tasks.forecasting import COVERAGE, Forecasting

USUAL = 1.0  # λ where there is nothing to choose it by


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

    regularisation: float | None = option(
        None,
        "pull λ of the weights towards 0; None: 1, and of forecasts what does best on late windows",
        low=0,
        search=(1e-3, 1e3),
        log=True,
    )

    def build(self, task: Task) -> nn.Module:
        """Return one linear layer; of forecasts, with room for the widths of intervals."""
        network = super().build(task)
        if task.forecast is not None:
            network.register_buffer("margins", torch.zeros(task.codec.width, dtype=torch.float64))
        return network

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield one step on everything; then tell the task what the rehearsal has shown."""
        yield from super().stages(data)
        margins = getattr(self.network_, "margins", None)
        if margins is not None and bool(margins.any()):
            assert isinstance(self.task_, Forecasting)
            self.task_ = replace(self.task_, margins=tuple(margins.tolist()))

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Let scikit-learn solve for the weights, and copy them."""
        table = design(x, self.task_.inputs.cardinalities)
        targets = y.flatten(1).double().numpy()  # of a forecast: all steps ahead
        penalty, figures = self.regularisation, {}
        if self._rehearsed is not None:
            tried = _rehearsal.PENALTIES if penalty is None else (penalty,)
            penalty, errors = _rehearsal.rehearse(self._rehearsed, table, targets, tried)
            self.network_.get_buffer("margins").copy_(conformal(errors, COVERAGE))
            figures = {"regularisation": penalty}
        solver = linear_model.Ridge(alpha=USUAL if penalty is None else penalty)
        solver.fit(table, targets)
        self.copy_weights(solver.coef_, solver.intercept_)
        return figures

    def _sample(self, data: Examples) -> Examples:
        """Keep windows in their order in time, so that they can be rehearsed with."""
        self._rehearsed = None
        if not isinstance(data, Windows):
            return super()._sample(data)
        most = self._most(data)
        self._sampled = len(data) > most
        data = data.some(most) if self._sampled else data
        self._rehearsed = _rehearsal.Stage.of(data)
        return data
