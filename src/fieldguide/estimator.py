"""The base of every algorithm: six verbs that nobody overrides.

`fit`, `predict`, `evaluate`, `save`, `load`, `export`. What algorithms override is in `hooks`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.exceptions import NotFittedError
from torch import Tensor

from fieldguide import __version__, engine, export, formats, hyperparameter, model_folder, tasks
from fieldguide.card import Card
from fieldguide.data import Dataset, Examples, Field, as_dataset
from fieldguide.engine import Descent, Settings, hardware, memory
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.errors import DataError, ModelFolderError, NonFiniteLoss, UsageError
from fieldguide.hooks import Hooks
from fieldguide.scikit_learn import ScikitLearnMixin
from fieldguide.unlabelled import UnlabelledMixin


class Estimator(UnlabelledMixin, ScikitLearnMixin, Hooks):
    """An algorithm with its hyperparameters. Subclasses become dataclasses by themselves.

    The constructor only stores; checks happen in `fit`. What `fit` learns ends in ``_``:
    ``task_`` (codecs), ``network_``, ``history_`` (one record an epoch), ``fields_`` (how each
    column is read), ``ledger_``. Algorithms override what `Hooks` declares.
    """

    card: ClassVar[Card]

    def fit(
        self,
        data: Any,
        y: Any = None,
        *,
        validation_data: Any = None,
        run: str | Path | None = None,
        resume: bool = False,
        progress: bool = False,
    ) -> Self:
        """Train on a data set, a path, arrays or a data frame.

        Args:
            data: A `Dataset`, the path or name of one, or inputs as an array or data frame.
            y: Targets, where ``data`` are inputs; or the name of the target's column.
            validation_data: Data that pick the best epoch, or a pair of inputs and targets; else
                a share of the training data.
            run: Folder for checkpoints (one a minute), so that a killed run can be resumed.
            resume: Go on from the checkpoint in ``run``; the algorithm, the hyperparameters (all
                but ``time_limit`` and ``device``) and the data must be those it was started with.
            progress: Show progress on standard error.

        Returns:
            The fitted estimator itself.

        Raises:
            DataError: The data break a rule.
            UsageError: A hyperparameter is out of range.
            TaskMismatch: The algorithm cannot do this task.
            NonFiniteLoss: Training diverged; the estimator is left unfitted.
            Interrupted: Ctrl-C; the estimator is left with the best weights so far.
            RunFolderError: ``run`` holds another run.
        """
        hyperparameter.check(self)
        device = hardware.resolve_device(self.device)
        dataset = self._dataset(data, y)
        kind, _ = tasks.choose(dataset, self.task, self.card.tasks)
        train, held = self._hold_out(dataset, validation_data)
        self.__dict__.pop("network_", None)  # what was learnt before does not fit the new task
        self.task_ = kind.fit(train, self.card.inputs)
        self.card.check(self.task_, type(self).__name__)
        train = self.task_.learnt_from(train)
        self.fields_, self.ledger_ = dict(dataset.fields), dataset.ledger
        cards = [torch.device(device)] if device.startswith("cuda") else []
        with memory.explained("training"), torch.random.fork_rng(devices=cards):
            torch.manual_seed(self.seed)
            self.network_ = hardware.choose_layout(self.build(self.task_)).to(device)
            self._bf16 = hardware.resolve_bf16(self.precision, device, self.network_)
            schedule = SCHEDULES[self.schedule]
            self._descent = Descent(self.optimizers(), schedule=schedule, clip=self.clip)
            settings = Settings(
                seed=self.seed,
                device=device,
                bf16=self._bf16,
                patience=self.patience,
                time_limit=self.time_limit,
                run=None if run is None else Path(run),
                resume=resume,
                progress=progress,
                where=train.where,
            )
            self._train(train, held, settings)
        return self

    def predict(self, data: Any) -> np.ndarray:
        """Return predictions in the user's own terms: class names, numbers in their units.

        Args:
            data: A `Dataset`, the path of one, or inputs as an array or data frame.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: The data lack a column that training had, or break a rule.
        """
        dataset = self._dataset(data, None, new=True)
        return self.task_.answer(self._outputs(dataset), dataset)

    def evaluate(self, data: Any, y: Any = None) -> dict[str, float]:
        """Return every score of the task, by name, on labelled data."""
        outputs, truth = self._outputs_and_truth(dataset := self._labelled(data, y), None)
        return self.task_.judge(outputs, truth, dataset) | self.more_scores(dataset)

    def save(self, folder: str | Path) -> Path:
        """Write the model to a folder (configuration as JSON, weights as safetensors).

        The folder is replaced whole or not at all.
        """
        self._check_fitted()
        return model_folder.write(Path(folder), self._config(), self.network_.state_dict())

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return a model saved by this class; `fieldguide.load` takes any.

        Raises:
            ModelFolderError: The folder is missing, damaged, too new, or holds another algorithm.
        """
        config, weights = model_folder.read(Path(folder))
        if config["algorithm"] != _address(cls):
            raise ModelFolderError(
                f"{folder} holds {config['algorithm']}, not {_address(cls)}. "
                "Use fieldguide.load(…)."
            )
        return cls.restore(config, weights, Path(folder))

    def export(self, path: str | Path, data: Any = None) -> Path:
        """Write the whole pipeline as one ONNX file, proven equal on examples first.

        The file takes raw values, one input a column, and gives ``label`` and ``probabilities``,
        or ``value``; its metadata describe them. It computes in single precision, and is compared
        with this model in single precision.

        Args:
            path: The file to write; an earlier one is replaced.
            data: Examples to prove equality on; made-up ones where none are given.

        Raises:
            UsageError: This algorithm cannot be exported, or a package is missing.
            ExportMismatch: The exported model disagrees; nothing is written.
        """
        self._check_fitted()
        flat = self.task_.forecast is None and self.task_.needs_target
        if not (flat and self.card.exportable):
            raise UsageError(
                f"{self.card.title} cannot be exported to ONNX. Use `fieldguide serve`, or export "
                "another algorithm's model."
            )
        examples = None if data is None else self._dataset(data, None, new=True)
        facts = {"algorithm": self.card.title, "fieldguide": __version__}
        former, self._bf16 = self._bf16, False
        try:
            export.to_onnx(
                self.network_, self.task_, Path(path), forward=self.forward,
                outputs=self._outputs, examples=examples, facts=facts,
            )  # fmt: skip
        finally:
            self._bf16 = former
        return Path(path)

    def _config(self) -> dict[str, Any]:
        """Return what a model folder's configuration says of this model."""
        return {
            "algorithm": _address(type(self)),
            "hyperparameters": hyperparameter.plain(self),
            "task": self.task_.config(),
            "history": self.history_,
            "fields": [known.to_dict() for known in self.fields_.values()],
            "ledger": self.ledger_.to_dict(),
        }

    @classmethod
    def restore(cls, config: Mapping[str, Any], weights: dict[str, Tensor], folder: Path) -> Self:
        """Rebuild a fitted estimator from a model folder's contents."""
        with model_folder.rebuilding(folder), torch.random.fork_rng(devices=[]):
            model = cls(**hyperparameter.restore(cls, config["hyperparameters"]))
            hyperparameter.check(model)
            model.task_ = tasks.from_config(config["task"])
            model.card.check(model.task_, cls.__name__)
            network = hyperparameter.without_starts(model).build(model.task_)
            model.history_ = config["history"]
            model.ledger_ = model_folder.ledger(config["ledger"])
            kept = [Field.from_dict(stored) for stored in config["fields"]]
            model.fields_ = {known.name: known for known in kept}
        model_folder.fill(network, weights, folder)
        device = hardware.resolve_device("auto" if model.device != "cpu" else "cpu")
        model.network_ = hardware.choose_layout(network).to(device).eval()
        model._bf16 = hardware.resolve_bf16(model.precision, device, model.network_)
        return model

    def _train(self, train: Dataset, held: Dataset | None, settings: Settings) -> None:
        began = time.monotonic()
        examples = self.task_.encode(train).on(settings.device)
        judged = None if held is None else self.task_.examined(held).on(settings.device)
        settings.prepared(time.monotonic() - began)
        if settings.run is not None:
            name, given = _address(type(self)), hyperparameter.plain(self)
            settings.identity = engine.identity(name, given, self.task_.config(), examples, judged)
        self.history_: list[dict[str, Any]] = []
        try:
            engine.run(
                self.stages(examples),
                network=self.network_,
                descent=self._descent,
                settings=settings,
                validate=None if judged is None else lambda: self._watch(judged),
                score_name=self.keeps_by or self.task_.score_name,
                on_progress=self.at,
                history=self.history_,
            )
        except NonFiniteLoss:
            del self.network_
            raise
        self.task_ = self.task_.calibrated(self._run_network, judged or examples)
        self.finish(train, held)

    def _watch(self, examples: Examples) -> Mapping[str, float]:
        outputs, truth = self._run_network(examples), self.task_.truth(examples)
        return self.task_.watched(outputs, truth) | self.more_watched(examples)

    def _hold_out(self, dataset: Dataset, given: Any) -> tuple[Dataset, Dataset | None]:
        """Return training data and the data that pick the best epoch, if any."""
        if given is not None:
            pair = given if isinstance(given, tuple) else (given, None)
            return dataset, self._dataset(*pair)
        if self.validation == 0 or len(dataset) * self.validation < 20:
            return dataset, None
        try:
            return dataset.split(test=self.validation, seed=self.seed)
        except DataError:  # one group, or a provider's split with one part: nothing to hold out
            return dataset, None

    def _outputs(self, dataset: Dataset) -> Tensor:
        self._check_fitted()
        return self._run_network(self.task_.encode(dataset, with_target=False, once=True))

    def _outputs_and_truth(self, data: Any, y: Any) -> tuple[Tensor, Tensor]:
        dataset = self._labelled(data, y)
        examples = self.task_.examined(dataset, once=True)
        return self._run_network(examples), self.task_.truth(examples)

    def _labelled(self, data: Any, y: Any) -> Dataset:
        """Return data with known targets; in a file, the column that training had."""
        self._check_fitted()
        if y is None and isinstance(data, (str, Path)) and self.task_.forecast is None:
            y = self.task_.target or None
        return self._dataset(data, y, new=True)

    def _run_network(self, examples: Examples) -> Tensor:
        """Return the outputs of all examples, on the CPU, in order."""
        with memory.explained("running the network"):
            asked, examples = self._asked(self.task_.asks, examples)
            return engine.outputs(asked, self.network_, examples, bf16=self._bf16)

    def _dataset(self, data: Any, y: Any, *, new: bool = False) -> Dataset:
        """Return a data set; once fitted, ``new`` data are read as training's were."""
        if new:
            self._check_fitted()
            data = self._as_in_fit(data)
        else:
            self._check_target(data, y)
        known = self.fields_ if new else None
        if not isinstance(data, (str, Path)):
            dataset = as_dataset(data, y, fields=known, forms=self.card.inputs)
            if new:
                self._check_width(dataset)
            return dataset
        if y is not None and not isinstance(y, str):
            raise UsageError(f"y was passed beside the path {data}. Pass y='column', or neither.")
        free = known is None and y is None and self._learns_rows()
        return formats.read(data, target="" if free else y, fields=known, pairs=self._wants_pairs())

    def _check_fitted(self) -> None:
        if "network_" not in self.__dict__:
            raise NotFittedError(
                f"This {type(self).__name__} has not learnt anything yet. Call fit(data) first, "
                "or load a saved model with fieldguide.load(folder)."
            )


def _address(kind: type) -> str:
    """Return the module and the name by which the catalog knows a class."""
    return f"{kind.__module__}:{kind.__name__}"
