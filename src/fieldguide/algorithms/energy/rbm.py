"""Restricted Boltzmann machine: likely data have low energy (Smolensky 1986; Hinton 2002).

How it works:
    Visible units v (the data) and hidden units h (features) pull at each other, and nothing else
    does:

        E(v, h) = −a·v − b·h − v W h,   p(v, h) = exp(−E(v, h)) / Z
        p(hⱼ = 1 | v) = σ(bⱼ + Σᵢ vᵢ Wᵢⱼ),   p(vᵢ = 1 | h) = σ(aᵢ + Σⱼ Wᵢⱼ hⱼ)

    Learning raises the likelihood: ΔW = ⟨v h⟩ of the data − ⟨v h⟩ of the model's daydreams. These
    are a few steps of Gibbs sampling away from the data (CD-k; ``persistent=False``), or from where
    the daydreams of the last update ended (persistent CD, Tieleman 2008). There is no
    back-propagation.

    Columns of two values, and pixels that are mostly black or white, are binary units (a value
    between is a probability); other numbers are Gaussian units, v ~ N(a + W h, 1); each column of
    categories is a softmax unit. ``visible="counts"`` makes documents, rows of word counts, a
    replicated softmax (Salakhutdinov & Hinton 2009).

Use it when:
    You want features, a density and samples from one small model: binary or mixed tables, black
    and white pictures, word counts; missing parts to be filled in by sampling; or the first layer
    of a deep belief network.

Think twice when:
    The pictures are natural ones, or numbers depend on each other finely: Gaussian units have a
    fixed noise and model that poorly; take a variational autoencoder. For sharp samples take an
    adversarial network.

Cost:
    About 10 · visible · hidden multiplications an example and Gibbs step, no graph, no optimizer
    state. 784-256: 0.2 million weights.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table; codes
    (B, hidden); rows (B, numbers + words of the categories).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.repeat(np.eye(4), 3, axis=1)[np.random.default_rng(0).integers(0, 4, 300)]
    >>> model = fg.RBM(hidden=8, epochs=40, validation=0).fit(X)  # one of four groups is on
    >>> odd = np.zeros((1, 12)); odd[0, [0, 4, 8]] = 1            # parts of three
    >>> bool(model.score_samples(X[:1])[0] > model.score_samples(odd)[0])
    True
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.energy import _likelihood
from fieldguide.algorithms.energy._contrastive_divergence import gibbs_step
from fieldguide.algorithms.energy._family import EnergyModel, pace_of, single_precision
from fieldguide.algorithms.energy._machine import Machine, Rule
from fieldguide.algorithms.energy._visible import Visible, for_task
from fieldguide.card import Card, Reference
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.representation import Representation

USUAL = 256  # hidden units


class RBMNetwork(nn.Module):
    """A visible layer that knows the data's scales, and the machine.

    Args:
        visible: Turns inputs into states.
        hidden: Hidden units.
        chains: Persistent chains, or 0.
        momentum: Whether the machine keeps its last step in mind.
    """

    def __init__(self, *, visible: Visible, hidden: int, chains: int = 0, momentum: bool = False):
        super().__init__()
        self.visible = visible
        self.machine = Machine(
            visible=visible.width, hidden=hidden, chains=chains, momentum=momentum
        )

    def forward(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return the hidden units' probabilities, (B, hidden)."""
        return self.machine.codes(self.visible.checked(x), self.visible.units)


