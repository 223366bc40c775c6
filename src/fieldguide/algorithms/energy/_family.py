"""What machines that are learnt from rows share: a measured visible layer and a learning rule."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from fieldguide.algorithms.energy._visible import KINDS, Visible
from fieldguide.data import Examples
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option

MEASURED = 100_000  # training examples that scales and kinds are learnt from
AT_ONCE = 4096
NOTHING: AbstractContextManager[object] = nullcontext()
GAUSSIAN_PACE = 0.1  # Gaussian units need steps a tenth as large (Hinton 2012, section 13.2)


class EnergyModel(Estimator):
    """A Boltzmann machine, or a stack of them, over rows."""

    lr: float = option(0.05, "learning rate; Gaussian units take a tenth", low=0,
                       search=(5e-3, 0.2), log=True)  # fmt: skip
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

    def measured(self, data: Examples) -> Tensor:
        """Let the visible layer measure the examples; return biases that fit their means."""
        rows = torch.linspace(0, len(data) - 1, min(len(data), MEASURED)).long()
        batches = (data.batch(index).x for index in rows.split(AT_ONCE))
        return self.visible_layer().learn(batches, self.visible, self.noise, self.task_)

    def pace(self, *, gaussian: bool) -> float:
        """Return the learning rate of the moment."""
        lr = self.lr * SCHEDULES[self.schedule](self._share)
        return lr * GAUSSIAN_PACE if gaussian else lr


def single_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return a context whose products keep single precision, as updates in place need."""
    if not torch.is_autocast_enabled(device.type):
        return NOTHING
    return torch.autocast(device.type, enabled=False)
