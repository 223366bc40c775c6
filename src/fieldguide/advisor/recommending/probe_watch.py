"""A fit cut short: every stage runs for a few steps, and how long they take is written down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from fieldguide.data import Batch, Batches, Dataset, Examples
from fieldguide.engine import Stage
from fieldguide.estimator import Estimator

PIECE = 4  # examples of the first steps, which warm up and tell how long a whole batch may take
MOST_STEPS = 8  # whole batches timed at most
OVERHEAD = 8  # times as long as in a whole batch an example of a small piece may take


@dataclass
class StageCost:
    """What one stage costs.

    Attributes:
        epochs: Passes that the stage would do.
        batch_size: Examples in a whole batch.
        whole: Whether it looks at all examples in one step, as models outside deep learning do.
        step_seconds: Time of one step on a whole batch, fetching it included.
        example_bytes: Memory that one example takes between the forward and the backward pass.
    """

    epochs: int
    batch_size: int
    whole: bool
    step_seconds: float = 0.0
    example_bytes: float = 0.0


@dataclass
class Watch:
    """Stands between an estimator and the engine while it fits.

    Attributes:
        allowance: Seconds that a stage may go on with whole batches.
        stages: What was seen.
        spent: Seconds that the shortened stages took.
    """

    allowance: float
    stages: list[StageCost] = field(default_factory=list)
    spent: float = 0.0

    @property
    def whole_seconds(self) -> float:
        """Seconds of one step of every stage that looks at all examples at once."""
        return sum(stage.step_seconds for stage in self.stages if stage.whole)

    def attach(self, estimator: Estimator) -> None:
        """Shorten every stage of the estimator from now on."""
        original = estimator.stages

        def stages(data: Examples) -> Iterator[Stage]:
            for stage in original(data):
                began = time.perf_counter()
                yield self._shortened(stage, estimator.network_)
                self.spent += time.perf_counter() - began

        estimator.stages = stages  # type: ignore[method-assign]

    def _shortened(self, stage: Stage, network: torch.nn.Module) -> Stage:
        size, count = stage.batches.size, len(stage.batches.examples)
        seen = StageCost(stage.epochs, size, whole=size == count)
        self.stages.append(seen)
        if seen.whole:
            timed = _Timed(stage.batches, seen)
            return replace(stage, batches=timed, epochs=min(1, stage.epochs))
        few = _Few(stage.batches, seen, self.allowance)
        step = _measuring_memory(stage.step, seen, network)
        return replace(stage, step=step, batches=few, epochs=min(1, stage.epochs))


def run(estimator: Estimator, sample: Dataset, allowance: float) -> tuple[Watch, float]:
    """Fit on a sample, cut short; return what was seen, and the seconds outside the stages."""
    watch = Watch(allowance)
    watch.attach(estimator)
    began = time.perf_counter()
    estimator.fit(sample)
    outside = time.perf_counter() - began - watch.spent
    del estimator.stages  # the estimator's own again
    return watch, outside


class _Timed(Batches):
    """The same batches, timed."""

    def __init__(self, inner: Batches, seen: StageCost):
        super().__init__(inner.examples, inner.size, seed=inner.seed, shuffle=inner.shuffle)
        self.seen = seen

    def epoch(self, stage: int = 0, epoch: int = 0, start: int = 0) -> Iterator[Batch]:
        """Yield the batches; note the time of the last."""
        began = time.perf_counter()
        for batch in super().epoch(stage, epoch, start):
            yield batch
            self.seen.step_seconds = time.perf_counter() - began
            began = time.perf_counter()


class _Few(Batches):
    """Two small pieces, then as many whole batches as there is time for."""

    def __init__(self, inner: Batches, seen: StageCost, allowance: float):
        super().__init__(inner.examples, inner.size, seed=inner.seed, shuffle=inner.shuffle)
        self.seen, self.allowance = seen, allowance

    def epoch(self, stage: int = 0, epoch: int = 0, start: int = 0) -> Iterator[Batch]:
        """Yield what is worth timing, and time it."""
        whole = list(_first(super().epoch(stage, epoch, start), MOST_STEPS))
        if not whole:
            return
        piece = whole[0].pieces(-(-len(whole[0]) // PIECE))[0]
        times = []
        for _ in range(2):  # the first step also sets up what later ones find ready
            began = time.perf_counter()
            yield piece
            times.append(time.perf_counter() - began)
        guess = times[-1] * len(whole[0]) / len(piece)
        self.seen.step_seconds = guess
        if guess > OVERHEAD * self.allowance:
            return
        times, deadline = [], time.perf_counter() + self.allowance
        fetch = super().epoch(stage, epoch, start)
        for place in range(MOST_STEPS + 1):
            began = time.perf_counter()
            batch = next(fetch, whole[0])
            yield batch
            times.append((time.perf_counter() - began) * self.size / len(batch))
            if place and time.perf_counter() > deadline:
                break
        self.seen.step_seconds = sorted(times[1:])[len(times[1:]) // 2]


def _first(batches: Iterator[Batch], count: int) -> Iterator[Batch]:
    for _, batch in zip(range(count), batches, strict=False):
        yield batch


def _measuring_memory(step: Any, seen: StageCost, network: torch.nn.Module) -> Any:
    """Wrap a step: its first call counts what autograd keeps for the backward pass."""

    def measured(batch: Batch) -> Mapping[str, Tensor]:
        if seen.example_bytes:
            done: Mapping[str, Tensor] = step(batch)
            return done
        weights = {weight.data_ptr() for weight in network.parameters()}
        kept: dict[int, int] = {}

        def keep(tensor: Tensor) -> Tensor:
            if tensor.data_ptr() not in weights:
                kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            done = step(batch)
        seen.example_bytes = max(1.0, sum(kept.values()) / len(batch))
        return done

    return measured
