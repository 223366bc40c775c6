"""Several fitted models that vote: a model like any other, made of models instead of data.

Caruana, Niculescu-Mizil, Crew & Ksikes (2004). Ensemble selection from libraries of models. ICML.

    p(y | x) = Σₖ wₖ pₖ(y | x) for classes,  ŷ = Σₖ wₖ ŷₖ for quantities,  wₖ ≥ 0, Σₖ wₖ = 1.

A race chooses members and weights on validation examples (`fieldguide.race(…, ensemble=True)`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from fieldguide import hyperparameter, model_folder, tasks
from fieldguide.card import Card
from fieldguide.codecs import Codec
from fieldguide.codecs.labels import Labels
from fieldguide.codecs.quantity import Quantity
from fieldguide.data import Dataset
from fieldguide.errors import UsageError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task

LEAST = 1e-12  # probability below which its logarithm is cut off
Restore = Callable[[Mapping[str, Any], dict[str, Tensor], Path], Estimator]


class Ensemble(Estimator):
    """The weighted vote of fitted models; made by `of`, not by `fit`."""

    card = Card(
        title="Ensemble of the leaders",
        paper="Caruana, Niculescu-Mizil, Crew & Ksikes (2004). Ensemble selection from libraries "
        "of models. ICML.",
        year=2004,
        tasks=("classification", "regression"),
        capacity=4,
        exportable=False,
    )

    weights: tuple[float, ...] = option((), "of the members' votes; they add up to 1", low=0)

    @classmethod
    def of(cls, members: Sequence[Estimator], weights: Sequence[float]) -> Self:
        """Return the vote of fitted models of one task.

        Args:
            members: Fitted on the same columns and target; each keeps its own codecs.
            weights: One each, above 0; divided by their sum.

        Raises:
            UsageError: No members, or weights that do not match.

        Example:
            >>> import numpy as np, fieldguide as fg
            >>> from fieldguide.ensemble import Ensemble
            >>> X, y = np.arange(40.0)[:, None], np.repeat(["low", "high"], 20)
            >>> members = [fg.LogisticRegression().fit(X, y), fg.GradientBoosting().fit(X, y)]
            >>> str(Ensemble.of(members, [1, 1]).predict(np.array([[3.0]]))[0])
            'low'
        """
        if not members or len(members) != len(weights) or not all(w > 0 for w in weights):
            raise UsageError(
                f"{len(members)} members and the weights {list(weights)} came: expected one or "
                "more members, and for each a weight above 0."
            )
        total = float(sum(weights))
        model = cls(weights=tuple(float(weight) / total for weight in weights))
        most = max(members, key=lambda member: member.task_.codec.width)
        model._consist_of(members, most.task_)
        model.fields_, model.ledger_ = dict(most.fields_), most.ledger_
        model.history_ = []
        return model

    @classmethod
    def of_parts(
        cls, config: Mapping[str, Any], weights: dict[str, Tensor], folder: Path, restore: Restore
    ) -> Self:
        """Rebuild from a model folder's contents.

        Args:
            config: What `Estimator.save` wrote.
            weights: Tensors of all members, with the member's number before their names.
            folder: Where both came from.
            restore: Rebuilds one member.

        Raises:
            ModelFolderError: The folder is damaged.
        """
        with model_folder.rebuilding(folder):
            members = [
                restore(kept, _of_member(weights, number), folder)
                for number, kept in enumerate(config["members"])
            ]
            given = hyperparameter.restore(cls, config["hyperparameters"])
            model = cls.of(members, given["weights"])
            model.task_ = tasks.from_config(config["task"])
        return model

    def build(self, task: Task) -> nn.Module:
        """Refuse: members learn one by one.

        Raises:
            UsageError: Always.
        """
        raise UsageError(
            "An ensemble is made of models that have learnt already. Fit them, then "
            "Ensemble.of(models, weights); `fieldguide race --ensemble` does both."
        )

    @property
    def notes_(self) -> list[str]:
        """Who votes, and with what weight."""
        voters = zip(self.members_, self.weights, strict=True)
        named = [f"{member.card.title} ({100 * weight:.0f} %)" for member, weight in voters]
        return [f"its votes: {', '.join(named)}."]

    def _consist_of(self, members: Sequence[Estimator], task: Task) -> None:
        self.members_, self.task_ = list(members), task
        self.network_ = nn.ModuleList([member.network_ for member in members]).eval()
        self._bf16 = False

    def _config(self) -> dict[str, Any]:
        return {**super()._config(), "members": [member._config() for member in self.members_]}

    def _outputs(self, dataset: Dataset) -> Tensor:
        self._check_fitted()
        codec = self.task_.codec
        votes = [
            in_common(member._outputs(dataset), member.task_.codec, codec)
            for member in self.members_
        ]
        return pooled(votes, self.weights, codec)

    def _outputs_and_truth(self, data: Any, y: Any) -> tuple[Tensor, Tensor]:
        self._check_fitted()
        target = self.task_.target if isinstance(data, (str, Path)) else None
        dataset = self._dataset(data, target if y is None else y, new=True)
        truth = [self.task_._encode_target(chunk) for chunk in dataset.chunks()]
        return self._outputs(dataset), torch.from_numpy(np.concatenate(truth))


def in_common(outputs: Tensor, own: Codec, common: Codec) -> np.ndarray:
    """Return a model's outputs in the terms of another codec, so that they can be averaged.

    Args:
        outputs: Logits (n, classes), or standardised numbers (n, targets).
        own: The target codec that the model was fitted with.
        common: Knows every class that ``own`` knows, or other means and deviations.

    Returns:
        Probabilities of the common classes, or numbers standardised by ``common``.
    """
    if isinstance(own, Labels) and isinstance(common, Labels):
        found = outputs.double().softmax(dim=1).numpy()
        if own.classes == common.classes:
            return found
        place = {name: column for column, name in enumerate(common.classes)}
        spread = np.zeros((len(found), common.width))
        spread[:, [place[name] for name in own.classes]] = found
        return spread
    assert isinstance(own, Quantity) and isinstance(common, Quantity)
    units = outputs.double().numpy() * own.deviations + own.means
    return np.asarray((units - common.means) / common.deviations)


def pooled(votes: Sequence[np.ndarray], weights: Sequence[float], codec: Codec) -> Tensor:
    """Return the outputs, in the terms of ``codec``, that the weighted mean of votes stands for."""
    mean = np.tensordot(np.asarray(weights), np.stack(votes), axes=1)
    if isinstance(codec, Labels):
        mean = np.log(np.maximum(mean, LEAST))
    return torch.from_numpy(mean)


def _of_member(weights: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    before = f"{number}."
    return {
        name.removeprefix(before): value
        for name, value in weights.items()
        if name.startswith(before)
    }
