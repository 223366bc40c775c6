"""Perceptron: a weighted sum that is corrected by its mistakes, one at a time (Rosenblatt 1958).

How it works:
    Examples come one after the other, y = 1 for a class and y = -1 for the rest. Only where
    y (w · x + b) ≤ 0, a mistake, the weights change: w ← w + y x, b ← b + y. Of more than two
    classes, each has a perceptron of its own that tells it from all others (one versus the rest),
    and the largest sum wins. If a plane with margin γ parts the classes and all ‖(x, 1)‖ ≤ R, at
    most (R / γ)² mistakes are ever made, in whatever order the examples come (Novikoff 1962); if
    none does, it never settles, and the weights of the best epoch on validation data are kept.

    The weights change inside `step`, by the rule above and without autograd. Within a batch, all
    sums are computed at once and so is every x · x'; a correction by x' then adds y' (x · x' + 1)
    to the sums of the examples still to come. The result is the same as one example at a time: the
    batch size changes the speed alone.

Use it when:
    You want to see whether classes are linearly separable (`separable_`), or where it all began.

Think twice when:
    Classes overlap or bend around each other: use an MLP. You want probabilities: the sums are
    scores whose size means little; use logistic regression.

Cost:
    2 · weights multiplications an example, and batch size times as many to compare examples.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table (as columns
    of zeros and ones); outputs: (B, classes).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> fg.Perceptron().fit(X, np.array(["no", "no", "no", "yes"])).separable_  # and
    True
    >>> fg.Perceptron().fit(X, np.array(["no", "yes", "yes", "no"])).separable_  # exclusive or
    False
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.card import Card
from fieldguide.data import Batch, Examples, Inputs
from fieldguide.engine import Stage
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn import WeightedSum
from fieldguide.tasks import Task


class PerceptronNetwork(nn.Module):
    """One sum a class; for two classes a single sum s, whose outputs are -s and s.

    Args:
        sums: The weighted sums.

    Shapes:
        x: as for `WeightedSum`; output (B, classes).
    """

    def __init__(self, *, sums: WeightedSum):
        super().__init__()
        self.sums = sums

    def forward(self, x: Inputs) -> Tensor:
        """Return (B, classes)."""
        sums: Tensor = self.sums(x)
        return sums if sums.shape[1] > 1 else torch.cat([-sums, sums], dim=1)


class Perceptron(Estimator):
    """Rosenblatt's perceptron; of several classes, one versus the rest."""

    card = Card(
        title="Perceptron",
        paper="Rosenblatt (1958). The perceptron: a probabilistic model for information storage "
        "and organization in the brain. Psychological Review 65.",
        year=1958,
        tasks=("classification",),
        capacity=1,
        rule="separator",
        needs_examples=20,
    )

    lr: ClassVar[float] = 1.0  # type: ignore[misc]  # from 0, it would only scale the weights
    weight_decay: ClassVar[float] = 0.0  # type: ignore[misc]
    schedule: ClassVar[str] = "constant"  # type: ignore[misc]
    clip: ClassVar[float] = 0.0  # type: ignore[misc]
    precision: ClassVar[str] = "fp32"  # type: ignore[misc]

    epochs: int = option(30, "passes over the training data", low=0)
    batch_size: int = option(64, "examples compared at once: changes the speed alone", low=1)

    @property
    def separable_(self) -> bool:
        """Whether an epoch passed without a mistake: planes part the training examples."""
        return any(record["mistakes"] == 0 for record in self.history_)

    @property
    def notes_(self) -> list[str]:
        """Whether the data seem not to be linearly separable, and what to try then."""
        if self.separable_ or not self.history_:
            return super().notes_
        return [
            *super().notes_,
            "the data are not linearly separable, as far as "
            f"{len(self.history_)} epochs can tell: mistakes remained in the last epoch, at "
            f"{self.history_[-1]['mistakes']:.1%} of the training examples; try the MLP.",
        ]

    def build(self, task: Task) -> nn.Module:
        """Return one sum a class, or one for two classes, with weights of 0."""
        classes = task.codec.width
        sums = WeightedSum(
            numbers=int(torch.Size(task.inputs.shape).numel()),
            cardinalities=task.inputs.cardinalities,
            outputs=classes if classes > 2 else 1,
        )
        return PerceptronNetwork(sums=sums)

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return none: nothing descends."""
        return {}

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield the one stage that there is."""
        for stage in super().stages(data):
            self._usual = len(data) / max(1, len(stage.batches))
            yield stage

    @torch.no_grad()
    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Correct the weights by each mistake, in order; no gradients are involved.

        Returns:
            ``loss``, the mean of Σ max(0, -y (w · x + b)) as each example was met, and
            ``mistakes``, the share of examples that changed the weights.
        """
        assert batch.y is not None and isinstance(self.network_, PerceptronNetwork)
        sums = self.network_.sums
        x = sums.columns(batch.x)  # (B, width)
        scores = (x @ sums.weight.t() + sums.bias).cpu().numpy()  # (B, sums)
        signs = _signs(batch.y.cpu().numpy(), scores.shape[1])
        changes = correct(scores, signs, (x @ x.t() + 1).cpu().numpy())
        steps = torch.from_numpy(changes).to(x.device)
        sums.weight.add_(steps.t() @ x)
        sums.bias.add_(steps.sum(dim=0))
        loss = np.maximum(0.0, -signs * scores).sum(axis=1).mean()
        mistakes = changes.any(axis=1).sum() / self._usual  # averaged over batches: a share
        return {"loss": torch.tensor(loss), "mistakes": torch.tensor(mistakes)}


def correct(scores: np.ndarray, signs: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return what Rosenblatt's rule adds for each example, met in order.

    Args:
        scores: w · x + b before the first example, (B, sums); left as they were when each example
            was met.
        signs: 1 or -1, (B, sums).
        products: x · x' + 1, (B, B).

    Returns:
        1, -1 or 0 for each example and sum, (B, sums).
    """
    changes = np.zeros_like(scores)
    start = 0
    while start < len(scores):
        wrong = scores[start:] * signs[start:] <= 0
        first = int(wrong.any(axis=1).argmax())
        row = start + first
        changes[row] = np.where(wrong[first], signs[row], 0.0)
        start = row + 1 if wrong[first].any() else len(scores)
        scores[start:] += np.outer(products[row, start:], changes[row])
    return changes


def _signs(codes: np.ndarray, sums: int) -> np.ndarray:
    """Return 1 for a class and -1 for the rest; (B, sums)."""
    own = np.arange(sums) if sums > 1 else np.ones(1)
    return np.where(codes[:, None] == own, 1.0, -1.0)
