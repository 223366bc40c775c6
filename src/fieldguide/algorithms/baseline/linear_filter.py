"""Linear filter: each pixel from the patch around it, with least squared error (Wiener 1949).

How it works:
    Each channel of a pixel of the answer is a weighted sum of the pixels in a window of the
    question around the same place, the same weights everywhere: w = (XᵀX + λI)⁻¹ Xᵀy over all
    windows of all pictures, in closed form. It blurs, sharpens, finds edges, inverts and mixes
    colours, whichever the pairs ask for; at the border, edges are repeated.

Use it when:
    You want to know whether translation needs more than a filter, or a filter will do: it learns
    in seconds, and is a convolution.

Think twice when:
    The answer depends on what is shown (which colour a thing has), on more than the window sees,
    or on anything that is not a sum: networks.

Cost:
    pixels · (channels · size²)² multiplications once, of four million pixels at most.

Shapes:
    x: (B, channels, height, width); outputs: (B, channels, height, width) of the answers.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> photos = np.random.default_rng(0).integers(0, 255, (9, 1, 8, 8)).astype(np.uint8)
    >>> model = fg.LinearFilter(size=3).fit(photos, 255 - photos)
    >>> model.evaluate(photos, 255 - photos)["ssim"] > 0.99
    True
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.card import Card
from fieldguide.data import Batch, Inputs
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.image_translation import ImageTranslation

MOST_PIXELS = 1 << 22  # pixels of answers that are learnt from
AT_ONCE = 1 << 24  # numbers in the windows that are laid out together


class LinearFilter(Baseline):
    """Ridge regression from patches to pixels, as a baseline for image-to-image translation."""

    card = Card(
        title="Linear filter",
        paper="Wiener (1949). Extrapolation, interpolation, and smoothing of stationary time "
        "series. MIT Press.",
        year=1949,
        tasks=("image_translation",),
        inputs=("image",),
        capacity=1,
        local=True,
        baseline=True,
        exportable=False,
    )

    size: int = option(5, "pixels on a side of the window, odd", low=1, high=31)
    regularisation: float = option(
        1e-3, "pull λ of the weights towards 0, for each pixel learnt from", low=0
    )

    def build(self, task: Task) -> nn.Module:
        """Return one convolution.

        Raises:
            UsageError: An even window, which has no centre.
        """
        assert isinstance(task, ImageTranslation)
        if self.size % 2 == 0:
            raise UsageError(
                f"size={self.size}: expected an odd number, whose window has a centre."
            )
        return nn.Conv2d(task.inputs.shape[0], task.picture.channels, self.size)

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Gather the sums over all windows, and solve for the weights."""
        assert isinstance(self.task_, ImageTranslation) and isinstance(x, Tensor)
        network = self.network_
        assert isinstance(network, nn.Conv2d)
        width = network.in_channels * self.size**2 + 1
        grid = self.task_.picture.height * self.task_.picture.width_pixels
        some = torch.linspace(0, len(x) - 1, min(len(x), max(1, MOST_PIXELS // grid))).long()
        square = torch.zeros(width, width, dtype=torch.float64)
        cross = torch.zeros(width, network.out_channels, dtype=torch.float64)
        for places in some.split(max(1, AT_ONCE // (width * grid))):
            windows = self._windows(x[places])
            truth = self.task_.wanted(y[places]).flatten(2).transpose(1, 2).flatten(0, 1)
            square += (windows.T @ windows).double()
            cross += (windows.T @ truth).double()
        pull = torch.full((width,), max(self.regularisation * len(some) * grid, 1e-9))
        pull[-1] = 0.0  # the mean is free
        solved = torch.linalg.lstsq(square + pull.double().diag(), cross, driver="gelsd").solution
        network.weight.copy_(solved[:-1].T.reshape(network.weight.shape))
        network.bias.copy_(solved[-1])  # type: ignore[union-attr]
        return {"pictures": float(len(some))}

    def forward(self, batch: Batch) -> Tensor:
        """Return the filtered pictures."""
        assert isinstance(batch.x, Tensor)
        filtered: Tensor = self.network_(self._framed(batch.x))
        return filtered.clamp(-1, 1)

    def _framed(self, x: Tensor) -> Tensor:
        """Return pictures on the answers' grid, their edges repeated."""
        assert isinstance(self.task_, ImageTranslation)
        return F.pad(self.task_.on_grid(x), (self.size // 2,) * 4, mode="replicate")

    def _windows(self, x: Tensor) -> Tensor:
        """Return the window around each pixel and a 1, (pixels, width)."""
        windows = F.unfold(self._framed(x), self.size).transpose(1, 2).flatten(0, 1)
        return F.pad(windows, (0, 1), value=1.0)
