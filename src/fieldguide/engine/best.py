"""The best weights of a stage so far."""

from __future__ import annotations

import math

from torch import Tensor, nn


class Best:
    """Keeps a copy of the weights that scored best, and counts the epochs since.

    Args:
        network: Whose weights.

    Attributes:
        score: The best score; larger is better.
        weights: Those that reached it, or None if none were judged.
        waited: How many times in a row no better score was reached.
    """

    def __init__(self, network: nn.Module):
        self.network = network
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.score, self.waited = -math.inf, 0
        self.weights: dict[str, Tensor] | None = None

    def judge(self, score: float) -> None:
        """Take note of what the network scores now."""
        self.waited = 0 if score > self.score else self.waited + 1
        if score >= self.score:  # of equals the later: on few examples scores tie early
            self.score = score
            self.weights = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def take(self) -> None:
        """Put the best weights, if any were judged, back into the network."""
        if self.weights is not None:
            self.network.load_state_dict(self.weights)
            self.weights = None
