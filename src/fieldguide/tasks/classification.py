"""Classification: one of several classes for each example."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn import metrics
from torch import Tensor, nn

from fieldguide.codecs import Codec, Labels
from fieldguide.data import Batch, Dataset, looks_like_classes
from fieldguide.errors import DataError
from fieldguide.tasks.task import Task

# The kernels that autograd calls, without its records; they call the mean over examples 1, and no
# class at all -100.
_nll_forward = torch.ops.aten.nll_loss_forward.default
_nll_backward = torch.ops.aten.nll_loss_backward.default
_log_softmax_backward = torch.ops.aten._log_softmax_backward_data.default
MEAN, IGNORED = 1, -100


class Classification(Task):
    """Outputs are logits (B, classes); the loss is cross-entropy; the score is accuracy."""

    name = "classification"
    score_name = "accuracy"

    @classmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """Categories, truth values, words and few whole numbers are classes."""
        if dataset.target is None:
            return False, "there is no target"
        kind = dataset.fields[dataset.target].kind
        if kind == "number":
            return looks_like_classes(np.asarray(dataset.column(dataset.target)))
        fine = kind in ("category", "boolean", "constant", "text", "identifier")
        return fine, f"'{dataset.target}' holds {_PLURAL.get(kind, kind)}"

    @classmethod
    def allows(cls, dataset: Dataset) -> bool:
        """All but blocks of numbers, pictures and numbers with fractions can be classes."""
        assert dataset.target is not None
        blocks = dataset.fields[dataset.target].kind in ("array", "image")
        return not blocks and not _is_continuous(dataset)

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Learn the classes.

        Raises:
            DataError: Fewer than two classes, or numbers with fractions.
        """
        assert dataset.target is not None
        if not cls.allows(dataset):
            raise DataError(
                "classes are words, truth values or whole numbers, and this target is continuous: "
                "it holds numbers with fractions.",
                "Use task='regression' (--task regression), or sort the numbers into classes.",
                file=dataset.source,
                field=dataset.target,
            )
        labels = Labels.fit(dataset.column(dataset.target))
        if labels.width < 2:
            only = labels.classes[0] if labels.classes else "nothing"
            raise DataError(
                f"the target holds one class only ({only!r}); telling apart needs two.",
                "Add examples of another class, or name another target.",
                file=dataset.source,
                field=dataset.target,
            )
        return labels

    @property
    def classes(self) -> np.ndarray:
        """The classes, in the user's own values, in the order of the logits."""
        assert isinstance(self.codec, Labels)
        return self.codec.as_array()

    def head(self, width: int) -> nn.Module:
        """Return a linear layer onto one logit a class."""
        return nn.Linear(width, self.codec.width)

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy; targets are codes (B,) or, for mixed examples, shares (B, classes)."""
        assert batch.y is not None
        return F.cross_entropy(outputs, batch.y)

    def slope(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and its derivative: (softmax(outputs) - target) / B."""
        y = batch.y
        if y is None or y.dim() != 1:
            return super().slope(outputs, batch)
        logs = outputs.detach().float().log_softmax(dim=1)
        loss, weight = _nll_forward(logs, y, None, MEAN, IGNORED)
        by_logs = _nll_backward(_one(loss.device), logs, y, None, MEAN, IGNORED, weight)
        return loss, _log_softmax_backward(by_logs, logs, 1, logs.dtype)

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return the most likely class of each example."""
        return self.classes[outputs.argmax(dim=1).cpu().numpy()]

    def probabilities(self, outputs: Tensor) -> np.ndarray:
        """Return shape (n, classes); rows sum to 1."""
        return outputs.double().softmax(dim=1).cpu().numpy()

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the share of examples given their own class."""
        return float((outputs.argmax(dim=1) == y).double().mean())

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return for each example whether it was given its own class, and 1; shape (n, 2)."""
        right = (outputs.argmax(dim=1) == y).double().numpy()
        return np.stack([right, np.ones(len(y))], axis=1)

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return accuracy, balanced accuracy, macro F1 and log loss.

        An example of a class that training never saw counts as wrong; it is left out of the
        log loss, which would be infinite.
        """
        truth, guess = y.cpu().numpy(), outputs.argmax(dim=1).cpu().numpy()
        present = np.unique(truth)
        recalls = metrics.recall_score(
            truth, guess, labels=present, average=None, zero_division=0.0
        )
        f1 = metrics.f1_score(truth, guess, labels=present, average="macro", zero_division=0.0)
        known = truth >= 0
        chosen = torch.from_numpy(np.flatnonzero(known))
        loss = F.cross_entropy(outputs.double()[chosen], y[chosen]) if known.any() else np.nan
        return {
            "accuracy": float(np.mean(truth == guess)),
            "balanced_accuracy": float(np.mean(recalls)),
            "f1_macro": float(f1),
            "log_loss": float(loss),
        }


@cache
def _one(device: torch.device) -> Tensor:
    return torch.ones((), device=device)


def _is_continuous(dataset: Dataset) -> bool:
    assert dataset.target is not None
    values = np.asarray(dataset.column(dataset.target))
    if values.dtype.kind != "f":
        return False
    return bool((np.mod(values[np.isfinite(values)], 1) != 0).any())


_PLURAL = {
    "category": "categories",
    "boolean": "truth values",
    "constant": "a single value",
    "text": "words",
    "identifier": "identifiers",
}
