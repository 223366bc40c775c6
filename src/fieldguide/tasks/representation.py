"""Representation: few numbers that stand for an example, and give it back."""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np
from torch import Tensor

from fieldguide.codecs import Picture
from fieldguide.data import Dataset, Examples
from fieldguide.tasks.without_target import WithoutTarget

PEAK = 255.0  # brightest value of a picture of bytes


class Representation(WithoutTarget):
    """Outputs are reconstructed rows (B, width); the score is the share of variation explained."""

    name = "representation"
    score_name = "explained"
    asks = "reconstruction"
    race_terms = MappingProxyType({"code": 0})  # the usual width: a wider code keeps more by itself
    gives = "few numbers that stand for an example, and give it back"
    judged = "the share of the variation among held-out examples that comes back out of the code"

    @classmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """Data without a target are to be represented."""
        if dataset.forecast is not None:
            return False, "series are to be forecast"
        if not dataset.inputs:
            return False, "no column could be learnt from"
        if dataset.target is not None:
            return False, f"'{dataset.target}' is there to predict"
        return True, "there is no target"

    def truth(self, examples: Examples) -> Tensor:
        """Return the rows that are to come out again."""
        return self.all_rows(examples)

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return reconstructions in the user's units."""
        return self.values(outputs)

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return 1 - squared error / squared distance from the mean row; 0 if nothing varies."""
        parts = self.summands(outputs, y).sum(axis=0)
        return float(parts[0] / parts[1]) if parts[1] > 0 else 0.0

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return for each example what was explained and what there was to explain, (n, 2)."""
        truth = y.double()
        error = (outputs.double() - truth).square().sum(dim=1)
        total = (truth - truth.mean(dim=0)).square().sum(dim=1)
        return np.stack([(total - error).numpy(), total.numpy()], axis=1)

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return the share explained and the error of standardised values.

        Of pictures also the peak signal-to-noise ratio in decibels; of categories the share that
        comes out right.
        """
        error = (outputs[:, : self.numbers].double() - y[:, : self.numbers].double()).square()
        found = {"explained": self.score(outputs, y)}
        if self.numbers:
            found["standardised_rmse"] = math.sqrt(float(error.mean()))
        codec = next(iter(self.inputs.codecs.values()))
        if isinstance(codec, Picture) and codec.stored == "uint8":
            found["psnr"] = self._psnr(error, np.array(codec.deviations))
        if self.inputs.cardinalities:
            found["category_accuracy"] = self._category_accuracy(outputs, y)
        return found

    def _psnr(self, error: Tensor, deviations: np.ndarray) -> float:
        channels = error.numpy().reshape(len(error), len(deviations), -1)
        mse = float((channels * np.square(deviations)[None, :, None]).mean())
        return 10 * math.log10(PEAK**2 / max(mse, 1e-10))

    def _category_accuracy(self, outputs: Tensor, y: Tensor) -> float:
        sizes = [self.numbers, *self.inputs.cardinalities]
        pairs = zip(outputs.split(sizes, dim=1)[1:], y.split(sizes, dim=1)[1:], strict=True)
        hits = [(one.argmax(dim=1) == other.argmax(dim=1)).double().mean() for one, other in pairs]
        return float(sum(hits) / len(hits))
