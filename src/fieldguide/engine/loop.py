"""The only training loop in the project. It names no algorithm."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from fieldguide.data import Batch
from fieldguide.engine import checkpoint, memory
from fieldguide.engine.descent import Descent
from fieldguide.engine.interrupt import StopRequest
from fieldguide.engine.progress import Progress
from fieldguide.engine.settings import Settings, Stage
from fieldguide.errors import Interrupted, NonFiniteLoss

LOOK_EVERY = {"cpu": 1}  # steps between looks at the loss; reading it elsewhere stalls the device
LOOK_RARELY = 20
Record = dict[str, Any]


def run(
    stages: Iterable[Stage],
    *,
    network: nn.Module,
    descent: Descent,
    settings: Settings,
    validate: Callable[[], float] | None = None,
    score_name: str = "score",
    on_progress: Callable[[float], None] = lambda share: None,
) -> list[Record]:
    """Carry out stages one after the other and leave the best weights in the network.

    Stages are drawn lazily, because a later one may depend on what an earlier one learnt.

    Args:
        stages: What to do.
        network: Everything that learns.
        descent: Its optimizers.
        settings: How to do it.
        validate: Returns the score to watch, larger is better; None keeps the last weights.
        score_name: Name of that score in the history.
        on_progress: Told the share of the stage done, 0 to 1, before every step.

    Returns:
        One record an epoch: stage, epoch, mean losses by name, score, seconds.

    Raises:
        NonFiniteLoss: A loss became NaN or infinite.
        Interrupted: Ctrl-C; the run folder, if any, holds a checkpoint.
    """
    loop = Loop(network, descent, settings, validate, score_name, on_progress)
    loop.restore()
    with Progress(settings.progress) as loop.progress, StopRequest() as loop.stop:
        for number, stage in enumerate(stages):
            if number >= loop.stage and not loop.ended:
                loop.carry_out(number, stage)
    if loop.best is not None:
        network.load_state_dict(loop.best)
    return loop.history


class Loop:
    """The state of one run: where it is, what it has seen, its best weights so far."""

    progress: Progress
    stop: StopRequest

    def __init__(
        self,
        network: nn.Module,
        descent: Descent,
        settings: Settings,
        validate: Callable[[], float] | None,
        score_name: str,
        on_progress: Callable[[float], None],
    ):
        self.network, self.descent, self.settings = network, descent, settings
        self.validate, self.score_name, self.on_progress = validate, score_name, on_progress
        self.stage = self.epoch = self.step = 0
        self.pieces = 1
        self.sums: dict[str, float] = {}
        self.history: list[Record] = []
        self.best: dict[str, Tensor] | None = None
        self.best_score, self.waited = -math.inf, 0
        self.ended = False
        self.started = self.saved = time.monotonic()
        self.before = 0.0  # seconds spent before the run was last resumed
        self._pending: list[Mapping[str, Tensor]] = []
        device = torch.device(settings.device).type
        self._look = LOOK_EVERY.get(device, LOOK_RARELY)
        self._products = (
            torch.autocast(device, dtype=torch.bfloat16)
            if settings.bf16
            else contextlib.nullcontext()
        )

    @property
    def elapsed(self) -> float:
        """Seconds spent on this run, resumed ones included."""
        return self.before + time.monotonic() - self.started

    def carry_out(self, number: int, stage: Stage) -> None:
        """Do one stage, from the epoch that the run is at."""
        if number != self.stage:
            self.stage, self.epoch, self.step = number, 0, 0
            self.best, self.best_score, self.waited = None, -math.inf, 0
        while self.epoch < stage.epochs and not self.ended:
            self.network.train()
            for batch in stage.batches.epoch(number, self.epoch, start=self.step):
                if self._must_stop(stage):
                    break
                self._one_step(stage, batch)
            else:
                self._end_epoch(stage)

    def share(self, stage: Stage) -> float:
        """Return the share of the stage done: by steps or, under a time limit, by the clock."""
        total = len(stage.batches) * stage.epochs
        done = (self.epoch * len(stage.batches) + self.step) / max(1, total)
        limit = self.settings.time_limit
        return done if not limit else min(1.0, max(done, self.elapsed / limit))

    def _one_step(self, stage: Stage, batch: Batch) -> None:
        share = self.share(stage)
        self.on_progress(share)
        self.descent.advance(share)
        with self._products:
            losses = self._within_memory(stage, batch)
        self._pending.append(losses)
        self.step += 1
        if self.step % self._look == 0:
            self._look_at_losses(stage, batch)
        self.progress.at(share)

    def _within_memory(self, stage: Stage, batch: Batch) -> Mapping[str, Tensor]:
        """Do a step; when memory runs out, halve the pieces that the batch is done in."""
        while True:
            try:
                return memory.in_pieces(stage.step, self.descent, batch, self.pieces)
            except (RuntimeError, MemoryError) as error:
                if not memory.ran_out(error):
                    raise
                self.descent.forget_gradients()
                self.pieces = memory.halve(self.pieces, len(batch), self.progress.say)

    def _look_at_losses(self, stage: Stage, batch: Batch) -> None:
        for losses in self._pending:
            for name, loss in losses.items():
                value = float(loss)
                if not math.isfinite(value):
                    raise NonFiniteLoss(self._explain(name, value, stage, batch))
                self.sums[name] = self.sums.get(name, 0.0) + value
        self._pending.clear()

    def _explain(self, name: str, value: float, stage: Stage, batch: Batch) -> str:
        rows = ", ".join(self.settings.where(int(i)) for i in batch.index[:3])
        more = f" and {len(batch) - 3} more" if len(batch) > 3 else ""
        return (
            f"the loss '{name}' became {value} in stage '{stage.name}', epoch {self.epoch + 1}, "
            f"batch {self.step} ({rows}{more}). Lower the learning rate (lr=…, --lr), limit the "
            "gradient (clip=1.0, --clip 1), or look at these examples for extreme values."
        )

    def _end_epoch(self, stage: Stage) -> None:
        self._look_at_losses(stage, Batch(torch.empty(0), None, torch.empty(0)))
        count = max(1, len(stage.batches))
        figures = {name: total / count for name, total in self.sums.items()}
        self.epoch, self.step, self.sums = self.epoch + 1, 0, {}
        if self.validate is not None:
            figures[self.score_name] = self._watch(self.validate)
        record = {"stage": stage.name, "epoch": self.epoch, **figures, "seconds": self.elapsed}
        self.history.append(record)
        self.progress.epoch(stage.name, self.epoch, stage.epochs, figures)
        if self.settings.patience and self.waited >= self.settings.patience:
            self.epoch = stage.epochs  # this stage has stopped early; a later one may follow

    def _watch(self, validate: Callable[[], float]) -> float:
        self.network.eval()
        score = validate()
        if score > self.best_score:
            self.best_score, self.waited = score, 0
            self.best = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        else:
            self.waited += 1
        return score

    def _must_stop(self, stage: Stage) -> bool:
        """Save if it is time to; say whether the run ends here."""
        now, settings = time.monotonic(), self.settings
        if self.stop.asked:
            self.save()
            raise Interrupted(self._how_to_go_on(stage))
        if settings.run is not None and now - self.saved > settings.checkpoint_every:
            self.save()
        if settings.time_limit is not None and self.elapsed >= settings.time_limit:
            self.ended = True
            if self.validate is not None and self.step:
                self._watch(self.validate)
        return self.ended

    def _how_to_go_on(self, stage: Stage) -> str:
        place = f"Stopped in stage '{stage.name}', epoch {self.epoch + 1}. "
        if self.settings.run is None:
            return place + "Nothing was saved: give a run folder (run=…, -o RUN) to be able to."
        return place + (
            f"Saved in {self.settings.run}. Go on with --resume {self.settings.run} "
            f"(Python: fit(…, run='{self.settings.run}', resume=True))."
        )

    def save(self) -> None:
        """Write a checkpoint, if there is a run folder."""
        if self.settings.run is None:
            return
        for losses in self._pending:
            for name, loss in losses.items():
                self.sums[name] = self.sums.get(name, 0.0) + float(loss)
        self._pending.clear()
        kept = ("stage", "epoch", "step", "pieces", "sums", "history", "best_score", "waited")
        state: dict[str, Any] = {name: getattr(self, name) for name in kept}
        state |= {"elapsed": self.elapsed, "random": checkpoint.random_state(), "best": self.best}
        state |= {"network": self.network.state_dict(), "descent": self.descent.state()}
        checkpoint.write(self.settings.run, state)
        self.saved = time.monotonic()

    def restore(self) -> None:
        """Go back to the checkpoint, if the run is to be resumed and there is one."""
        folder = self.settings.run
        state = checkpoint.read(folder) if folder is not None and self.settings.resume else None
        if state is None:
            return
        self.before = state.pop("elapsed")
        self.network.load_state_dict(state.pop("network"))
        self.descent.load_state(state.pop("descent"))
        checkpoint.set_random_state(state.pop("random"))
        for name, value in state.items():
            setattr(self, name, value)
