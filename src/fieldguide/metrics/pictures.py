"""How like its truth a picture is: structural similarity and peak signal-to-noise ratio."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from fieldguide.errors import DataError

SIDE, SPREAD = 11, 1.5  # of the Gaussian window, in pixels (Wang et al. 2004, section III.C)
K1, K2 = 0.01, 0.03
BEST_RATIO = 100.0  # decibels that stand for pictures without a difference
PIECE = 1 << 22  # numbers that are compared at a time


def structural_similarity(one: Tensor, other: Tensor, span: float = 1.0) -> Tensor:
    """Return the mean structural similarity of each pair (Wang, Bovik, Sheikh & Simoncelli 2004).

    ``(2 μ₁μ₂ + C₁)(2 σ₁₂ + C₂) / ((μ₁² + μ₂² + C₁)(σ₁² + σ₂² + C₂))`` with local means, variances
    and covariance in a Gaussian window of 11x11 pixels and deviation 1.5, averaged over all
    positions where the window lies inside the picture, and over channels; C₁ = (0.01 span)²,
    C₂ = (0.03 span)². Of pictures with a shorter side than 11 the window is as large as fits.

    Args:
        one: Pictures, (B, channels, height, width).
        other: Pictures of the same shape.
        span: The highest value there can be minus the lowest, which must be 0.

    Returns:
        Shape (B,): 1 for the same picture, about 0 for unrelated ones, below 0 for negatives.

    Raises:
        DataError: The shapes differ.
    """
    _check(one, other)
    window = _window(min(SIDE, _odd(min(one.shape[2:]))))
    size = max(1, PIECE // max(1, one[:1].numel()))
    pairs = zip(one.split(size), other.split(size), strict=True)
    return torch.cat([_similarity(a.double(), b.double(), window, span) for a, b in pairs])


def peak_signal_to_noise(one: Tensor, other: Tensor, span: float = 1.0) -> Tensor:
    """Return ``10 log₁₀(span² / mean squared error)`` of each pair in decibels, at most 100.

    Args:
        one: Pictures, (B, channels, height, width).
        other: Pictures of the same shape.
        span: The highest value there can be minus the lowest.

    Returns:
        Shape (B,).

    Raises:
        DataError: The shapes differ.
    """
    _check(one, other)
    error = (one - other).double().square().flatten(1).mean(dim=1)
    return 10 * torch.log10(span**2 / error.clamp(min=span**2 * 10 ** (-BEST_RATIO / 10)))


def _similarity(one: Tensor, other: Tensor, window: Tensor, span: float) -> Tensor:
    mean1, mean2 = _blurred(one, window), _blurred(other, window)
    variance1 = _blurred(one * one, window) - mean1 * mean1
    variance2 = _blurred(other * other, window) - mean2 * mean2
    shared = _blurred(one * other, window) - mean1 * mean2
    c1, c2 = (K1 * span) ** 2, (K2 * span) ** 2
    light = (2 * mean1 * mean2 + c1) / (mean1 * mean1 + mean2 * mean2 + c1)
    structure = (2 * shared + c2) / (variance1 + variance2 + c2)
    return (light * structure).flatten(1).mean(dim=1)


def _blurred(pictures: Tensor, window: Tensor) -> Tensor:
    """Return weighted local means at every place where the window fits; rows, then columns."""
    flat = pictures.flatten(0, 1).unsqueeze(1)
    rows = F.conv2d(flat, window.view(1, 1, -1, 1))
    found = F.conv2d(rows, window.view(1, 1, 1, -1))
    return found.unflatten(0, pictures.shape[:2]).squeeze(2)


def _window(side: int) -> Tensor:
    away = torch.arange(side, dtype=torch.float64) - (side - 1) / 2
    weights = torch.exp(-away.square() / (2 * SPREAD**2))
    return weights / weights.sum()


def _odd(side: int) -> int:
    return side if side % 2 else max(1, side - 1)


def _check(one: Tensor, other: Tensor) -> None:
    if one.dim() != 4 or one.shape != other.shape:
        raise DataError(
            f"pictures of the shapes {tuple(one.shape)} and {tuple(other.shape)} cannot be "
            "compared.",
            "Bring both to the same shape (n, channels, height, width).",
        )
