"""What the convolutional networks of sequences share: a body over the steps, a summary, a head."""

from __future__ import annotations

from abc import abstractmethod

from torch import nn

from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.sequence_network import finished, of_steps
from fieldguide.tasks import Task


class SequenceConvolution(Estimator):
    """A network that looks at all steps at once, through windows."""

    epochs: int = option(40, "passes over the training data", low=0)
    lr: float = option(2e-3, "learning rate", low=0, search=(3e-4, 2e-2), log=True)
    together: bool = option(
        False, "forecasts: whether targets are read together, so that each may inform the others"
    )

    @abstractmethod
    def body(self, channels: int, longest: int) -> tuple[nn.Module, int, str]:
        """Return the layers, the width that they put out, and the summary of it.

        Args:
            channels: Numbers in a step.
            longest: Steps of the longest sequence of the training split.
        """

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head."""
        apart = task.forecast is not None and not self.together
        channels, ahead = of_steps(task.inputs, apart=apart)
        body, width, summary = self.body(channels, task.inputs.shape[0])
        return finished(
            task.inputs,
            body=body,
            width=width + ahead,
            head=task.head,
            summary=summary,
            apart=apart,
        )
