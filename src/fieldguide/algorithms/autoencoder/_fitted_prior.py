"""A Gaussian fitted to the codes after training, to draw new codes from (Ghosh et al. 2020).

Ghosh, Sajjadi, Vergari, Black & Schölkopf, "From Variational to Deterministic Autoencoders", ICLR
2020. Codes seldom fill the standard normal that they were pulled towards; what is drawn where none
lie decodes to nothing in particular, and, where classes are told, to another class than was asked.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

EVERYBODY = 0  # place of the Gaussian of all codes; behind it come those of the classes
LEAST = 1e-4  # variance along every direction at least


class FittedPrior(nn.Module):
    """One Gaussian for all codes and one for each class; the standard normal until it has learnt.

    Args:
        code: Numbers in a code, K.
        classes: Number of classes that are told; 0 for none.
    """

    means: Tensor
    roots: Tensor

    def __init__(self, code: int, classes: int):
        super().__init__()
        self.register_buffer("means", torch.zeros(1 + classes, code))
        self.register_buffer("roots", torch.eye(code).repeat(1 + classes, 1, 1))

    def learn(self, means: Tensor, variances: Tensor, y: Tensor | None) -> None:
        """Fit to what the encoder says of examples.

        A class of n examples takes K parts in n + K of its spread from everybody's: few examples
        tell little about directions.

        Args:
            means: Of q(z | x), (n, K).
            variances: Of the same, (n, K).
            y: Class codes, (n,), or None; -1 where the class is not known.
        """
        means, variances = means.double(), variances.double()
        common = _spread(means, variances)
        self._set(EVERYBODY, means.mean(dim=0), common)
        if y is None:
            return
        within = _spread(means - _of_class(means, y), variances)
        for code in range(len(self.means) - 1):
            here = y == code
            count, width = int(here.sum()), means.shape[1]
            if not count:
                self._set(1 + code, means.mean(dim=0), common)
                continue
            own = _spread(means[here], variances[here])
            spread = (count * own + width * within) / (count + width)
            self._set(1 + code, means[here].mean(dim=0), spread)

    def draw(self, noise: Tensor, y: Tensor | None) -> Tensor:
        """Turn standard normal noise (B, K) into codes, of classes (B,) if they are given."""
        place = torch.full((len(noise),), EVERYBODY, device=noise.device) if y is None else 1 + y
        return self.means[place] + torch.einsum("bij,bj->bi", self.roots[place], noise)

    def _set(self, place: int, mean: Tensor, spread: Tensor) -> None:
        floor = LEAST * torch.eye(len(mean), dtype=spread.dtype, device=spread.device)
        self.means[place] = mean.to(self.means)
        self.roots[place] = torch.linalg.cholesky(spread + floor).to(self.roots)


def _spread(means: Tensor, variances: Tensor) -> Tensor:
    """Return the covariance of codes drawn from all q(z | x) together, (K, K)."""
    centred = means - means.mean(dim=0)
    return centred.t() @ centred / len(means) + variances.mean(dim=0).diag()


def _of_class(means: Tensor, y: Tensor) -> Tensor:
    """Return for each example the mean of its class, (n, K); its own where that is not known."""
    found = means.clone()
    for code in y.unique():
        if code >= 0:
            found[y == code] = means[y == code].mean(dim=0)
    return found
