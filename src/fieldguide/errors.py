"""Every exception of the project.

FieldguideError
├── DataError            the user's data breaks a rule: names file, row or field, and the remedy
│   ├── UnknownFormat    no reader knows the path, or several do
│   └── TooManyExcluded  the ledger excludes a larger share than allowed
├── UsageError           an option, name or argument is wrong
│   └── TaskMismatch     the algorithm cannot do this task, or the data cannot
├── ModelFolderError     a saved model is missing, broken or too new
├── RunFolderError       a run cannot be resumed
├── NonFiniteLoss        training diverged; names the batch
├── Interrupted          Ctrl-C; says how to go on
└── ExportMismatch       the exported model does not agree with the original
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FieldguideError(Exception):
    """Base of every error that fieldguide raises on purpose."""


class DataError(FieldguideError, ValueError):
    """The user's data breaks a rule.

    Args:
        problem: What came and what was expected, one sentence.
        remedy: What to do next, one sentence.
        file: The file or folder at fault.
        row: Row number in that file, counted from 1 as an editor shows it, header included.
        field: Column name.
    """

    def __init__(
        self,
        problem: str,
        remedy: str = "",
        *,
        file: object = None,
        row: int | None = None,
        field: str | None = None,
    ):
        self.problem, self.remedy = problem, remedy
        self.file, self.row, self.field = file, row, field
        super().__init__(_compose(problem, remedy, file=file, row=row, field=field))


class UnknownFormat(DataError):
    """No reader recognises a path, or more than one does."""


class TooManyExcluded(DataError):
    """More rows were excluded than the caller allows."""


class UsageError(FieldguideError, ValueError):
    """An option, a name or an argument is wrong."""


class TaskMismatch(UsageError):
    """This algorithm cannot do this task."""


class ModelFolderError(FieldguideError):
    """A saved model cannot be read."""


class RunFolderError(FieldguideError):
    """A run folder cannot be resumed."""


class NonFiniteLoss(FieldguideError, ArithmeticError):
    """The loss became NaN or infinite."""


class Interrupted(FieldguideError):
    """The user pressed Ctrl-C; progress was saved where a run folder was given."""


class ExportMismatch(FieldguideError):
    """The exported model disagrees with the original on held-out examples."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean '{near[0]}'?" if near else ""


def _compose(problem: str, remedy: str, *, file: object, row: int | None, field: str | None) -> str:
    places = [str(file)] if file is not None else []
    places += [f"row {row}"] if row is not None else []
    places += [f"field '{field}'"] if field is not None else []
    where = ", ".join(places)
    return " ".join(part for part in (f"{where}:" if where else "", problem, remedy) if part)
