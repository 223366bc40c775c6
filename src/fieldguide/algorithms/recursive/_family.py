"""What recursive networks share: shapes of trees, word vectors, a loss at every labelled node."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.recursive._codes import Words, known, nodes_of, rows_of, targets_of
from fieldguide.algorithms.recursive._network import TreeNetwork
from fieldguide.codecs.nodes import trees_of
from fieldguide.data import Batch, Examples
from fieldguide.data.forest import Forest
from fieldguide.data.tree_examples import TreeBatch, TreeExamples, forest_of, tensors
from fieldguide.data.tree_shapes import FACTORS, SHAPES, shaped
from fieldguide.data.trees import TreeColumn
from fieldguide.engine import Stage
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.eager_adagrad import EagerAdagrad
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.tasks import Task

EPS = 1e-3  # under the root of AdaGrad, or its first steps would be far too long for a tensor
AT_ONCE = 256  # trees in one batch when nodes are labelled


class RecursiveEstimator(Estimator):
    """Labels of trees, learnt from the labels of their roots and of all nodes that have one."""

    binary: ClassVar[bool] = True  # whether its nodes have two children
    # Hyperparameters that multiply the rate of the weights whose names begin like this.
    rates: ClassVar[Mapping[str, str]] = {"words.": "word_rate"}

    batch_size: int = option(25, "trees in one step", low=1, search=(8, 64), log=True)
    lr: float = option(0.02, "learning rate", low=0, search=(1e-3, 1e-1), log=True)
    schedule: str = option("constant", "course of the learning rate", choices=tuple(SCHEDULES))
    optimizer: str = option("adagrad", "rule of descent", choices=("adagrad", "adamw"))
    trees: str = option("given", "trees as given, or made without grammar", choices=SHAPES)
    factored: str = option("right", "side that takes a third child and more", choices=FACTORS)
    minimum_count: int = option(1, "occurrences from which a word has its own vector", low=1)
    lower: bool = option(False, "read words in lower case")
    hidden_words: float = option(
        0.05, "chance that a word passes for unknown in training", low=0, high=0.9
    )
    dropout: float = option(
        0.3, "chance that a number of a word or a state rests", low=0, high=0.9, search=(0, 0.5)
    )
    word_rate: float = option(3.0, "learning rate of word vectors, as a multiple of lr", low=0)
    node_weight: float = option(
        1.0, "weight of a labelled node below the root, whose weight is 1", low=0
    )

    @abstractmethod
    def network(self, words: Words, head: nn.Module) -> TreeNetwork:
        """Return a new network.

        Args:
            words: What its word vectors need to know.
            head: Made for `width` numbers.
        """

    @property
    @abstractmethod
    def seen(self) -> int:
        """Numbers that the head sees of a node."""

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head."""
        rows = rows_of(nodes_of(task), self.minimum_count, lower=self.lower)
        sparse = self.optimizer == "adagrad" and not self.clip
        return self.network(Words(rows, self.hidden_words, sparse), task.head(self.seen))

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return AdaGrad as published, or AdamW; words are left out of the decay."""
        groups = [
            {
                "params": weights,
                "lr": self.lr * (getattr(self, rate) if rate else 1.0),
                "weight_decay": 0.0 if rate == "word_rate" else self.weight_decay,
            }
            for rate, weights in self._by_rate().items()
        ]
        if self.optimizer == "adamw":
            return {"network": EagerAdamW(groups, self.lr, fused=True)}
        return {"network": EagerAdagrad(groups, self.lr, eps=EPS)}

    def _by_rate(self) -> dict[str, list[Tensor]]:
        """Return the weights by the hyperparameter that holds their rate; empty for none."""
        found: dict[str, list[Tensor]] = {}
        for name, weight in self.network_.named_parameters():
            rate = next((self.rates[start] for start in self.rates if name.startswith(start)), "")
            found.setdefault(rate, []).append(weight)
        return found

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield one stage, on trees that were brought to their shape once for all epochs."""
        assert isinstance(data, TreeExamples)
        self._targets = targets_of(nodes_of(self.task_), self.task_, data)
        yield from super().stages(data.with_forest(self._shaped(data.forest), self._form))

    def forward(self, batch: Batch) -> Tensor:
        """Return the outputs at the roots."""
        found: Tensor = self.network_(self._schedule(batch))
        return found

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the mean loss at the roots, and the sum of all other nodes' losses per tree."""
        network, x = self.network_, self._schedule(batch)
        assert isinstance(network, TreeNetwork)
        seen = network.nodes(x)
        outputs = network.outputs(seen[x["roots"]]).float()
        losses = {"root": self.task_.loss(outputs, batch)}
        if self._targets is None or not self.node_weight:
            return losses
        targets = self._targets.to(seen.device)[x["labels"]]  # -1 finds the last, which is none
        targets[x["roots"]] = self._targets[-1]
        chosen = known(targets).nonzero().squeeze(1)
        if len(chosen):
            below = Batch(x, targets[chosen], chosen)
            share = self.node_weight * len(chosen) / len(batch)
            outputs = network.outputs(seen[chosen]).float()
            losses["nodes"] = share * self.task_.loss(outputs, below)
        return losses

    def node_predictions(self, data: Any) -> TreeColumn:
        """Return the trees with the label that is predicted at every node.

        Args:
            data: A `Dataset` or a path; trees, or plain sentences.

        Returns:
            A column of trees in the shape that the network sees them in; ``labels(i)`` are those
            of tree i in postorder, ``bracketed(i)`` writes it out.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: The data lack the column of trees, or break a rule.
        """
        dataset = self._dataset(data, None, new=True)
        examples = self.task_.encode(dataset, with_target=False, once=True)
        (name,) = self.task_.inputs.codecs
        column = trees_of(dataset.column(name))
        forest = self._shaped(column.forest)
        decoded = self.task_.decode(self._all_outputs(examples))
        names, codes = np.unique(decoded, return_inverse=True)
        labelled = Forest(forest.word, codes.ravel(), forest.parent, forest.offsets)
        return TreeColumn(labelled, column.vocabulary, names.tolist())

    @property
    def notes_(self) -> list[str]:
        """Say where trees were made up."""
        fitted = "task_" in self.__dict__
        if not fitted or (nodes_of(self.task_).parsed and self.trees == "given"):
            return []
        shape = "balanced" if self.trees == "given" else f"{self.trees}-branching"
        shape = "balanced" if self.trees == "balanced" else shape
        return [
            f"Sentences were read as {shape} trees, which know nothing of grammar. Trees from a "
            "parser, above all with labels at their nodes, tell the network which words belong "
            "together."
        ]

    @torch.inference_mode()
    def _all_outputs(self, examples: Examples) -> Tensor:
        """Return the outputs at all nodes, tree by tree in postorder, on the CPU."""
        network = self.network_.eval()
        assert isinstance(network, TreeNetwork)
        found = []
        device = next(network.parameters()).device
        for batch in examples.on(device).batches(AT_ONCE, shuffle=False):
            x = self._schedule(batch)
            order = np.lexsort((x["place"].cpu().numpy(), x["tree"].cpu().numpy()))
            found.append(network.outputs(network.nodes(x)).float().cpu()[order])
        return torch.cat(found)

    @property
    def _form(self) -> str:
        """What the trees that the network takes are called."""
        return f"{self.trees} {self.factored} {self.binary}"

    def _shaped(self, forest: Forest) -> Forest:
        return shaped(forest, self.trees, binary=self.binary, factored=self.factored)

    def _schedule(self, batch: Batch) -> dict[str, Tensor]:
        """Return a batch's schedule, brought to the shape that the network takes."""
        assert isinstance(batch.x, dict)
        if isinstance(batch, TreeBatch) and batch.form == self._form:
            return batch.x
        forest = self._shaped(forest_of(batch.x))
        return tensors(forest, np.arange(len(forest)), batch.x["words"].device)
