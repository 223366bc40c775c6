"""Conditional GAN: samples of a class that you name (Mirza & Osindero 2014).

Mirza & Osindero, "Conditional Generative Adversarial Nets", arXiv:1411.1784.

How it works:
    The contest of Goodfellow et al. (2014), in which both networks are told a class y:

        min_G max_D  E log D(x | y) + E log(1 - D(G(z | y)))

    In G, noise and class go through a hidden layer each and meet in the next; in D, example and
    class do. D judges whether an example is real *and* of its class, so that G must make each class
    in its turn. Samples are drawn for a class, or for classes as frequent as in training.

Use it when:
    Your examples have classes, and you want new ones of a class by name: to fill up rare classes,
    or to see what a class looks like to a network.

Think twice when:
    Pictures are large or coloured: these are perceptrons, as published; DCGAN makes sharper ones,
    without classes. Some class has fewer than about a hundred examples: it is copied.

Cost:
    Per example three passes through the discriminator forwards and backwards, one through the
    generator. For 28x28 and ten classes: 0.6 million weights.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table, laid out
    flat; y: class codes (B,); noise: (B, latent); samples: as the examples came in.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 2)) + np.repeat([[0], [9]], 100, axis=0)
    >>> model = fg.ConditionalGAN(epochs=40).fit(X, np.repeat(["low", "high"], 100))
    >>> bool(model.sample(50, label="high").mean() > model.sample(50, label="low").mean())
    True
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.algorithms.adversarial._family import Adversarial
from fieldguide.card import Card
from fieldguide.codecs import Labels
from fieldguide.data import Examples
from fieldguide.engine import Stage
from fieldguide.errors import TaskMismatch
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget

LEAK = 0.2
SHARE = 4  # a class gets one unit in so many of a first layer's, as published (50 of 240)


class ConditionalGenerator(nn.Module):
    """Noise and class, a hidden layer each, joined in another, to rows.

    Args:
        latent: Numbers of noise.
        classes: Number of classes.
        hidden: Units of each of the first layers, and of the joint one.
        width: Numbers in a row.
        bounded: Whether to end in tanh, for pictures in -1 to 1.
    """

    def __init__(
        self, *, latent: int, classes: int, hidden: int, width: int, bounded: bool = False
    ):
        super().__init__()
        self.classes = classes
        self.of_noise = nn.Linear(latent, hidden)
        self.of_class = nn.Linear(classes, hidden)
        self.joint = nn.Linear(2 * hidden, hidden)
        self.last = nn.Linear(hidden, width)
        self.bend: nn.Module = nn.Tanh() if bounded else nn.Identity()

    def forward(self, noise: Tensor, y: Tensor) -> Tensor:
        """Return (B, width) of noise (B, latent) and class codes (B,)."""
        hot = F.one_hot(y, self.classes).to(noise.dtype)
        parts = torch.cat([self.of_noise(noise), self.of_class(hot)], dim=1).relu()
        rows: Tensor = self.bend(self.last(self.joint(parts).relu()))
        return rows


class ConditionalDiscriminator(nn.Module):
    """Example and class, a hidden layer each, joined in another, to a score.

    Args:
        width: Numbers in a row.
        classes: Number of classes.
        hidden: Units of the example's first layer, and of the joint one.
        dropout: Probability that a hidden unit is silenced in training.
    """

    def __init__(self, *, width: int, classes: int, hidden: int, dropout: float = 0.0):
        super().__init__()
        self.classes = classes
        few = max(1, hidden // SHARE)
        self.of_row = nn.Linear(width, hidden)
        self.of_class = nn.Linear(classes, few)
        self.joint = nn.Linear(hidden + few, hidden)
        self.score = nn.Linear(hidden, 1)
        self.bend, self.dropout = nn.LeakyReLU(LEAK), nn.Dropout(dropout)

    def forward(self, rows: Tensor, y: Tensor) -> Tensor:
        """Return scores (B,) of rows (B, width) and class codes (B,)."""
        hot = F.one_hot(y, self.classes).to(rows.dtype)
        parts = torch.cat([self.of_row(rows), self.of_class(hot)], dim=1)
        joint = self.bend(self.joint(self.dropout(self.bend(parts))))
        scores: Tensor = self.score(self.dropout(joint)).squeeze(1)
        return scores


class ConditionalGAN(Adversarial):
    """Two perceptrons in contest that are told the class of every example."""

    takes_classes = True
    card = Card(
        title="Conditional GAN",
        paper="Mirza & Osindero (2014). Conditional generative adversarial nets. arXiv:1411.1784.",
        year=2014,
        tasks=("generation",),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=1000,
        exportable=False,
    )

    lr: float = option(1e-3, "learning rate", low=0, search=(1e-4, 3e-3), log=True)
    hidden: int = option(256, "units of a hidden layer", low=1, search=(64, 1024), log=True)
    dropout: float = option(
        0.0, "chance that a unit of the discriminator rests", low=0, high=0.9, search=(0, 0.5)
    )

    def rivals(self, task: WithoutTarget) -> tuple[nn.Module, nn.Module]:
        """Return two perceptrons that are told classes.

        Raises:
            TaskMismatch: The data have no classes.
        """
        if not isinstance(task.codec, Labels):
            raise TaskMismatch(
                "ConditionalGAN learns to make examples of a class, and the data have no classes. "
                "Name their column with target=… (--target) or pass y; without classes, take GAN, "
                "DCGAN or WGANGP."
            )
        classes, bounded = task.codec.width, task.inputs.form == "image"
        return ConditionalGenerator(
            latent=self.latent, classes=classes, hidden=self.hidden, width=task.width,
            bounded=bounded,
        ), ConditionalDiscriminator(
            width=task.width, classes=classes, hidden=self.hidden, dropout=self.dropout
        )  # fmt: skip

    def build(self, task: WithoutTarget) -> nn.Module:  # type: ignore[override]
        """Return both networks, and how frequent each class is."""
        network = super().build(task)
        assert isinstance(task.codec, Labels)
        network.register_buffer("frequencies", torch.ones(task.codec.width))
        return network

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Count the classes, then yield the contest."""
        assert data.y is not None
        counts = torch.bincount(data.y, minlength=len(self._frequencies))
        self._frequencies.copy_(counts)
        yield from super().stages(data)

    def condition(self, y: Tensor | None, count: int) -> Tensor:
        """Return the classes given; if none are, classes as frequent as in training, in order."""
        if y is not None:
            return y
        ends = self._frequencies.cumsum(0) / self._frequencies.sum()
        middles = (torch.arange(count, device=ends.device) + 0.5) / count
        return torch.searchsorted(ends, middles).clamp(max=len(ends) - 1)

    @property
    def _frequencies(self) -> Tensor:
        return self.network_.get_buffer("frequencies")
