"""CycleGAN: pictures of one kind as another, learnt without pairs (Zhu et al. 2017).

Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks", ICCV 2017.

How it works:
    Two generators, G from the first class to the second and F back, two discriminators of patches:

        min E (D_B(G(a)) - 1)² + E (D_A(F(b)) - 1)²
            + 10 (E |F(G(a)) - a|₁ + E |G(F(b)) - b|₁) + 5 (E |G(b) - b|₁ + E |F(a) - a|₁)

    Each D learns ½ E (D(real) - 1)² + ½ E D(made)² from real pictures and a pool of the last 50
    that were made. The cycle forbids to forget what the picture was; the last term keeps colours
    that need no change. The rate falls to 0 in the second half. Each step takes pictures of both
    classes at random; an epoch sees every picture of the larger class once.

Use it when:
    You have some hundreds of pictures of each of two kinds (photos and paintings, two microscopes,
    summer and winter), none of which belong together, and texture or colour is what tells them
    apart.

Think twice when:
    You have pairs: Pix2Pix is more exact and far cheaper. Shapes must change (cats into dogs):
    the cycle resists. You want measurements from translated pictures: it invents what its
    classes usually hold, and hides what it needs for the way back.

Cost:
    For 256x256, maps=64 and 9 blocks: 11 million weights in each generator and 2.8 in each
    discriminator; 57 billion multiplications for an answer, six of them and their gradients a step.

Shapes:
    x: (B, channels, height, width), at least 8 pixels on the shorter side; y: class codes (B,);
    translations: rows (B, channels · height · width), pictures for the user.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> photos = np.random.default_rng(0).integers(0, 99, (32, 1, 8, 8)).astype(np.uint8)
    >>> photos[16:] += 150
    >>> model = fg.CycleGAN(epochs=1, maps=4, blocks=1).fit(photos, ["dark"] * 16 + ["light"] * 16)
    >>> model.predict(photos[:3]).shape, model.predict(photos[:3]).dtype
    ((3, 1, 8, 8), dtype('uint8'))
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.adversarial import _losses
from fieldguide.algorithms.adversarial._bounds import Bounds
from fieldguide.algorithms.adversarial._patches import PatchDiscriminator, patch_for
from fieldguide.algorithms.adversarial._pool import PicturePool
from fieldguide.algorithms.adversarial._residual import ResidualGenerator, blocks_for, maps_for
from fieldguide.card import Card
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.errors import DataError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.tasks import Task
from fieldguide.tasks.unpaired_image_translation import UnpairedImageTranslation

FEWEST = 2  # pictures of a class to learn from


class Circle(nn.Module):
    """Two generators and two discriminators, by the code of the class that they make or know.

    Args:
        channels: Of pictures.
        height: Pixels.
        width: Pixels.
        maps: Of the first layers of all networks.
        blocks: Residual blocks of a generator.
        patch: Pixels that a discriminator judges; 0: as many as fit.
        pool: Past pictures that each discriminator is reminded of.
    """

    def __init__(
        self, *, channels: int, height: int, width: int, maps: int, blocks: int, patch: int,
        pool: int,
    ):  # fmt: skip
        super().__init__()
        judged = patch_for(min(height, width), patch)
        self.generators = nn.ModuleList(
            ResidualGenerator(channels=channels, maps=maps, blocks=blocks) for _ in range(2)
        )
        self.discriminators = nn.ModuleList(
            PatchDiscriminator(channels=channels, maps=maps, patch=judged) for _ in range(2)
        )
        self.pools = nn.ModuleList(PicturePool(pool, (channels, height, width)) for _ in range(2))
        self.bounds = Bounds(channels)

    def forward(self, pictures: Tensor, goals: Tensor) -> Tensor:
        """Return pictures in -1 to 1 as those of other classes.

        Args:
            pictures: In -1 to 1, (B, channels, height, width).
            goals: Code of the class to translate into, (B,).
        """
        made = torch.empty_like(pictures)
        for code, generator in enumerate(self.generators):
            here = goals == code
            if bool(here.any()):
                made[here] = generator(pictures[here]).to(made.dtype)
        return made


class _Fitted:
    """What `fit` sets; in a plain class, because a dataclass would make an argument of it."""

    _data: Examples
    _places: tuple[Tensor, Tensor]  # of the pictures of each class in the data


class CycleGAN(_Fitted, Estimator):
    """Two translators that undo each other, for pictures of two classes."""

    card = Card(
        title="CycleGAN",
        paper="Zhu, Park, Isola & Efros (2017). Unpaired image-to-image translation using "
        "cycle-consistent adversarial networks. ICCV.",
        year=2017,
        tasks=("unpaired_image_translation",),
        inputs=("image",),
        capacity=3,
        needs_examples=1000,
        smallest_image=8,
        local=True,
        exportable=False,
    )

    epochs: int = option(50, "passes over the pictures of the larger class", low=0)
    batch_size: int = option(4, "pictures of each class in one step", low=1, search=(1, 8))
    lr: float = option(2e-4, "learning rate", low=0, search=(5e-5, 1e-3), log=True)
    schedule: str = option(
        "late-linear",
        "course of the learning rate",
        choices=("constant", "late-linear", "cosine", "one-cycle"),
    )
    cycle: float = option(10.0, "weight of the way there and back", low=0, search=(3.0, 30.0))
    identity: float = option(
        0.5, "weight of leaving pictures of the goal alone, as a share of cycle", low=0
    )
    maps: int = option(
        0, "maps of the first layers; 0: 64 from 128 pixels on, else 32", low=0, search=(16, 64)
    )
    blocks: int = option(
        0, "residual blocks of a generator; 0: 9 from 256 pixels on, else 6", low=0
    )
    patch: int = option(
        0, "pixels that a discriminator judges; 0: as many as fit", choices=(0, 16, 34, 70)
    )
    pool: int = option(50, "past pictures that a discriminator is reminded of", low=0)
    momentum: float = option(0.5, "Adam's β₁: how long gradients last", low=0, high=0.999)

    def build(self, task: Task) -> nn.Module:
        """Return all four networks."""
        channels, height, width = task.inputs.shape
        return Circle(
            channels=channels,
            height=height,
            width=width,
            maps=self.maps or maps_for(height, width),
            blocks=self.blocks or blocks_for(height, width),
            patch=self.patch,
            pool=self.pool,
        )

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Give both generators an Adam, and both discriminators another."""
        net, betas = self._nets, (self.momentum, 0.999)
        return {
            name: EagerAdamW(
                parts.parameters(), self.lr, betas=betas, weight_decay=self.weight_decay, fused=True
            )
            for name, parts in (
                ("generators", net.generators), ("discriminators", net.discriminators),
            )
        }  # fmt: skip

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Sort the pictures by class; then yield one stage, whose batches count the larger class.

        Raises:
            DataError: A class of fewer than two pictures.
        """
        self._nets.bounds.learn(data)
        self._data, self._places = data, (self._of_class(data, 0), self._of_class(data, 1))
        numbers = Examples(torch.arange(max(map(len, self._places))))
        yield Stage("fit", self.step, numbers.batches(self.batch_size, seed=self.seed), self.epochs)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Let the generators learn, then the discriminators."""
        net, real = self._nets, self._pictures(batch)
        made = tuple(net.generators[code](real[1 - code]) for code in (0, 1))
        back = tuple(net.generators[code](made[1 - code]) for code in (0, 1))
        fooled = torch.stack([
            _losses.fooling_by_squares(net.discriminators[code](made[code]).float())
            for code in (0, 1)
        ]).sum()  # fmt: skip
        cycle = _distance(back, real)
        losses = fooled + self.cycle * cycle
        if self.identity:
            same = tuple(net.generators[code](real[code]) for code in (0, 1))
            losses = losses + self.cycle * self.identity * _distance(same, real)
        self.descend("generators", losses)
        judged = torch.stack([
            _losses.judging_by_squares(
                net.discriminators[code](real[code]).float(),
                net.discriminators[code](self._pool(code).exchange(made[code])).float(),
            )
            for code in (0, 1)
        ]).sum()  # fmt: skip
        self.descend("discriminators", judged)
        return {"discriminator": judged, "generator": fooled, "cycle": cycle}

    def translation(self, batch: Batch) -> Tensor:
        """Return rows: each picture as the other class, or as the second where its own is unknown.

        The hook that `predict` asks of algorithms that translate without pairs.
        """
        assert isinstance(batch.x, Tensor)
        net = self._nets
        goals = self._translation.goals(batch.y, len(batch)).to(batch.x.device)
        made = net(net.bounds.inward(batch.x), goals)
        return net.bounds.outward(made).flatten(1)

    @property
    def _nets(self) -> Circle:
        assert isinstance(self.network_, Circle)
        return self.network_

    @property
    def _translation(self) -> UnpairedImageTranslation:
        assert isinstance(self.task_, UnpairedImageTranslation)
        return self.task_

    def _pool(self, code: int) -> PicturePool:
        pool = self._nets.pools[code]
        assert isinstance(pool, PicturePool)
        return pool

    def _of_class(self, data: Examples, code: int) -> Tensor:
        assert data.y is not None
        places = (data.y == code).nonzero().flatten()
        if len(places) < FEWEST:
            raise DataError(
                f"there are {len(places)} pictures of '{self._translation.classes[code]}' to learn "
                f"from; at least {FEWEST}, and rather some hundreds, are needed.",
                "Bring more pictures of that class.",
            )
        return places

    def _pictures(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return pictures of both classes in -1 to 1: of the larger one those that are due."""
        assert isinstance(batch.x, Tensor)
        due, larger = batch.x.cpu(), int(len(self._places[1]) > len(self._places[0]))
        found = []
        for code, places in enumerate(self._places):
            chosen = due if code == larger else torch.randint(len(places), due.shape)
            pictures = self._data.batch(places[chosen]).x
            assert isinstance(pictures, Tensor)
            inward = self._nets.bounds.inward(pictures)
            found.append(inward.contiguous(memory_format=torch.channels_last))
        return found[0], found[1]


def _distance(made: tuple[Tensor, ...], real: tuple[Tensor, ...]) -> Tensor:
    """Return the sum of both mean absolute errors."""
    pairs = itertools.starmap(F.l1_loss, zip((one.float() for one in made), real, strict=True))
    return torch.stack(list(pairs)).sum()
