"""The verbs of algorithms that learn without a target, each made of a hook that they define.

===================  ==========================================  ==============================
hook                 gives                                       verb
===================  ==========================================  ==============================
``reconstruction``   rows of a batch, (B, width)                 `reconstruct`
``codes``            numbers that stand for examples, (B, K)     `encode`, `transform`
``from_codes``       rows of codes, (B, width)                   `decode`
``surprise``         how strange examples are, (B,)              `score_samples`
``samples``          rows that never were, (count, width)        `sample`
===================  ==========================================  ==============================

A row is an example laid out flat, as the task knows it: standardised numbers, then one number for
each word of each category (`fieldguide.tasks.without_target`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from sklearn.utils.metaestimators import available_if
from torch import Tensor, nn

from fieldguide import engine
from fieldguide.codecs import Labels
from fieldguide.data import Batch, Dataset, Examples
from fieldguide.errors import UsageError, did_you_mean
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget

TABLE = "table"
ROWS_AT_ONCE = 2048


def _defines(hook: str) -> Callable[[Any], bool]:
    """Return the question whether an estimator has a hook, and nothing speaks against it."""

    def answer(estimator: Any) -> bool:
        task = estimator.__dict__.get("task_")
        return hasattr(type(estimator), hook) and (task is None or not task.needs_target)

    return answer


class UnlabelledMixin:
    """`encode`, `decode`, `reconstruct`, `score_samples` and `sample`, for whoever can."""

    takes_classes: ClassVar[bool] = False
    """Whether `samples` heeds the classes that it is given."""

    card: ClassVar[Any]
    task_: Task
    network_: nn.Module
    seed: int
    _bf16: bool

    @available_if(_defines("codes"))
    def encode(self, data: Any) -> np.ndarray:
        """Return the numbers that stand for each example, shape (n, width of the code).

        Args:
            data: A `Dataset`, the path of one, or inputs as an array or data frame.
        """
        return self._of_examples("codes", data).numpy()

    @available_if(_defines("codes"))
    def transform(self, data: Any) -> np.ndarray:
        """Return `encode`, by the name that scikit-learn's pipelines know."""
        return self.encode(data)

    @available_if(_defines("from_codes"))
    def decode(self, codes: Any) -> np.ndarray | pl.DataFrame:
        """Return the examples that codes stand for, in the user's units.

        Args:
            codes: As `encode` returns them, shape (n, width of the code).
        """
        task = self._unlabelled()
        given = torch.as_tensor(np.asarray(codes, dtype=np.float32))
        if given.dim() != 2:
            raise UsageError(
                f"codes of shape {tuple(given.shape)}: expected (examples, numbers of the code), "
                "as encode(data) returns them."
            )
        found = self._without_gradients(lambda batch: self.from_codes(batch.x), Examples(given))  # type: ignore[attr-defined]
        return in_users_terms(task, found)

    @available_if(_defines("reconstruction"))
    def reconstruct(self, data: Any) -> np.ndarray | pl.DataFrame:
        """Return what the model makes of each example, in the user's units.

        Returns:
            Pictures, sequences or blocks of numbers as they came in; of tables a data frame.
        """
        return in_users_terms(self._unlabelled(), self._of_examples("reconstruction", data))

    @available_if(_defines("surprise"))
    def score_samples(self, data: Any) -> np.ndarray:
        """Return how likely, or how well reconstructed, each example is; larger is more usual."""
        return -self._of_examples("surprise", data).double().numpy()

    @available_if(_defines("samples"))
    def sample(
        self, count: int = 16, *, seed: int = 0, label: Any = None
    ) -> np.ndarray | pl.DataFrame:
        """Return new examples, in the user's units.

        Args:
            count: How many, at least 1.
            seed: Decides which.
            label: The class that they should be of, where the model learnt with classes.

        Raises:
            UsageError: No such class, or a model without classes.
        """
        task = self._unlabelled()
        if label is not None and not self.takes_classes:
            raise UsageError(
                f"label={label!r}: a {self.card.title} takes no classes. Leave it out, or learn by "
                "an algorithm that does, such as ConditionalGAN or VAE(task='generation')."
            )
        if count < 1:
            raise UsageError(f"count={count}: expected at least 1.")
        codes = None if label is None else torch.full((count,), _code(task, label))
        rows = self._drawn(count, codes, torch.Generator().manual_seed(seed))
        return in_users_terms(task, rows)

    def _drawn(self, count: int, codes: Tensor | None, generator: torch.Generator) -> Tensor:
        """Return generated rows, drawn in pieces that fit in memory; classes at random if free."""
        task, parts = self._unlabelled(), []
        if codes is None and isinstance(task.codec, Labels):
            codes = torch.randint(task.codec.width, (count,), generator=generator)
        self.network_.eval()
        with torch.inference_mode():
            for start in range(0, count, ROWS_AT_ONCE):
                size = min(ROWS_AT_ONCE, count - start)
                some = None if codes is None else codes[start : start + size]
                parts.append(self.samples(size, some, generator).float().cpu())  # type: ignore[attr-defined]
        return torch.cat(parts)

    def _asked(self, hook: str, examples: Examples) -> tuple[Callable[[Batch], Tensor], Examples]:
        """Return what a task asks of the algorithm, as a function of a batch of these examples.

        What can be asked of the examples as they are stored is, and is not finished first.
        """
        from_stored = getattr(self, f"{hook}_stored", lambda: None)
        quicker = None if examples.finish is None else from_stored()
        if quicker is not None:
            return quicker, replace(examples, finish=None)
        return self._hook(hook), examples

    def _hook(self, hook: str) -> Callable[[Batch], Tensor]:
        """Return a hook; samples are drawn with the seed."""
        if hook != "samples":
            asked: Callable[[Batch], Tensor] = getattr(self, hook)
            return asked
        generator = torch.Generator().manual_seed(self.seed)
        return lambda batch: self.samples(len(batch), batch.y, generator)  # type: ignore[attr-defined]

    def _of_examples(self, hook: str, data: Any) -> Tensor:
        task = self._unlabelled()
        dataset = self._dataset(data, None, new=True)
        return self._without_gradients(getattr(self, hook), task.encode(dataset, once=True))

    def _without_gradients(self, asked: Callable[[Batch], Tensor], examples: Examples) -> Tensor:
        return engine.outputs(asked, self.network_, examples, bf16=self._bf16)

    def _unlabelled(self) -> WithoutTarget:
        self._check_fitted()
        assert isinstance(self.task_, WithoutTarget)
        return self.task_

    def _check_fitted(self) -> None:
        raise NotImplementedError

    def _dataset(self, data: Any, y: Any, *, new: bool = False) -> Dataset:
        raise NotImplementedError


def in_users_terms(task: WithoutTarget, rows: Tensor) -> np.ndarray | pl.DataFrame:
    """Return rows in the user's units: of tables a data frame, else an array."""
    return task.frame(rows) if task.inputs.form == TABLE else task.values(rows)


def _code(task: WithoutTarget, label: Any) -> int:
    if not isinstance(task.codec, Labels):
        raise UsageError(
            f"label={label!r}: the model learnt without classes. Leave it out, or learn from data "
            "with a target, by an algorithm that takes conditions."
        )
    named = {str(one): code for code, one in enumerate(task.codec.classes)}
    if str(label) not in named:
        raise UsageError(
            f"There is no class {label!r}.{did_you_mean(str(label), named)} "
            f"Classes: {', '.join(list(named)[:20])}."
        )
    return named[str(label)]
