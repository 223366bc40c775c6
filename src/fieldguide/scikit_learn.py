"""What scikit-learn expects of an estimator beyond fit and predict."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, RegressorTags, Tags
from sklearn.utils.metaestimators import available_if

from fieldguide import tasks
from fieldguide.data import Dataset, Field, is_frame
from fieldguide.errors import DataError, UsageError
from fieldguide.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor


def _is_classifier(self: Any) -> bool:
    task = self.__dict__.get("task_")
    return (
        hasattr(task, "probabilities")
        if task is not None
        else self._estimator_type() == "classifier"
    )


def _forecasts(self: Any) -> bool:
    task = self.__dict__.get("task_")
    return task is not None and task.forecast is not None


class ScikitLearnMixin(BaseEstimator):
    """Tags, `score`, `predict_proba` and attributes: what makes pipelines and searches work.

    Whether an estimator classifies is known once it is fitted, or named with ``task=…``, or if it
    can do nothing else. Before that it says "classifier": scikit-learn then keeps the shares of
    classes in its splits, and goes back to plain splits by itself when the target turns out to be
    continuous.
    """

    card: ClassVar[Any]
    task: str
    task_: Task
    fields_: dict[str, Field]

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn's tools ask about the estimator."""
        tags = super().__sklearn_tags__()
        tags.estimator_type = None if self._learns_rows() else self._estimator_type()
        tags.target_tags.required = self._needs_target()
        constant = self.card.capacity == 0
        if tags.estimator_type == "classifier":
            tags.classifier_tags = ClassifierTags(poor_score=constant)
        elif tags.estimator_type == "regressor":
            tags.regressor_tags = RegressorTags(poor_score=constant)
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

    @available_if(_forecasts)
    def forecast(self, data: Any) -> pl.DataFrame:
        """Return the steps after the end of each series as a table, with intervals of 80 %.

        Args:
            data: A `Dataset`, the path of one, or a data frame: the series up to now.

        Returns:
            Columns: series (where there are several), time, target, forecast, low, high.
        """
        dataset = self._dataset(data, None, new=True)
        table: pl.DataFrame = self.task_.table(dataset, self._outputs(dataset))  # type: ignore[attr-defined]
        return table

    @property
    def classes_(self) -> np.ndarray:
        """The classes, in the user's own values."""
        task = self.__dict__.get("task_")
        if task is None or not hasattr(task, "classes"):
            raise AttributeError("classes_ is there once a classifier is fitted")
        classes: np.ndarray = task.classes
        return classes

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns seen in `fit`, where they had names."""
        names = self._column_names()
        if names is None:
            raise AttributeError("feature_names_in_ is there once fitted on columns with names")
        return np.array(names, dtype=object)

    @property
    def n_features_in_(self) -> int:
        """Number of features seen in `fit`: columns of a table or of an array of numbers."""
        names = self._column_names()
        if names is not None:
            return len(names)
        if self._block is None:
            raise AttributeError("n_features_in_ is there once fitted on columns")
        return int(self._block.shape[0])

    @property
    def _block(self) -> Field | None:
        """The field of an array (n, features) that `fit` saw, if it saw one."""
        block = self.__dict__.get("fields_", {}).get("x")
        return block if block is not None and block.kind == "array" else None

    def _column_names(self) -> list[str] | None:
        """Return the names of input columns, or None for a block without names, or images."""
        fields, task = self.__dict__.get("fields_"), self.__dict__.get("task_")
        if fields is None or task is None:
            return None
        inputs = [known for known in fields.values() if known.name != task.target]
        blocks = [known for known in inputs if known.kind in _NO_SCALARS]
        return None if blocks else [known.name for known in inputs]

    def _as_in_fit(self, data: Any) -> Any:
        """Return new inputs as frame or array, whichever `fit` saw; scikit-learn's warnings."""
        if isinstance(data, (Dataset, str, Path)):
            return data
        names, name = self._column_names(), type(self).__name__
        if is_frame(data) and names is None:
            _warn(f"X has feature names, but {name} was fitted without feature names")
            return np.asarray(data)
        if is_frame(data) or names is None or np.ndim(data) != 2:
            return data
        columns = np.asarray(data).T
        if len(columns) != len(names):
            raise _wrong_width(len(columns), name, len(names))
        _warn(f"X does not have valid feature names, but {name} was fitted with feature names")
        pairs = zip(names, columns, strict=True)
        return pl.DataFrame(
            [pl.Series(key, column.tolist(), strict=False) for key, column in pairs]
        )

    def _check_width(self, dataset: Dataset) -> None:
        """Refuse arrays with more or fewer features than `fit` saw."""
        block = dataset.columns.get("x")
        if not isinstance(block, np.ndarray) or self._block is None:
            return
        if block.ndim == 2 and block.shape[1:] != self._block.shape:
            raise _wrong_width(block.shape[1], type(self).__name__, self._block.shape[0])

    def _check_target(self, data: Any, y: Any) -> None:
        """Refuse to learn from inputs alone."""
        given = isinstance(data, (Dataset, str, Path)) or is_frame(data)
        if y is None and not given and self._needs_target():
            raise UsageError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None. Pass fit(X, y), or a data set that holds its targets."
            )

    def _needs_target(self) -> bool:
        """Whether it has nothing to learn without a column to predict."""
        known = [tasks.known()[name] for name in self._able() if name in tasks.known()]
        return all(kind.needs_target for kind in known)

    def _able(self) -> tuple[str, ...]:
        """Return the names of the tasks in question: the one that was named, or all it can do."""
        able: tuple[str, ...] = self.card.tasks if self.task == "auto" else (self.task,)
        return able

    def _wants_pairs(self) -> bool:
        """Whether pictures with the same names in two folders are pairs to it, not classes."""
        return tasks.wants_pairs(self._able())

    def _learns_rows(self) -> bool:
        """Whether it only does what needs no column to predict."""
        return tasks.all_without_target(self._able())

    def _estimator_type(self) -> str:
        task = self.__dict__.get("task_")
        name = task.name if task is not None else self.task
        if name == "auto" and "classification" not in self.card.tasks:
            name = self.card.tasks[0]
        return "regressor" if name in _OF_NUMBERS else "classifier"

    def _outputs_and_truth(self, data: Any, y: Any) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _outputs(self, dataset: Dataset) -> Tensor:
        raise NotImplementedError

    def _dataset(self, data: Any, y: Any, *, new: bool = False) -> Dataset:
        raise NotImplementedError


_OF_NUMBERS = ("regression", "forecasting", "recommendation", "image_translation")
_NO_SCALARS = ("array", "image", "series", "clip", "tree")


def _warn(sentence: str) -> None:
    warnings.warn(sentence, UserWarning, stacklevel=5)


def _wrong_width(came: int, name: str, expected: int) -> DataError:
    return DataError(
        f"X has {came} features, but {name} is expecting {expected} features as input.",
        "Pass the columns that it was fitted on, in that order.",
    )
