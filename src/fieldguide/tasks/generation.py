"""Generation: new examples that could be of the data, and are not copies."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from torch import Tensor

from fieldguide.codecs import Codec
from fieldguide.data import Dataset, Examples
from fieldguide.errors import UsageError
from fieldguide.metrics import generation as measures
from fieldguide.metrics.features import space_of_rows
from fieldguide.tasks.without_target import WithoutTarget, labels

JUDGED = 2_000  # held-out examples, and generated ones, that a score looks at
DIRECTIONS = 64  # principal components of the real rows that distances are measured in
NEIGHBOURS = 5


class Generation(WithoutTarget):
    """Outputs are as many generated rows as there are examples; the score is their coverage.

    Coverage (Naeem et al. 2020) is the share of real held-out examples that have a generated one
    nearer than their fifth nearest real neighbour: 1 needs every kind of example, and realistic
    ones. It is measured in the space of the first 64 principal components of the real rows.
    Classes, where the data have a target, are conditions that a model may ask for.
    """

    name = "generation"
    score_name = "coverage"
    asks = "samples"
    has_ceiling = False  # among few examples, neighbours are far off, and any sample may be near
    race_terms = MappingProxyType({"film": 10})
    gives = "new examples that could be of the data"
    judged = (
        "coverage, that is, the share of held-out examples that have a generated one nearer than "
        "their fifth nearest real neighbour"
    )

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Learn the classes, if there are any."""
        return labels(dataset)

    def truth(self, examples: Examples) -> Tensor:
        """Return the real rows."""
        return self.all_rows(examples)

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return generated examples in the user's units."""
        return self.values(outputs)

    def answer(self, outputs: Tensor, dataset: Dataset) -> np.ndarray:
        """Refuse: a generator says nothing about given examples.

        Raises:
            UsageError: Naming the verb that is meant.
        """
        raise UsageError(
            "This model generates examples, and predicts nothing about those it is given. "
            "Use sample(count) (`fieldguide sample MODEL`)."
        )

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the coverage."""
        return float(self.summands(outputs, y)[:, 0].mean())

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return for each real example whether it is covered, and 1; shape (n, 2)."""
        real, made = features(y[:JUDGED], outputs[:JUDGED])
        covered = measures.covered(real, made, k=NEIGHBOURS)
        return np.stack([covered.double().numpy(), np.ones(len(real))], axis=1)

    def watched(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return all of them: no single one tells whether generating goes well."""
        return self.scores(outputs, y)

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return coverage, precision, recall, and the Fréchet and kernel distances."""
        real, made = features(y[:JUDGED], outputs[:JUDGED])
        precision, recall = measures.precision_recall(real, made)
        return {
            "coverage": measures.coverage(real, made, k=NEIGHBOURS),
            "precision": precision,
            "recall": recall,
            "frechet_distance": measures.frechet_distance(real, made),
            "kernel_distance": measures.kernel_distance(real, made),
        }


def features(real: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """Return both in the space of the principal components of the real rows."""
    centre = real.double().mean(dim=0)
    space = space_of_rows(real.double() - centre, DIRECTIONS)
    return space.features(real.double() - centre), space.features(made.double() - centre)
