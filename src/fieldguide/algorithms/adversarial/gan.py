"""Generative adversarial network: a forger and a detective learn from each other (2014).

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville & Bengio, "Generative
Adversarial Nets", NeurIPS 27.

How it works:
    A generator G turns noise z ~ N(0, 1) into examples, a discriminator D gives the probability
    that an example is real, and each plays against the other:

        min_G max_D  E log D(x) + E log(1 - D(G(z)))

    With a perfect D, G descends on the Jensen-Shannon divergence between its distribution and the
    data's, and the only equilibrium is D = ½. In practice G ascends on log D(G(z)), which has the
    same fixed point and a gradient that lasts while G is losing (section 3 of the paper). The two
    step in turns, each by an Adam of its own.

Use it when:
    You want to learn how adversarial training works, or to make rows of numbers that look like
    yours where no likelihood is needed; for pictures DCGAN is the better choice, for tables of
    mixed columns TabularGAN.

Think twice when:
    You need the probability of an example, or every kind of example: a GAN gives no likelihood, and
    it may drop modes (`notes_` says so when it sees it; WGANGP drops fewer). Below a thousand
    examples it memorises.

Cost:
    Per example three passes through the discriminator forwards and backwards, one through the
    generator. 64-256-256-784 against 784-256-256-1: 0.55 million weights.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table, laid out
    flat; noise: (B, latent); samples: as the examples came in.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)
    >>> ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> model = fg.GAN(epochs=2).fit(ring)
    >>> model.sample(5).shape
    (5, 2)
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from fieldguide.algorithms.adversarial import _losses
from fieldguide.algorithms.adversarial._family import Adversarial
from fieldguide.card import Card
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget

LEAK = 0.2  # slope of the discriminator's units below 0
PIECES = 5  # linear pieces of a maxout unit, as published
ACTIVATIONS = ("leaky", "maxout")
OBJECTIVES = ("non-saturating", "minimax")


class Maxout(nn.Module):
    """Units that are the largest of several linear functions (Goodfellow et al. 2013).

    Args:
        inputs: Numbers in.
        units: Numbers out.
    """

    def __init__(self, inputs: int, units: int):
        super().__init__()
        self.linear = nn.Linear(inputs, units * PIECES)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, units) of (B, inputs)."""
        return self.linear(x).unflatten(1, (-1, PIECES)).amax(dim=2)


class DenseGenerator(nn.Module):
    """A perceptron from noise to rows.

    Args:
        latent: Numbers of noise.
        hidden: Units of each hidden layer.
        width: Numbers in a row.
        bounded: Whether to end in tanh, for pictures in -1 to 1.
    """

    def __init__(self, *, latent: int, hidden: Sequence[int], width: int, bounded: bool = False):
        super().__init__()
        layers: list[nn.Module] = []
        for before, units in zip([latent, *hidden], hidden, strict=False):
            layers += [nn.Linear(before, units), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear([latent, *hidden][-1], width))
        self.bend: nn.Module = nn.Tanh() if bounded else nn.Identity()

    def forward(self, noise: Tensor, y: Tensor | None = None) -> Tensor:
        """Return (B, width); classes are ignored."""
        rows: Tensor = self.bend(self.layers(noise))
        return rows


class DenseDiscriminator(nn.Module):
    """A perceptron from rows to a score.

    Args:
        width: Numbers in a row.
        hidden: Units of each hidden layer.
        activation: "leaky" (max(x, 0.2 x)), or "maxout" as published.
        dropout: Probability that a hidden unit is silenced in training.
    """

    def __init__(
        self, *, width: int, hidden: Sequence[int], activation: str = "leaky", dropout: float = 0.0
    ):
        super().__init__()
        layers: list[nn.Module] = []
        for before, units in zip([width, *hidden], hidden, strict=False):
            if activation == "maxout":
                layers.append(Maxout(before, units))
            else:
                layers += [nn.Linear(before, units), nn.LeakyReLU(LEAK)]
            layers += [nn.Dropout(dropout)] if dropout else []
        self.layers = nn.Sequential(*layers, nn.Linear([width, *hidden][-1], 1))

    def forward(self, rows: Tensor, y: Tensor | None = None) -> Tensor:
        """Return scores (B,); classes are ignored."""
        scores: Tensor = self.layers(rows).squeeze(1)
        return scores


class GAN(Adversarial):
    """Two perceptrons in contest, for rows of numbers, tables and small pictures."""

    card = Card(
        title="Generative adversarial network",
        paper="Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville & Bengio "
        "(2014). Generative adversarial nets. NeurIPS 27.",
        year=2014,
        tasks=("generation",),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=1000,
        exportable=False,
    )

    lr: float = option(1e-3, "learning rate", low=0, search=(1e-4, 3e-3), log=True)
    hidden: tuple[int, ...] = option((256, 256), "units of each hidden layer", low=1)
    activation: str = option("leaky", "of the discriminator; maxout in 2014", choices=ACTIVATIONS)
    dropout: float = option(
        0.0, "chance that a unit of the discriminator rests", low=0, high=0.9, search=(0, 0.5)
    )
    objective: str = option("non-saturating", "of the generator", choices=OBJECTIVES)

    def rivals(self, task: WithoutTarget) -> tuple[nn.Module, nn.Module]:
        """Return two perceptrons."""
        bounded = task.inputs.form == "image"
        return DenseGenerator(
            latent=self.latent, hidden=self.hidden, width=task.width, bounded=bounded
        ), DenseDiscriminator(
            width=task.width, hidden=self.hidden, activation=self.activation, dropout=self.dropout
        )

    def fool(self, made: Tensor, y: Tensor | None, raw: Tensor) -> Tensor:
        """Return the loss of the objective that was asked for."""
        scores = self._rivals.discriminator(made, y)
        return _losses.fooling(scores, saturating=self.objective == "minimax")
