"""Time and memory that a full fit takes on this machine, from a few steps done here and now.

The probe calls the same verbs as a user: it fits a copy of the algorithm, with its own defaults, on
a small sample, and shortens every stage to a few steps. It thereby holds for any algorithm, also
one that overrides every hook.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch

from fieldguide.advisor import machine
from fieldguide.advisor.recommending.pace import answer_all
from fieldguide.advisor.recommending.probe_growth import Shortened
from fieldguide.advisor.recommending.probe_limit import OutOfTime, at_most
from fieldguide.advisor.recommending.probe_watch import Watch, run
from fieldguide.catalog import Entry
from fieldguide.data import Dataset, ImageFiles
from fieldguide.data.rolling import count_examples
from fieldguide.errors import DataError, Interrupted
from fieldguide.estimator import Estimator
from fieldguide.tasks import Task
from fieldguide.tasks.inputs import STREAM_BYTES

EXAMPLES = 251  # in the sample; prime, so that no batch size is mistaken for all examples
LARGER = 8  # times as many, to see how the time of a fit on everything at once grows
NUMBERS = 4_000_000  # numbers in the sample at most: 26 colour pictures of 224 by 224 pixels
FEWEST = 24
ALLOWANCE = 0.25  # seconds of whole batches in a stage
LONGEST = 60.0  # seconds of a probe; ours take one or two, another package's may never end
PROCESS = 400 << 20  # bytes of a process that has loaded what training needs, and no data
COPIES = 4  # of weights: themselves, their gradients, two averages that Adam keeps
WORKING = 2.0  # of what autograd keeps: gradients of activations, buffers of kernels
DOUBLES = 2  # copies in double precision that models outside deep learning make of their inputs


@dataclass(frozen=True)
class Cost:
    """What a full fit with default settings takes.

    Attributes:
        seconds: Wall clock, or None where that could not be found out.
        memory_bytes: Most memory held by a process that does the fit, or None.
        problem: Why the probe failed, or empty.
        probed: Seconds that the probe itself took.
    """

    seconds: float | None
    memory_bytes: int | None
    problem: str = ""
    probed: float = 0.0


@dataclass(frozen=True)
class Trial:
    """Samples to probe with, and how they relate to all examples.

    Attributes:
        sample: Some examples in memory.
        larger: Several times as many, or the same where there are no more.
        task: Name of the task.
        examples: Number of examples in all; of series to forecast, windows.
        read_seconds: Time to decode and encode one example.
        data_bytes: Memory that all examples take, as they are and encoded.
        numbers: Numbers in one encoded example.
    """

    sample: Dataset
    larger: Dataset
    task: str
    examples: int
    read_seconds: float
    data_bytes: int
    numbers: int


def prepare(dataset: Dataset, kind: type[Task], seed: int = 0) -> Trial:
    """Draw the samples, and time how long reading and encoding take.

    Args:
        dataset: The data, targets known.
        kind: The task.
        seed: Decides which examples.
    """
    task = kind.fit(_drawn(dataset, FEWEST, kind, seed))
    numbers = max(1, int(np.prod(task.inputs.shape)) + len(task.inputs.cardinalities))
    count = int(np.clip(NUMBERS // numbers, FEWEST, LARGER * EXAMPLES))
    larger = _drawn(dataset, count, kind, seed)
    began = time.perf_counter()
    task = kind.fit(larger)
    task.encode(larger)
    read = (time.perf_counter() - began) / count_examples(larger)
    larger = _decoded(larger, task)
    # What lies on disk stays there, encoded or not.
    in_memory = isinstance(dataset.columns, dict)
    held = sum(_bytes(column) for column in dataset.columns.values()) if in_memory else 0
    each = numbers if dataset.forecast is None else len(dataset.columns)  # windows share steps
    encoded = min(4 * each * len(dataset), STREAM_BYTES)
    return Trial(
        sample=_drawn(larger, EXAMPLES, kind, seed),
        larger=larger,
        task=kind.name,
        examples=count_examples(dataset),
        read_seconds=read,
        data_bytes=held + encoded,
        numbers=numbers,
    )


def _drawn(dataset: Dataset, count: int, kind: type[Task], seed: int) -> Dataset:
    """Draw examples; more of them where the rarer class is not among so few."""
    drawn = dataset.in_memory(count, seed)
    try:
        kind.target_codec(drawn)
    except DataError:
        if count >= len(dataset):
            raise
        return _drawn(dataset, 8 * count, kind, seed)
    return drawn


def probe(entry: Entry, trial: Trial, allowance: float = ALLOWANCE) -> Cost:
    """Find out what a full fit costs; a failure is an answer, not an error.

    Args:
        entry: The algorithm.
        trial: The samples, from `prepare`.
        allowance: Seconds of whole batches in a stage.
    """
    began = time.perf_counter()
    try:
        with undisturbed(), at_most(LONGEST):
            cost = _cost(entry.load()(task=trial.task), trial, allowance)
    except Interrupted:
        raise
    except OutOfTime:
        cost = Cost(None, None, f"a few steps were not done in {LONGEST:.0f} seconds")
    except Exception as error:  # whatever a third party's code does, the advice goes on
        said = str(error).strip().splitlines()
        cost = Cost(None, None, said[0] if said else type(error).__name__)
    return replace(cost, probed=round(time.perf_counter() - began, 3))


def _cost(estimator: Estimator, trial: Trial, allowance: float) -> Cost:
    shortened = Shortened.of(estimator)
    watch, outside = run(estimator, trial.sample, allowance)
    share = float(getattr(estimator, "validation", 0.0))
    held = round(trial.examples * share) if trial.examples * share >= 20 else 0
    learning = trial.examples - held
    seconds = trial.examples * trial.read_seconds
    seconds += max(
        0.0, outside - count_examples(trial.sample) * trial.read_seconds
    )  # building the network
    judging = held * _judging(estimator, trial.sample) if held else 0.0
    growth = 1.0
    if watch.whole_seconds:
        growth = shortened.growth(watch, trial.sample, trial.larger, learning, allowance)
    for stage in watch.stages:
        epoch = stage.step_seconds * (growth if stage.whole else -(-learning // stage.batch_size))
        seconds += stage.epochs * (epoch + judging)
    return Cost(seconds, _memory(estimator, trial, watch))


def _judging(estimator: Estimator, sample: Dataset) -> float:
    """Return the seconds that predicting one example takes."""
    part = sample.in_memory(256)
    answer_all(estimator, part)
    began = time.perf_counter()
    answer_all(estimator, part)
    return (time.perf_counter() - began) / count_examples(part)


def _memory(estimator: Estimator, trial: Trial, watch: Watch) -> int:
    network = estimator.network_
    weights = sum(one.numel() * one.element_size() for one in network.parameters())
    buffers = sum(one.numel() * one.element_size() for one in network.buffers())
    needed = min(machine.resident_bytes(), PROCESS) + trial.data_bytes
    if any(stage.whole for stage in watch.stages):
        growth = trial.examples / count_examples(trial.sample)
        return int(needed + DOUBLES * 8 * trial.numbers * trial.examples + buffers * growth)
    kept = max((stage.example_bytes * stage.batch_size for stage in watch.stages), default=0.0)
    batch = max((stage.batch_size for stage in watch.stages), default=0) * trial.numbers * 4
    best = weights + buffers  # validation keeps a copy of the best weights
    return int(needed + COPIES * weights + 2 * buffers + best + WORKING * (kept + batch))


def _decoded(sample: Dataset, task: Task) -> Dataset:
    """Return the sample with picture files replaced by what is in them, decoded once for all."""
    columns: dict[str, Any] = dict(sample.columns)
    for name, codec in task.inputs.codecs.items():
        if isinstance(columns.get(name), ImageFiles):
            columns[name] = codec.encode(columns[name])
    return replace(sample, columns=columns)


def _bytes(column: Any) -> int:
    if isinstance(column, pl.Series):
        return int(column.estimated_size())
    return int(column.nbytes)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put every source of chance back as it was, and let warnings about a sample be."""
    python, numbers = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numbers)
