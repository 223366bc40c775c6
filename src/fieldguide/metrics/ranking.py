"""How good a ranked list is, where items are relevant or not."""

from __future__ import annotations

import numpy as np


def ndcg_at(hits: np.ndarray, relevant: int, length: int) -> float:
    """Return the normalised discounted cumulative gain (Järvelin & Kekäläinen 2002).

    DCG = Σ 1 / log₂(1 + place) over the hits, divided by that of a list which begins with them.

    Args:
        hits: Whether the item on each place is relevant, the first place first.
        relevant: Number of relevant items in all, at least 1.
        length: Places that count.

    Example:
        >>> ndcg_at(np.array([True, False, True]), relevant=2, length=10)
        0.9197...
    """
    gains = 1 / np.log2(2 + np.arange(length))
    return float((gains[: len(hits)] * hits[:length]).sum() / gains[: min(relevant, length)].sum())


def recall_at(hits: np.ndarray, relevant: int) -> float:
    """Return the share of relevant items that are hit.

    Example:
        >>> recall_at(np.array([True, False]), relevant=4)
        0.25
    """
    return float(hits.sum() / relevant)
