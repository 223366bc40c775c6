"""What the recurrent networks share: layers of one kind of cell, a summary, the task's head."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import nn

from fieldguide.errors import UsageError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.recurrent import Recurrent
from fieldguide.nn.sequence_network import finished, of_steps
from fieldguide.tasks import Task


class RecurrentNetwork(Estimator):
    """A network that reads sequences step by step; algorithms name their cell."""

    cell: ClassVar[str]
    """Name of the cell in `fieldguide.nn.recurrent`."""

    epochs: int = option(40, "passes over the training data", low=0)
    lr: float = option(3e-3, "learning rate", low=0, search=(3e-4, 3e-2), log=True)
    clip: float = option(1.0, "largest norm of the gradient; 0 for no limit", low=0)
    hidden: int = option(64, "units in a layer", low=1, search=(16, 256), log=True)
    layers: int = option(1, "layers, one on top of the other", low=1, search=(1, 3))
    bidirectional: bool = option(False, "whether to read backwards, too")
    dropout: float = option(
        0.0, "chance that a unit rests between layers", low=0, high=0.9, search=(0, 0.5)
    )
    summary: str = option(
        "last", "what decides: the last state, or the mean over all", choices=("last", "mean")
    )
    together: bool = option(
        False, "forecasts: whether targets are read together, so that each may inform the others"
    )
    truncate: int = option(
        0, "steps that errors are propagated back through at most; 0 for all", low=0
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head.

        Raises:
            UsageError: Truncated back-propagation was asked for in both directions.
        """
        if self.bidirectional and self.truncate:
            raise UsageError(
                f"truncate={self.truncate} with bidirectional=True: read backwards, a sequence "
                "cannot be cut into pieces that follow each other. Leave one of the two out."
            )
        apart = task.forecast is not None and not self.together
        channels, ahead = of_steps(task.inputs, apart=apart)
        body = Recurrent(
            cell=self.cell,
            inputs=channels,
            units=self.hidden,
            layers=self.layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            truncate=self.truncate,
            **self.of_cell(),
        )
        both = self.bidirectional and self.summary == "last"
        return finished(
            task.inputs,
            body=body,
            width=body.width + ahead,
            head=task.head,
            summary="ends" if both else self.summary,
            apart=apart,
        )

    def of_cell(self) -> dict[str, Any]:
        """Return settings of `Recurrent` that only this cell has."""
        return {}
