"""Sparse autoencoder: many code units, of which few are active at a time (Lee et al. 2008).

Lee, Ekanadham, Ng, "Sparse Deep Belief Net Model for Visual Area V2", NIPS 2007 (2008); in the
form of Ng, "Sparse Autoencoder", CS294A Lecture Notes, 2011.

How it works:
    The code's units lie between 0 and 1, and each is held to be active in a share ρ of the
    examples only, by the Kullback-Leibler divergence between two coins:

        z = σ(f(x)),  x̂ = g(z),  ρ̂ⱼ = mean over the batch of zⱼ
        minimise ½ ‖x - x̂‖² + β Σⱼ KL(ρ ‖ ρ̂ⱼ)
        KL(ρ ‖ ρ̂) = ρ log(ρ/ρ̂) + (1 - ρ) log((1 - ρ)/(1 - ρ̂))

    So the code may be longer than the example: each example is told by a few units of many, which
    come to stand for parts (strokes of digits, edges of pictures) rather than mixtures of
    everything.

Use it when:
    You want codes whose single numbers mean something, or features for a linear classifier.

Think twice when:
    You want few numbers: a narrow autoencoder or PCA gives them. Batches are small: ρ̂ is measured
    on the batch, which should hold several times 1/ρ examples.

Cost:
    784-200 and back: 0.31 million weights, 0.6 million multiplications an example forwards.

Shapes:
    Rows (B, D) of any array, table or picture; codes (B, code) in (0, 1); reconstructions (B, D).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(400, 8))
    >>> model = fg.SparseAutoencoder(code=32, sparsity=0.1, lr=1e-2).fit(X)
    >>> bool(abs(model.encode(X).mean() - 0.1) < 0.05)
    True
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.autoencoder._family import RowAutoencoder
from fieldguide.algorithms.autoencoder._networks import AutoencoderNetwork, dense
from fieldguide.card import Card
from fieldguide.data import Batch
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget

LEAST = 1e-6  # a unit that is never active would be infinitely far from ρ


def sparsity_penalty(codes: Tensor, sparsity: float) -> Tensor:
    """Return Σⱼ KL(ρ ‖ ρ̂ⱼ) in nats.

    Args:
        codes: (B, K) between 0 and 1.
        sparsity: ρ, between 0 and 1.
    """
    active = codes.float().mean(dim=0).clamp(LEAST, 1 - LEAST)
    wanted = torch.full_like(active, sparsity)
    on = wanted * (wanted.log() - active.log())
    off = (1 - wanted) * ((1 - wanted).log() - (1 - active).log())
    return (on + off).sum()


class SparseAutoencoder(RowAutoencoder):
    """Autoencoder whose code units are rarely active."""

    card = Card(
        title="Sparse autoencoder",
        paper="Lee, Ekanadham & Ng (2008). Sparse deep belief net model for visual area V2. NIPS.",
        year=2008,
        tasks=("representation", "outliers"),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=200,
        exportable=False,
    )
    overcomplete = True

    batch_size: int = option(128, "examples in one step", low=1, search=(64, 512), log=True)
    lr: float = option(3e-3, "learning rate", low=0, search=(3e-4, 3e-2), log=True)
    hidden: tuple[int, ...] = option((), "units of each layer before the code", low=1)
    code: int = option(
        200, "numbers in a code; 0: a quarter of those of an example, 32 at most", low=0
    )
    sparsity: float = option(
        0.1, "share of the examples that a unit is active in", low=1e-3, high=0.5
    )
    penalty: float = option(
        1.0, "weight of the divergence from that share", low=0, search=(0.1, 10.0), log=True
    )

    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return dense layers whose code passes through a logistic function."""
        layers = dense([task.width, *self.hidden, code])
        # Units start out as rarely active as they should be; half-way they take long to get there.
        odds = self.sparsity / (1 - self.sparsity)
        nn.init.constant_(layers[-1].get_parameter("bias"), math.log(odds))
        return AutoencoderNetwork(
            encoder=nn.Sequential(*layers, nn.Sigmoid()),
            decoder=dense([code, *reversed(self.hidden), task.width]),
        )

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return half the reconstruction error and the penalty."""
        rows = self.rows(batch)
        codes = self.autoencoder.encode(rows)
        raw = self.autoencoder.decode(codes).float()
        return {
            "reconstruction": self.error(raw, rows) / 2,
            "sparsity": self.penalty * sparsity_penalty(codes, self.sparsity),
        }
