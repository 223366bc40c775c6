"""Regression: one number (or several) for each example."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch.nn.functional as F
from sklearn import metrics
from torch import Tensor, nn

from fieldguide.codecs import Codec, Quantity
from fieldguide.data import Batch, Dataset, looks_like_classes
from fieldguide.errors import DataError
from fieldguide.tasks.task import Task

NUMERIC = ("number", "array", "boolean", "constant")


class Regression(Task):
    """Outputs are standardised numbers (B, targets); squared error; the score is R²."""

    name = "regression"
    score_name = "r2"

    @classmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """Numbers with fractions, or with many values, are quantities."""
        if dataset.target is None:
            return False, "there is no target"
        kind = dataset.fields[dataset.target].kind
        if kind == "number":
            classes, reason = looks_like_classes(np.asarray(dataset.column(dataset.target)))
            return not classes, reason
        return kind == "array", f"'{dataset.target}' is of kind {kind}"

    @classmethod
    def allows(cls, dataset: Dataset) -> bool:
        """Whatever is or holds numbers, and classes whose names are numbers."""
        assert dataset.target is not None
        if dataset.fields[dataset.target].kind in NUMERIC:
            return True
        column = dataset.column(dataset.target)
        return isinstance(column, pl.Series) and column.dtype.is_numeric()

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Learn the target's mean and spread.

        Raises:
            DataError: The target is not numeric.
        """
        assert dataset.target is not None
        if not cls.allows(dataset):
            raise DataError(
                f"regression needs numbers, and this column is a "
                f"{dataset.fields[dataset.target].kind}.",
                "Name a numeric target, or use task='classification'.",
                file=dataset.source,
                field=dataset.target,
            )
        return Quantity.fit(dataset.column(dataset.target))

    def head(self, width: int) -> nn.Module:
        """Return a linear layer onto one number a target."""
        return nn.Linear(width, self.codec.width)

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean squared error of standardised targets."""
        assert batch.y is not None
        return F.mse_loss(outputs, batch.y)

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return numbers in the user's units; shape (n,), or (n, targets) for several."""
        assert isinstance(self.codec, Quantity)
        return self.codec.decode(outputs.double().cpu().numpy())

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return R² = 1 - squared error / variance; 0 where the truth does not vary."""
        error = (outputs - y).double().square().sum(dim=0)
        variance = (y - y.mean(dim=0)).double().square().sum(dim=0)
        return float((1 - error / variance).where(variance > 0, 0.0).mean())

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return squared errors, truths, squared truths (both centred) and 1; see `Task`."""
        truth, guess = y.double().numpy(), outputs.double().numpy()
        centred = truth - truth.mean(axis=0)
        ones = np.ones((len(truth), 1))
        return np.hstack([np.square(guess - truth), centred, np.square(centred), ones])

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return R², and root mean squared and mean absolute error in the user's units."""
        truth, guess = self.decode(y), self.decode(outputs)
        return {
            "r2": self.score(outputs, y),
            "rmse": float(metrics.root_mean_squared_error(truth, guess)),
            "mae": float(metrics.mean_absolute_error(truth, guess)),
        }
