"""Contractive autoencoder: codes that hardly move when the example does (Rifai et al. 2011).

Rifai, Vincent, Muller, Glorot, Bengio, "Contractive Auto-Encoders: Explicit Invariance During
Feature Extraction", ICML 2011.

How it works:
    The squared slopes of all code units along all inputs (the Frobenius norm of the encoder's
    Jacobian J) are part of the loss:

        h = σ(W x + b),  x̂ = Wᵀ h + c
        minimise ‖x - x̂‖² + λ ‖J‖²,  ‖J‖² = Σⱼ (hⱼ (1 - hⱼ))² Σᵢ Wⱼᵢ²

    Reconstruction keeps the directions along which examples differ, the penalty flattens all
    others, so that the code follows the examples' own surface. The norm is exact and costs one
    product of a vector and a matrix. Weights are tied, as in the paper, so that a small W cannot
    be made up for by a large decoder; outputs are linear, for standardised values.

Use it when:
    You want codes for a classifier that do not change with what does not matter, from a few
    hundred examples or more.

Think twice when:
    You want few numbers, or several layers: the norm is of one layer. Directions do not matter
    to you: a denoising autoencoder does nearly the same with less to compute.

Cost:
    As an autoencoder with one hidden layer, half the weights: 784-200: 0.16 million.

Shapes:
    Rows (B, D) of any array, table or picture; codes (B, code) in (0, 1); reconstructions (B, D).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 6)) * [3, 3, 1, 1, 1, 1]
    >>> model = fg.ContractiveAutoencoder(code=8, penalty=0.1, lr=1e-2).fit(X)
    >>> model.encode(X).shape
    (200, 8)
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.algorithms.autoencoder._family import RowAutoencoder
from fieldguide.algorithms.autoencoder._networks import AutoencoderNetwork
from fieldguide.card import Card
from fieldguide.data import Batch
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget


class TiedDecoder(nn.Module):
    """The encoder's weights, transposed, and a bias of its own.

    Args:
        encoder: The layer whose weights are used; it is not registered a second time.
    """

    def __init__(self, encoder: nn.Linear):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(encoder.in_features))
        self._encoder = (encoder,)  # in a tuple, PyTorch does not take it for a part of this module

    def forward(self, codes: Tensor) -> Tensor:
        """Return raw rows (B, D) of codes (B, K)."""
        return functional.linear(codes, self._encoder[0].weight.t(), self.bias)


class ContractiveNetwork(AutoencoderNetwork):
    """One logistic layer, and its transpose.

    Args:
        width: Numbers in a row, D.
        code: Numbers in a code, K.
    """

    def __init__(self, *, width: int, code: int):
        layer = nn.Linear(width, code)
        super().__init__(
            encoder=nn.Sequential(layer, nn.Sigmoid()),
            decoder=TiedDecoder(layer),
        )

    @property
    def weight(self) -> Tensor:
        """W, (K, D)."""
        return self.encoder[0].weight  # type: ignore[index]


def jacobian_norm(codes: Tensor, weight: Tensor) -> Tensor:
    """Return the squared Frobenius norm of the slopes of σ(W x + b) along x, (B,).

    Args:
        codes: σ(W x + b), (B, K).
        weight: W, (K, D).
    """
    return (codes * (1 - codes)).square() @ weight.square().sum(dim=1)


class ContractiveAutoencoder(RowAutoencoder):
    """Autoencoder whose encoder is flat where the data are."""

    card = Card(
        title="Contractive autoencoder",
        paper="Rifai, Vincent, Muller, Glorot & Bengio (2011). Contractive auto-encoders: explicit "
        "invariance during feature extraction. ICML.",
        year=2011,
        tasks=("representation", "outliers"),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=200,
        exportable=False,
    )
    overcomplete = True

    lr: float = option(3e-3, "learning rate", low=0, search=(3e-4, 3e-2), log=True)
    code: int = option(
        200, "numbers in a code; 0: a quarter of those of an example, 32 at most", low=0
    )
    penalty: float = option(
        0.1, "weight of the encoder's squared slopes", low=0, search=(0.01, 1.0), log=True
    )

    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return one logistic layer and its transpose."""
        return ContractiveNetwork(width=task.width, code=code)

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the reconstruction error and the penalty on slopes."""
        network, rows = self.autoencoder, self.rows(batch)
        assert isinstance(network, ContractiveNetwork)
        codes = network.encode(rows)
        raw = network.decode(codes).float()
        slopes = jacobian_norm(codes.float(), network.weight).mean()
        return {
            "reconstruction": self.error(raw, rows),
            "contraction": self.penalty * slopes,
        }
