"""From the inputs of a task to scikit-learn's boosting, and from its trees to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide.algorithms.baseline._family import split
from fieldguide.algorithms.baseline._trees import TreeEnsemble
from fieldguide.codecs import Number
from fieldguide.data import Inputs
from fieldguide.tasks import Inputs as InputCodecs

MOST_WORDS = 255  # of a category column that is split into sets of words


@dataclass(frozen=True)
class Columns:
    """How inputs are laid out for scikit-learn: categories, then numbers, then large categories.

    Attributes:
        numbers: Numbers in one example.
        flags: Positions of numbers that say whether the number before them is missing.
        cardinalities: Codes of each category column.
    """

    numbers: int
    flags: tuple[int, ...]
    cardinalities: tuple[int, ...]

    @classmethod
    def of(cls, inputs: InputCodecs) -> Columns:
        """Return the layout for a task's inputs."""
        flags, position = [], 0
        for codec in inputs.codecs.values():
            position += 0 if codec.codes else codec.width
            if isinstance(codec, Number) and codec.flagged:
                flags.append(position - 1)
        width = int(torch.Size(inputs.shape).numel())
        return cls(width, tuple(flags), inputs.cardinalities)

    @property
    def small(self) -> list[int]:
        """Category columns that are split into sets of words."""
        return [c for c, codes in enumerate(self.cardinalities) if codes - 1 <= MOST_WORDS]

    @property
    def large(self) -> list[int]:
        """Category columns whose codes count as numbers: the commoner the word, the smaller."""
        return [c for c in range(len(self.cardinalities)) if c not in self.small]

    @property
    def categorical(self) -> list[int] | None:
        """Columns of `table` that scikit-learn is to take as categories."""
        return list(range(len(self.small))) or None

    @property
    def answers(self) -> int:
        """Where `TreeEnsemble.columns` begins to answer questions about categories."""
        plain = self.numbers - len(self.flags)
        return plain * (2 if self.flags else 1) + len(self.cardinalities)

    def place(self, features: np.ndarray, missing_first: np.ndarray) -> np.ndarray:
        """Return where `TreeEnsemble.columns` has the columns of `table` that hold numbers.

        Args:
            features: Columns of `table`.
            missing_first: Whether a missing number goes to the first child: it then is -∞.
        """
        plain, sides = self.numbers - len(self.flags), 2 if self.flags else 1
        number = features - len(self.small)
        endless = plain * (~missing_first if self.flags else 0)
        large = np.array([*self.large, 0])[np.maximum(number - plain, 0)]
        return np.where(number < plain, number + endless, plain * sides + large)

    def ensemble(self, outputs: int) -> TreeEnsemble:
        """Return an ensemble of no trees yet."""
        return TreeEnsemble(
            outputs=outputs,
            numbers=self.numbers,
            flags=self.flags,
            cardinalities=self.cardinalities,
        )

    def table(self, x: Inputs) -> np.ndarray:
        """Return the inputs as scikit-learn takes them, NaN for what is missing or unknown."""
        numbers, codes = (part.double().numpy() for part in split(x))
        numbers = numbers.copy()
        for flag in self.flags:
            numbers[numbers[:, flag] > 0.5, flag - 1] = np.nan
        plain = np.delete(numbers, self.flags, axis=1)
        small = codes[:, self.small]
        return np.concatenate([np.where(small, small, np.nan), plain, codes[:, self.large]], axis=1)


