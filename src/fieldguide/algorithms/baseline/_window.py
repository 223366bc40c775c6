"""What baselines of series share: nothing, or little, to learn, so that some windows will do."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from fieldguide.codecs.scales import Ahead
from fieldguide.data import Examples, Inputs
from fieldguide.data.windows import Windows
from fieldguide.tasks import Task

LOOKED_AT = 256  # windows, spread over the training data


class Unlearnt:
    """Gives a baseline of series nothing to learn from but some windows."""

    _sampled: bool

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Learn nothing."""
        return {}

    def _sample(self, data: Examples) -> Examples:
        """Return some windows: one step looks at all that it is given."""
        self._sampled = False
        assert isinstance(data, Windows)
        return data.some(LOOKED_AT)


def ahead_of(task: Task) -> Ahead:
    """Return horizon and targets of a task that forecasts."""
    assert isinstance(task.codec, Ahead)
    return task.codec
