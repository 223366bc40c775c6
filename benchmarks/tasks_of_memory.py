"""Made-up tasks that can only be done by remembering: the adding problem and the copy task.

Both are Hochreiter & Schmidhuber's (1997; experiments 4 and 2 in the spirit of), in the form that
later work measures itself by (Arjovsky, Shah & Bengio 2016; Bai, Kolter & Koltun 2018).
"""

from __future__ import annotations

import numpy as np


def adding(count: int, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of random numbers, two of them marked, and the sum of the two.

    The first mark stands in the first half, the second in the second. Saying 1 whatever comes has a
    mean squared error of 1/6.

    Args:
        count: Sequences.
        steps: Steps of each, at least 2.
        seed: Decides all.

    Returns:
        Shape (count, steps, 2), number and mark; and (count,).
    """
    chance = np.random.default_rng(seed)
    x = np.zeros((count, steps, 2))
    x[..., 0] = chance.random((count, steps))
    rows, half = np.arange(count), steps // 2
    marked = np.stack([chance.integers(0, half, count), chance.integers(half, steps, count)])
    x[rows, marked, 1] = 1.0
    return x, x[rows, marked, 0].sum(axis=0)


def copying(
    count: int, delay: int, seed: int, *, symbols: int = 8, length: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of sequences, and the codes to be put out at each step.

    ``length`` symbols (1 to ``symbols``) come first, then blanks (0), then after ``delay`` steps a
    mark (``symbols`` + 1), from which on the symbols must be put out in their order. Who has
    forgotten them can only guess: 1 in ``symbols`` is right.

    Args:
        count: Sequences.
        delay: Steps from the last symbol to the mark, at least 1.
        seed: Decides all.
        symbols: Number of symbols.
        length: How many there are to remember.

    Returns:
        Shape (count, delay + 2 length) each, int64.
    """
    chance = np.random.default_rng(seed)
    shown = chance.integers(1, symbols + 1, (count, length))
    x = np.zeros((count, delay + 2 * length), dtype=np.int64)
    y = np.zeros_like(x)
    x[:, :length], y[:, -length:] = shown, shown
    x[:, delay + length - 1] = symbols + 1
    return x, y
