"""What networks of clips share: an encoder of single frames, and augmented clips to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.codecs.frames import Frames
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn import Augment, OptionalMaxPool2d
from fieldguide.nn.clips import CLIP_CHANGES, augmented, frame_by_frame, mask
from fieldguide.tasks import Task

AT_ONCE = 256  # frames encoded side by side in prediction: maps of many more fill the memory
GRID = 4  # maps end as a grid of so many cells on a side, which keeps where things are


class FrameEncoder(nn.Module):
    """A small convolutional network over single frames, ``(M, C, H, W)`` to ``(M, embedding)``.

    Each block is a 3x3 convolution, batch normalisation, ``max(0, a)`` and 2x2 maximum pooling. The
    last maps are averaged to a grid of 4x4 cells rather than to a point, because movement is told
    by where things are.

    Args:
        in_channels: Channels of a frame.
        maps: Maps of each block.
        embedding: Numbers that a frame becomes.
        dropout: Share of them silenced in training, 0 to below 1.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        maps: tuple[int, ...] = (16, 32, 64),
        embedding: int = 128,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        before = (in_channels, *maps)
        self.blocks = nn.Sequential(
            *(_block(seen, made) for seen, made in zip(before, maps, strict=False))
        )
        self.dense = nn.Linear(before[-1] * GRID * GRID, embedding)
        self.dropout = nn.Dropout(dropout)

    def forward(self, frames: Tensor) -> Tensor:
        """Return one embedding for each frame."""
        maps = self.blocks(frames)  # (M, maps, H / 2^blocks, W / 2^blocks)
        grid = functional.adaptive_avg_pool2d(maps, GRID)  # (M, maps, 4, 4)
        embedded: Tensor = self.dropout(functional.relu(self.dense(grid.flatten(1))))
        return embedded


def encode_frames(encoder: nn.Module, x: dict[str, Tensor]) -> Tensor:
    """Return the embeddings of padded clips, ``(B, T, embedding)``, zeros at padding.

    Real frames go through the encoder side by side, padding does not: it would cost time, and enter
    the statistics of batch normalisation.
    """
    there = mask(x["lengths"], x["frames"].shape[1])
    frames = x["frames"][there]  # (frames in all, C, H, W)
    if torch.is_grad_enabled():
        return frame_by_frame(encoder(frames), there)
    parts = [encoder(part) for part in frames.split(AT_ONCE)]
    return frame_by_frame(torch.cat(parts), there)


class ClipNetwork(Estimator):
    """A network of clips; those it learns from may be augmented, all frames of a clip alike."""

    augment: tuple[str, ...] = option((), "random changes to training clips", choices=CLIP_CHANGES)

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield one stage, on augmented clips."""
        codec = next(iter(self.task_.inputs.codecs.values()))
        assert isinstance(codec, Frames)
        self._augment = Augment(self.augment, black=codec.picture.black)
        yield from super().stages(data)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Learn from a batch, after changing its clips."""
        assert isinstance(batch.x, dict) and batch.y is not None
        if self.augment:
            batch = replace(batch, x=augmented(self._augment, batch.x, batch.y))
        # Statistics of one frame alone are no estimate, and undefined on a map of one pixel.
        several = len(batch) > 1
        if self.network_.training != several:
            self.network_.train(several)
        return super().step(batch)


def clip_shape(task: Task) -> tuple[int, int, int]:
    """Return channels, height and width of the frames that a task takes in."""
    _, channels, height, width = task.inputs.shape
    return channels, height, width


def _block(seen: int, made: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(seen, made, 3, padding=1, bias=False),
        nn.BatchNorm2d(made),
        nn.ReLU(inplace=True),
        OptionalMaxPool2d(2),
    )
