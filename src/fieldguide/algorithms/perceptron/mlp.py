"""Multilayer perceptron: layers of weighted sums with a bend between them (Rumelhart et al. 1986).

How it works:
    h₀ = x,  hₗ = φ(Wₗ hₗ₋₁ + bₗ),  ŷ = W h_L + b, with φ(z) = max(0, z) by default. The error is
    propagated backwards by the chain rule and each weight steps against its own derivative.
    Categories enter through embeddings, one vector a word, learnt with the rest.

Use it when:
    The inputs are vectors or mixed columns and a straight line (a linear model) does not do:
    a few hundred examples or more, no order in space or time among the columns.

Think twice when:
    The data are a table of mixed columns: gradient-boosted trees usually win there, and train in
    seconds. The inputs are images: a convolutional network needs fewer weights and sees more.

Cost:
    2 · weights multiplications an example forwards, twice that backwards. 784-256-256-10: 0.27
    million weights.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table;
    outputs: (B, classes) or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.where(X[:, 0] * X[:, 1] > 0, "same sign", "different")
    >>> model = fg.MLP(hidden=(32,), epochs=60).fit(X, y)
    >>> str(model.predict(np.array([[1.0, 1.0]]))[0])
    'same sign'
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.card import Card, Reference
from fieldguide.data import Batch, Dataset
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn import Entry
from fieldguide.nn.back_propagation import SLOPES, Chain
from fieldguide.nn.block_adamw import BlockAdamW
from fieldguide.tasks import Task

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}
FAR = 10  # deviations from 0 to a mean: they take 3 of the 24 bits that single precision has
_IN_PLACE: dict[type[nn.Module], nn.Module] = {nn.ReLU: nn.ReLU(inplace=True)}
LARGE = 1e20  # deviations below, and above its inverse, leave weights that are normal numbers


class MLPNetwork(nn.Module):
    """Entry, hidden layers, head.

    Args:
        entry: Flattens and embeds the inputs to ``entry.width`` numbers.
        hidden: Units of each hidden layer.
        head: Makes outputs of the last hidden layer (`hidden[-1]` numbers, or ``entry.width``).
        activation: The bend between layers.
        dropout: Probability that a hidden unit is silenced in training.
    """

    def __init__(
        self,
        *,
        entry: Entry,
        hidden: Sequence[int],
        head: nn.Module,
        activation: str = "relu",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.entry = entry
        layers: list[nn.Module] = []
        for before, units in zip([entry.width, *hidden], hidden, strict=False):
            layers += [nn.Linear(before, units), ACTIVATIONS[activation]()]
            layers += [nn.Dropout(dropout)] if dropout else []
        self.hidden = nn.Sequential(*layers)
        self.head = head

    def forward(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return (B, outputs)."""
        outputs: Tensor = self.head(self.hidden(self.entry(x)))
        return outputs


class _Training:
    """What `fit` keeps while it lasts; in a plain class: a dataclass would make it an argument."""

    _chain: Chain | None = None


class MLP(_Training, Estimator):
    """Multilayer perceptron for classification, regression and forecasting."""

    card = Card(
        title="Multilayer perceptron",
        paper="Rumelhart, Hinton & Williams (1986). Learning representations by back-propagating "
        "errors. Nature 323.",
        year=1986,
        tasks=("classification", "regression", "forecasting"),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=100,
        references=(
            Reference(
                data="MNIST",
                metric="accuracy",
                value=0.984,
                source="Simard, Steinkraus & Platt (2003), two layers",
            ),
        ),
    )

    epochs: int = option(30, "passes over the training data", low=0)
    hidden: tuple[int, ...] = option((256, 256), "units of each hidden layer", low=1)
    activation: str = option("relu", "bend between layers", choices=tuple(ACTIVATIONS))
    dropout: float = option(
        0.0, "chance that a hidden unit rests", low=0, high=0.9, search=(0, 0.5)
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head."""
        entry = Entry(task.inputs.shape, task.inputs.cardinalities)
        width = self.hidden[-1] if self.hidden else entry.width
        return MLPNetwork(
            entry=entry,
            hidden=self.hidden,
            head=task.head(width),
            activation=self.activation,
            dropout=self.dropout,
        )

    def forward_stored(self) -> Callable[[Batch], Tensor] | None:
        """Return `forward` with the pictures' scales in the first layer's weights.

        W (x - m) / s + b = (W / s) x + (b - (W / s) m), which saves writing each picture anew. Not
        where the difference would cost single precision its last digits.
        """
        assert isinstance(self.network_, MLPNetwork)
        first, *rest = [*self.network_.hidden, self.network_.head]
        scales = self.task_.inputs.scales()
        moderate = all(abs(m) < FAR * s and 1 / LARGE < s < LARGE for m, s in scales)
        if self._bf16 or not isinstance(first, nn.Linear) or not moderate:
            return None
        mean, deviation = first.weight.new_tensor(scales).t()
        weight = first.weight.detach().unflatten(1, (len(scales), -1)) / deviation[:, None]
        bias = first.bias.detach() - weight.sum(2) @ mean
        weight = weight.flatten(1)
        after = [_IN_PLACE.get(type(part), part) for part in rest]

        def outputs(batch: Batch) -> Tensor:
            assert isinstance(batch.x, Tensor)
            values = F.linear(batch.x.flatten(1).to(torch.float32), weight, bias)
            for part in after:
                values = part(values)
            return values

        return outputs

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Give all weights to one optimizer as one block, where gradients are written by hand."""
        layers = self._layers_by_hand()
        self._chain = Chain(layers, ACTIVATIONS[self.activation]) if layers else None
        if self._chain is None:
            return super().optimizers()
        decay = self.weight_decay
        return {"network": BlockAdamW([self._chain.block], self.lr, weight_decay=decay, fused=True)}

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Propagate the error backwards; by hand for plain layers on CPU, else by autograd."""
        chain, descent = self._chain, self._descent
        if chain is None:
            return super().step(batch)
        assert isinstance(batch.x, Tensor)
        dtype = torch.bfloat16 if self._bf16 else torch.float32
        alone = torch.autocast("cpu", enabled=False) if self._bf16 else contextlib.nullcontext()
        with alone:  # the chain's tensors ask for no gradients
            values = chain.forward(batch.x.flatten(1), dtype)
            loss, slope = self.task_.slope(values[-1], batch)
            slope = slope if descent.share == 1.0 else slope * descent.share
            chain.backward(values, slope, add=not descent.first)
        if descent.last:
            descent.apply("network")
        return {"loss": loss}

    def finish(self, train: Dataset, held: Dataset | None) -> None:
        """Let go of the block of weights and gradients: from here on nothing learns."""
        if self._chain is not None:
            self._chain.release()
            self._chain = None

    def _layers_by_hand(self) -> list[nn.Linear]:
        """Return all layers if their derivatives are known by hand and live on the CPU, else []."""
        network, bend = self.network_, ACTIVATIONS[self.activation]
        assert isinstance(network, MLPNetwork)
        layers = [part for part in (*network.hidden, network.head) if isinstance(part, nn.Linear)]
        plain = (
            bend in SLOPES
            and not self.dropout
            and isinstance(network.head, nn.Linear)
            and not len(network.entry.embeddings)
            and all(weight.device.type == "cpu" for weight in network.parameters())
        )
        return layers if plain else []
