"""Deep autoencoder, unrolled from Boltzmann machines (Hinton & Salakhutdinov 2006).

Hinton, Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 313,
2006.

How it works:
    A stack of restricted Boltzmann machines learns layer by layer; its highest layer has few,
    linear (Gaussian) units. Unrolled, the stack's weights are an encoder and, transposed, a
    decoder:

        code = W_L σ(… σ(W₁ᵀ v + b₁) …) + b_L,   v̂ = σ(W₁ σ(… W_L code + a_L …) + a₁)

    From then on both have weights of their own, which back-propagation tunes to make v̂ like v:
    cross-entropy for binary units, squared error for Gaussian ones. Started at random, networks so
    deep and narrow used to get stuck at the mean of the data.

Use it when:
    You want a few numbers for each example, fewer than principal components would need, and have
    thousands of examples: pictures of one kind, documents, sensors.

Think twice when:
    A straight plane does: principal components are exact and take a second. You want samples: a
    variational autoencoder knows how its codes are distributed.

Cost:
    4 · weights of the encoder multiplications an example both ways, three times that in tuning;
    784-1000-500-250-30: 1.4 million weights up, as many down.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table; codes
    (B, code); rows (B, numbers + words of the categories).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.repeat(np.eye(4), 3, axis=1)[np.arange(400) % 4]    # one of four groups is on
    >>> model = fg.DeepAutoencoder(hidden=(32,), code=2, epochs=60, validation=0).fit(X)
    >>> model.encode(X).shape, model.evaluate(X)["explained"] > 0.9
    ((400, 2), True)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.energy._family import StackedModel
from fieldguide.algorithms.energy._stack import Stack
from fieldguide.algorithms.energy._units import Gaussian
from fieldguide.algorithms.energy._visible import for_task
from fieldguide.card import Card, Reference
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.hyperparameter import option
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget


class DeepAutoencoderNetwork(nn.Module):
    """A stack with a way down of its own.

    Args:
        stack: Machines, the highest with Gaussian hidden units, all with weights for the way down.
    """

    def __init__(self, *, stack: Stack):
        super().__init__()
        self.stack = stack

    def encode(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return codes, (B, code)."""
        codes: Tensor = self.stack(x)
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """Return natural parameters of the visible units, (B, visible)."""
        return self.stack.fall(codes, len(self.stack.all))

    def forward(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return natural parameters of the visible units, (B, visible)."""
        return self.decode(self.encode(x))


class DeepAutoencoder(StackedModel):
    """Deep autoencoder for representation and outliers."""

    card = Card(
        title="Deep autoencoder",
        paper="Hinton & Salakhutdinov (2006). Reducing the dimensionality of data with neural "
        "networks. Science 313.",
        year=2006,
        tasks=("representation", "outliers"),
        inputs=("array", "table", "image"),
        capacity=4,
        needs_examples=1000,
        exportable=False,
        references=(
            Reference(
                data="MNIST, 30 numbers",
                metric="squared_error",
                value=3.00,
                source="Hinton & Salakhutdinov (2006); principal components 13.87",
            ),
        ),
    )

    epochs: int = option(30, "passes of fine-tuning", low=0)
    hidden: tuple[int, ...] = option(
        (1000, 500, 250), "units of each layer below the code, from below", low=1
    )
    code: int = option(0, "numbers in a code; 0: a quarter of an example's, 32 at most", low=0)
    fine_tune_lr: float = option(1e-3, "learning rate of fine-tuning", low=0,
                                 search=(1e-4, 1e-2), log=True)  # fmt: skip

    def build(self, task: Task) -> nn.Module:
        """Return a stack whose highest units are linear."""
        assert isinstance(task, WithoutTarget)
        hidden = (*self.hidden, self.code or task.usual_code)
        stack = Stack(
            visible=for_task(task),
            hidden=hidden,
            top=Gaussian(),
            untied=len(hidden),
            momentum=self.momentum > 0,
        )
        if self.pretrained:
            self.fill(stack)
        return DeepAutoencoderNetwork(stack=stack)

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Give all weights to Adam, for fine-tuning."""
        weights = self.network_.parameters()
        rate, decay = self.fine_tune_lr, self.weight_decay
        return {"network": EagerAdamW(weights, rate, weight_decay=decay, fused=True)}

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Learn layer by layer, unroll, tune."""
        yield from self.pretraining(data)
        if not self.pretrained:
            self.stack().unroll()
        batches = data.batches(self.batch_size, seed=self.seed)
        yield Stage("fine-tuning", self.step, batches, self.epochs)

    def loss(self, batch: Batch) -> Tensor:
        """Return minus the log-probability of the data given their codes, mean."""
        visible = self.stack().visible
        states = visible(batch.x)
        natural = self._network()(batch.x).float()
        return visible.units.of(states).loss(natural, states).mean()

    def codes(self, batch: Batch) -> Tensor:
        """Return the code."""
        return self._network().encode(batch.x)

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return the means of the visible units for codes, as rows."""
        visible = self.stack().visible
        return visible.as_rows(visible.units.mean(self._network().decode(codes)))

    def reconstruction(self, batch: Batch) -> Tensor:
        """Return each example as its code has it, as rows."""
        visible = self.stack().visible
        units = visible.units.of(visible(batch.x))
        return visible.as_rows(units.mean(self._network()(batch.x)))

    def surprise(self, batch: Batch) -> Tensor:
        """Return minus the log-probability of each example given its own code."""
        visible = self.stack().visible
        states = visible.checked(batch.x)
        return visible.units.of(states).loss(self._network()(batch.x).float(), states)

    def _network(self) -> DeepAutoencoderNetwork:
        assert isinstance(self.network_, DeepAutoencoderNetwork)
        return self.network_
