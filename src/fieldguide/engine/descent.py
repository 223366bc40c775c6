"""The single door through which gradients go: accumulation, clipping, schedule, step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


class Descent:
    """Steps optimizers by name.

    Args:
        optimizers: By the name that `descend` is called with.
        schedule: Factor of each base learning rate as a function of progress.
        clip: Largest norm of an optimizer's whole gradient; 0 for no limit.

    Attributes:
        share: What share of the batch the piece at hand is; losses are weighted by it.
        first: Whether the piece is the first of its batch.
        last: Whether it is the last: only then do optimizers step.
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
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group.setdefault("base_lr", group["lr"])

    def advance(self, progress: float) -> None:
        """Set learning rates for the progress reached, 0 to 1."""
        factor = self.schedule(progress)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                # A group that was added since then starts from the rate it came with.
                group["lr"] = group.setdefault("base_lr", group["lr"]) * factor

    def descend(self, name: str, loss: Tensor) -> None:
        """Back-propagate and, on the last piece of a batch, step the named optimizer.

        Where there are several optimizers, gradients go only to the weights of the named one: a
        generator's loss must leave nothing behind in the discriminator that it went through.
        """
        optimizer = self.optimizers[name]
        alone = len(self.optimizers) == 1
        learning = [] if alone else [w for w in _weights(optimizer) if w.requires_grad]
        self._back_propagate(loss, learning or None)
        if self.last:
            self.apply(name)
            optimizer.zero_grad(set_to_none=True)
            torch.clear_autocast_cache()  # it holds the weights as they were before this step

    def apply(self, name: str) -> None:
        """Step the named optimizer on gradients that are there already, and leave them there."""
        optimizer = self.optimizers[name]
        if self.clip:
            _clip(_weights(optimizer), self.clip)
        optimizer.step()

    def forget_gradients(self) -> None:
        """Zero the gradients left behind by a step that failed half-way.

        In place: some of them are views into a block that an algorithm writes to by hand.
        """
        self.share, self.first, self.last = 1.0, True, True
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=False)

    def state(self) -> dict[str, Any]:
        """Return every optimizer's state."""
        return {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()}

    def load_state(self, state: Mapping[str, dict[str, Any]]) -> None:
        """Restore `state`."""
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(dict(state[name]))
            for weight, kept in optimizer.state.items():
                for key, value in kept.items():
                    if isinstance(value, Tensor) and value.shape == weight.shape:
                        # Fused kernels walk weight and state side by side: one memory layout.
                        kept[key] = torch.empty_like(weight, dtype=value.dtype).copy_(value)

    def _back_propagate(self, loss: Tensor, weights: list[Tensor] | None) -> None:
        scaled = loss if self.share == 1.0 else loss * self.share
        device = loss.device.type
        if torch.is_autocast_enabled(device):
            # Backward products take their precision from the forward ones, not from here.
            with torch.autocast(device, enabled=False):
                scaled.backward(inputs=weights)
        else:
            scaled.backward(inputs=weights)


def _clip(weights: list[Tensor], most: float) -> None:
    """Scale gradients down to a norm, as `nn.utils.clip_grad_norm_` does.

    That one also multiplies by 1 where nothing is to be done, which for the 20 million weights of a
    language model takes as long as a third of their update. Only the CPU knows the norm at no cost.
    """
    norm = nn.utils.get_total_norm([w.grad for w in weights if w.grad is not None])
    if norm.device.type != "cpu" or not float(norm) + 1e-6 <= most:
        nn.utils.clip_grads_with_norm_(weights, most, norm)


def _weights(optimizer: Optimizer) -> list[Tensor]:
    return [weight for group in optimizer.param_groups for weight in group["params"]]
