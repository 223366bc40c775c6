"""Gradient boosting: trees that each correct what those before them left over (Friedman 2001).

How it works:
    F₀ = the best constant, F_m = F_{m-1} + η · tree_m, where tree m is fitted to the derivatives
    of the loss at F_{m-1}: residuals for squared error, yₖ - pₖ for class k. Numbers are sorted
    into at most 255 bins first, so that a split is found by adding up histograms (Ke et al.
    2017). A missing number or category goes the way that helped in training; a category column of
    up to 255 words is split into sets of words, a larger one by how common its words are.
    scikit-learn grows the trees; they are then evaluated here.

Use it when:
    The data are a table. This is the baseline to beat there, and it seldom is.

Think twice when:
    The inputs are pictures or signals, whose single numbers mean little.

Cost:
    Seconds for 50,000 rows of 14 columns; every class of a task with more than two doubles as a
    tree in each round. Looks at all the data at once. Above 10,000 examples a tenth of them is set
    aside and growth stops once they have not been predicted better for 10 rounds.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table;
    outputs: (B, classes) or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.where(X[:, 0] * X[:, 1] > 0, "same sign", "different")
    >>> str(fg.GradientBoosting().fit(X, y).predict(np.array([[-1.0, -1.0]]))[0])
    'same sign'
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._forest import Columns, grown
from fieldguide.algorithms.baseline._trees import TreeEnsemble
from fieldguide.card import Card
from fieldguide.data import Inputs
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task

ENOUGH = 10_000  # examples above which scikit-learn sets some aside to decide when to stop
LOOK_AT_THE_CLOCK = 10  # rounds between two looks, where time is limited


class GradientBoosting(Baseline):
    """Histogram gradient boosting, as a baseline for classification and regression."""

    card = Card(
        title="Gradient boosting",
        paper="Friedman (2001). Greedy function approximation: a gradient boosting machine. "
        "Annals of Statistics 29; in histograms: Ke et al. (2017). LightGBM. NeurIPS.",
        year=2001,
        tasks=("classification", "regression"),
        capacity=2,
        rule="trees",
        repeats="rounds",
        needs_examples=50,
        baseline=True,
    )

    rounds: int = option(100, "trees (for each class, if more than two)", low=1, search=(50, 500))
    lr: float = option(  # type: ignore[misc]
        0.1, "share of a tree's correction that counts", low=1e-6, search=(0.02, 0.3), log=True
    )
    leaves: int = option(31, "leaves of a tree at most", low=2, search=(7, 63), log=True)
    leaf_examples: int = option(20, "training examples in a leaf at least", low=1)
    regularisation: float = option(0.0, "pull of the leaves towards 0", low=0, search=(0, 10))

    def build(self, task: Task) -> nn.Module:
        """Return an ensemble without trees."""
        return Columns.of(task.inputs).ensemble(task.codec.width)

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Let scikit-learn grow the trees, and copy them."""
        columns = Columns.of(self.task_.inputs)
        table = columns.table(x)
        classifies = self.task_.name == "classification"
        grow = HistGradientBoostingClassifier if classifies else HistGradientBoostingRegressor
        targets = y.numpy()[None] if classifies else y.double().numpy().T
        began, boosted = time.monotonic(), []
        for number, target in enumerate(targets, start=1):
            booster = grow(
                max_iter=self.rounds,
                learning_rate=self.lr,
                max_leaf_nodes=self.leaves,
                min_samples_leaf=self.leaf_examples,
                l2_regularization=self.regularisation,
                categorical_features=columns.categorical,
                early_stopping=_can_stop_early(target),
                random_state=self.seed,
            )
            limit = self.time_limit
            ends = None if limit is None else began + limit * number / len(targets)
            boosted.append(_within(ends, booster, table, target))
        network = self.network_
        assert isinstance(network, TreeEnsemble)
        network.learn(**grown(boosted, columns, table, network.outputs))
        return {"rounds": float(np.mean([booster.n_iter_ for booster in boosted]))}


def _can_stop_early(target: np.ndarray) -> bool:
    """Say whether a tenth may be set aside: there is enough, and no class is a single example."""
    codes = target.dtype.kind == "i"
    return len(target) > ENOUGH and not (codes and np.bincount(target).min() < 2)


def _within(ends: float | None, booster: Any, table: np.ndarray, y: np.ndarray) -> Any:
    """Fit all rounds or, where time is limited, as many as there is time for."""
    if ends is None:
        return booster.fit(table, y)
    rounds = booster.max_iter
    booster.set_params(warm_start=True, max_iter=0)
    while (booster.max_iter < rounds and time.monotonic() < ends) or not booster.max_iter:
        booster.set_params(max_iter=min(rounds, booster.max_iter + LOOK_AT_THE_CLOCK))
        if booster.fit(table, y).n_iter_ < booster.max_iter:
            break  # it stopped by itself
    return booster
