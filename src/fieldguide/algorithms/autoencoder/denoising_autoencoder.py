"""Denoising autoencoder: gives back the clean example from a corrupted one (Vincent et al. 2008).

Vincent, Larochelle, Bengio, Manzagol, "Extracting and Composing Robust Features with Denoising
Autoencoders", ICML 2008.

How it works:
    Each time that an example x is shown, chance spoils it, and the network is asked for the
    example as it was:

        x̃ = x + amount · ε,  ε ~ N(0, 1)                        noise="gaussian"
        x̃ = x with a share `amount` of its entries blanked      noise="masking"
        z = f(x̃),  x̂ = g(z),  minimise ‖x - x̂‖²

    To undo the noise it must know where real examples lie: x̂ - x̃ points towards them, and for
    small Gaussian noise is the slope of the data's log-density (Alain & Bengio 2014). So the code
    may be as long as the example, for a copy is of no use; to find outliers, keep it short. Values
    are standardised: ``amount`` is in standard deviations, an entry is blanked by its mean (the
    paper: by 0), a category by none at all. What is reconstructed later comes whole; so the entries
    that are left in training are scaled up by 1 / (1 - amount), as in dropout, or whole examples
    would look too large, and repairs, which repeat x̂, would run away.

Use it when:
    Examples come noisy or with gaps and you want them clean; or for outliers and their repair
    (`repair`), because it has learnt to infer each entry from the others.

Think twice when:
    The noise that comes later is of another kind than the noise that was learnt from. Isolated
    specks on pictures go away with a median filter, which learns nothing.

Cost:
    As an autoencoder of the same layers; 784-256-32 and back: 0.42 million weights.

Shapes:
    Rows (B, D) of any array, table or picture; codes (B, code); reconstructions (B, D).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> clean = np.outer(np.random.default_rng(0).normal(size=400), np.ones(12))
    >>> noise = np.random.default_rng(1).normal(size=(400, 12))
    >>> model = fg.DenoisingAutoencoder(noise="gaussian", amount=1.0, lr=3e-3).fit(clean)
    >>> left = model.reconstruct(clean + noise) - clean
    >>> bool(np.abs(left).mean() < 0.6 * np.abs(noise).mean())
    True
"""

from __future__ import annotations

import torch
from torch import Tensor

from fieldguide.algorithms.autoencoder._family import RowAutoencoder, layout_of, plain
from fieldguide.algorithms.autoencoder._layout import Layout
from fieldguide.algorithms.autoencoder._networks import BENDS, AutoencoderNetwork
from fieldguide.card import Card
from fieldguide.data import Batch
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget


def add_noise(rows: Tensor, amount: float) -> Tensor:
    """Add normal noise of a deviation of ``amount`` to every number, (B, D)."""
    return rows + amount * torch.randn_like(rows)


def blank(rows: Tensor, layout: Layout, share: float) -> Tensor:
    """Set a share of the entries of rows (B, D) to 0: a number's mean, or no category.

    The others are scaled up by 1 / (1 - share), so that they add up to as much as they all would.
    """
    kept = (torch.rand(len(rows), layout.entries, device=rows.device) >= share).to(rows.dtype)
    return rows * layout.spread(kept) / (1 - share)


class DenoisingAutoencoder(RowAutoencoder):
    """Autoencoder that learns from spoilt examples to give the clean ones."""

    card = Card(
        title="Denoising autoencoder",
        paper="Vincent, Larochelle, Bengio & Manzagol (2008). Extracting and composing robust "
        "features with denoising autoencoders. ICML.",
        year=2008,
        tasks=("representation", "outliers"),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=200,
        exportable=False,
    )
    overcomplete = True

    hidden: tuple[int, ...] = option((256,), "units of each hidden layer of the encoder", low=1)
    activation: str = option("relu", "bend between layers", choices=tuple(BENDS))
    noise: str = option("masking", "what spoils examples", choices=("masking", "gaussian"))
    amount: float = option(
        0.25, "share of entries blanked, or standard deviations of noise", low=0, search=(0.1, 0.5)
    )

    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return dense layers down to the code and up again."""
        return plain(task.width, self.hidden, code, self.activation)

    def loss(self, batch: Batch) -> Tensor:
        """Return the mean error of reconstructing a batch that was spoilt."""
        rows = self.rows(batch)
        raw: Tensor = self.network_(self.spoil(rows)).float()
        return self.error(raw, rows)

    def say(self, rows: Tensor, batch: Batch, void: Tensor) -> Tensor:
        """Return reconstructions (B, D) of rows, with blanks where numbers are worth nothing."""
        if self.noise == "masking":
            kept = (~void).to(rows.dtype)
            rows = rows * kept / kept.mean(dim=1, keepdim=True).clamp_min(0.5)
        return super().say(rows, batch, void)

    @property
    def settling(self) -> int:
        """Once in tables: of few columns, what was inferred from blanks drifts if repeated."""
        alone = self.noise == "masking" and self.rows_task.inputs.form == "table"
        return 1 if alone else super().settling

    def spoil(self, rows: Tensor) -> Tensor:
        """Return rows (B, D) as they are shown in training."""
        if self.noise == "gaussian":
            return add_noise(rows, self.amount)
        return blank(rows, layout_of(self.rows_task), self.amount)
