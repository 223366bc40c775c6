"""How long an entrant may learn, so that there is time left to score it."""

from __future__ import annotations

import time
from typing import Any

from fieldguide.advisor import words
from fieldguide.data import Dataset
from fieldguide.data.rolling import count_examples
from fieldguide.errors import FieldguideError
from fieldguide.estimator import Estimator

SAMPLE = 48  # examples that predicting is timed on
CAUTION = 1.5  # predicting may take longer than it did on the sample by this factor
MOST, LEAST = 0.93, 0.3  # shares of the time left that learning gets at most and at least
ALONE = 0.9  # share of the time left beyond which judging alone is too much
FIXED = 0.3  # seconds for saving


def training_seconds(
    kind: type[Estimator], given: dict[str, Any], train: Dataset, test: Dataset, left: float
) -> float:
    """Return the seconds that an entrant may spend in `fit`.

    Args:
        kind: The algorithm.
        given: Its hyperparameters.
        train: Examples to learn from, a share of which it validates on.
        test: Examples that it will be scored on.
        left: Seconds that it has for everything.

    Raises:
        FieldguideError: Scoring alone would take longer than that.
    """
    began = time.monotonic()
    each = 0.0 if kind.card.baseline else seconds_an_example(kind, given, train)
    left -= time.monotonic() - began
    validated = kind(**given).validation * count_examples(train)
    judged = count_examples(test) + round(validated)
    if each * judged > ALONE * left:
        raise FieldguideError(
            f"to judge it on {judged:,} examples alone would take about "
            f"{words.seconds(each * judged)}, and {words.seconds(left)} were left of its share. "
            "Give the race a larger budget."
        )
    wanted = left - CAUTION * each * judged - FIXED
    return max(LEAST * left, min(MOST * left, wanted))


def seconds_an_example(kind: type[Estimator], given: dict[str, Any], train: Dataset) -> float:
    """Return the time to predict one example, after a single step on a few; 0 if that fails."""
    sample = train.in_memory(SAMPLE)
    try:
        model = kind(**given, time_limit=0.0).fit(sample)
        answer_all(model, sample)  # the first time is slower
        began = time.monotonic()
        answer_all(model, sample)
    except (FieldguideError, RuntimeError, ValueError):
        return 0.0  # a few examples may be too few; fit will say what is wrong, if anything is
    return (time.monotonic() - began) / count_examples(sample)


def answer_all(model: Estimator, data: Dataset) -> None:
    """Run a model on every example: of series, `predict` would forecast the last windows alone."""
    if data.forecast is not None:
        model.score(data)
    elif model.task_.needs_target:
        model.predict(data)
    else:
        model._outputs(data)
