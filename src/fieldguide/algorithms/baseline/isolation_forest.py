"""Isolation forest: what few random cuts set apart is an outlier (Liu, Ting & Zhou 2008).

How it works:
    A tree cuts a random sample by a random column at a random place, again and again. The path to
    where an example ends up alone is short if it is unlike the others. Over many trees
    s(x) = 2^(-E[h(x)] / c(n)), where c(n) is the path that a random search tree of n examples has
    on average: near 1 for outliers, below 0.5 for the usual.

Use it when:
    Outliers are extreme in single columns or in small groups of them; any number of columns, no
    scaling, seconds to train.

Think twice when:
    What is strange is an unlikely combination of likely values, or a shape in a signal or a
    picture: an autoencoder or principal components see that, single columns do not.

Cost:
    trees · sample · log(sample) comparisons to learn, trees · log(sample) an example.

Shapes:
    x: (B, features), (B, channels, height, width), sequences, or numbers and categories of a table;
    outputs: (B,).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = fg.IsolationForest().fit(X)
    >>> str(model.predict(np.array([[9.0, -9.0]]))[0])
    'outlier'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn import ensemble
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline, held_out
from fieldguide.algorithms.baseline._forest import round_down
from fieldguide.algorithms.baseline._trees import TreeEnsemble
from fieldguide.card import Card
from fieldguide.data import Batch, Inputs
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget


class Forest(nn.Module):
    """Isolation trees, and the path length that counts as usual.

    Args:
        width: Numbers in a row.
    """

    usual: Tensor

    def __init__(self, *, width: int):
        super().__init__()
        self.paths = TreeEnsemble(outputs=1, numbers=width, flags=(), cardinalities=())
        self.register_buffer("usual", torch.ones((), dtype=torch.float64))

    def forward(self, rows: Tensor) -> Tensor:
        """Return how strange rows are, 0 to 1, (B,)."""
        return torch.exp2(-self.paths(rows)[:, 0].double() / self.usual)


class IsolationForest(Baseline):
    """Isolation forest, as a baseline for outliers; grown by scikit-learn."""

    card = Card(
        title="Isolation forest",
        paper="Liu, Ting & Zhou (2008). Isolation forest. IEEE International Conference on Data "
        "Mining.",
        year=2008,
        tasks=("outliers",),
        inputs=("array", "table", "image", "series"),
        capacity=2,
        rule="trees",
        repeats="trees",
        needs_examples=50,
        baseline=True,
    )

    validation: float = held_out()  # type: ignore[misc]
    trees: int = option(100, "isolation trees", low=1, search=(50, 400))
    sample: int = option(256, "examples that a tree is grown on", low=2, search=(64, 1024))

    def build(self, task: Task) -> nn.Module:
        """Return a forest without trees."""
        assert isinstance(task, WithoutTarget)
        return Forest(width=task.width)

    def learn(self, x: Inputs, y: Any) -> Mapping[str, float]:
        """Let scikit-learn grow the trees, and copy them."""
        forest, task = self.network_, self.task_
        assert isinstance(forest, Forest) and isinstance(task, WithoutTarget)
        rows = task.rows(x).float().numpy()
        sample = min(self.sample, len(rows))
        grower = ensemble.IsolationForest(
            n_estimators=self.trees, max_samples=sample, random_state=self.seed
        ).fit(rows)
        forest.paths.learn(**_arrays([one.tree_ for one in grower.estimators_]))
        forest.usual.fill_(max(float(usual_path(np.array([sample]))[0]), 1e-12) * self.trees)
        return {"trees": float(self.trees)}

    def surprise(self, batch: Batch) -> Tensor:
        """Return 2^(-mean path / usual path)."""
        assert isinstance(self.task_, WithoutTarget)
        found: Tensor = self.network_(self.task_.rows(batch.x))
        return found


def usual_path(count: np.ndarray) -> np.ndarray:
    """Return c(n) = 2 H(n-1) - 2 (n-1) / n, the average path of an unsuccessful search; 0 for 1."""
    safe = np.maximum(count, 3).astype(np.float64)
    harmonic = np.log(safe - 1.0) + np.euler_gamma
    many = 2.0 * harmonic - 2.0 * (safe - 1.0) / safe
    return np.where(count <= 1, 0.0, np.where(count == 2, 1.0, many))


def _arrays(trees: list[Any]) -> dict[str, Tensor]:
    """Return the buffers of a `TreeEnsemble` whose leaves add path lengths, deepest tree first."""
    trees = sorted(trees, key=lambda tree: -tree.max_depth)
    roots = np.concatenate([[0], np.cumsum([tree.node_count for tree in trees])])
    parts = [_tree(tree, int(root)) for tree, root in zip(trees, roots, strict=False)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {
        **{name: torch.from_numpy(array) for name, array in joined.items()},
        "roots": torch.from_numpy(roots[:-1]),
        "depths": torch.tensor([int(tree.max_depth) for tree in trees]),
        "output": torch.zeros(len(trees), dtype=torch.int64),
        "start": torch.zeros(1, dtype=torch.float64),
        "asked": torch.empty(0, dtype=torch.int64),
        "second": torch.empty(0, 0, dtype=torch.uint8),
    }


def _tree(tree: Any, root: int) -> dict[str, np.ndarray]:
    """Return one tree with children side by side, and what each leaf adds."""
    left, right = tree.children_left, tree.children_right
    inner = np.flatnonzero(left != right)
    place = np.zeros(tree.node_count, dtype=np.int64)
    place[left[inner]] = 1 + 2 * np.arange(len(inner))
    place[right[inner]] = 2 + 2 * np.arange(len(inner))
    child, depth = place.copy(), np.zeros(tree.node_count)
    child[inner] = place[left[inner]]
    for node in inner:  # scikit-learn numbers parents before their children
        depth[[left[node], right[node]]] = depth[node] + 1
    feature = np.zeros(tree.node_count, dtype=np.int64)
    feature[inner] = tree.feature[inner]
    threshold = np.full(tree.node_count, np.inf, dtype=np.float32)
    threshold[inner] = round_down(tree.threshold[inner])
    value = np.where(left == right, depth + usual_path(tree.n_node_samples), 0.0)
    back = np.argsort(place)
    return {
        "feature": feature[back],
        "threshold": threshold[back],
        "child": child[back] + root,
        "value": value[back],
    }
