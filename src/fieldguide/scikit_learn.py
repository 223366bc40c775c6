"""What scikit-learn expects of an estimator beyond fit and predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, RegressorTags, Tags
from sklearn.utils.metaestimators import available_if

from fieldguide.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor

    from fieldguide.data import Dataset


def _is_classifier(self: Any) -> bool:
    task = getattr(self, "task_", None)
    return (
        hasattr(task, "probabilities")
        if task is not None
        else self._estimator_type() == "classifier"
    )


class ScikitLearnMixin(BaseEstimator):
    """Tags, `score`, `predict_proba` and `classes_`: what makes pipelines and searches work.

    Whether an estimator classifies is known once it is fitted, or named with ``task=…``. Before
    that it says "classifier": scikit-learn then keeps the shares of classes in its splits, and
    goes back to plain splits by itself when the target turns out to be continuous.
    """

    task: str
    task_: Task

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn's tools ask about the estimator."""
        tags = super().__sklearn_tags__()
        tags.estimator_type = self._estimator_type()
        tags.target_tags.required = True
        if tags.estimator_type == "classifier":
            tags.classifier_tags = ClassifierTags()
        else:
            tags.regressor_tags = RegressorTags()
        return tags

    def score(self, data: Any, y: Any = None) -> float:
        """Return the task's score (accuracy, or R²) on labelled data; larger is better."""
        outputs, truth = self._outputs_and_truth(data, y)
        return self.task_.score(outputs, truth)

    @available_if(_is_classifier)
    def predict_proba(self, data: Any) -> np.ndarray:
        """Return the probability of each class; shape (n, classes), columns as `classes_`."""
        outputs = self._outputs(self._dataset(data, None, new=True))
        return self.task_.probabilities(outputs)  # type: ignore[attr-defined]

    @property
    def classes_(self) -> np.ndarray:
        """The classes, in the user's own values."""
        task = self.__dict__.get("task_")
        if task is None or not hasattr(task, "classes"):
            raise AttributeError("classes_ is there once a classifier is fitted")
        classes: np.ndarray = task.classes
        return classes

    def _estimator_type(self) -> str:
        task = self.__dict__.get("task_")
        name = task.name if task is not None else self.task
        return "regressor" if name == "regression" else "classifier"

    def _outputs_and_truth(self, data: Any, y: Any) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _outputs(self, dataset: Dataset) -> Tensor:
        raise NotImplementedError

    def _dataset(self, data: Any, y: Any, *, new: bool = False) -> Dataset:
        raise NotImplementedError
