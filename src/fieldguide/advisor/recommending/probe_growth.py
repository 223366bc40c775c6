"""How the time of a fit on everything at once grows with examples and with repetitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldguide.advisor.recommending.probe_watch import Watch, run
from fieldguide.data import Dataset
from fieldguide.data.rolling import count_examples
from fieldguide.estimator import Estimator

QUICK = 0.4  # seconds; a fit that takes longer is compared with one on fewer examples, not on more
FEW, FEWER = 20, 5  # repetitions that a shortened fit does
LEAST = 1e-6  # seconds; nothing takes less
STEEPEST = 1.5  # power of the number of examples that time is believed to grow with at most


@dataclass(frozen=True)
class Shortened:
    """An estimator that does a few of its repetitions, if its card names what counts them.

    Attributes:
        estimator: The estimator, already shortened.
        name: Hyperparameter that counts repetitions, or empty.
        asked: Repetitions that a full fit does.
    """

    estimator: Estimator
    name: str
    asked: int

    @classmethod
    def of(cls, estimator: Estimator) -> Shortened:
        """Shorten an estimator, where its card allows it and that saves time."""
        name = estimator.card.repeats
        asked = int(getattr(estimator, name)) if name else 0
        if asked <= 2 * FEW:
            return cls(estimator, "", 0)
        setattr(estimator, name, FEW)
        return cls(estimator, name, asked)

    def growth(
        self, watch: Watch, sample: Dataset, larger: Dataset, examples: int, allowance: float
    ) -> float:
        """Return how many times as long as in the shortened fit on the sample a step will take.

        Args:
            watch: What the fit on the sample showed.
            sample: The sample.
            larger: A larger one, or the same.
            examples: Examples that the full fit learns from.
            allowance: Seconds of whole batches in a stage.
        """
        first, count = watch.whole_seconds, count_examples(sample)
        other, more = sample, self._repetitions(sample, first, allowance)
        if examples <= count:
            return more
        if first <= QUICK and count_examples(larger) >= 2 * count:
            other = larger
        elif sample.forecast is not None:  # steps belong together
            other = sample.in_memory(count // 2)
        else:
            other = sample.take(np.arange(0, count, 2))
        tried = count_examples(other)
        second = run(self.estimator, other, allowance)[0].whole_seconds
        ratio = np.log(max(second, LEAST) / max(first, LEAST)) / np.log(tried / count)
        power = float(np.clip(ratio, 0.0, STEEPEST))
        if other is larger:  # start from the size that is nearer
            more = self._repetitions(larger, second, allowance) * second / max(first, LEAST)
        return more * float((examples / max(count, tried)) ** power)

    def _repetitions(self, sample: Dataset, seconds: float, allowance: float) -> float:
        """Return how many times as long all repetitions take as the few did on this sample."""
        if not self.name:
            return 1.0
        setattr(self.estimator, self.name, FEWER)
        fewer = run(self.estimator, sample, allowance)[0].whole_seconds
        setattr(self.estimator, self.name, FEW)
        each = max(0.0, seconds - fewer) / (FEW - FEWER)
        return (seconds + (self.asked - FEW) * each) / max(seconds, LEAST)
