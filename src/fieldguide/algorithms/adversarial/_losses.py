"""The equations of the contest, as functions of the discriminator's scores.

A score is a logit: σ(score) is the probability that an example is real. A critic's score has no
such reading; only differences count.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def judging(real: Tensor, made: Tensor) -> Tensor:
    """Return -E log D(x) - E log(1 - D(G(z))), the discriminator's loss (Goodfellow et al. 2014).

    Args:
        real: Scores of real examples, any shape.
        made: Scores of generated ones.
    """
    return F.softplus(-real).mean() + F.softplus(made).mean()


def fooling(made: Tensor, *, saturating: bool = False) -> Tensor:
    """Return the generator's loss: -E log D(G(z)), whose gradient lasts while it is losing.

    Args:
        made: Scores of generated examples.
        saturating: Return E log(1 - D(G(z))) instead, the minimax game of equation 1.
    """
    return -F.softplus(made).mean() if saturating else F.softplus(-made).mean()


def judging_by_squares(real: Tensor, made: Tensor) -> Tensor:
    """Return ½ E (D(x) - 1)² + ½ E D(G(z))², the loss of a least-squares GAN (Mao et al. 2017).

    Args:
        real: Scores of real examples, any shape.
        made: Scores of generated ones.
    """
    return 0.5 * ((real - 1).square().mean() + made.square().mean())


def fooling_by_squares(made: Tensor) -> Tensor:
    """Return E (D(G(z)) - 1)², the generator's loss in a least-squares GAN."""
    return (made - 1).square().mean()


def criticising(real: Tensor, made: Tensor) -> Tensor:
    """Return E f(G(z)) - E f(x): minus the critic's estimate of the Wasserstein distance."""
    return made.mean() - real.mean()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, made: Tensor, mix: Tensor
) -> Tensor:
    """Return E (|∇f(x̂)| - 1)² at points x̂ between real and generated (Gulrajani et al. 2017).

    Args:
        critic: Scores of examples.
        real: Examples, (B, ...).
        made: Generated ones, (B, ...), detached.
        mix: Where between the two, 0 (generated) to 1 (real), (B,).
    """
    share = mix.view(-1, *[1] * (real.dim() - 1))
    between = torch.lerp(made, real, share).requires_grad_()
    # In single precision: the slope of a slope is too small a number for eight bits.
    with torch.autocast(real.device.type, enabled=False):
        scores = critic(between)
        (slope,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    length = slope.flatten(1).norm(dim=1)
    return (length - 1).square().mean()


def diversity(real: Tensor, made: Tensor) -> Tensor:
    """Return how far samples of a batch lie apart, as a share of how far real examples do.

    The root of the ratio of their summed variances: 1 where they vary alike, 0 where every sample
    is the same.
    """
    with torch.no_grad():
        return (_spread(made) / _spread(real).clamp(min=1e-12)).sqrt()


def _spread(rows: Tensor) -> Tensor:
    """Return the sum of the variances, by two passes over the numbers and no array between."""
    flat = rows.float().flatten(1)
    total, mean = flat.flatten().dot(flat.flatten()) / len(flat), flat.mean(dim=0)
    return (total - mean.dot(mean)).clamp(min=0)
