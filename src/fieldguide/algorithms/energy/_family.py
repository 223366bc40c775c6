"""What machines that are learnt from rows share: a measured visible layer, and layer by layer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from fieldguide import model_folder
from fieldguide.algorithms.energy._filters import filter_grid
from fieldguide.algorithms.energy._machine import Machine, Rule
from fieldguide.algorithms.energy._stack import Stack
from fieldguide.algorithms.energy._units import Gaussian
from fieldguide.algorithms.energy._up_down import with_labels
from fieldguide.algorithms.energy._visible import KINDS, Visible
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.errors import UsageError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option

MEASURED = 20_000_000  # numbers of training examples that scales and kinds are learnt from
AT_ONCE = 4096
NOTHING: AbstractContextManager[object] = nullcontext()
WIDE = 4  # Gaussian columns from which steps must shrink, or learning diverges
MANY = 20  # hidden units from which they must, too: each adds to what a column is fed back
LINEAR_PACE = 0.01  # of layers of linear hidden units (Hinton & Salakhutdinov 2006: 0.001 for 0.1)


class EnergyModel(Estimator):
    """A Boltzmann machine, or a stack of them, over rows."""

    lr: float = option(0.1, "learning rate; less for Gaussian units", low=0,
                       search=(1e-2, 0.3), log=True)  # fmt: skip
    schedule: str = option("cosine", "course of the learning rate", choices=tuple(SCHEDULES))
    precision: str = option("fp32", "of products", choices=("auto", "fp32", "bf16"))
    visible: str = option("auto", "kind of the numbers' units", choices=KINDS)
    noise: float = option(
        1.0, "deviation of Gaussian units, in deviations of the data", low=0.01, high=10
    )
    steps: int = option(1, "Gibbs steps k of an update", low=1)
    momentum: float = option(0.0, "share of the last step taken again", low=0, high=0.99)

    def visible_layer(self) -> Visible:
        """Return the visible layer, which measures the data first."""
        found = self.network_.get_submodule("visible")
        assert isinstance(found, Visible)
        return found

    @abstractmethod
    def lowest(self) -> Machine:
        """Return the machine that sees the data."""

    def filters(self, count: int = 64) -> np.ndarray:
        """Return the strongest lowest units' weights as a grid of pictures, uint8.

        Raises:
            UsageError: The model did not learn from pictures.
        """
        self._check_fitted()
        if self.task_.inputs.form != "image":
            raise UsageError("Filters are pictures, and this model did not learn from pictures.")
        shape = self.task_.inputs.shape
        width = int(np.prod(shape))  # beside the pixels, a memory may see classes
        return filter_grid(self.lowest().weights[:width].detach(), shape, count)

    def measured(self, data: Examples) -> Tensor:
        """Let the visible layer measure the examples; return biases that fit their means."""
        count = min(len(data), max(2, MEASURED // self.visible_layer().width))
        rows = torch.linspace(0, len(data) - 1, count).long()
        batches = (data.batch(index).x for index in rows.split(AT_ONCE))
        return self.visible_layer().learn(batches, self.visible, self.noise, self.task_)

    def pace(self, factor: float = 1.0) -> float:
        """Return the learning rate of the moment times a factor."""
        return self.lr * SCHEDULES[self.schedule](self._share) * factor


def pace_of(visible: Visible, hidden: int, momentum: float = 0.0) -> float:
    """Return the factor of the learning rate that Gaussian visible units can bear.

    They pass on what they get in full, where logistic units saturate: too large a step feeds
    itself, and momentum makes steps as large as 1 / (1 - momentum).
    """
    if not visible.has_gaussian:
        return 1.0
    return (1 - momentum) * min(1.0, (WIDE / visible.width) ** 0.5, MANY / hidden)


def single_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return a context whose products keep single precision, as updates in place need."""
    if not torch.is_autocast_enabled(device.type):
        return NOTHING
    return torch.autocast(device.type, enabled=False)


class StackedModel(EnergyModel):
    """A stack of machines that learn one after the other, greedily, and then together."""

    batch_size: int = option(10, "examples in one step", low=1, search=(10, 128), log=True)
    lr: float = option(0.05, "learning rate of pre-training", low=0, search=(1e-2, 0.2), log=True)
    momentum: float = option(0.9, "share of the last step taken again", low=0, high=0.99)
    pretrain_epochs: int = option(10, "passes for each layer, from below", low=0, search=(2, 30))
    pretrained: str = option(
        "", "folder of a model of this kind whose layers to start from", starts=True
    )
    PRETRAINING_ENDS: ClassVar[float] = 0.5  # share of a time limit

    def stack(self) -> Stack:
        """Return the stack."""
        found = self.network_.get_submodule("stack")
        assert isinstance(found, Stack)
        return found

    def visible_layer(self) -> Visible:
        """Return the visible layer."""
        return self.stack().visible

    def lowest(self) -> Machine:
        """Return the lowest machine."""
        return self.stack().all[0]

    def pretraining(self, data: Examples) -> Iterator[Stage]:
        """Measure the data; yield a stage a layer, each seeing what those below have learnt.

        Where the layers come from a folder, they stay as they are.
        """
        stack = self.stack()
        if self.pretrained:
            return
        stack.all[0].visible_bias.data[: stack.visible.width] = self.measured(data)
        rule = Rule(
            steps=self.steps,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            clip=self.clip,
        )
        for number in range(len(stack.all)):
            yield Stage(
                f"layer {number + 1}",
                partial(self._learn_layer, number, rule, self._pace_of_layer(number)),
                data.batches(self.batch_size, seed=self.seed),
                self.pretrain_epochs,
                judged=False,
                until=self.PRETRAINING_ENDS * (number + 1) / len(stack.all),
            )

    def _learn_layer(
        self, number: int, rule: Rule, factor: float, batch: Batch
    ) -> Mapping[str, Tensor]:
        stack, pace = self.stack(), self.pace(factor)
        with torch.no_grad(), single_precision(batch.index.device):
            states = stack.up(stack.visible(batch.x), number)
            if number == len(stack.all) - 1:
                states = with_labels(states, batch.y, stack.labels)
            units = stack.units(number, smooth=True)
            gap = stack.all[number].learn(states, units, rule, pace)
        return {"free_energy_gap": gap}

    def _pace_of_layer(self, number: int) -> float:
        stack = self.stack()
        factor = (
            pace_of(stack.visible, stack.all[0].weights.shape[1], self.momentum)
            if number == 0
            else 1.0
        )
        linear = isinstance(stack.all[number].hidden_units, Gaussian)
        return factor * LINEAR_PACE if linear else factor

    def fill(self, stack: Stack) -> None:
        """Take a stack's state from the folder in ``pretrained``.

        Raises:
            UsageError: The folder holds another kind of model, or layers of other widths.
        """
        config, weights = model_folder.read(Path(self.pretrained))
        prefix = "stack."
        found = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
        wanted = stack.state_dict()
        speeds = {k: v for k, v in wanted.items() if k.endswith("_velocity")}
        kept = {k: v for k, v in found.items() if not k.endswith("_velocity")} | speeds
        other = [k for k in wanted if k not in kept or kept[k].shape != wanted[k].shape]
        if other:
            raise UsageError(
                f"pretrained='{self.pretrained}' holds {config['algorithm'].split(':')[-1]}, whose "
                f"layers do not fit ({other[0]} differs). Give the folder of a "
                f"{type(self).__name__} of the same layers, learnt from the same columns."
            )
        stack.load_state_dict({k: kept[k] for k in wanted})
