"""Unchanged picture: every picture is its own translation (Wang et al. 2004).

How it works:
    ŷ = x, brought to the size and the channels of the pictures to predict: colour becomes grey by
    its luma, grey becomes colour by repetition. Between two classes, each picture is left as it is.

Use it when:
    You want to know what a translation is worth: where questions and answers are alike, as noisy
    and clean pictures are, high scores come for nothing.

Think twice when:
    You want translations: it has none of its own.

Cost:
    Nothing worth measuring.

Shapes:
    x: (B, channels, height, width); outputs: pictures of the size to predict, or rows.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> photos = np.random.default_rng(0).integers(0, 255, (9, 3, 8, 8)).astype(np.uint8)
    >>> grey = photos.mean(axis=1, keepdims=True).astype(np.uint8)
    >>> fg.UnchangedPicture().fit(photos, grey).predict(photos).shape
    (9, 1, 8, 8)
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.card import Card
from fieldguide.data import Batch, Inputs
from fieldguide.tasks import Task
from fieldguide.tasks.image_translation import ImageTranslation
from fieldguide.tasks.unpaired_image_translation import UnpairedImageTranslation


class Nothing(nn.Module):
    """No weights; how many examples there were, for the record."""

    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))


class UnchangedPicture(Baseline):
    """The picture itself, as a baseline for image-to-image translation."""

    card = Card(
        title="Unchanged picture",
        paper="Wang, Bovik, Sheikh & Simoncelli (2004). Image quality assessment: from error "
        "visibility to structural similarity. IEEE Transactions on Image Processing 13.",
        year=2004,
        tasks=("image_translation", "unpaired_image_translation"),
        inputs=("image",),
        capacity=0,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network without weights."""
        return Nothing()

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Count the examples."""
        assert isinstance(x, Tensor)
        self.network_.get_buffer("count").fill_(len(x))
        return {}

    def forward(self, batch: Batch) -> Tensor:
        """Return the pictures as they would stand among those to predict."""
        assert isinstance(self.task_, ImageTranslation) and isinstance(batch.x, Tensor)
        return self.task_.unchanged(batch.x)

    def translation(self, batch: Batch) -> Tensor:
        """Return the rows as they are."""
        assert isinstance(self.task_, UnpairedImageTranslation)
        return self.task_.rows(batch.x)
