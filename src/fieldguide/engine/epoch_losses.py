"""Losses as they come in: added up for the epoch's mean, and refused when they are not finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from fieldguide.errors import NonFiniteLoss


class Losses:
    """Collects the losses of an epoch, step by step.

    Reading a loss stalls a graphics card until it has caught up, so there they are read many at a
    time; each remembers its step and examples for the message.

    Args:
        every: Steps between looks.
        where: Names the origin of an example by its position.
    """

    def __init__(self, every: int, where: Callable[[int], str]):
        self.every, self.where = every, where
        self.sums: dict[str, float] = {}
        self._pending: list[tuple[int, Tensor, Mapping[str, Tensor]]] = []

    def add(self, step: int, index: Tensor, losses: Mapping[str, Tensor]) -> bool:
        """Take the losses of step ``step``, from 1; say whether it is time to look."""
        self._pending.append((step, index, losses))
        return len(self._pending) >= self.every

    def look(self, stage: str, epoch: int) -> None:
        """Read what came in.

        Raises:
            NonFiniteLoss: Naming loss, stage, epoch, batch and the origins of its examples.
        """
        pending, self._pending = self._pending, []
        for step, index, losses in pending:
            for name, loss in losses.items():
                value = float(loss)
                if not math.isfinite(value):
                    place = f"stage '{stage}', epoch {epoch}, batch {step}"
                    raise NonFiniteLoss(self._explain(name, value, place, index))
                self.sums[name] = self.sums.get(name, 0.0) + value

    def means(self, steps: int) -> dict[str, float]:
        """Return the mean of each loss over the epoch's steps so far."""
        return {name: total / max(1, steps) for name, total in self.sums.items()}

    def _explain(self, name: str, value: float, place: str, index: Tensor) -> str:
        rows = ", ".join(self.where(int(i)) for i in index[:3])
        more = f" and {len(index) - 3} more" if len(index) > 3 else ""
        return (
            f"The loss '{name}' became {value} in {place} ({rows}{more}). Lower the learning rate "
            "(lr=…, --lr), limit the gradient (clip=1.0, --clip 1), or look at these examples for "
            "extreme values."
        )


def detached(losses: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return losses without their graphs, which would keep every activation in memory."""
    return {
        name: loss.detach() if isinstance(loss, Tensor) else torch.tensor(float(loss))
        for name, loss in losses.items()
    }
