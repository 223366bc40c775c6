"""Deep belief network: layers learnt one by one, each a Boltzmann machine (Hinton et al. 2006).

Hinton, Osindero, Teh, "A Fast Learning Algorithm for Deep Belief Nets", Neural Computation 18,
2006.

How it works:
    A restricted Boltzmann machine learns the data; the next one learns what the first one's hidden
    units make of the data; and so on. Each layer improves a bound on the likelihood. Together,

        p(v, h¹, …, h^L) = p(v | h¹) p(h¹ | h²) … p(h^(L−1), h^L),

    the two highest layers an undirected associative memory, all below directed downwards. Then all
    layers are tuned together: ``fine_tune="discriminative"`` puts the task's head on the highest
    layer and propagates its error back; ``fine_tune="generative"`` is the up-down algorithm
    (contrastive wake-sleep), in which the memory also sees the labels, so that classes are told
    apart by free energy and asked for in sampling.

Use it when:
    Many examples and few of them labelled: fit without a target on all
    (``task="representation"``), save, and give the folder as ``pretrained`` to the classifier. Or
    you want to see what a class looks like to the model that tells it.

Think twice when:
    There are labels enough: networks with rectified units need no pre-training today. Pictures
    with structure in place want convolutions.

Cost:
    Pre-training: about 10 · weights multiplications an example, layer by layer; fine-tuning as an
    MLP. 784-500-500-2000: 1.6 million weights.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table; outputs
    (B, classes); codes (B, highest layer).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.repeat(np.eye(4), 3, axis=1)[np.arange(200) % 4]     # one of four groups is on
    >>> y = np.where(np.arange(200) % 2, "odd", "even")
    >>> model = fg.DBN(hidden=(16, 16), epochs=40, validation=0).fit(X, y)
    >>> model.predict(X[:3]).tolist()
    ['even', 'odd', 'even']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from fieldguide.algorithms.energy._contrastive_divergence import hidden_inputs
from fieldguide.algorithms.energy._family import StackedModel, pace_of, single_precision
from fieldguide.algorithms.energy._machine import Rule
from fieldguide.algorithms.energy._stack import Stack
from fieldguide.algorithms.energy._units import Binary
from fieldguide.algorithms.energy._up_down import up_down, with_labels
from fieldguide.algorithms.energy._visible import for_task
from fieldguide.card import Card, Reference
from fieldguide.codecs import Labels
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.hyperparameter import option
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.tasks import Task
from fieldguide.tasks.representation import Representation

BINARY = Binary()
BELOW, HIGHEST = (500, 500), 2000
UP_DOWN_PACE = 0.2  # of the learning rate: layers that move together move less
FINE_TUNING = ("discriminative", "generative", "none")


class DBNNetwork(nn.Module):
    """A stack, and the head of a task.

    Args:
        stack: Machines.
        head: Makes outputs of the highest layer; None where labels are part of the memory.
    """

    def __init__(self, *, stack: Stack, head: nn.Module | None):
        super().__init__()
        self.stack, self.head = stack, head

    def forward(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return logits, (B, classes): the head's, or minus each class's free energy."""
        if self.head is not None:
            outputs: Tensor = self.head(self.stack(x))
            return outputs
        stack, top = self.stack, self.stack.all[-1]
        seen = stack.up(stack.visible.checked(x), len(stack.all) - 1)  # (B, below the top)
        width = seen.shape[1]
        inputs = hidden_inputs(seen, top.weights[:width], top.hidden_bias)
        reached = [functional.softplus(inputs + row).sum(1) for row in top.weights[width:]]
        return torch.stack(reached, dim=1) + top.visible_bias[width:]


