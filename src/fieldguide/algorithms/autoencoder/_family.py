"""What all autoencoders share: rows in, codes, rows out; how strange a row is; its repair."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from fieldguide import engine
from fieldguide.algorithms.autoencoder._correction import (
    Entries,
    Repaired,
    in_users_terms,
)
from fieldguide.algorithms.autoencoder._layout import Layout
from fieldguide.algorithms.autoencoder._networks import AutoencoderNetwork, dense
from fieldguide.algorithms.autoencoder._repair import (
    SETTLING,
    THRESHOLD,
    Scales,
    Usual,
    learn_scales,
    repair,
)
from fieldguide.data import Batch, Dataset, Examples
from fieldguide.engine import Stage
from fieldguide.errors import DataError, UsageError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget

HEALTHY = 10_000  # examples at most whose residuals say what is usual
NUMBERS = 1 << 24  # of those examples together, at most


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
        code = self.code_width(task)
        network = self.network(task, code)
        network.code = code
        network.usual = Usual(layout_of(task))
        return network

    @abstractmethod
    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return a network from rows of the task to codes of that many numbers, and back."""

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Look at the examples before learning from them.

        Raises:
            DataError: There is one example only, or all are the same.
        """
        self.look_at(data)
        self._entries = Entries(self.rows_task)
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
        return self.error(self.forward(batch).float(), self.rows(batch))

    def reconstruction(self, batch: Batch) -> Tensor:
        """Return rows (B, D) that the network makes of its codes."""
        return self.rows_task.finish_rows(self.forward(batch).float())

    def codes(self, batch: Batch) -> Tensor:
        """Return codes (B, K)."""
        return self.autoencoder.encode(self.rows(batch))

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return rows (B, D) of codes (B, K)."""
        self.check_codes(codes)
        return self.rows_task.finish_rows(self.autoencoder.decode(codes).float())

    def surprise(self, batch: Batch) -> Tensor:
        """Return the reconstruction error of each example, (B,)."""
        return self.rows_task.row_loss(self.forward(batch).float(), self.rows(batch))

    def repair(self, data: Any, *, threshold: float = THRESHOLD) -> Repaired:
        """Replace what cannot be true, and what is missing, by what the other values make likely.

        A value is wrong if it is further from what the model says of the rest of its example than
        healthy values are; how far those are was learnt from examples held out of training.

        Args:
            data: A `Dataset`, the path of one, or inputs as an array or data frame.
            threshold: Robust standard deviations that a value may be away, above 0.

        Returns:
            The data in the user's units, and a mask of what was replaced. Examples of which more
            than half seems wrong are strange as a whole, and left as they are.

        Raises:
            UsageError: The threshold is no positive number, or training was interrupted.
        """
        if not threshold > 0:
            raise UsageError(f"threshold={threshold!r}: expected a number above 0.")
        dataset = self._dataset(data, None, new=True)
        task, entries, usual = self.rows_task, Entries(self.rows_task), self.autoencoder.usual
        if not bool(usual.scale.any()):
            raise UsageError(
                "What residuals are usual is learnt at the end of training, which was interrupted. "
                "Fit again, or resume the run."
            )
        scale = usual.scale.masked_fill(entries.fixed.to(usual.scale.device), torch.inf)

        def corrected(batch: Batch) -> Tensor:
            rows = self.rows(batch)
            fixed, wrong = repair(
                entries.present(rows),
                lambda some, void: entries.present(self.say(some, batch, void)),
                entries.layout,
                Scales(usual.centre, scale, usual.low, usual.high),
                threshold=threshold,
                settling=self.settling,
                known=entries.missing(rows),
            )
            return torch.cat([fixed, wrong.float()], dim=1)

        examples = task.encode(dataset, with_target=False, once=True)
        found = engine.outputs(corrected, self.network_, examples, bf16=False)
        rows, wrong = found.split([task.width, entries.layout.entries], dim=1)
        return in_users_terms(task, dataset, rows, wrong > 0.5)

    def say(self, rows: Tensor, batch: Batch, void: Tensor) -> Tensor:
        """Return the reconstructions (B, D) of changed rows of a batch.

        Args:
            rows: (B, D).
            batch: What they were.
            void: Which numbers are worth nothing, (B, D).
        """
        raw: Tensor = self.network_(rows)
        return self.rows_task.finish_rows(raw.float())

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

    def finish(self, train: Dataset, held: Dataset | None) -> None:
        """Learn from examples held out, where there are any, what is usual."""
        entries = Entries(self.rows_task)
        most = max(2, min(HEALTHY, NUMBERS // entries.layout.entries))
        healthy = self.rows_task.learnt_from(train if held is None else held)
        some = self.rows_task.encode((healthy if len(healthy) else train).in_memory(most))

        def residuals(batch: Batch) -> Tensor:
            rows = self.rows(batch)
            there, gaps = entries.present(rows), entries.missing(rows)
            said = entries.present(self.say(there, batch, entries.layout.spread(gaps)))
            found = entries.layout.residuals(there, said).masked_fill(gaps, torch.nan)
            return torch.cat([found, rows], dim=1)

        device = self.autoencoder.usual.scale.device
        found = engine.outputs(residuals, self.network_, some.on(device), bf16=False)
        found, rows = found.split([entries.layout.entries, entries.layout.width], dim=1)
        self.autoencoder.usual.learn(learn_scales(found, rows, entries.layout))

    # Helpers for hooks

    def code_width(self, task: WithoutTarget) -> int:
        """Return how many numbers a code has."""
        return self.code or task.usual_code

    def error(self, raw: Tensor, rows: Tensor) -> Tensor:
        """Return the mean loss of raw rows (B, D)."""
        return self.rows_task.row_loss(raw, self.told(raw, rows)).mean()

    def told(self, raw: Tensor, rows: Tensor) -> Tensor:
        """Return what raw rows are held against: where a number was missing, themselves."""
        if not self._entries.flagged:
            return rows
        missing = self._entries.layout.spread(self._entries.missing(rows))
        missing[:, self._entries.layout.numbers :] = False
        return torch.where(missing, raw.detach(), rows)

    def check_codes(self, codes: Tensor) -> None:
        """Refuse codes of another width.

        Raises:
            UsageError: They are not as `encode` returns them.
        """
        if codes.shape[1] != self.autoencoder.code:
            raise UsageError(
                f"codes of {codes.shape[1]} numbers each: expected {self.autoencoder.code}, as "
                "encode(data) returns them."
            )

    overcomplete: ClassVar[bool] = False
    """Whether something else than a short code keeps the network from copying."""

    @property
    def settling(self) -> int:
        """How often a repair repeats a reconstruction before it judges."""
        return SETTLING

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