def grown(
    boosters: Sequence[Any], columns: Columns, table: np.ndarray, outputs: int
) -> dict[str, Tensor]:
    """Return the buffers of a `TreeEnsemble` that does as scikit-learn's boosting does.

    Args:
        boosters: Fitted; one, or one for each target.
        columns: The layout that they were fitted on.
        table: The inputs that they were fitted on.
        outputs: Numbers that an example gets.
    """
    trees = [
        (predictor, number + place)
        for number, booster in enumerate(boosters)
        for group in booster._predictors
        for place, predictor in enumerate(group)
    ]
    trees.sort(key=lambda tree: -tree[0].get_max_depth())
    starts = np.concatenate([booster._baseline_prediction.ravel() for booster in boosters])
    first = outputs - len(starts)  # of two classes, scikit-learn scores the second alone
    parts, roots, asked = [], [0], 0
    for predictor, _ in trees:
        parts.append(_Tree(columns, table, predictor).arrays(roots[-1], asked))
        roots.append(roots[-1] + len(predictor.nodes))
        asked += len(parts[-1]["asked"])
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {
        **{name: torch.from_numpy(array) for name, array in joined.items()},
        "roots": torch.tensor(roots[:-1]),
        "depths": torch.tensor([int(predictor.get_max_depth()) for predictor, _ in trees]),
        "output": torch.tensor([first + output for _, output in trees]),
        "start": torch.from_numpy(np.concatenate([np.zeros(first), starts])),
    }


class _Tree:
    """One of scikit-learn's trees, with children side by side.

    Args:
        columns: The layout that it was grown on.
        table: The inputs that it was grown on.
        predictor: The tree.
    """

    def __init__(self, columns: Columns, table: np.ndarray, predictor: Any):
        self.columns, self.table, self.predictor = columns, table, predictor

    def arrays(self, root: int, asked: int) -> dict[str, np.ndarray]:
        """Return the tree's part of the buffers.

        Args:
            root: Number of nodes in the trees before it.
            asked: Number of questions about categories in the trees before it.
        """
        nodes = self.predictor.nodes
        inner = np.flatnonzero(nodes["is_leaf"] == 0)
        place = np.zeros(len(nodes), dtype=np.int64)  # of each node, now that siblings are adjacent
        place[nodes["left"][inner]] = 1 + 2 * np.arange(len(inner))
        place[nodes["right"][inner]] = 2 + 2 * np.arange(len(inner))
        child = place.copy()
        child[inner] = place[nodes["left"][inner]]
        worded = inner[nodes["is_categorical"][inner] == 1]
        feature, threshold = self._splits(nodes, inner)
        feature[worded] = self.columns.answers + asked + np.arange(len(worded))
        threshold[worded] = 0.5
        back = np.argsort(place)
        return {
            "feature": feature[back],
            "threshold": threshold[back],
            "child": child[back] + root,
            "value": np.where(nodes["is_leaf"], nodes["value"], 0.0)[back],
            "asked": np.array([self.columns.small[f] for f in nodes["feature_idx"][worded]], int),
            "second": self._second(nodes[worded]),
        }

    def _splits(self, nodes: np.ndarray, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return feature and threshold of each node, as if all columns held numbers."""
        feature = np.zeros(len(nodes), dtype=np.int64)
        left = nodes["missing_go_to_left"][inner] == 1
        feature[inner] = self.columns.place(nodes["feature_idx"][inner], left)
        threshold = np.full(len(nodes), np.inf, dtype=np.float32)
        threshold[inner] = round_down(nodes["num_threshold"][inner])
        return feature, threshold

    def _second(self, nodes: np.ndarray) -> np.ndarray:
        """Return which codes go to the second child, one row a question."""
        second = np.empty((len(nodes), max(self.columns.cardinalities, default=0)), dtype=np.uint8)
        for row, node in enumerate(nodes):
            second[row] = not node["missing_go_to_left"]
            known = np.unique(self.table[:, node["feature_idx"]])
            known = known[~np.isnan(known)].astype(int)
            bits = self.predictor.raw_left_cat_bitsets[node["bitset_idx"]]
            rank = np.arange(len(known))
            second[row, known] = (bits[rank // 32] >> (rank % 32)) & 1 == 0
        return second


def round_down(thresholds: np.ndarray) -> np.ndarray:
    """Return the largest single-precision numbers that are not above the thresholds.

    For x in single precision, x <= t holds just when it holds for t so rounded. An endless
    threshold parts missing numbers from all others; here a missing number is endless itself.
    """
    largest = np.finfo(np.float32).max
    single = np.minimum(thresholds, largest).astype(np.float32)
    lower = np.nextafter(single, np.float32(-np.inf))
    return np.where(single > thresholds, lower, single)
