"""Learning-rate schedules: factors of the base rate as functions of progress from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Callable

WARM_UP = 0.3  # share of a one-cycle run spent rising (Smith & Topin 2018)


def constant(progress: float) -> float:
    """Return 1 throughout."""
    return 1.0


def cosine(progress: float) -> float:
    """Fall from 1 to 0 along half a cosine (Loshchilov & Hutter 2017)."""
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def one_cycle(progress: float) -> float:
    """Rise from 0.04 to 1 in the first 30 %, then fall to 0 (Smith & Topin 2018)."""
    if progress < WARM_UP:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * progress / WARM_UP))
    return cosine((progress - WARM_UP) / (1 - WARM_UP))


def late_linear(progress: float) -> float:
    """Stay at 1 in the first half, then fall to 0 in a straight line (Zhu et al. 2017)."""
    return min(1.0, 2 * (1 - min(progress, 1.0)))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "cosine": cosine,
    "late-linear": late_linear,
    "one-cycle": one_cycle,
}
