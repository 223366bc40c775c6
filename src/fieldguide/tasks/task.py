"""The promise every task keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from fieldguide.codecs import Codec
from fieldguide.codecs import from_config as codec_from_config
from fieldguide.data import Batch, Bundle, Dataset, Examples
from fieldguide.errors import DataError
from fieldguide.tasks.inputs import Inputs


@dataclass(frozen=True)
class Task(ABC):
    """Inputs, target, head, loss, decoding and scores of one kind of problem.

    Attributes:
        inputs: The input codecs, fitted on the training split.
        target: Name of the column to predict.
        codec: The target's codec, fitted on the training split.
    """

    inputs: Inputs
    target: str
    codec: Codec

    name: ClassVar[str]
    forecast: ClassVar[Any] = None
    """The question, where the task is to forecast series."""
    score_name: ClassVar[str]
    """Score that validation watches and races rank by; larger is better."""
    has_ceiling: ClassVar[bool] = True
    """Whether a score of 1 is that of a flawless model, and no other reaches it on few examples."""
    race_terms: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Hyperparameters that a race gives to every algorithm that has them, on equal terms."""
    needs_target: ClassVar[bool] = True
    pairs: ClassVar[bool] = False
    """Whether pictures that have the same names in two folders are pairs, rather than classes."""
    asks: ClassVar[str] = "forward"
    """The hook of an algorithm that gives this task's outputs for a batch."""

    @classmethod
    @abstractmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """Say whether the data set's target suggests this task, and why."""

    @classmethod
    def allows(cls, dataset: Dataset) -> bool:
        """Say whether the target can be read as this task's at all, likely or not."""
        return cls.fits(dataset)[0]

    @classmethod
    @abstractmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Fit the target's codec on the training split."""

    @classmethod
    def fit(cls, train: Dataset, forms: Sequence[str] = ()) -> Self:
        """Fit every codec on the training split and freeze them.

        Args:
            train: The training split.
            forms: The forms of inputs that the algorithm takes; any if empty.

        Raises:
            DataError: No examples, no target, or examples without one.
        """
        if train.target is None:
            raise DataError(
                f"{cls.name} needs a column to predict, and none is named.",
                "Name it with target=… (--target), or pass y.",
                file=train.source,
            )
        cls.check_any(train)
        _check_present(train, train.target)
        return cls(Inputs.fit(train, forms), train.target, cls.target_codec(train))

    def encode(self, dataset: Dataset, *, with_target: bool = True, once: bool = False) -> Examples:
        """Encode the inputs of every example and, if asked, the targets.

        Args:
            dataset: What to encode.
            with_target: Whether the targets are there, and wanted.
            once: Whether each example will be read a single time: then pictures are normalised
                batch by batch, where a batch fits the processor's cache.

        Raises:
            DataError: No examples, or examples without a target.
        """
        self.check_any(dataset)
        examples = self.inputs.encode(dataset, once=once)
        if with_target:
            examples.y = torch.from_numpy(
                np.concatenate([self._encode_target(chunk) for chunk in dataset.chunks()])
            )
        return examples

    def learnt_from(self, dataset: Dataset) -> Dataset:
        """Return the examples that an algorithm should learn from: all, unless a task says so."""
        return dataset

    def examined(self, dataset: Dataset, *, once: bool = False) -> Examples:
        """Encode the examples that outputs are judged on."""
        return self.encode(dataset, once=once)

    def truth(self, examples: Examples) -> Tensor:
        """Return what outputs are compared with: the targets."""
        assert examples.y is not None
        return examples.y

    @staticmethod
    def check_any(dataset: Dataset) -> None:
        """Refuse to do anything with no examples.

        Raises:
            DataError: There are none.
        """
        if len(dataset) == 0:
            raise DataError(
                "there are no examples.", "Bring at least one row of data.", file=dataset.source
            )

    def _encode_target(self, chunk: Dataset) -> np.ndarray:
        _check_present(chunk, self.target)
        return self.codec.encode(chunk.column(self.target))

    @abstractmethod
    def head(self, width: int) -> nn.Module:
        """Return the last layer: (B, width) to this task's outputs."""

    @abstractmethod
    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of a batch."""

    def slope(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a batch and its derivative by the outputs."""
        leaf = outputs.detach().float().requires_grad_()
        with torch.enable_grad():
            loss = self.loss(leaf, batch)
            (slope,) = torch.autograd.grad(loss, leaf)
        return loss.detach(), slope

    @abstractmethod
    def decode(self, outputs: Tensor) -> np.ndarray:
        """Turn outputs into the user's terms, one value an example."""

    def answer(self, outputs: Tensor, dataset: Dataset) -> np.ndarray:
        """Turn the outputs for a data set into the user's terms."""
        return self.decode(outputs)

    def judge(self, outputs: Tensor, y: Tensor, dataset: Dataset) -> dict[str, float]:
        """Return every score of the outputs for a data set, by name."""
        return self.scores(outputs, y)

    def calibrated(self, outputs: Callable[[Examples], Tensor], examples: Examples) -> Self:
        """Return the task with what only a trained network can tell it, such as how far it errs.

        Args:
            outputs: Runs the network.
            examples: Held out where there are any, else those of training.
        """
        return self

    @abstractmethod
    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return every score of this task by name."""

    @abstractmethod
    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the score called `score_name` alone, quickly."""

    def watched(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return the scores that are noted after every epoch, `score_name` among them."""
        return {self.score_name: self.score(outputs, y)}

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return what each example adds to the sums that the score is made of.

        Returns:
            Shape (n, 2): value and weight, whose sums make the score by division. Or, for R²,
            (n, 3·targets + 1): squared errors, truths, squared truths (both centred) and 1. What
            does not vary on its own, such as neighbouring windows, shares a row: resampled one by
            one, it would seem surer than it is.
        """
        each = [self.score(outputs[i : i + 1], y[i : i + 1]) for i in range(len(y))]
        return np.stack([np.asarray(each, dtype=np.float64), np.ones(len(y))], axis=1)

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "task": self.name,
            "target": self.target,
            "codec": self.codec.config(),
            "inputs": self.inputs.config(),
        }

    @classmethod
    def from_config(cls, stored: dict[str, Any]) -> Self:
        """Rebuild from `config`."""
        inputs = Inputs.from_config(stored["inputs"])
        return cls(inputs, stored["target"], codec_from_config(stored["codec"]))


def _check_present(dataset: Dataset, target: str) -> None:
    """Refuse examples whose target is missing or no finite number."""
    column = dataset.column(target)
    if isinstance(column, Bundle):
        lacking = np.flatnonzero(column.missing())
    elif isinstance(column, pl.Series):
        absent = column.is_null()
        if column.dtype.is_float():
            absent |= ~column.is_finite().fill_null(False)
        lacking = np.flatnonzero(absent.to_numpy())
    else:
        values = np.asarray(column)
        lacking = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(lacking):
        place = dataset.origins[lacking[0]]
        raise DataError(
            f"the target is missing, or no finite number, in {len(lacking)} example(s), first "
            f"here ({place}).",
            "Fill it in, or leave those examples out.",
            file=dataset.source,
            row=int(place) if isinstance(place, (int, np.integer)) else None,
            field=target,
        )
