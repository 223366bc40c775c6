"""What a run is made of: stages, and the settings that hold for all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from fieldguide.data import Batch, Batches

Step = Callable[[Batch], Mapping[str, Tensor]]
CHECKPOINT_EVERY = "FIELDGUIDE_CHECKPOINT_EVERY"  # environment variable, in seconds


@dataclass
class Stage:
    """Some epochs of one kind of step.

    Attributes:
        name: Shown in progress and history.
        step: Updates parameters from a batch and returns named losses; the engine detaches them.
        batches: Where the batches come from.
        epochs: Passes over them.
        judged: Whether the task's score picks the best epoch and stops early. False for a stage
            that the score says nothing about, such as pre-training without the head.
        until: Share of a time limit by which the stage ends, above 0 to 1; below 1 for a stage
            that must leave time for those after it.
    """

    name: str
    step: Step
    batches: Batches
    epochs: int
    judged: bool = True
    until: float = 1.0


def _checkpoint_every() -> float:
    return float(os.environ.get(CHECKPOINT_EVERY, 60.0))


@dataclass(kw_only=True)
class Settings:
    """How a run is carried out, whatever it trains.

    Attributes:
        seed: Decides initial weights, order, dropout.
        device: ``"cpu"``, ``"cuda"``, … resolved already.
        bf16: Whether products run in bfloat16.
        patience: Epochs without a better validation score after which to stop; 0 never stops.
        time_limit: Seconds of wall clock after which training ends, or None.
        run: Folder for checkpoints, or None for none.
        resume: Whether to go on from the checkpoint in ``run``.
        identity: What must be the same for a run to be resumed: algorithm, hyperparameters, data.
        checkpoint_every: Seconds between checkpoints; 0 for one after every step.
        progress: Whether to show progress on standard error.
        where: Names the origin of an example by its position, for messages.
    """

    seed: int = 0
    device: str = "cpu"
    bf16: bool = False
    patience: int = 0
    time_limit: float | None = None
    run: Path | None = None
    resume: bool = False
    identity: Mapping[str, Any] = field(default_factory=dict)
    checkpoint_every: float = field(default_factory=_checkpoint_every)
    progress: bool = False
    where: Callable[[int], str] = str

    def prepared(self, seconds: float) -> None:
        """Take the time that encoding took off the limit: it counts from the start of fit."""
        if self.time_limit is not None:
            self.time_limit = max(0.0, self.time_limit - seconds)
