"""Deep convolutional GAN: a generator and a discriminator of pictures (Radford et al. 2016).

Radford, Metz & Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", ICLR 2016.

How it works:
    The contest of Goodfellow et al. (2014) between two networks of convolutions alone:

        G: z → 4x4 grid → deconvolve, normalise, ReLU → … → tanh(deconvolve) = picture
        D: picture → convolve, LeakyReLU → convolve, normalise, LeakyReLU → … → score

    Strides take the place of pooling; each layer doubles (G) or halves (D) the grid. Batch
    normalisation stands everywhere but before the picture and after it, and sees real and
    generated pictures apart. Weights start from N(0, 0.02²); Adam has β₁ = 0.5.

Use it when:
    You have thousands of pictures of one kind (faces, clothes, cells) of up to about 64x64 pixels
    and want new ones of that kind, or to walk smoothly from one to another.

Think twice when:
    There are fewer than about a thousand pictures: the discriminator learns them by heart. You want
    a picture of a class by name (ConditionalGAN), every kind of picture (WGANGP), or pictures
    larger than 128x128: training no longer settles.

Cost:
    For 28x28 and maps=64: 1.1 million weights in G, 0.7 in D, and 0.2 billion multiplications for
    each picture of a step.

Shapes:
    x: (B, channels, height, width), at least 8 pixels on the shorter side; noise: (B, latent);
    pictures of other sizes than a power of two are the middle of a larger grid.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> pictures = np.random.default_rng(0).integers(0, 255, (32, 1, 8, 8)).astype(np.uint8)
    >>> model = fg.DCGAN(epochs=1, maps=8).fit(pictures)
    >>> model.sample(4).shape, model.sample(4).dtype
    ((4, 1, 8, 8), dtype('uint8'))
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.adversarial._convolutions import PictureDiscriminator, PictureGenerator
from fieldguide.algorithms.adversarial._family import Adversarial
from fieldguide.card import Card
from fieldguide.data import Batch
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget


class DCGAN(Adversarial):
    """Two convolutional networks in contest, for pictures."""

    card = Card(
        title="Deep convolutional GAN",
        paper="Radford, Metz & Chintala (2016). Unsupervised representation learning with deep "
        "convolutional generative adversarial networks. ICLR.",
        year=2016,
        tasks=("generation",),
        inputs=("image",),
        capacity=3,
        needs_examples=2000,
        smallest_image=8,
        local=True,
        exportable=False,
    )

    latent: int = option(100, "numbers of noise that a picture is made of", low=1, search=(32, 128))
    maps: int = option(64, "maps of the layers nearest to the picture", low=1, search=(32, 128))

    def rivals(self, task: WithoutTarget) -> tuple[nn.Module, nn.Module]:
        """Return two networks for pictures of this size."""
        channels, height, width = task.inputs.shape
        return PictureGenerator(
            latent=self.latent, channels=channels, height=height, width=width, maps=self.maps
        ), PictureDiscriminator(channels=channels, height=height, width=width, maps=self.maps)

    def real(self, batch: Batch) -> Tensor:
        """Return pictures in -1 to 1, in the layout of the convolutions."""
        assert isinstance(batch.x, Tensor) and self._rivals.bounds is not None
        pictures = self._rivals.bounds.inward(batch.x)
        return pictures.contiguous(memory_format=torch.channels_last)
