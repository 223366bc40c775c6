"""Image-to-image translation: a picture for each picture, learnt from pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.codecs import Codec, Picture, TargetPicture
from fieldguide.data import Batch, Dataset
from fieldguide.data.column import take
from fieldguide.data.pairs import correspond
from fieldguide.errors import DataError
from fieldguide.metrics.pictures import peak_signal_to_noise, structural_similarity
from fieldguide.nn.pictures import with_colours
from fieldguide.nn.resize import to_size
from fieldguide.tasks.task import Task

FEWEST = 2  # pairs to learn from
LOOKED_AT = 100  # pairs among which a difference must be found
LEAST = 4  # pixels on the shorter side of a picture to predict


class ImageTranslation(Task):
    """Outputs are pictures (B, C, H, W) in -1 to 1; the score is the structural similarity.

    The pictures to predict have a size and channels of their own. Pixels correspond by their place
    relative to the picture's sides: what works on pixels first brings its inputs to the size of
    the target (`on_grid`). Targets stay as they are stored in `Batch.y`; `wanted` brings them
    into -1 to 1.
    """

    name = "image_translation"
    score_name = "ssim"
    pairs = True

    @classmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """A target of pictures, and pictures to predict it from."""
        if dataset.target is None:
            return False, "there is no target"
        kind = dataset.fields[dataset.target].kind
        if kind != "image":
            return False, f"'{dataset.target}' is of kind {kind}"
        if not any(known.kind == "image" for known in dataset.inputs.values()):
            return False, f"'{dataset.target}' holds pictures, and no other column does"
        return True, f"'{dataset.target}' holds a picture for each picture"

    @classmethod
    def fit(cls, train: Dataset, forms: Sequence[str] = ()) -> Self:
        """Fit the codecs of both sides.

        Raises:
            DataError: No examples, or pictures that do not correspond.
        """
        task = super().fit(train, forms)
        if len(train) < FEWEST:
            raise DataError(
                "there is one pair of pictures, and a rule takes many to be told from chance.",
                "Bring some hundreds of pairs, at the very least a few dozen.",
                file=train.source,
            )
        if task.inputs.form == "image":
            _check_proportions(task.inputs.shape, task.picture, train)
            _check_varied(task.picture, train)
        return task

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Learn size, channels and range of the pictures to predict.

        Raises:
            DataError: The target holds no pictures, or all of them are the same single colour.
        """
        assert dataset.target is not None
        if not cls.allows(dataset):
            raise DataError(
                f"{cls.name} predicts pictures from pictures: {cls.fits(dataset)[1]}.",
                "Name the column of the pictures to predict with target=… (--target), or bring a "
                "folder with A/ and B/, whose files have the same names.",
                file=dataset.source,
                field=dataset.target,
            )
        codec = TargetPicture.fit(dataset.column(dataset.target))
        if min(codec.shape[1:]) < LEAST:
            raise DataError(
                f"the pictures to predict are {codec.height}x{codec.width_pixels} pixels; at "
                f"least {LEAST} on the shorter side are needed.",
                "Bring larger ones, or predict their pixels as columns of numbers.",
                file=dataset.source,
                field=dataset.target,
            )
        return codec

    @property
    def picture(self) -> TargetPicture:
        """The target's codec."""
        assert isinstance(self.codec, TargetPicture)
        return self.codec

    def wanted(self, y: Tensor) -> Tensor:
        """Bring stored targets into -1 to 1."""
        return self.picture.inward(y)

    def on_grid(self, pictures: Tensor) -> Tensor:
        """Bring pictures (B, C, H, W) to the size of those to predict, channels as they are."""
        return to_size(pictures, self.picture.shape[1:])

    def unchanged(self, pictures: Tensor) -> Tensor:
        """Return inputs as they would stand among the outputs: their size, channels and units."""
        known = next(iter(self.inputs.codecs.values()))
        assert isinstance(known, Picture)
        resized = self.on_grid(pictures)
        mean, scale = (
            torch.tensor(values, device=resized.device).view(1, -1, 1, 1)
            for values in (known.means, known.deviations)
        )
        shown = with_colours(resized * scale + mean, self.picture.channels)
        return self.picture.inward(shown).clamp_(-1, 1)

    def head(self, width: int) -> nn.Module:
        """Return the last layer: (B, width, H, W) to pictures in -1 to 1."""
        return nn.Sequential(nn.Conv2d(width, self.picture.channels, 1), nn.Tanh())

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean absolute error, which blurs less than the squared one."""
        assert batch.y is not None
        return F.l1_loss(outputs, self.wanted(batch.y))

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return pictures (n, channels, height, width) in the user's units."""
        return self.picture.decode(outputs.cpu().numpy())

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the mean structural similarity of answers and truths, as they are shown."""
        return float(self.summands(outputs, y)[:, 0].mean())

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return each picture's structural similarity, and 1; shape (n, 2)."""
        found = structural_similarity(*self._shown(outputs, y))
        return np.stack([found.numpy(), np.ones(len(found))], axis=1)

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return structural similarity, PSNR, mean absolute error and the share explained.

        The error is in the user's units; of bytes, 0 to 255. Explained is 1 - squared error / that
        of the mean picture of those judged; 0 where they do not vary.
        """
        guess, truth = self._shown(outputs, y)
        error = (guess - truth).double()
        varied = (truth - truth.mean(dim=0)).double().square().sum()
        explained = 1 - error.square().sum() / varied if varied > 0 else torch.zeros(())
        return {
            "ssim": self.score(outputs, y),
            "psnr": float(peak_signal_to_noise(guess, truth).mean()),
            "mae": float(error.abs().mean()) * (self.picture.high - self.picture.low),
            "explained": float(explained),
        }

    def _shown(self, outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return answers and truths as the user sees them, brought into 0 to 1."""
        low, span = self.picture.low, self.picture.high - self.picture.low
        return (self.picture.outward(outputs) - low) / span, (y.float() - low) / span


def _check_proportions(inputs: tuple[int, ...], target: TargetPicture, train: Dataset) -> None:
    """Refuse pictures of two proportions: no scaling lays one over the other."""
    (_, height, width), (_, tall, wide) = inputs, target.shape
    if correspond((height, width), (tall, wide)):
        return
    raise DataError(
        f"the pictures to learn from are {width} wide and {height} high, those to predict {wide} "
        f"and {tall}: their proportions differ, so that no pixel corresponds to another.",
        "Crop both sides of each pair to the same part of the scene. Sizes may differ.",
        file=train.source,
        field=train.target,
    )


def _check_varied(target: TargetPicture, train: Dataset) -> None:
    """Refuse pictures to predict that are all the same, as empty files or a wrong folder give."""
    chosen = np.linspace(0, len(train) - 1, min(len(train), LOOKED_AT)).astype(int)
    looked = target.encode(take(train.column(train.target or ""), chosen))
    if (looked == looked[:1]).all():
        raise DataError(
            f"the pictures to predict are all the same (of {len(train)}, {len(looked)} were looked "
            "at), so that there is nothing to learn.",
            "Look whether the right folder or column is named, and whether the files were written "
            "as they should be.",
            file=train.source,
            field=train.target,
        )
