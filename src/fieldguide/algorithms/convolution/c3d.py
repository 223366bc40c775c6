"""C3D: convolutions that look through small windows in space and time (Tran et al. 2015).

Tran, Bourdev, Fergus, Torresani, Paluri, "Learning Spatiotemporal Features with 3D Convolutional
Networks", ICCV 2015.

How it works:
    A clip is a block of frames, height and width, and a window of 3x3x3 sees three frames at once:
    a movement is a slanted edge in it. The first pooling keeps time, the others halve it too:

        A_1 = pool_{1x2x2}(max(0, W_1 * X + b_1))
        A_l = pool_{2x2x2}(max(0, W_l * A_{l-1} + b_l))         l = 2, 3, ...
        y   = head(dropout(max(0, W A + b)))

    As in the paper a clip is 16 frames; those of a longer or shorter clip are taken at even
    distances. The paper's network has eight convolutions of 64 to 512 maps and two dense layers of
    4,096 units, 78 million weights learnt from a million clips; ``maps`` builds any size, and the
    default is one that a few hundred clips can fill. Its last maps are averaged over time and over
    a grid of 4x4 cells.

Use it when:
    Movements are short and look alike wherever they happen: strokes, blows, turns.

Think twice when:
    What matters lies far apart in time: the windows see a few frames each, and their mean forgets
    which came first. A CNN-RNN remembers.

Cost:
    27 weights for each pair of maps: 201,000 in front of the head with the defaults and grey
    frames. Three times the products of a network of single frames.

Shapes:
    ``{"frames": (B, T, C, H, W), "lengths": (B,)}`` to ``(B, num_classes)``.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> clips = np.zeros((48, 4, 1, 8, 8), dtype=np.uint8)
    >>> for place, clip in enumerate(clips):                # a bar that goes down, or up
    ...     for time, frame in enumerate(clip if place % 2 else clip[::-1]):
    ...         frame[:, 2 * time : 2 * time + 2] = 200
    >>> labels = np.array(["up", "down"] * 24)
    >>> model = fg.C3D(epochs=15, maps=(8, 8), validation=0.0).fit(clips, labels)
    >>> model.predict(clips[:2]).tolist()
    ['up', 'down']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.card import Card
from fieldguide.codecs.frames import Frames
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn import Augment
from fieldguide.nn.clips import CLIP_CHANGES, augmented
from fieldguide.tasks import Task

GRID = 4  # cells on a side of the last maps


class C3DNetwork(nn.Module):
    """Convolutions in space and time, a dense layer and a head.

    Args:
        in_channels: Channels of a frame.
        maps: Maps of each convolution.
        frames: Frames that a clip is brought to.
        units: Units of the dense layer.
        dropout: Share of them silenced in training, 0 to below 1.
        num_classes: Outputs of ``head``; replace the attribute for another head.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        maps: tuple[int, ...] = (16, 32, 64),
        frames: int = 16,
        units: int = 128,
        dropout: float = 0.5,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        self.frames = frames
        before = (in_channels, *maps)
        self.convolutions = nn.ModuleList(
            nn.Conv3d(seen, made, 3, padding=1) for seen, made in zip(before, maps, strict=False)
        )
        self.dense = nn.Linear(before[-1] * GRID * GRID, units)
        self.dropout = nn.Dropout(dropout)
        self.head: nn.Module = nn.Linear(units, num_classes)

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return the outputs of the head for padded clips."""
        maps = resample(x["frames"], x["lengths"], self.frames).transpose(1, 2)  # (B, C, T, H, W)
        for place, convolution in enumerate(self.convolutions):
            maps = functional.relu(convolution(maps))
            time, height, width = maps.shape[2:]
            window = (min(2, time) if place else 1, min(2, height), min(2, width))
            maps = functional.max_pool3d(maps, window)
        grid = functional.adaptive_avg_pool3d(maps, (1, GRID, GRID))  # (B, maps, 1, 4, 4)
        outputs: Tensor = self.head(self.dropout(functional.relu(self.dense(grid.flatten(1)))))
        return outputs


class C3D(Estimator):
    """Classification and regression of clips by short movements."""

    card = Card(
        title="C3D (3-D convolutional network)",
        paper="Tran, Bourdev, Fergus, Torresani & Paluri (2015). Learning spatiotemporal features "
        "with 3D convolutional networks. ICCV.",
        year=2015,
        tasks=("classification", "regression"),
        inputs=("clip",),
        capacity=3,
        needs_examples=300,
        local=True,
        exportable=False,
    )

    epochs: int = option(15, "passes over the training data", low=0)
    lr: float = option(2e-3, "learning rate", low=0, search=(3e-4, 5e-3), log=True)
    augment: tuple[str, ...] = option((), "random changes to training clips", choices=CLIP_CHANGES)
    maps: tuple[int, ...] = option((16, 32, 64), "maps of each convolution", low=1)
    frames: int = option(16, "frames that a clip is brought to", low=1)
    units: int = option(128, "units of the dense layer", low=1)
    dropout: float = option(0.3, "share of units silenced", low=0, high=0.9, search=(0.0, 0.5))

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head."""
        network = C3DNetwork(
            in_channels=task.inputs.shape[1],
            maps=tuple(self.maps),
            frames=self.frames,
            units=self.units,
            dropout=self.dropout,
        )
        network.head = task.head(self.units)
        return network

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield one stage, on augmented clips."""
        codec = next(iter(self.task_.inputs.codecs.values()))
        assert isinstance(codec, Frames)
        self._augment = Augment(self.augment, black=codec.picture.black)
        yield from super().stages(data)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Learn from a batch, after changing its clips."""
        if self.augment:
            assert isinstance(batch.x, dict) and batch.y is not None
            batch = replace(batch, x=augmented(self._augment, batch.x, batch.y))
        return super().step(batch)


def resample(frames: Tensor, lengths: Tensor, steps: int) -> Tensor:
    """Return ``steps`` frames of each clip at even distances, ``(B, steps, C, H, W)``."""
    middles = (torch.arange(steps, device=lengths.device) + 0.5) / steps  # of equal parts
    places = (middles * lengths[:, None]).long()  # (B, steps)
    rows = torch.arange(len(frames), device=frames.device)[:, None]
    return frames[rows, places]
