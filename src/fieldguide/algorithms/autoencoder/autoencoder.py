"""Autoencoder: a network that gives back its input through a narrow code (Rumelhart et al. 1986).

Rumelhart, Hinton, Williams, "Learning Internal Representations by Error Propagation", 1986; as a
means to few dimensions: Hinton, Salakhutdinov, "Reducing the Dimensionality of Data with Neural
Networks", Science 313, 2006.

How it works:
    An encoder f makes a short code of an example x, a decoder g an example of a code, and both
    learn that the second undoes the first:

        z = f(x),  x̂ = g(z),  minimise ‖x - x̂‖²

    with a cross-entropy in place of the square for each category of a table. Where the code is
    shorter than the example, the network must learn what the examples have in common. Without
    hidden layers it is linear, and its codes span the space of the first principal components
    (Baldi & Hornik 1989); hidden layers bend that space.

Use it when:
    You want a few numbers for each example (to plot, to search, to feed to another model), to find
    examples that are unlike the others, or to put values right that cannot be true (`repair`).

Think twice when:
    The principal components explain the data already: they are exact, quick, and have no settings.
    You want new examples: codes drawn at random need not mean anything (a variational
    autoencoder's do).

Cost:
    4 · weights of the encoder multiplications an example forwards, twice that backwards.
    784-128-32 and back: 0.21 million weights.

Shapes:
    Rows (B, D) of any array, table or picture; codes (B, code); reconstructions (B, D).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> angle = np.random.default_rng(0).uniform(0, 3, size=200)
    >>> X = np.stack([np.cos(angle), np.sin(angle), angle], axis=1)      # a curve in space
    >>> model = fg.Autoencoder(code=1, epochs=100).fit(X)
    >>> model.encode(X).shape, model.evaluate(X)["explained"] > 0.95
    ((200, 1), True)
"""

from __future__ import annotations

from fieldguide.algorithms.autoencoder._family import RowAutoencoder, plain
from fieldguide.algorithms.autoencoder._networks import BENDS, AutoencoderNetwork
from fieldguide.card import Card
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget


class Autoencoder(RowAutoencoder):
    """Undercomplete autoencoder of dense layers."""

    card = Card(
        title="Autoencoder",
        paper="Rumelhart, Hinton & Williams (1986). Learning internal representations by error "
        "propagation. Parallel Distributed Processing 1.",
        year=1986,
        tasks=("representation", "outliers"),
        inputs=("array", "table", "image"),
        capacity=2,
        needs_examples=100,
        exportable=False,
    )

    hidden: tuple[int, ...] = option(
        (128,), "units of each hidden layer of the encoder; none: as linear as PCA", low=1
    )
    activation: str = option("relu", "bend between layers", choices=tuple(BENDS))

    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return dense layers down to the code and up again."""
        return plain(task.width, self.hidden, code, self.activation)
