"""Recommendation: how much each user would like what they have not rated yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.codecs import Codec, Quantity
from fieldguide.codecs import from_config as codec_from_config
from fieldguide.data import Batch, Dataset
from fieldguide.data.ratings import Ratings
from fieldguide.errors import DataError
from fieldguide.tasks.rating_inputs import RatingInputs
from fieldguide.tasks.task import Task

LIKED = 0.75  # of the way from the lowest to the highest rating: 4 of 5 stars


@dataclass(frozen=True)
class Recommendation(Task):
    """Outputs are standardised ratings (B, 1); squared error; the score is ``explained``.

    ``explained`` is 1 - squared error / ``usual``: the share that is explained of what the items'
    means leave open. It is 0 for a model that knows nothing of who rates, 1 for a perfect one, and
    orders models as their root mean squared error does.

    Targets are (B, 2): the rating, standardised, and the code of its user, because the errors of
    one user's ratings belong together when the noise of a score is asked for.

    Attributes:
        question: The parts of the columns, and the range of ratings, to which answers are kept.
        usual: Mean squared error in training, standardised, of the mean of an item's other ratings.
    """

    question: Ratings
    usual: float

    name = "recommendation"
    score_name = "explained"

    @classmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """Tables read as ratings pose this task, and no other data do."""
        if dataset.ratings is None:
            return False, "the columns of users, items and ratings were not named"
        return True, "the columns of users, items and ratings were named"

    @classmethod
    def allows(cls, dataset: Dataset) -> bool:
        """Any table may hold ratings; `fit` asks for their columns."""
        return True

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Learn mean and spread of the ratings."""
        return Quantity.fit(dataset.column(_asked(dataset).rating))

    @classmethod
    def fit(cls, train: Dataset, forms: Sequence[str] = ()) -> Self:
        """Learn the names, and how far the items' means are off.

        Raises:
            DataError: The data were not read as ratings.
        """
        asked, codec = _asked(train), cls.target_codec(train)
        inputs = RatingInputs.of(train)
        values = codec.encode(train.column(asked.rating))[:, 0].astype(np.float64)
        usual = _error_of_item_means(inputs.codes(train)[1], values)
        return cls(inputs, asked.rating, codec, asked, usual)

    @property
    def known(self) -> RatingInputs:
        """The inputs, with the names of users and items."""
        assert isinstance(self.inputs, RatingInputs)
        return self.inputs

    def _encode_target(self, chunk: Dataset) -> np.ndarray:
        ratings = super()._encode_target(chunk)
        self._check_range(chunk)
        return np.column_stack([ratings, self.known.codes(chunk)[0]]).astype(np.float32)

    def _check_range(self, chunk: Dataset) -> None:
        """Refuse ratings that cannot be: predictions are kept within the range that was learnt."""
        values = np.asarray(chunk.column(self.target), dtype=np.float64)
        lowest, highest = self.question.ends
        lost = np.flatnonzero((values < lowest) | (values > highest))
        if not len(lost):
            return
        place = chunk.origins[lost[0]]
        more = f" ({len(lost) - 1} more do)" if len(lost) > 1 else ""
        raise DataError(
            f"the rating {values[lost[0]]:g} lies outside of the range {lowest:g} to {highest:g} "
            f"that the model learnt with{more}.",
            "Correct it, leave it out, or fit again with the range named: lowest=…, highest=… "
            "(--lowest, --highest).",
            file=chunk.source,
            row=int(place) if isinstance(place, (int, np.integer)) else None,
            field=self.target,
        )

    def head(self, width: int) -> nn.Module:
        """Return a linear layer onto one rating."""
        return nn.Linear(width, 1)

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean squared error of standardised ratings."""
        assert batch.y is not None
        return F.mse_loss(outputs[:, 0], batch.y[:, 0])

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return ratings in the user's units, kept within their range, (n,)."""
        assert isinstance(self.codec, Quantity)
        found = self.codec.decode(outputs[:, :1].double().cpu().numpy())
        return np.clip(found, *self.question.ends)

    def each(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return what every rating adds to the score, (n,); their mean is the score."""
        assert isinstance(self.codec, Quantity)
        error = (self.decode(outputs) - self.decode(y)) / self.codec.deviations[0]
        return np.asarray(1 - np.square(error) / self.usual)

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return sum and number of `each` by user, whose ratings share a taste, (users, 2)."""
        _, codes = np.unique(y[:, 1].cpu().numpy(), return_inverse=True)
        sums = np.bincount(codes, weights=self.each(outputs, y))
        return np.stack([sums, np.bincount(codes).astype(np.float64)], axis=1)

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the share explained of what the items' means leave open."""
        return float(self.each(outputs, y).mean())

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return ``explained``, root mean squared and mean absolute error in units of a rating.

        ``nmae`` is the mean absolute error as a share of the range of ratings.
        """
        error = self.decode(outputs) - self.decode(y)
        lowest, highest = self.question.ends
        mae = float(np.abs(error).mean())
        return {
            "explained": self.score(outputs, y),
            "rmse": float(np.sqrt(np.square(error).mean())),
            "mae": mae,
            "nmae": mae / (highest - lowest),
        }

    @property
    def liked_from(self) -> float:
        """Rating from which an item counts as liked: three quarters of the way up the range."""
        lowest, highest = self.question.ends
        return lowest + LIKED * (highest - lowest)

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**super().config(), "ratings": self.question.to_dict(), "usual": self.usual}

    @classmethod
    def from_config(cls, stored: dict[str, Any]) -> Self:
        """Rebuild from `config`."""
        return cls(
            RatingInputs.from_config(stored["inputs"]),
            stored["target"],
            codec_from_config(stored["codec"]),
            Ratings.from_dict(stored["ratings"]),
            stored["usual"],
        )


def _error_of_item_means(items: np.ndarray, values: np.ndarray) -> float:
    """Return the mean squared error of the mean of an item's other ratings.

    A single rating of an item is compared with the mean of all, 0. Leaving r out of n ratings with
    the mean m moves the error from r - m to (r - m) · n / (n - 1).
    """
    counts = np.bincount(items)
    means = np.bincount(items, weights=values) / np.maximum(counts, 1)
    stretch = np.where(counts > 1, counts / np.maximum(counts - 1, 1), 1.0)
    means = np.where(counts > 1, means, 0.0)
    error = (values - means[items]) * stretch[items]
    return max(float(np.square(error).mean()), 1e-12)


def _asked(dataset: Dataset) -> Ratings:
    if dataset.ratings is None:
        raise DataError(
            "recommendation needs to know who rated what.",
            "Name the columns with user=…, item=…, rating=… (--user, --item, --rating).",
            file=dataset.source,
        )
    return dataset.ratings
