"""What all autoencoders share: rows in, codes, rows out; how strange a row is; its repair."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from fieldguide.algorithms.autoencoder._layout import Layout
from fieldguide.algorithms.autoencoder._networks import AutoencoderNetwork, dense
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.errors import DataError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget

WIDEST = 32  # numbers in a code that nobody asked for
COMPRESSION = 4  # numbers of a row for one of its code, where nobody asked


class RowAutoencoder(Estimator):
    """An algorithm that reconstructs rows from codes; algorithms bring the network."""

    epochs: int = option(50, "passes over the training data", low=0)
    batch_size: int = option(64, "examples in one step", low=1, search=(16, 256), log=True)
    lr: float = option(1e-3, "learning rate", low=0, search=(1e-4, 1e-2), log=True)
    code: int = option(
        0, "numbers in a code; 0: a quarter of those of an example, 32 at most", low=0
    )

    def build(self, task: Task) -> nn.Module:
        """Return the network, for rows as wide as the task's."""
        assert isinstance(task, WithoutTarget)
        return self.network(task, self.code or min(WIDEST, max(1, task.width // COMPRESSION)))

    @abstractmethod
    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return a network from rows of the task to codes of that many numbers, and back."""

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Look at the examples before learning from them.

        Raises:
            DataError: There is one example only, or all are the same.
        """
        self.look_at(data)
        yield from super().stages(data)

    def look_at(self, data: Examples) -> tuple[Tensor, Tensor]:
        """Return the lowest and the highest value of each number of a row, (D,) each.

        Raises:
            DataError: There is one example only, or all are the same.
        """
        if len(data) < 2:
            raise DataError(
                "there is one example, and what examples have in common takes at least two.",
                "Bring more examples: a hundred are a good beginning.",
            )
        parts = [self.rows(batch).aminmax(dim=0) for batch in data.batches(1024, shuffle=False)]
        low = torch.stack([part.min for part in parts]).amin(dim=0)
        high = torch.stack([part.max for part in parts]).amax(dim=0)
        if bool((high == low).all()):
            raise DataError(
                f"all {len(data)} examples are exactly the same: there is nothing to learn.",
                "Bring examples that differ, or check how they were made.",
            )
        return low, high

    def forward(self, batch: Batch) -> Tensor:
        """Return raw rows (B, D)."""
        raw: Tensor = self.network_(self.rows(batch))
        return raw

    def loss(self, batch: Batch) -> Tensor | Mapping[str, Tensor]:
        """Return the mean error of reconstructing a batch."""
        return self.rows_task.row_loss(self.forward(batch).float(), self.rows(batch)).mean()

    def reconstruction(self, batch: Batch) -> Tensor:
        """Return rows (B, D) that the network makes of its codes."""
        return self.rows_task.finish_rows(self.forward(batch).float())

    def codes(self, batch: Batch) -> Tensor:
        """Return codes (B, K)."""
        return self.autoencoder.encode(self.rows(batch))

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return rows (B, D) of codes (B, K)."""
        return self.rows_task.finish_rows(self.autoencoder.decode(codes).float())

    def surprise(self, batch: Batch) -> Tensor:
        """Return the reconstruction error of each example, (B,)."""
        return self.rows_task.row_loss(self.forward(batch).float(), self.rows(batch))

    @property
    def notes_(self) -> list[str]:
        """Say so where the code has room for a copy of the example."""
        task, width = self.rows_task, self.code
        if width < task.width or self.overcomplete:
            return []
        return [
            f"A code of {width} numbers is no shorter than an example's {task.width}: the network "
            "can copy, and need not learn what examples have in common."
        ]

    # Helpers for hooks

    overcomplete: ClassVar[bool] = False
    """Whether something else than a short code keeps the network from copying."""

    @property
    def rows_task(self) -> WithoutTarget:
        """The task, which knows rows."""
        assert isinstance(self.task_, WithoutTarget)
        return self.task_

    @property
    def autoencoder(self) -> AutoencoderNetwork:
        """The network, which has two halves."""
        assert isinstance(self.network_, AutoencoderNetwork)
        return self.network_

    def rows(self, batch: Batch) -> Tensor:
        """Return the rows (B, D) of a batch."""
        return self.rows_task.rows(batch.x)


def layout_of(task: WithoutTarget) -> Layout:
    """Return what the numbers of a task's rows are."""
    return Layout(task.numbers, tuple(task.inputs.cardinalities))


def plain(width: int, hidden: Sequence[int], code: int, bend: str) -> AutoencoderNetwork:
    """Return dense layers down to a code and, mirrored, up again."""
    return AutoencoderNetwork(
        encoder=dense([width, *hidden, code], bend),
        decoder=dense([code, *reversed(hidden), width], bend),
    )
