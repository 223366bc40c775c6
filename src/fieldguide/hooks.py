"""What an algorithm declares and overrides: hyperparameters, and six hooks.

From the hook that everybody needs to the rarest: `build`, `forward`, `loss`, `optimizers`, `step`,
`stages`. Each default is built on those before it. Who learns without a target has more to say, in
hooks of which each brings a verb: see `fieldguide.unlabelled`.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, dataclass_transform

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.data import Batch, Dataset, Examples
from fieldguide.engine import Descent, Stage
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.hyperparameter import option
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.tasks import Task


class _Learnt:
    """What `fit` sets; in a plain class, because a dataclass would make arguments of it."""

    network_: nn.Module
    task_: Task
    _descent: Descent


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(option,))
@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Hooks(_Learnt, ABC):
    """The part of an estimator that algorithms fill in; subclasses become dataclasses."""

    epochs: int = option(10, "passes over the training data", low=0)
    batch_size: int = option(32, "examples in one step", low=1, search=(16, 256), log=True)
    lr: float = option(1e-3, "learning rate", low=0, search=(1e-4, 1e-1), log=True)
    seed: int = option(0, "decides initial weights, order and dropout", low=0, high=2**32 - 1)
    weight_decay: float = option(0.0, "pull of weights towards 0", low=0, search=(0.0, 0.1))
    schedule: str = option("one-cycle", "course of the learning rate", choices=tuple(SCHEDULES))
    clip: float = option(0.0, "largest norm of the gradient; 0 for no limit", low=0)
    validation: float = option(
        0.1, "share of the training data that picks the best epoch; 0 for none", low=0, high=0.9
    )
    patience: int = option(0, "epochs without a better score before stopping; 0: never", low=0)
    time_limit: float | None = option(None, "seconds that fit may take", low=0)
    precision: str = option("auto", "of products", choices=("auto", "fp32", "bf16"))
    device: str = option("auto", "auto, cpu, cuda, cuda:1, …")
    task: str = option("auto", "auto, or the name of a task")

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(kw_only=True, eq=False, repr=False)(cls)

    @abstractmethod
    def build(self, task: Task) -> nn.Module:
        """Return a new network for the shapes that the task's codecs know."""

    def forward(self, batch: Batch) -> Tensor:
        """Return the network's outputs for a batch."""
        outputs: Tensor = self.network_(batch.x)
        return outputs

    def forward_stored(self) -> Callable[[Batch], Tensor] | None:
        """Return `forward` for pictures as they are stored, if there is a quicker way from there.

        Where an example is looked at once, each batch is normalised just before `forward` sees it.
        A first layer that is linear can do that with other weights: see `Inputs.scales`.
        """
        return None

    def loss(self, batch: Batch) -> Tensor | Mapping[str, Tensor]:
        """Return the loss of a batch, or several by name, which are added up."""
        return self.task_.loss(self.forward(batch).float(), batch)

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return optimizers by the names that `descend` is called with."""
        weights = [weight for weight in self.network_.parameters() if weight.requires_grad]
        return {"network": EagerAdamW(weights, self.lr, weight_decay=self.weight_decay, fused=True)}

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Learn from a batch; return its losses by name."""
        losses = self.loss(batch)
        named = losses if isinstance(losses, Mapping) else {"loss": losses}
        self.descend(
            "network",
            torch.stack(list(named.values())).sum()
            if len(named) > 1
            else next(iter(named.values())),
        )
        return named

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield what to do, one stage after the other; each may use what the last one learnt."""
        batches = data.batches(self.batch_size, seed=self.seed)
        yield Stage("fit", self.step, batches, self.epochs)

    def finish(self, train: Dataset, held: Dataset | None) -> None:
        """Learn what only the trained network can tell, the best weights being back in it.

        Args:
            train: What it learnt from.
            held: The examples that picked the best epoch, if there were any.
        """

    def more_watched(self, examples: Examples) -> dict[str, float]:
        """Return scores of validation examples to note after every epoch beside the task's."""
        return {}

    @property
    def keeps_by(self) -> str:
        """Name of the watched score that picks the best epoch, larger is better; "": the task's."""
        return ""

    def more_scores(self, dataset: Dataset) -> dict[str, float]:
        """Return scores on labelled data beyond the task's own."""
        return {}

    @property
    def notes_(self) -> list[str]:
        """What the user should know about the fitted model: sentences that reports print."""
        return []

    # Helpers for hooks

    def descend(self, name: str, loss: Tensor) -> None:
        """Descend on a loss with the optimizer of that name."""
        self._descent.descend(name, loss)

    def at(self, share: float) -> None:
        """Learn how far the stage is, 0 to 1; for rules that decay by progress."""
        self._share = share
