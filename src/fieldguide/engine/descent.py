"""The single door through which gradients go: accumulation, clipping, schedule, step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.optim import Optimizer


class Descent:
    """Steps optimizers by name.

    Args:
        optimizers: By the name that `descend` is called with.
        schedule: Factor of each base learning rate as a function of progress.
        clip: Largest norm of an optimizer's whole gradient; 0 for no limit.
    """

    def __init__(
        self,
        optimizers: Mapping[str, Optimizer],
        *,
        schedule: Callable[[float], float],
        clip: float = 0.0,
    ):
        self.optimizers = dict(optimizers)
        self.schedule, self.clip = schedule, clip
        self.share, self.first, self.last = 1.0, True, True
        self._base = {
            name: [group["lr"] for group in optimizer.param_groups]
            for name, optimizer in self.optimizers.items()
        }

    def advance(self, progress: float) -> None:
        """Set learning rates for the progress reached, 0 to 1."""
        factor = self.schedule(progress)
        for name, optimizer in self.optimizers.items():
            for group, base in zip(optimizer.param_groups, self._base[name], strict=True):
                group["lr"] = base * factor

    def descend(self, name: str, loss: Tensor) -> None:
        """Back-propagate and, on the last piece of a batch, step the named optimizer."""
        (loss if self.share == 1.0 else loss * self.share).backward()
        if self.last:
            self.apply(name)
            self.optimizers[name].zero_grad(set_to_none=True)
            torch.clear_autocast_cache()  # it holds the weights as they were before this step

    def apply(self, name: str) -> None:
        """Step the named optimizer on gradients that are there already, and leave them there."""
        optimizer = self.optimizers[name]
        if self.clip:
            held = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(held, self.clip)
        optimizer.step()

    def forget_gradients(self) -> None:
        """Drop gradients left behind by a step that failed half-way."""
        self.share, self.first, self.last = 1.0, True, True
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, object]:
        """Return every optimizer's state."""
        return {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()}

    def load_state(self, state: Mapping[str, dict[str, object]]) -> None:
        """Restore `state`; base learning rates stay those of the constructor."""
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(dict(state[name]))