class DBN(StackedModel):
    """Deep belief network for classification, representation and generation."""

    takes_classes = True
    card = Card(
        title="Deep belief network",
        paper="Hinton, Osindero & Teh (2006). A fast learning algorithm for deep belief nets. "
        "Neural Computation 18.",
        year=2006,
        tasks=("classification", "representation", "generation"),
        inputs=("array", "table", "image"),
        capacity=3,
        needs_examples=500,
        exportable=False,
        references=(
            Reference(
                data="MNIST",
                metric="accuracy",
                value=0.9875,
                source="Hinton, Osindero & Teh (2006), 784-500-500-2000, up-down",
            ),
        ),
    )

    epochs: int = option(20, "passes of fine-tuning", low=0)
    hidden: tuple[int, ...] = option(
        (), "units of each layer, from below; (): 500, 500 and 2000, or the usual code", low=1
    )
    fine_tune: str = option(
        "discriminative", "how all layers learn together; without classes never by errors",
        choices=FINE_TUNING,
    )  # fmt: skip
    fine_tune_lr: float = option(1e-3, "learning rate of discriminative tuning", low=0,
                                 search=(1e-4, 1e-2), log=True)  # fmt: skip
    fine_tune_steps: int = option(3, "Gibbs steps of the memory in generative tuning", low=1)
    sample_steps: int = option(200, "Gibbs steps of the memory that lead to a sample", low=1)

    def build(self, task: Task) -> nn.Module:
        """Return a stack with a head, or with a memory that sees the classes."""
        headed = task.needs_target and self.fine_tune == "discriminative"
        classes = task.codec.width if isinstance(task.codec, Labels) else 0
        hidden = self.hidden or _usual(task)
        stack = Stack(
            visible=for_task(task),
            hidden=hidden,
            labels=0 if headed else classes,
            untied=len(hidden) - 1,
            momentum=self.momentum > 0,
        )
        if self.pretrained:
            self.fill(stack)
        return DBNNetwork(stack=stack, head=task.head(hidden[-1]) if headed else None)

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Give the way up and the head to Adam, for discriminative tuning."""
        network = self._network()
        if network.head is None:
            return {}
        weights = [*network.stack.upward(), *network.head.parameters()]
        return {
            "network": EagerAdamW(
                weights, self.fine_tune_lr, weight_decay=self.weight_decay, fused=True
            )
        }

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Learn layer by layer, then all together."""
        yield from self.pretraining(data)
        network = self._network()
        if not self.pretrained:
            network.stack.unroll()
        self._pace = pace_of(network.stack.visible, network.stack.all[0].weights.shape[1])
        tuned = network.head is not None or self.fine_tune != "none"
        batches = data.batches(self.batch_size, seed=self.seed)
        how = "discriminative" if network.head is not None else "up-down"
        yield Stage(f"{how} fine-tuning", self.step, batches, self.epochs if tuned else 0)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Tune by back-propagation, or by a step up and a step down."""
        network = self._network()
        if network.head is not None:
            return super().step(batch)
        rule = Rule(steps=self.fine_tune_steps, weight_decay=self.weight_decay, clip=self.clip)
        pace = self.pace(self._pace * UP_DOWN_PACE)
        with torch.no_grad(), single_precision(batch.index.device):
            states = network.stack.visible(batch.x)
            return {"free_energy_gap": up_down(network.stack, states, batch.y, rule, pace)}

    def codes(self, batch: Batch) -> Tensor:
        """Return the means of the highest layer; of its classes none is known."""
        stack = self._network().stack
        below = stack.up(stack.visible.checked(batch.x), len(stack.all) - 1)
        unknown = torch.full((len(below),), -1, device=below.device)
        return stack.all[-1].codes(with_labels(below, unknown, stack.labels))

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return what means of the highest layer look like further down, as rows."""
        stack = self._network().stack
        natural = stack.fall(codes, len(stack.all))
        return stack.visible.as_rows(stack.visible.units.mean(natural))

    def reconstruction(self, batch: Batch) -> Tensor:
        """Return each example after the way up and the way down, as rows."""
        return self.from_codes(self.codes(batch))

    def samples(self, count: int, y: Tensor | None, generator: Generator) -> Tensor:
        """Return what the memory dreams of, a class held fixed where one is asked for, as rows."""
        stack = self._network().stack
        top, units = stack.all[-1], stack.units(len(stack.all) - 1)
        seen = top.weights.shape[0] - stack.labels
        states = top.weights.new_full((count, top.weights.shape[0]), 0.5)  # undecided
        for _ in range(self.sample_steps):
            if stack.labels and y is not None:
                states = with_labels(states[:, :seen], y.to(states.device), stack.labels)
            hidden = BINARY.draw(top.codes(states, units), generator)
            states = units.draw(units.mean(top.natural(hidden)), generator)
        states = states[:, :seen]
        for number in range(len(stack.down) - 1, 0, -1):
            states = BINARY.draw(stack.natural(number, states).sigmoid(), generator)
        if not len(stack.down):
            return stack.visible.as_rows(states)
        return stack.visible.sampled(stack.natural(0, states), generator)

    def _network(self) -> DBNNetwork:
        assert isinstance(self.network_, DBNNetwork)
        return self.network_


def _usual(task: Task) -> tuple[int, ...]:
    """Return the published layers; the highest is narrow where it is a code."""
    return (*BELOW, task.usual_code if isinstance(task, Representation) else HIGHEST)
