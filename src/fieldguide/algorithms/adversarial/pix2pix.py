"""pix2pix: a picture for each picture, learnt from pairs and judged by patches (Isola et al. 2017).

Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks",
CVPR 2017.

How it works:
    A U-Net G draws the answer; a discriminator D sees question and answer together, and judges
    each patch of 70 pixels (fewer on small pictures) on its own:

        min_G max_D  E log D(x, y) + E log(1 - D(x, G(x))) + 100 E |y - G(x)|₁

    The distance alone gives the blurred mean of all likely answers; D, which knows such blur from
    real pictures, makes G decide. Skips carry edges past the bottleneck. Dropout, in place of
    noise, acts in training alone, so that the same picture always gets the same answer. D's loss
    is halved, which slows it; Adam has β₁ = 0.5. Inputs of another size are brought to that of
    the answers first.

Use it when:
    You have some hundreds of pairs whose pixels correspond (sketch and photo, map and aerial view,
    day and night, noisy and clean) and want answers that look real.

Think twice when:
    You want the answer nearest to the truth, not the likeliest-looking one: adversarial=0 leaves
    the distance alone and usually scores a little higher. You have pictures of both kinds, but no
    pairs: CycleGAN. Pairs are shifted against each other: it learns to blur.

Cost:
    For 256x256 and maps=64: 54 million weights in G and 2.8 in D, 18 billion multiplications for
    an answer; three times that, and D's share, for each pair of a step.

Shapes:
    x: (B, channels, height, width); y and outputs: (B, channels, height, width) of their own; at
    least 8 pixels on the shorter side.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> photos = np.random.default_rng(0).integers(0, 255, (16, 3, 8, 8)).astype(np.uint8)
    >>> model = fg.Pix2Pix(epochs=1, maps=4).fit(photos, 255 - photos)
    >>> model.predict(photos[:2]).shape, model.predict(photos[:2]).dtype
    ((2, 3, 8, 8), dtype('uint8'))
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.adversarial import _losses
from fieldguide.algorithms.adversarial._patches import PatchDiscriminator, patch_for
from fieldguide.algorithms.adversarial._unet import UNetGenerator, depth_for
from fieldguide.card import Card
from fieldguide.data import Batch
from fieldguide.errors import TaskMismatch
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.augment import Augment
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.tasks import Task
from fieldguide.tasks.image_translation import ImageTranslation


class Translator(nn.Module):
    """A generator of answers, and the discriminator of questions and answers.

    Args:
        channels: Of the questions.
        made: Channels of the answers.
        height: Pixels.
        width: Pixels.
        maps: Of the first layers of both networks.
        patch: Pixels that the discriminator judges; 0: as many as fit.
        dropout: Of the generator.
        contest: Whether there is a discriminator at all.
    """

    def __init__(
        self,
        *,
        channels: int,
        made: int,
        height: int,
        width: int,
        maps: int = 64,
        patch: int = 0,
        dropout: float = 0.5,
        contest: bool = True,
    ):
        super().__init__()
        depth = depth_for(height, width)
        self.generator = UNetGenerator(
            channels=channels, made=made, maps=maps, depth=depth, dropout=dropout
        )
        self.discriminator: nn.Module = nn.Identity()
        if contest:
            judged = patch_for(min(height, width), patch)
            self.discriminator = PatchDiscriminator(
                channels=channels + made, maps=maps, patch=judged
            )

    def forward(self, questions: Tensor) -> Tensor:
        """Return answers in -1 to 1."""
        answers: Tensor = self.generator(questions)
        return answers

    def scores(self, questions: Tensor, answers: Tensor) -> Tensor:
        """Return a logit for each patch."""
        scores: Tensor = self.discriminator(torch.cat([questions, answers], dim=1))
        return scores


class Pix2Pix(Estimator):
    """Conditional adversarial networks for pictures that come in pairs."""

    card = Card(
        title="pix2pix",
        paper="Isola, Zhu, Zhou & Efros (2017). Image-to-image translation with conditional "
        "adversarial networks. CVPR.",
        year=2017,
        tasks=("image_translation",),
        inputs=("image",),
        capacity=3,
        needs_examples=400,
        smallest_image=8,
        local=True,
        exportable=False,
    )

    epochs: int = option(50, "passes over the training data", low=0)
    batch_size: int = option(8, "pairs in one step", low=1, search=(1, 32), log=True)
    lr: float = option(2e-4, "learning rate", low=0, search=(5e-5, 1e-3), log=True)
    schedule: str = option(
        "late-linear",
        "course of the learning rate",
        choices=("constant", "late-linear", "cosine", "one-cycle"),
    )
    l1: float = option(100.0, "weight of the mean absolute error", low=0, search=(10.0, 300.0))
    adversarial: float = option(
        1.0, "weight of the contest; 0: the distance alone, without a discriminator", low=0
    )
    maps: int = option(64, "maps of the first layers", low=1, search=(16, 64), log=True)
    patch: int = option(
        0, "pixels that the discriminator judges; 0: as many as fit", choices=(0, 16, 34, 70)
    )
    dropout: float = option(0.5, "chance that a value rests, as noise", low=0, high=0.9)
    augment: tuple[str, ...] = option(
        (), "changes to both pictures of a pair: flip (left to right)", choices=("flip",)
    )
    momentum: float = option(0.5, "Adam's β₁: how long gradients last", low=0, high=0.999)

    def build(self, task: Task) -> nn.Module:
        """Return both networks, as deep as the pictures allow.

        Raises:
            TaskMismatch: The pictures to predict are too small.
        """
        assert isinstance(task, ImageTranslation)
        made, height, width = task.picture.shape
        if min(height, width) < self.card.smallest_image:
            raise TaskMismatch(
                f"Pix2Pix needs pictures to predict of at least {self.card.smallest_image} pixels "
                f"on the shorter side, and these are {height}x{width}. Enlarge them, or choose a "
                "baseline such as LinearFilter."
            )
        return Translator(
            channels=task.inputs.shape[0],
            made=made,
            height=height,
            width=width,
            maps=self.maps,
            patch=self.patch,
            dropout=self.dropout,
            contest=self.adversarial > 0,
        )

    def forward(self, batch: Batch) -> Tensor:
        """Return the answers to a batch."""
        answers: Tensor = self.network_(self._questions(batch))
        return answers

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Give each network an Adam of its own."""
        net, betas = self._nets, (self.momentum, 0.999)
        parts = {"discriminator": net.discriminator} if self.adversarial else {}
        return {
            name: EagerAdamW(
                part.parameters(), self.lr, betas=betas, weight_decay=self.weight_decay, fused=True
            )
            for name, part in {**parts, "generator": net.generator}.items()
        }

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Let the discriminator learn, then the generator."""
        net = self._nets
        questions, truths = self._pairs(batch)
        answers = net(questions).float()
        distance = F.l1_loss(answers, truths)
        if not self.adversarial:
            self.descend("generator", self.l1 * distance)
            return {"distance": distance}
        real, made = net.scores(questions, truths), net.scores(questions, answers.detach())
        judged = 0.5 * _losses.judging(real.float(), made.float())
        self.descend("discriminator", judged)
        fooled = _losses.fooling(net.scores(questions, answers).float())
        self.descend("generator", self.adversarial * fooled + self.l1 * distance)
        return {"discriminator": judged, "generator": fooled, "distance": distance}

    @property
    def _nets(self) -> Translator:
        assert isinstance(self.network_, Translator)
        return self.network_

    @property
    def _translation(self) -> ImageTranslation:
        assert isinstance(self.task_, ImageTranslation)
        return self.task_

    def _questions(self, batch: Batch) -> Tensor:
        assert isinstance(batch.x, Tensor)
        questions = self._translation.on_grid(batch.x)
        return questions.contiguous(memory_format=torch.channels_last)

    def _pairs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return questions and truths, changed alike."""
        assert batch.y is not None
        questions, truths = self._questions(batch), self._translation.wanted(batch.y)
        if not self.augment:
            return questions, truths
        both = torch.cat([questions, truths], dim=1)
        both, _ = Augment(self.augment)(both, batch.index)
        parts = both.split([questions.shape[1], truths.shape[1]], dim=1)
        layout = torch.channels_last
        return parts[0].contiguous(memory_format=layout), parts[1].contiguous(memory_format=layout)
