"""Wasserstein GAN with gradient penalty: a critic that measures a distance (Gulrajani et al. 2017).

Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, "Improved Training of Wasserstein GANs",
NeurIPS 30.

How it works:
    A critic f takes the discriminator's place. Held to slope 1, the most it can make of the
    difference E f(x) - E f(G(z)) is the Wasserstein distance between data and samples: how far
    probability must be carried. Unlike a verdict it falls smoothly as samples come nearer, so the
    critic may be trained far ahead of the generator. The slope is held by a penalty at points
    x̂ = ε x + (1 - ε) G(z), with ε uniform between 0 and 1:

        f descends on  E f(G(z)) - E f(x) + λ E (|∇f(x̂)| - 1)²      λ = 10, five steps, then
        G descends on  -E f(G(z))

    The critic has layer normalisation, because the penalty is on the slope at each example alone.

Use it when:
    A plain GAN or DCGAN collapses or drops kinds of examples; or you want a training curve that
    means something: minus the critic's loss is the distance that is left.

Think twice when:
    Time is short: a step of the critic also differentiates a gradient, and the generator learns in
    one step of five.

Cost:
    Per example of a step seven passes through the critic; one in five steps the generator's.

Shapes:
    x: (B, features), numbers and categories of a table, or pictures (B, channels, height, width):
    perceptrons for rows and pictures below 8 pixels, convolutions for larger ones.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> rows = np.random.default_rng(0).normal(size=(100, 3))
    >>> model = fg.WGANGP(epochs=2, hidden=(16,)).fit(rows)
    >>> model.sample(5).shape
    (5, 3)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.adversarial import _losses
from fieldguide.algorithms.adversarial._convolutions import PictureDiscriminator, PictureGenerator
from fieldguide.algorithms.adversarial._family import Adversarial
from fieldguide.algorithms.adversarial.gan import DenseDiscriminator, DenseGenerator
from fieldguide.card import Card
from fieldguide.data import Batch
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget

SMALLEST = 8  # pixels on the shorter side that convolutions need


class WGANGP(Adversarial):
    """A generator and a critic of slope 1, for rows of numbers, tables and pictures."""

    card = Card(
        title="Wasserstein GAN with gradient penalty",
        paper="Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville (2017). Improved training of "
        "Wasserstein GANs. NeurIPS 30.",
        year=2017,
        tasks=("generation",),
        inputs=("array", "table", "image"),
        capacity=3,
        needs_examples=1000,
        local=True,
        exportable=False,
    )

    epochs: int = option(200, "passes over the training data", low=0)
    lr: float = option(5e-4, "learning rate", low=0, search=(5e-5, 1e-3), log=True)
    momentum: float = option(0.0, "Adam's β₁: how long gradients last", low=0, high=0.999)
    discriminator_steps: int = option(5, "steps of the critic for each of the generator's", low=1)
    penalty: float = option(10.0, "weight λ of the slope's distance from 1", low=0)
    hidden: tuple[int, ...] = option((256, 256), "units of each hidden layer, for rows", low=1)
    maps: int = option(64, "maps of the layers nearest to the picture", low=1, search=(32, 128))

    def rivals(self, task: WithoutTarget) -> tuple[nn.Module, nn.Module]:
        """Return convolutions for pictures, else perceptrons."""
        if self._convolves(task):
            channels, height, width = task.inputs.shape
            return PictureGenerator(
                latent=self.latent, channels=channels, height=height, width=width, maps=self.maps
            ), PictureDiscriminator(
                channels=channels, height=height, width=width, maps=self.maps, norm="layer"
            )
        bounded = task.inputs.form == "image"
        return DenseGenerator(
            latent=self.latent, hidden=self.hidden, width=task.width, bounded=bounded
        ), DenseDiscriminator(width=task.width, hidden=self.hidden)

    def real(self, batch: Batch) -> Tensor:
        """Return real examples: pictures in the layout of the convolutions, or rows."""
        flat = super().real(batch)
        if not self._convolves(self._task):
            return flat
        pictures = flat.unflatten(1, self._task.inputs.shape)
        return pictures.contiguous(memory_format=torch.channels_last)

    def judge(self, real: Tensor, made: Tensor, y: Tensor | None) -> Tensor:
        """Return the critic's loss with its penalty."""
        critic = self._rivals.discriminator
        mix = torch.rand(len(real), device=real.device)
        steep = _losses.gradient_penalty(critic, real, made.float(), mix)
        return _losses.criticising(critic(real), critic(made)) + self.penalty * steep

    def fool(self, made: Tensor, y: Tensor | None, raw: Tensor) -> Tensor:
        """Return minus the critic's mean score of samples."""
        loss: Tensor = -self._rivals.discriminator(made).mean()
        return loss

    @property
    def _critic(self) -> bool:
        return True

    @staticmethod
    def _convolves(task: WithoutTarget) -> bool:
        return task.inputs.form == "image" and min(task.inputs.shape[1:]) >= SMALLEST
