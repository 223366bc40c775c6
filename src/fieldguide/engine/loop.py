"""The only training loop in the project. It names no algorithm."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from fieldguide.data import Batch
from fieldguide.engine import checkpoint, denormals, heap, memory
from fieldguide.engine.best import Best
from fieldguide.engine.clock import Clock
from fieldguide.engine.descent import Descent
from fieldguide.engine.epoch_losses import Losses, detached
from fieldguide.engine.interrupt import StopRequest
from fieldguide.engine.progress import Progress
from fieldguide.engine.run_folder import RunFolder
from fieldguide.engine.settings import Settings, Stage

LOOK_EVERY = {"cpu": 1}  # steps between looks at the loss; reading it elsewhere stalls the device
LOOK_RARELY = 20
POSITION = ("stage", "epoch", "step", "pieces")  # where a run is
Record = dict[str, Any]
Validate = Callable[[], float | Mapping[str, float]]


def run(
    stages: Iterable[Stage],
    *,
    network: nn.Module,
    descent: Descent,
    settings: Settings,
    validate: Validate | None = None,
    score_name: str = "score",
    on_progress: Callable[[float], None] = lambda share: None,
    history: list[Record] | None = None,
) -> list[Record]:
    """Carry out stages one after the other and leave the best weights in the network.

    Stages are drawn lazily, because a later one may depend on what an earlier one learnt.

    Args:
        stages: What to do.
        network: Everything that learns.
        descent: Its optimizers.
        settings: How to do it.
        validate: Returns scores by name, or the one to watch alone; None keeps the last weights.
        score_name: Name of the score to watch, larger is better.
        on_progress: Told the share of the stage done, 0 to 1, before every step.
        history: A list to fill, for a caller who wants it even if the run is interrupted.

    Returns:
        One record an epoch: stage, epoch, mean losses by name, score, seconds.

    Raises:
        NonFiniteLoss: A loss became NaN or infinite.
        Interrupted: Ctrl-C; the run folder, if any, holds a checkpoint.
        RunFolderError: The run folder holds another run, or cannot be written.
    """
    heap.keep_freed_memory()
    loop = Loop(network, descent, settings, validate, score_name, on_progress)
    loop.history = [] if history is None else history
    with (
        Progress(settings.progress) as loop.progress,
        StopRequest() as loop.stop,
        denormals.flushed(),
    ):
        try:
            loop.carry_out(iter(stages))
            loop.stop.obey("after the last stage", settings.run)
        finally:
            loop.best.take()
            network.eval()
    return loop.history


class Loop:
    """The state of one run: where it is, what it has seen, its best weights so far."""

    progress: Progress
    stop: StopRequest
    history: list[Record]

    def __init__(
        self,
        network: nn.Module,
        descent: Descent,
        settings: Settings,
        validate: Validate | None,
        score_name: str,
        on_progress: Callable[[float], None],
    ):
        self.network, self.descent, self.settings = network, descent, settings
        self.validate, self.score_name, self.on_progress = validate, score_name, on_progress
        self.stage = self.epoch = self.step = 0
        self.pieces = 1
        self.best, self.clock = Best(network), Clock()
        self.saved = time.monotonic()
        self._batches, self._steps = 1, 1  # of the stage at hand
        device = torch.device(settings.device).type
        self.losses = Losses(LOOK_EVERY.get(device, LOOK_RARELY), settings.where)
        run = settings.run
        self.folder = None if run is None else RunFolder(run, settings.identity)
        self._products: contextlib.AbstractContextManager[object] = (
            torch.autocast(device, dtype=torch.bfloat16)
            if settings.bf16
            else contextlib.nullcontext()
        )

    def carry_out(self, stages: Iterator[Stage]) -> None:
        """Draw and do the stages, from where the run is."""
        folder, going_on = self.folder, self._open_folder()
        for number in itertools.count():
            stage = next(stages, None)
            if stage is None:
                return
            self._enter(number)
            ended = folder.stage_end(number + 1) if folder and going_on else None
            if ended is not None:
                self._take_on(ended)
                continue
            middle = folder.middle() if folder and going_on else None
            if middle is not None:
                self._take_on(middle)
            going_on = False
            self._do(stage)
            self.best.take()
            if folder is not None:
                folder.end_stage(number + 1, self._state())

    def _enter(self, number: int) -> None:
        self.stage, self.epoch, self.step = number, 0, 0
        self.losses.sums = {}
        self.best.forget()
        self.clock.enter()

    def _do(self, stage: Stage) -> None:
        """Do one stage, from the epoch and step that the run is at."""
        self._batches = len(stage.batches)
        self._steps = max(1, self._batches * stage.epochs)
        limit = self.settings.time_limit
        self.clock.limit(None if limit is None else limit * stage.until)
        self.progress.stage(stage.name, stage.epochs, self._share())
        while self.epoch < stage.epochs and not self._pauses(stage):
            self.network.train()
            for batch in stage.batches.epoch(self.stage, self.epoch, start=self.step):
                self._one_step(stage, batch)
                if self._pauses(stage):
                    break
            self._end_epoch(stage)
        if self.step:  # time was up in the middle of an epoch when the run was killed
            self._end_epoch(stage)

    def _pauses(self, stage: Stage) -> bool:
        """Save if it is time to; say whether the stage's time is up. One step is always done."""
        if self.stop.asked:
            self._save(stage)
            place = f"in stage '{stage.name}', epoch {self.epoch + 1}"
            self.stop.obey(place, self.settings.run)
        due = self.saved + self.settings.checkpoint_every
        if self.folder is not None and time.monotonic() >= due:
            self._save(stage)
        return self.clock.is_up and bool(self.step or self.epoch or self.stage)

    def _share(self) -> float:
        """Return the share of the stage done: by steps or, under a time limit, by the clock."""
        done = (self.epoch * self._batches + self.step) / self._steps
        return min(1.0, max(done, self.clock.share))

    def _one_step(self, stage: Stage, batch: Batch) -> None:
        share = self._share()
        self.on_progress(share)
        self.descent.advance(share)
        with self._products:
            losses = self._within_memory(stage, batch)
        self.step += 1
        if self.losses.add(self.step, batch.index, losses):
            self.losses.look(stage.name, self.epoch + 1)
        if self.settings.progress:
            self.progress.at(share, self.epoch + 1, self.losses.means(self.step))

    def _within_memory(self, stage: Stage, batch: Batch) -> Mapping[str, Tensor]:
        """Do a step; when memory runs out, halve the pieces that the batch is done in."""
        while True:
            try:
                return detached(memory.in_pieces(stage.step, self.descent, batch, self.pieces))
            except (RuntimeError, MemoryError) as error:
                if not memory.ran_out(error):
                    raise
                self.descent.forget_gradients()
            self.pieces = memory.halve(self.pieces, len(batch), self.progress.say)

    def _end_epoch(self, stage: Stage) -> None:
        self.losses.look(stage.name, self.epoch + 1)
        figures = self.losses.means(self.step)
        self.epoch, self.step, self.losses.sums = self.epoch + 1, 0, {}
        if self.validate is not None and stage.judged:
            figures |= self._watch(self.validate)
        seconds = self.clock.elapsed
        record = {"stage": stage.name, "epoch": self.epoch, **figures, "seconds": seconds}
        self.history.append(record)
        self.progress.epoch(self.epoch, self._share(), figures)
        if self.settings.patience and self.best.waited >= self.settings.patience:
            self.epoch = stage.epochs  # this stage has stopped early; a later one may follow

    def _watch(self, validate: Validate) -> dict[str, float]:
        self.network.eval()
        found = validate()
        scores = dict(found) if isinstance(found, Mapping) else {self.score_name: found}
        self.best.judge(scores[self.score_name])
        return scores

    def _open_folder(self) -> bool:
        """Get the run folder ready; say whether it holds a state to go on from."""
        if self.folder is None:
            return False
        going_on = self.folder.open(resume=self.settings.resume)
        if self.settings.resume and not going_on:
            self.progress.say(f"{self.folder.path} holds no checkpoint yet: starting anew.")
        return going_on

    def _save(self, stage: Stage) -> None:
        """Write a checkpoint, if there is a run folder."""
        if self.folder is not None:
            self.losses.look(stage.name, self.epoch + 1)
            self.folder.save(self._state())
            self.saved = time.monotonic()

    def _state(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in POSITION},
            "elapsed": self.clock.elapsed,
            "entered": self.clock.entered,
            "best": self.best.weights,
            "best_score": self.best.score,
            "waited": self.best.waited,
            "sums": self.losses.sums,
            "history": self.history,
            "network": self.network.state_dict(),
            "descent": self.descent.state(),
            "random": checkpoint.random_state(),
        }

    def _take_on(self, state: dict[str, Any]) -> None:
        """Go back to a state that was written."""
        for name in POSITION:
            setattr(self, name, state[name])
        self.clock.go_on(state["elapsed"])
        self.clock.entered = state["entered"]
        self.best.weights, self.best.score = state["best"], state["best_score"]
        self.best.waited = state["waited"]
        self.losses.sums, self.history[:] = state["sums"], state["history"]
        self.network.load_state_dict(state["network"])
        self.descent.load_state(state["descent"])
        checkpoint.set_random_state(state["random"])
