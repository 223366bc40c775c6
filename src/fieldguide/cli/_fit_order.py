"""What a ``fit`` was asked for: kept beside its checkpoints, so that it can go on by itself."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fieldguide.cli import _hyperparameters, _reading
from fieldguide.errors import FieldguideError, ModelFolderError, RunFolderError, UsageError

FILE = "fit.json"
SCHEMA = 1


@dataclass(frozen=True)
class Order:
    """One training.

    Attributes:
        data: Path or name of the data; a path is absolute, or a resumed run might not find it.
        algorithm: Name in the catalog.
        out: Folder for the model.
        test: Share held out for the score.
        reading: Options of reading.
        hyperparameters: Those that were given.
    """

    data: str
    algorithm: str
    out: Path
    test: float
    reading: dict[str, Any]
    hyperparameters: dict[str, Any]

    @property
    def run(self) -> Path:
        """The folder for checkpoints, beside the model."""
        return self.out.with_name(f"{self.out.name}.run")

    @classmethod
    def new(
        cls,
        data: str | None,
        algorithm: str | None,
        out: Path | None,
        *,
        test: float,
        task: str,
        reading: dict[str, Any],
        written: dict[str, str | None],
    ) -> Order:
        """Return an order from the words of a command line.

        Raises:
            UsageError: Something is missing or wrong.
        """
        from fieldguide import catalog

        if data is None or algorithm is None:
            missing = "DATA" if data is None else "--algorithm NAME"
            raise UsageError(
                f"{missing} is missing. Write `fieldguide fit DATA --algorithm NAME`; "
                "`fieldguide recommend DATA` says which algorithm fits."
            )
        entry = catalog.get(algorithm)
        given = _hyperparameters.given(entry.load(), written)
        given |= {} if task == "auto" else {"task": task}
        place = out or Path(f"{_reading.input_file(data)}-{entry.name}")
        return cls(_lasting(data), entry.name, place, test, reading, given)

    @classmethod
    def read(cls, run: Path) -> Order:
        """Return the order that a run folder holds.

        Raises:
            RunFolderError: It holds none.
        """
        try:
            stored = json.loads((run / FILE).read_text(encoding="utf-8"))
            if stored.pop("schema") > SCHEMA:
                raise RunFolderError(f"{run} was written by a newer fieldguide. Upgrade.")
            stored["hyperparameters"] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in stored["hyperparameters"].items()
            }
            order = cls(**{**stored, "out": Path(stored["out"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunFolderError(
                f"{run} holds no interrupted `fit` ({FILE} is missing or damaged). A run that "
                "ended leaves only its model. Start again without --resume."
            ) from error
        if order.run.resolve() != run.resolve():
            raise RunFolderError(
                f"{run} was moved: its model belongs in {order.out}. Rename it to {order.run}."
            )
        return order

    def agreeing(self, **given: Any) -> Order:
        """Return the order itself, if what was given beside --resume is the same.

        Raises:
            UsageError: It is not.
        """
        for name, value in given.items():
            stored = getattr(self, name)
            value = _lasting(value) if name == "data" and value is not None else value
            if value is not None and value != stored:
                raise UsageError(
                    f"The run in {self.run} has {name} {stored}, and {value} was given. "
                    f"Write `fieldguide fit --resume {self.run}` alone, or leave --resume out."
                )
        return self

    def check_place(self) -> None:
        """Make sure, before training, that the model can be written.

        Raises:
            ModelFolderError: Something else is in the way.
        """
        if self.out.is_file() or (
            self.out.is_dir()
            and any(self.out.iterdir())
            and not (self.out / "config.json").exists()
        ):
            raise ModelFolderError(
                f"{self.out} exists and is not a saved model; it was left alone. "
                "Choose another folder with -o."
            )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Keep the order in its run folder; a run that fails before its first checkpoint goes."""
        self._write()
        try:
            yield
        except FieldguideError:
            if not any(self.run.glob("*.safetensors")):
                shutil.rmtree(self.run, ignore_errors=True)
            raise

    def _write(self) -> None:
        self.run.mkdir(parents=True, exist_ok=True)
        beside = self.run / f".{FILE}.new"
        stored = {"schema": SCHEMA, **asdict(self), "out": str(self.out)}
        beside.write_text(json.dumps(stored, indent=1), encoding="utf-8")
        os.replace(beside, self.run / FILE)


def _lasting(data: str) -> str:
    return str(Path(data).resolve()) if Path(data).exists() else data
