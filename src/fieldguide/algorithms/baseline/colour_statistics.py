"""Colour statistics: the mean and the spread of each channel are matched (Reinhard et al. 2001).

How it works:
    Each channel is moved and stretched so that the pictures of one class get the mean and the
    deviation of the other's:

        x' = (x - mean of its class) / deviation of its class · deviation of the goal + mean of it

    All pictures of a class are changed alike; shapes and textures stay as they are.

Use it when:
    You want to know whether two classes differ by more than light and tint: then a network has
    something to do.

Think twice when:
    What tells the classes apart is texture or shape.

Cost:
    One pass over the pictures.

Shapes:
    x: (B, channels, height, width); y: class codes (B,); translations: rows.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> photos = np.random.default_rng(0).integers(0, 99, (32, 1, 8, 8)).astype(np.uint8)
    >>> photos[16:] += 150
    >>> model = fg.ColourStatistics().fit(photos, ["dark"] * 16 + ["light"] * 16)
    >>> bool(model.predict(photos[:16]).mean() > 180)
    True
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.card import Card
from fieldguide.data import Batch, Inputs
from fieldguide.errors import DataError
from fieldguide.tasks import Task
from fieldguide.tasks.unpaired_image_translation import UnpairedImageTranslation


class Statistics(nn.Module):
    """Mean and deviation of each channel, of both classes.

    Args:
        channels: Of pictures.
    """

    means: Tensor
    deviations: Tensor

    def __init__(self, channels: int):
        super().__init__()
        self.register_buffer("means", torch.zeros(2, channels, 1, 1))
        self.register_buffer("deviations", torch.ones(2, channels, 1, 1))


class ColourStatistics(Baseline):
    """Matched colours, as a baseline for image-to-image translation without pairs."""

    card = Card(
        title="Colour statistics",
        paper="Reinhard, Ashikhmin, Gooch & Shirley (2001). Color transfer between images. IEEE "
        "Computer Graphics and Applications 21.",
        year=2001,
        tasks=("unpaired_image_translation",),
        inputs=("image",),
        capacity=1,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return empty statistics."""
        return Statistics(task.inputs.shape[0])

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Measure both classes."""
        net = self.network_
        assert isinstance(net, Statistics) and isinstance(x, Tensor)
        for code in (0, 1):
            pictures = x[y == code]
            if not len(pictures):
                raise DataError(
                    "one of the two classes has no pictures to learn from.",
                    "Bring pictures of both.",
                )
            spread = pictures.double().std(dim=(0, 2, 3), correction=0)
            net.means[code, :, 0, 0] = pictures.double().mean(dim=(0, 2, 3)).float()
            net.deviations[code, :, 0, 0] = torch.where(spread > 0, spread, 1.0).float()
        return {}

    def translation(self, batch: Batch) -> Tensor:
        """Return rows with the colours of the other class."""
        net, task = self.network_, self.task_
        assert isinstance(net, Statistics) and isinstance(task, UnpairedImageTranslation)
        assert isinstance(batch.x, Tensor)
        goals = task.goals(batch.y, len(batch)).to(batch.x.device)
        plain = (batch.x - net.means[1 - goals]) / net.deviations[1 - goals]
        return (plain * net.deviations[goals] + net.means[goals]).flatten(1)
