"""RBM for ratings: a machine for everybody, all with the same weights (Salakhutdinov et al. 2007).

How it works:
    Every user has a restricted Boltzmann machine with one softmax unit v_i of K levels for each
    item that they rated, and the same hidden units and weights as all others. With s(k) the rating
    of level k, its energy is E = - Σ b_i[v_i] - Σ h_j (c_j + Σ s(v_i) W_ij + Σ D_ij), with D only
    in the conditional form, where having rated says something too. Contrastive divergence learns
    the weights, with more Gibbs steps towards the end. The hidden units are then summed out
    exactly: p(v_q = k | v) ∝ exp(b_q[k]) Π (1 + exp(c_j + Σ s(v_i) W_ij + s(k) W_qj)), and its
    mean is the guess. What it says without one of the ratings tells what that rating contributes.

Use it when:
    You want to tell people which of their ratings led to a recommendation (`explain`), newcomers
    come with their ratings, or its errors are to be averaged with those of matrix factorisation.

Think twice when:
    Time counts, or ratings are many: matrix factorisation is much quicker, and about as good.

Cost:
    An epoch of CD-1 takes about 4 · n · hidden multiplications for n ratings, and as many random
    numbers as ratings times levels.

Shapes:
    x: codes of user and item (B, 2); outputs: (B, 1).

Example:
    >>> import numpy as np, polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> pairs = [(f"u{u}", f"i{i}", 5 if (u + i) % 2 else 1) for u in range(40) for i in range(8)]
    >>> rows = [row for place, row in enumerate(pairs) if place % 9]
    >>> table = pl.DataFrame(rows, schema=["user", "item", "stars"], orient="row")
    >>> model = fg.RatingsRBM(epochs=40, hidden=4).fit(as_dataset(table).as_ratings())
    >>> model.recommend("u1")["item"].to_list()
    ['i1']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import polars as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.energy._rating_machine import RatingMachine
from fieldguide.card import Card, Reference
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.errors import UsageError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.recommender import Recommender
from fieldguide.tasks import Task


class _Progress:
    """What the engine sets; in a plain class, because a dataclass would make an argument of it."""

    _share: float


class RatingsRBM(_Progress, Recommender, Estimator):
    """A restricted Boltzmann machine for ratings, most of which are missing."""

    card = Card(
        title="RBM for ratings",
        paper="Salakhutdinov, Mnih & Hinton (2007). Restricted Boltzmann machines for "
        "collaborative filtering. ICML.",
        year=2007,
        tasks=("recommendation",),
        inputs=("rating",),
        capacity=2,
        needs_examples=10_000,
        exportable=False,
        references=(
            Reference(
                data="Netflix",
                metric="rmse",
                value=0.9068,
                source="Salakhutdinov et al. (2007), figure 2, 100 hidden units, conditional",
            ),
        ),
    )

    epochs: int = option(20, "passes over all users", low=0)
    batch_size: int = option(25, "users in one step", low=1, search=(10, 200), log=True)
    lr: float = option(0.02, "learning rate", low=0, search=(2e-3, 0.1), log=True)
    hidden: int = option(100, "hidden units", low=1, search=(10, 200), log=True)
    weight_decay: float = option(0.1, "pull of weights towards 0", low=0, search=(0.0, 0.5))
    levels: int = option(10, "levels of a rating; fewer are used where there are fewer", low=2)
    units: str = option(
        "ordinal",
        "weights of levels: one for all, times the rating, or one for each",
        choices=("ordinal", "nominal"),
        search=("ordinal", "nominal"),
    )
    conditional: bool = option(
        False, "whether having rated an item says something, too", search=(False, True)
    )
    gibbs: int = option(3, "Gibbs steps of contrastive divergence at the end, from 1 on", low=1)
    validation: float = option(
        0.0, "share of the ratings that picks the best epoch; 0 for none", low=0, high=0.9
    )
    precision: ClassVar[str] = "fp32"  # type: ignore[misc]

    def build(self, task: Task) -> nn.Module:
        """Return a machine for all users and items."""
        users, items = task.inputs.cardinalities
        return RatingMachine(
            users=users,
            items=items,
            levels=self.levels,
            hidden=self.hidden,
            ordinal=self.units == "ordinal",
            conditional=self.conditional,
        )

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return one that pulls weights towards 0, and leaves biases alone."""
        network = self.network_
        pulled = [network.weight, *([] if network.rated is None else [network.rated])]
        groups = [
            {"params": pulled, "weight_decay": self.weight_decay},
            {"params": [network.hidden_bias, network.item_bias], "weight_decay": 0.0},
        ]
        return {"network": EagerAdamW(groups, self.lr, fused=True)}

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield passes over all users, each with their ratings."""
        assert isinstance(data.x, Tensor) and data.y is not None
        self._know(data)
        self.network_.start(data.x[:, 1], data.y[:, 0])
        users = Examples(data.x[:, 0].unique(), device=data.device)
        yield Stage("fit", self.step, users.batches(self.batch_size, seed=self.seed), self.epochs)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Descend on the free energy of data less that of daydreams (CD-k).

        Returns:
            ``loss``, the mean squared error of dreamt ratings, and ``contrast``, the difference of
            free energies, of which the gradient is taken.
        """
        network = self.network_
        assert isinstance(batch.x, Tensor)
        place, items, values = network.known.of_users(batch.x)
        data = network.level_of(values)
        dream = self._dream(place, items, data, len(batch))
        real = network.free_energy(place, items, data, len(batch))
        dreamt = network.free_energy(place, items, dream, len(batch))
        self.descend("network", (real - dreamt).mean())
        error = (network.levels[data] - network.levels[dream]).square().mean()
        return {"loss": error, "contrast": (real - dreamt).mean()}

    def explain(self, user: Any, item: Any, count: int = 5) -> pl.DataFrame:
        """Return which of a user's ratings say most about how they would like an item.

        Each is left out in turn, and the exact expectation of the machine computed again: what a
        rating contributes is the guess with it less the guess without it, in units of a rating.

        Args:
            user: A user seen in training, by name.
            item: An item seen in training, rated by the user or not.
            count: Ratings to return, those that contribute most first; at least 1.

        Returns:
            The item and its rating, in columns named as in training, and ``contribution``.

        Raises:
            UsageError: An unknown user or item.
        """
        self._check_fitted()
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise UsageError(f"count={count!r}: expected a whole number of ratings, at least 1.")
        task, network = self._recommendation(), self._rating_network()
        assert isinstance(network, RatingMachine)
        asked, device = self._item_code(item), network.weight.device
        rated, values = network.known.of(self._user_code(user))
        others = rated != asked
        rated, values = rated[others], values[others]
        with torch.inference_mode():
            wanted = torch.full((len(rated) + 1,), asked, device=device)
            levels = network.level_of(values)
            place = torch.zeros_like(rated)
            whole = network.inputs(place, rated, levels, 1) + network.of_rated(wanted[:1])
            without = whole - network.pull(rated, levels) - network.of_rated(rated)
            guesses = network.expected(wanted, torch.cat([whole, without])).double()
        spread = task.codec.deviations[0]  # type: ignore[attr-defined]
        contribution = (spread * (guesses[0] - guesses[1:])).cpu()
        order = contribution.abs().argsort(descending=True, stable=True)[:count]
        names = task.known.items.decode(rated.cpu()[order].numpy()).tolist()
        found = task.decode(values[order].cpu()[:, None])
        return pl.DataFrame(
            {
                task.known.columns[1]: pl.Series(names, dtype=pl.String),
                task.target: found,
                "contribution": contribution[order].numpy(),
            }
        )

    @torch.no_grad()
    def _dream(self, place: Tensor, items: Tensor, levels: Tensor, users: int) -> Tensor:
        """Return levels after some Gibbs steps, of the items that were rated."""
        network = self.network_
        steps = 1 + int(self.gibbs * min(self._share, 0.999)) if self.gibbs > 1 else 1
        for _ in range(steps):
            chances = network.inputs(place, items, levels, users).sigmoid()
            logits = network.scores(items, torch.bernoulli(chances)[place])
            # The largest of logit + Gumbel noise is a draw from the softmax.
            noise = torch.empty_like(logits).exponential_().log_()
            levels = (logits - noise).argmax(dim=1)
        return levels
