"""Outliers: which examples are unlike the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from sklearn import metrics
from torch import Tensor

from fieldguide.codecs import Codec, Labels
from fieldguide.codecs import from_config as codec_from_config
from fieldguide.data import Dataset, Examples
from fieldguide.errors import DataError
from fieldguide.tasks import inputs
from fieldguide.tasks.without_target import WithoutTarget, labels

ALARMS = 0.05  # share of normal examples that count as outliers
SEED = 0  # of the shuffled rows that stand in for outliers


@dataclass(frozen=True)
class Outliers(WithoutTarget):
    """Outputs are how strange an example is, (B,); the score is the area under the ROC curve.

    Where the data have a target, the commonest of its classes is normal: the model learns from
    that class alone, and is judged by how it tells the others from it. Without a target it learns
    from everything, and is judged by how it tells held-out rows from the same rows after each of
    their columns was shuffled on its own: these have likely values in unlikely company.

    Attributes:
        normal: Code of the normal class.
        threshold: How strange an example must be to be called an outlier: 5 % of the normal
            examples that were held out (or learnt from, where none were) are stranger.
    """

    normal: int = 0
    threshold: float = float("inf")

    name = "outliers"
    score_name = "auroc"
    asks = "surprise"
    gives = "which examples are unlike the others"
    judged = (
        "the area under the ROC curve, that is, the chance that an outlier is found stranger than "
        "a normal held-out example; where no column tells outliers (--target), held-out rows whose "
        "columns were shuffled one by one stand in for them"
    )

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Learn the classes, if there are any."""
        return labels(dataset)

    @classmethod
    def fit(cls, train: Dataset, forms: Sequence[str] = ()) -> Self:
        """Fit the codecs on the normal examples."""
        cls.check_any(train)
        codec = cls.target_codec(train)
        normal = 0
        if isinstance(codec, Labels):
            codes = codec.encode(train.column(train.target or ""))
            normal = int(np.bincount(codes[codes >= 0]).argmax())
            train = train.take(np.flatnonzero(codes == normal))
        return cls(inputs.Inputs.fit(train, forms), train.target or "", codec, normal)

    def learnt_from(self, dataset: Dataset) -> Dataset:
        """Return the normal examples."""
        if not isinstance(self.codec, Labels) or self.target not in dataset.columns:
            return dataset
        codes = self.codec.encode(dataset.column(self.target))
        return dataset.take(np.flatnonzero(codes == self.normal))

    def examined(self, dataset: Dataset, *, once: bool = False) -> Examples:
        """Return examples to be judged on: with shuffled ones where no outliers are known."""
        examples = self.encode(dataset, once=once)
        if examples.y is not None:
            return examples
        generator = torch.Generator().manual_seed(SEED)
        whole = next(iter(examples.whole())).x
        kinds = torch.arange(2).repeat_interleave(len(examples)) + self.normal
        if isinstance(whole, Tensor):
            return Examples(torch.cat([whole, _shuffled(whole, generator)]), kinds)
        doubled = {k: torch.cat([part, _shuffled(part, generator)]) for k, part in whole.items()}
        return Examples(doubled, kinds)

    def truth(self, examples: Examples) -> Tensor:
        """Return 1 for outliers, 0 for normal examples; where nothing is known, all are normal."""
        if examples.y is None:
            return torch.zeros(len(examples), dtype=torch.int64)
        return (examples.y != self.normal).long()

    def calibrated(self, outputs: Callable[[Examples], Tensor], examples: Examples) -> Self:
        """Learn the threshold from the normal examples among those given."""
        found, truth = outputs(examples).double(), self.truth(examples)
        normal = found[truth == 0]
        known = normal if len(normal) else found
        return replace(self, threshold=float(torch.quantile(known[:1_000_000], 1 - ALARMS)))

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return "outlier" or "normal" for each example."""
        return np.where(outputs.cpu().numpy() > self.threshold, "outlier", "normal").astype(object)

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the chance that an outlier is stranger than a normal example; ties count half."""
        _check_both(y)
        return float(metrics.roc_auc_score(y.numpy(), outputs.double().numpy()))

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return weighted placements, (n, 2), whose ratio of sums is the area (DeLong et al. 1988).

        Both classes share the weight equally, so that each would halve its part of the variance;
        deviations from the area are doubled to make up for that.
        """
        _check_both(y)
        strange, outlier = outputs.double().numpy(), y.numpy() == 1
        area = self.score(outputs, y)
        placed = np.empty(len(strange))
        placed[outlier] = _share_below(strange[outlier], strange[~outlier])
        placed[~outlier] = 1 - _share_below(strange[~outlier], strange[outlier])
        weight = np.where(outlier, 1 / outlier.sum(), 1 / (~outlier).sum())
        return np.stack([weight * (area + 2 * (placed - area)), weight], axis=1)

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return both areas under curves, and how often the threshold is right."""
        strange, truth = outputs.double().numpy(), y.numpy()
        flagged = strange > self.threshold
        return {
            "auroc": self.score(outputs, y),
            "auprc": float(metrics.average_precision_score(truth, strange)),
            "found": float(flagged[truth == 1].mean()),
            "false_alarms": float(flagged[truth == 0].mean()),
        }

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**super().config(), "normal": self.normal, "threshold": self.threshold}

    @classmethod
    def from_config(cls, stored: dict[str, Any]) -> Self:
        """Rebuild from `config`."""
        return cls(
            inputs.Inputs.from_config(stored["inputs"]),
            stored["target"],
            codec_from_config(stored["codec"]),
            stored["normal"],
            stored["threshold"],
        )


def _shuffled(values: Tensor, generator: torch.Generator) -> Tensor:
    """Shuffle each column on its own, (n, …) to the same shape."""
    flat = values.flatten(1) if values.dim() > 1 else values[:, None]
    order = torch.rand(flat.shape, generator=generator).argsort(dim=0)
    return flat.gather(0, order).view(values.shape)


def _share_below(of: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return for each value the share of others below it; equals count half."""
    ordered = np.sort(among)
    below, upto = np.searchsorted(ordered, of, "left"), np.searchsorted(ordered, of, "right")
    return np.asarray((below + upto) / (2 * len(among)))


def _check_both(y: Tensor) -> None:
    if len(y.unique()) < 2:
        raise DataError(
            "the examples to judge on are all normal, or all outliers.",
            "Judge on data that hold both, or leave the target away: shuffled rows then stand in.",
        )