class RBM(EnergyModel):
    """Restricted Boltzmann machine for representation, outliers and generation."""

    card = Card(
        title="Restricted Boltzmann machine",
        paper="Hinton (2002). Training products of experts by minimizing contrastive divergence. "
        "Neural Computation 14. After Smolensky (1986), harmonium.",
        year=2002,
        tasks=("representation", "outliers", "generation"),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=200,
        exportable=False,
        references=(
            Reference(
                data="MNIST, binarised",
                metric="log_likelihood",
                value=-86.34,
                source="Salakhutdinov & Murray (2008), 500 hidden units, CD-25, estimated by AIS",
            ),
        ),
    )

    epochs: int = option(20, "passes over the training data", low=0)
    batch_size: int = option(10, "examples in one step", low=1, search=(8, 128), log=True)
    hidden: int = option(
        0, "hidden units; 0: 256, or for representation the usual width of a code", low=0
    )
    persistent: bool = option(
        True, "whether Gibbs chains go on from update to update (counts: never)"
    )
    sparsity: float = option(
        0.0, "share of examples that a hidden unit should be on for; 0: any", low=0, high=0.9
    )
    sparsity_cost: float = option(0.1, "how strong that wish is", low=0)
    sample_steps: int = option(200, "Gibbs steps that lead to a sample", low=1)

    def build(self, task: Task) -> nn.Module:
        """Return a machine over the task's rows; a chain for each example of a batch."""
        chained = self.persistent and self.visible != "counts"
        return RBMNetwork(
            visible=for_task(task),
            hidden=self._width(task),
            chains=self.batch_size if chained else 0,
            momentum=self.momentum > 0,
        )

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return none: the learning rule is its own."""
        return {}

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Measure the data, start at their means, learn."""
        network = self._network()
        network.machine.visible_bias.data.copy_(self.measured(data))
        self._pace = pace_of(network.visible, network.machine.weights.shape[1], self.momentum)
        self._rule = Rule(
            steps=self.steps,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            clip=self.clip,
            sparsity=self.sparsity,
            sparsity_cost=self.sparsity_cost,
        )
        yield from super().stages(data)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Take a step of contrastive divergence; report how far data and model are apart."""
        network, pace = self._network(), self.pace(self._pace)
        visible = network.visible
        with single_precision(batch.index.device):
            gap = network.machine.learn(visible(batch.x), visible.units, self._rule, pace)
        return {"free_energy_gap": gap}

    def codes(self, batch: Batch) -> Tensor:
        """Return hidden probabilities."""
        found: Tensor = self.network_(batch.x)
        return found

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return the means of the visible units, as rows."""
        network = self._network()
        natural = network.machine.natural(codes)
        units = network.visible.units
        if network.visible.has_counts:
            raise UsageError(
                "Codes of word counts do not tell how long the document is. Use reconstruct(data)."
            )
        return network.visible.as_rows(units.mean(natural))

    def reconstruction(self, batch: Batch) -> Tensor:
        """Return the data's means given their codes, as rows."""
        network = self._network()
        states = network.visible.checked(batch.x)
        units = network.visible.units.of(states)
        natural = network.machine.natural(network.machine.codes(states, units))
        return network.visible.as_rows(units.mean(natural))

    def surprise(self, batch: Batch) -> Tensor:
        """Return the free energy: −log p(v), up to a constant that all examples share."""
        network = self._network()
        states = network.visible.checked(batch.x)
        return network.machine.free_energy(states, network.visible.units)

    def samples(self, count: int, y: Tensor | None, generator: Generator) -> Tensor:
        """Return the ends of Gibbs chains, as rows; they go on from training's where it had any.

        The machine does not know classes: ``y`` changes nothing (a belief network knows them).
        """
        network = self._network()
        machine, units = network.machine, network.visible.units
        if network.visible.has_counts:
            raise UsageError(
                "A replicated softmax does not know how long a document is, so it has no samples "
                "of its own. Choose another algorithm, or visible='auto'."
            )
        hidden = _likelihood.starts(machine, count, generator)
        for _ in range(self.sample_steps):
            _, hidden = gibbs_step(
                hidden, machine.weights, machine.visible_bias, machine.hidden_bias,
                visible_units=units, generator=generator,
            )  # fmt: skip
        return network.visible.sampled(machine.natural(hidden), generator)

    def log_likelihood(
        self, data: Any, *, runs: int = 100, detail: float = 1.0
    ) -> dict[str, float]:
        """Return the mean log-probability of examples, in nats; densities for Gaussian units.

        Exact up to 16 hidden units, else by annealed importance sampling, which on average
        underestimates log Z and so may flatter: ``low`` and ``high`` are three standard errors.

        Args:
            data: Examples, as for `encode`.
            runs: Annealing runs.
            detail: Temperatures, as a multiple of the 14,500 of Salakhutdinov & Murray (2008).
        """
        states = self._states(data)
        return _likelihood.log_likelihood(self._network(), states, runs=runs, detail=detail)

    def pseudo_likelihood(self, data: Any, *, seed: int = 0) -> float:
        """Return the mean log-pseudo-likelihood of binary examples, in nats.

        The sum over units of log p(unit | all others), estimated from one unit an example, as
        scikit-learn's `BernoulliRBM.score_samples` does.
        """
        states, units = self._states(data), self._network().visible.units
        return float(_likelihood.pseudo_likelihood(self._network().machine, states, units, seed))

    def lowest(self) -> Machine:
        """Return the machine."""
        return self._network().machine

    def _width(self, task: Task) -> int:
        """Return the hidden units; a representation is as wide as other algorithms' codes."""
        if self.hidden:
            return self.hidden
        return task.usual_code if isinstance(task, Representation) else USUAL

    def _states(self, data: Any) -> Tensor:
        """Return the visible states of examples, all at once."""
        self._check_fitted()
        network = self._network()
        examples = self.task_.encode(self._dataset(data, None, new=True), with_target=False)
        batches = examples.on(network.machine.weights.device).batches(4096, shuffle=False)
        with torch.no_grad():
            return torch.cat([network.visible.checked(batch.x) for batch in batches])

    def _network(self) -> RBMNetwork:
        assert isinstance(self.network_, RBMNetwork)
        return self.network_
