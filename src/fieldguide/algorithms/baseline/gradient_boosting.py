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

import math
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

ENOUGH = 10_000  # examples above which some are set aside to decide when to stop
SET_ASIDE = 0.1


class _Limited:
    """Makes scikit-learn's boosting look at the clock after each round.

    It asks once a round whether to stop early. To go on from a shorter fit (`warm_start`) would be
    the documented way, but sorts all numbers into bins anew each time, which for pictures takes as
    long as ten rounds.
    """

    began: float  # all of these by time.monotonic()
    ends: float
    patient: bool  # whether only the clock may end it

    def _should_stop(self, scores: Any) -> bool:
        now = time.monotonic()
        late = now + (now - self.began) / len(scores) >= self.ends  # one round more takes as long
        return late or (not self.patient and super()._should_stop(scores))  # type: ignore[misc]


class _LimitedClassifier(_Limited, HistGradientBoostingClassifier):
    pass


class _LimitedRegressor(_Limited, HistGradientBoostingRegressor):
    pass


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
        began, boosted = time.monotonic(), []
        columns = Columns.of(self.task_.inputs)
        table = columns.table(x)
        classifies = self.task_.name == "classification"
        grow = _LimitedClassifier if classifies else _LimitedRegressor
        targets = y.numpy()[None] if classifies else y.double().numpy().T
        for number, target in enumerate(targets, start=1):
            can_stop = _can_stop_early(target)
            booster = grow(
                max_iter=self.rounds,
                learning_rate=self.lr,
                max_leaf_nodes=self.leaves,
                min_samples_leaf=self.leaf_examples,
                l2_regularization=self.regularisation,
                categorical_features=columns.categorical,
                early_stopping=can_stop or self.time_limit is not None,
                validation_fraction=SET_ASIDE if can_stop else None,
                random_state=self.seed,
            )
            limit = math.inf if self.time_limit is None else self.time_limit
            booster.began, booster.patient = time.monotonic(), not can_stop
            booster.ends = began + limit * number / len(targets)
            boosted.append(booster.fit(table, target))
        network = self.network_
        assert isinstance(network, TreeEnsemble)
        network.learn(**grown(boosted, columns, table, network.outputs))
        return {"rounds": float(np.mean([booster.n_iter_ for booster in boosted]))}


def _can_stop_early(target: np.ndarray) -> bool:
    """Say whether a tenth may be set aside: there is enough, and no class is a single example."""
    codes = target.dtype.kind == "i"
    return len(target) > ENOUGH and not (codes and np.bincount(target).min() < 2)
