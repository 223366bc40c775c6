"""What all baselines share: one look at the whole training data, outside deep learning."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.data import Batch, Examples, Inputs
from fieldguide.engine import Stage
from fieldguide.errors import FieldguideError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import refuse_all_the_same

MOST_NUMBERS = 1 << 28  # input numbers looked at; in double precision they take 2 GiB
JUDGED = 1_000  # training examples whose loss goes into the history


def held_out() -> float:
    """Return the option `validation`, for a baseline that learns from it what an outlier is."""
    text = "share of the data that says from where on it is an outlier; 0: none"
    share: float = option(0.1, text, low=0, high=0.9)
    return share


class _Looked:
    """What `fit` sets; in a plain class, because a dataclass would make an argument of it."""

    _sampled: bool


class Baseline(_Looked, Estimator, ABC):
    """Learns in one step from the whole training data, by `learn`.

    What has no meaning for it (epochs, batch size, learning rate and their like) is fixed here
    and no argument of the constructor. No data are held out, for there is no best epoch to pick.
    From more than 2²⁸ input numbers a sample of the examples is drawn, and `notes_` says so.
    """

    epochs: ClassVar[int] = 1  # type: ignore[misc]
    batch_size: ClassVar[int] = 1  # type: ignore[misc]
    lr: ClassVar[float] = 0.0  # type: ignore[misc]
    weight_decay: ClassVar[float] = 0.0  # type: ignore[misc]
    schedule: ClassVar[str] = "constant"  # type: ignore[misc]
    clip: ClassVar[float] = 0.0  # type: ignore[misc]
    validation: ClassVar[float] = 0.0  # type: ignore[misc]
    patience: ClassVar[int] = 0  # type: ignore[misc]
    precision: ClassVar[str] = "fp32"  # type: ignore[misc]

    @abstractmethod
    def learn(self, x: Inputs, y: Any) -> Mapping[str, float]:
        """Fit on all examples and copy what was learnt into the buffers of ``network_``.

        Args:
            x: Inputs of all examples, on the CPU.
            y: Their targets, a tensor: codes (n,) or standardised numbers (n, targets); None
                where the task has none.

        Returns:
            Figures for the history.
        """

    @property
    def notes_(self) -> list[str]:
        """Whether a sample of the training data had to do."""
        sample = self.history_[0].get("sample") if self.history_ else None
        if sample is None:
            return []
        return [f"fitted on a random sample of {int(sample):,} examples, all that memory allows."]

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return none: nothing descends."""
        return {}

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield one step on everything.

        Raises:
            DataError: Nothing is to be predicted, and the examples are all the same.
        """
        if not self.task_.needs_target:
            refuse_all_the_same(data)
        yield Stage("fit", self.step, self._sample(data).whole(), 1)

    @torch.no_grad()
    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Learn, and return the loss on the first examples, where there are targets."""
        try:
            figures = dict(self.learn(_on_cpu(batch.x), None if batch.y is None else batch.y.cpu()))
        except MemoryError as error:
            raise FieldguideError(
                f"{type(self).__name__} looks at all {len(batch)} training examples at once, "
                "and they do not fit in memory. Train it on a sample of them."
            ) from error
        if self._sampled:
            figures["sample"] = len(batch)
        if self.task_.needs_target:
            first = batch.pieces(-(-len(batch) // JUDGED))[0]
            figures["loss"] = float(self.task_.loss(self.forward(first).float(), first))
        return {name: torch.tensor(value) for name, value in figures.items()}

    def _sample(self, data: Examples) -> Examples:
        """Draw as many examples as `MOST_NUMBERS` allows, if there are more."""
        most = self._most(data)
        self._sampled = len(data) > most
        if not self._sampled:
            return data
        chosen = np.random.default_rng(self.seed).choice(len(data), most, replace=False)
        batch = data.batch(torch.from_numpy(np.sort(chosen)))
        return Examples(batch.x, batch.y, device=data.device)

    def _most(self, data: Examples) -> int:
        """Return how many examples `MOST_NUMBERS` allows."""
        numbers = max(1, sum(part[:1].numel() for part in _parts(data.x)))
        return max(1, MOST_NUMBERS // numbers)


def _parts(x: Inputs) -> list[Tensor]:
    return list(x.values()) if isinstance(x, dict) else [x]


def _on_cpu(x: Inputs) -> Inputs:
    return {name: part.cpu() for name, part in x.items()} if isinstance(x, dict) else x.cpu()


class Constant(nn.Module):
    """Gives every example the same outputs.

    Args:
        outputs: How many.

    Shapes:
        x: anything with B examples; output (B, outputs).
    """

    def __init__(self, outputs: int):
        super().__init__()
        self.register_buffer("value", torch.zeros(outputs))

    value: Tensor

    def forward(self, x: Inputs) -> Tensor:
        """Return (B, outputs)."""
        count = _parts(x)[0].shape[0]
        return self.value.expand(count, -1)


def split(x: Inputs) -> tuple[Tensor, Tensor]:
    """Return numbers (B, width) and categories (B, columns) of inputs in any form."""
    if isinstance(x, Tensor):
        return x.flatten(1), torch.empty(x.shape[0], 0, dtype=torch.int64, device=x.device)
    return x["numbers"].flatten(1), x["categories"]
