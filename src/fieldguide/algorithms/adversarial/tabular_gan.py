"""Tabular GAN: rows of mixed columns, rare categories included (Xu et al. 2019).

Xu, Skoularidou, Cuesta-Infante & Veeramachaneni, "Modeling Tabular Data using Conditional GAN",
NeurIPS 32 (CTGAN).

How it works:
    Three remedies for what makes tables hard. *Peaks*: a Gaussian mixture is fitted to each column
    of numbers, and a value is told by its Gaussian, one-hot, and its distance α from its mean, in
    units of 4σ. *Words*: categories are one-hot; the generator draws them by Gumbel-softmax,
    softmax((logits + g) / 0.2), which is nearly one-hot and has a gradient. *Rare words*: each
    training example is asked for by a condition, a category drawn by the logarithm of its
    frequency, and the real row beside it has it ("training by sampling"); the generator is
    punished by the cross-entropy of the category that it was asked for. The critic of WGAN-GP sees
    ten rows at a time (PacGAN), so that rows that are all alike give the generator away.

    Columns of at most ``modes`` distinct numbers are treated as categories: each number is one of
    the column's modes, and exact. Missing values are such a column of their own. The number of
    Gaussians is that of the least Bayesian information criterion. Rows of more than 64 numbers are
    signals rather than tables: there each number has one Gaussian. Samples have no gaps.

    A pack of ten is one example to the critic, and a table of a few hundred rows makes too few of
    them to learn from: on fewer than 10,000 rows the pack is a thousandth of them, at least 1.

Use it when:
    You want rows that look like a table of yours: to share what the original may not leave the
    house, to test software, or to fill up rare kinds of rows.

Think twice when:
    Privacy is promised: nothing here prevents a copy; look at the memorisation test first. There
    are fewer than a few thousand rows, or columns obey exact rules (a total of others).

Cost:
    Per row of a step seven passes through the critic, two through the generator; and a mixture for
    each column once.

Shapes:
    x: numbers and categories of a table, or rows (B, features); noise: (B, latent); samples: a data
    frame with the table's columns.

Example:
    >>> import numpy as np, polars as pl, fieldguide as fg
    >>> chance = np.random.default_rng(0)
    >>> city = chance.choice(["Bern", "Rome"], 200)
    >>> table = pl.DataFrame({"city": city, "heat": chance.normal(size=200) + 9 * (city == "Rome")})
    >>> fg.TabularGAN(epochs=2).fit(table).sample(5).columns
    ['city', 'heat']
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.algorithms.adversarial import _losses
from fieldguide.algorithms.adversarial._conditions import Conditions, as_frequent
from fieldguide.algorithms.adversarial._encoding import Encoding
from fieldguide.algorithms.adversarial._family import Adversarial
from fieldguide.card import Card
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget

LEAK = 0.2
WIDE = 64  # numbers above which a row is a signal laid out flat, and each has one Gaussian
PACK = 10  # as published, from 10,000 rows on
ROWS_OF_A_PACK = 1000  # of training, for each row that the critic scores beside another
DROPOUT = 0.5  # of the critic, as published


class TableGenerator(nn.Module):
    """Layers that each append what they make to what they saw, as published.

    Args:
        latent: Numbers of noise.
        conditions: Numbers in a vector of conditions.
        hidden: Units of each hidden layer.
        encoding: What is made.
    """

    def __init__(
        self, *, latent: int, conditions: int, hidden: tuple[int, ...], encoding: Encoding
    ):
        super().__init__()
        width, layers = latent + conditions, []
        for units in hidden:
            layers.append(nn.Sequential(nn.Linear(width, units), nn.BatchNorm1d(units), nn.ReLU()))
            width += units
        self.layers = nn.ModuleList(layers)
        self.last = nn.Linear(width, encoding.width)
        self.encoding = encoding

    def forward(self, noise: Tensor, conditions: Tensor) -> Tensor:
        """Return raw outputs, (B, encoding.width): distances and logits."""
        seen = torch.cat([noise, conditions], dim=1)
        for layer in self.layers:
            seen = torch.cat([layer(seen), seen], dim=1)
        raw: Tensor = self.last(seen)
        return raw


class PackedCritic(nn.Module):
    """A perceptron that scores several rows, and their conditions, at a time (Lin et al. 2018).

    Args:
        width: Numbers in a row and its conditions.
        hidden: Units of each hidden layer.
        pack: Rows scored together.
    """

    def __init__(self, *, width: int, hidden: tuple[int, ...], pack: int):
        super().__init__()
        self.packed = width * pack
        layers: list[nn.Module] = []
        for before, units in zip([self.packed, *hidden], hidden, strict=False):
            layers += [nn.Linear(before, units), nn.LeakyReLU(LEAK), nn.Dropout(DROPOUT)]
        self.layers = nn.Sequential(*layers, nn.Linear([self.packed, *hidden][-1], 1))

    def forward(self, packs: Tensor) -> Tensor:
        """Return scores (B / pack,) of rows with their conditions, (B / pack, pack · width).

        Smaller packs than it was made for leave the rest of its inputs at 0.
        """
        scores: Tensor = self.layers(F.pad(packs, (0, self.packed - packs.shape[1]))).squeeze(1)
        return scores


class TabularGAN(Adversarial):
    """A conditional generator of table rows and a critic that sees several at a time."""

    card = Card(
        title="Tabular GAN",
        paper="Xu, Skoularidou, Cuesta-Infante & Veeramachaneni (2019). Modeling tabular data "
        "using conditional GAN. NeurIPS 32.",
        year=2019,
        tasks=("generation",),
        inputs=("table", "array"),
        capacity=3,
        needs_examples=2000,
        exportable=False,
    )

    epochs: int = option(300, "passes over the training data", low=0)
    batch_size: int = option(500, "rows in one step", low=1, search=(100, 1000), log=True)
    latent: int = option(128, "numbers of noise that a row is made of", low=1, search=(32, 256))
    hidden: tuple[int, ...] = option((256, 256), "units of each hidden layer", low=1)
    modes: int = option(10, "Gaussians that a column of numbers is told by, at most", low=1)
    pack: int = option(
        0,
        "rows that the critic scores together; 0: one for 1000 rows, 10 at most",
        low=0,
        search=(1, 10),
    )
    penalty: float = option(10.0, "weight of the slope's distance from 1", low=0)

    def rivals(self, task: WithoutTarget) -> tuple[nn.Module, nn.Module]:
        """Return both networks for the columns of the table."""
        most = self.modes if task.numbers <= WIDE else 1
        encoding = Encoding(
            columns=task.numbers, cardinalities=task.inputs.cardinalities, most=most
        )
        return TableGenerator(
            latent=self.latent,
            conditions=encoding.words,
            hidden=self.hidden,
            encoding=encoding,
        ), PackedCritic(
            width=encoding.width + encoding.words, hidden=self.hidden, pack=self.pack or PACK
        )

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Learn the columns' modes, encode every row by them, then yield the contest."""
        encoding, chance = self._encoding, torch.Generator().manual_seed(self.seed)
        x = data.x if isinstance(data.x, dict) else {"numbers": data.x}
        x = {name: part.to(data.device) for name, part in x.items()}
        self._told = encoding.learn(x, self.seed, chance)
        asked = encoding.asked()
        codes = [self._told.codes[:, number] for number, _, _ in asked]
        self._conditions = Conditions(
            torch.stack(codes, dim=1) if codes else self._told.codes[:, :0],
            [size for _, _, size in asked],
            [place for _, place, _ in asked],
            encoding.words,
        )
        self._together = self.pack or min(PACK, max(1, len(data) // ROWS_OF_A_PACK))
        yield from super().stages(data)
        del self._told, self._conditions

    def drawn(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return rows drawn by conditions, as many as the batch has in whole packs, and those."""
        least = -(-2 // self._together)  # batch normalisation needs two rows
        count = max(least, len(batch) // self._together) * self._together
        rows, conditions = self._conditions.draw(count)
        return self._encoding.expand(self._told, rows), conditions

    def made(self, raw: Tensor) -> Tensor:
        """Return distances, and categories drawn by Gumbel-softmax."""
        return self._encoding.soften(raw.float())

    def judge(self, real: Tensor, made: Tensor, y: Tensor | None) -> Tensor:
        """Return the critic's loss on packs, with its penalty."""
        critic, ours, theirs = (
            self._rivals.discriminator,
            self._packs(real, y),
            self._packs(made, y),
        )
        mix = torch.rand(len(ours), device=ours.device)
        steep = _losses.gradient_penalty(critic, ours, theirs, mix)
        return _losses.criticising(critic(ours), critic(theirs)) + self.penalty * steep

    def fool(self, made: Tensor, y: Tensor | None, raw: Tensor) -> Tensor:
        """Return minus the critic's score, and how far the generator was from complying."""
        assert y is not None
        disobeyed = self._encoding.disobeyed(raw.float(), y)
        loss: Tensor = disobeyed - self._rivals.discriminator(self._packs(made, y)).mean()
        return loss

    def rows(self, made: Tensor) -> Tensor:
        """Return the rows of the task: each number from its likeliest mode, words one-hot."""
        return self._encoding.rows(made)

    def condition(self, y: Tensor | None, count: int) -> Tensor:
        """Return conditions as frequent as in training, always the same."""
        return self._wanted(count, torch.Generator().manual_seed(0))

    def samples(self, count: int, y: Tensor | None, generator: torch.Generator) -> Tensor:
        """Return generated rows; every category is drawn, not the likeliest taken."""
        net, encoding = self._rivals, self._encoding
        noise = torch.randn(count, net.latent, generator=generator).to(net.turns.device)
        raw = net.generator(noise, self._wanted(count, generator)).float()
        return self.rows(encoding.soften(raw, generator))

    @property
    def _critic(self) -> bool:
        return True

    @property
    def _encoding(self) -> Encoding:
        generator = self._rivals.generator
        assert isinstance(generator, TableGenerator)
        return generator.encoding

    def _wanted(self, count: int, generator: torch.Generator) -> Tensor:
        encoding = self._encoding
        places, sizes = [p for _, p, _ in encoding.asked()], [s for _, _, s in encoding.asked()]
        found = as_frequent(encoding.counts.cpu(), places, sizes, count, generator)
        return found.to(encoding.counts.device)

    def _packs(self, rows: Tensor, conditions: Tensor | None) -> Tensor:
        assert conditions is not None
        return torch.cat([rows, conditions], dim=1).reshape(len(rows) // self._together, -1)
