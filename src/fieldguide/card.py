"""Facts about an algorithm that programs read; prose lives in the module's docstring.

A card is written with literals only, so that the catalog can read it from the source without
importing the module (and with it torch).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldguide.errors import TaskMismatch

if TYPE_CHECKING:
    from fieldguide.tasks import Task


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A published or well-known result of this algorithm.

    Attributes:
        data: Data set.
        metric: Name of the score.
        value: The score.
        source: Where it was published.
    """

    data: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What the catalog, the advisor and the contract tests know about an algorithm.

    Attributes:
        title: Name in full, as in the literature.
        paper: Author (year). Title. Venue.
        year: Year of the paper.
        tasks: Names of tasks it can do.
        inputs: Input forms it takes: ``"array"``, ``"table"``, ``"image"``.
        capacity: How complex a rule it can learn: 0 a constant, 1 linear, 2 smooth or
            piecewise, 3 deep, 4 very deep.
        needs_examples: Training examples below which it usually overfits or underperforms.
        smallest_image: Pixels on the shorter side below which it cannot be built; 0 if none.
        local: Whether it exploits that neighbouring pixels belong together.
        rule: Shape of the rule it finds, where capacity and ``local`` do not tell it: ``"trees"``
            (steps along one column at a time), ``"neighbours"`` (what is alike has like targets),
            ``"separator"`` (linear, and settled only where a line parts the classes) or
            ``"orderless"`` (blind to the order of frames). The advisor measures each shape on the
            user's data.
        repeats: Name of the hyperparameter that counts equal repetitions of its work, other than
            epochs, such as rounds of boosting; a probe of its cost does a few of them. Empty if
            there is none.
        baseline: Whether it is a baseline outside deep learning.
        deterministic: Whether the same seed gives the same weights on CPU.
        devices: Devices it runs on.
        exportable: Whether it exports to ONNX.
        references: Published results to compare with.
    """

    title: str
    paper: str
    year: int
    tasks: tuple[str, ...]
    inputs: tuple[str, ...] = ("array", "table", "image")
    capacity: int = 2
    needs_examples: int = 0
    smallest_image: int = 0
    local: bool = False
    rule: str = ""
    repeats: str = ""
    baseline: bool = False
    deterministic: bool = True
    devices: tuple[str, ...] = ("cpu", "cuda")
    exportable: bool = True
    references: tuple[Reference, ...] = ()

    def check(self, task: Task, name: str) -> None:
        """Refuse a task or an input form that the algorithm cannot do.

        Args:
            task: A task, its codecs fitted.
            name: What to call the algorithm.

        Raises:
            TaskMismatch: Naming what it can do.
        """
        advice = "`fieldguide recommend` lists algorithms that fit."
        if task.name not in self.tasks:
            able = " or ".join(self.tasks)
            raise TaskMismatch(
                f"{name} does {able}, and '{task.target}' poses {task.name}. {advice}"
            )
        inputs = task.inputs
        if inputs.form not in self.inputs:
            raise TaskMismatch(
                f"{name} takes inputs of the form {' or '.join(self.inputs)}, and these are of the "
                f"form {inputs.form}. Images are arrays of shape (n, channels, height, width), or "
                f"files. {advice}"
            )
        if inputs.form == "image" and min(inputs.shape[1:]) < self.smallest_image:
            height, width = inputs.shape[1:]
            raise TaskMismatch(
                f"{name} needs pictures of at least {self.smallest_image} pixels on the shorter "
                f"side, and these are {height}x{width}. Enlarge them, or choose another algorithm: "
                f"{advice}"
            )
