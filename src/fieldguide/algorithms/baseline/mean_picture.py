"""Mean picture: always the average of the pictures to predict (Galton 1878).

How it works:
    ŷ = Σ yᵢ / n, pixel by pixel, whatever the question is: Galton laid photographs over each other.
    Of all pictures the one with the least squared error, so that `explained` is 0 for it.

Use it when:
    You want to know what a score is worth: pictures that all show the same scene (faces, digits in
    the middle) are half-way predicted by their mean.

Think twice when:
    You want translations: it does not look at the question.

Cost:
    One pass over the pictures.

Shapes:
    x: (B, channels, height, width); outputs: (B, channels, height, width) of the answers.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> photos = np.random.default_rng(0).integers(0, 255, (9, 1, 8, 8)).astype(np.uint8)
    >>> model = fg.MeanPicture().fit(photos, photos)
    >>> bool(np.abs(model.predict(photos)[0] - photos.mean(axis=0)).max() <= 0.5)
    True
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

AT_ONCE = 256  # pictures added up together


class MeanPicture(Baseline):
    """The mean of the pictures to predict, as a baseline for image-to-image translation."""

    card = Card(
        title="Mean picture",
        paper="Galton (1878). Composite portraits. Nature 18.",
        year=1878,
        tasks=("image_translation",),
        inputs=("image",),
        capacity=0,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network of one picture."""
        network = nn.Module()
        network.register_buffer("picture", torch.zeros(task.codec.shape))
        return network

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Average the pictures."""
        assert isinstance(self.task_, ImageTranslation)
        parts = [self.task_.wanted(part).double().sum(dim=0) for part in y.split(AT_ONCE)]
        mean = torch.stack(parts).sum(dim=0) / len(y)
        self.network_.get_buffer("picture").copy_(mean)
        return {}

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean picture for each example."""
        picture = self.network_.get_buffer("picture")
        return picture.expand(len(batch), *picture.shape)
