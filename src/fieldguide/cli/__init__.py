"""The command line: one file per verb, found by walking this folder.

Adding a verb is one new file: ``sample.py`` with a function ``sample`` that returns an `Answer`.
Nothing here loads torch, polars or scikit-learn before a verb needs them.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence

from fieldguide.errors import (
    DataError,
    FieldguideError,
    Interrupted,
    ModelFolderError,
    RunFolderError,
    UsageError,
)

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
STOPPED = ("Interrupted", INTERRUPTED)
TRACEBACK = "FIELDGUIDE_TRACEBACK"
_BAD_INPUT = (DataError, UsageError, ModelFolderError, RunFolderError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line.

    Args:
        arguments: The words after ``fieldguide``; those of this process where left out.

    Returns:
        Exit status: 0 done, 1 failed, 2 bad usage or bad data, 130 stopped by Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    details = "--traceback" in words or os.environ.get(TRACEBACK, "") not in ("", "0")
    words = [word for word in words if word != "--traceback"]
    try:
        status = _carry_out(words)
        return status if status != INTERRUPTED else _fail(words, "Stopped.", *STOPPED)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return _fail(words, "Stopped.", *STOPPED)
    except Exception as error:
        if details:
            traceback.print_exc()
        return _explain(words, error)


def _carry_out(words: list[str]) -> int:
    from fieldguide.cli._verbs import application

    status = application(words)(words, prog_name="fieldguide", standalone_mode=False)
    sys.stdout.flush()
    return status if isinstance(status, int) else DONE


def _explain(words: list[str], error: Exception) -> int:
    """Tell the user what went wrong, in one message."""
    kind = type(error).__name__
    if kind == "Abort":  # what older versions of typer make of Ctrl-C
        return _fail(words, "Stopped.", *STOPPED)
    if isinstance(error, FieldguideError):
        status = BAD_INPUT if isinstance(error, _BAD_INPUT) else FAILED
        status = INTERRUPTED if isinstance(error, Interrupted) else status
        return _fail(words, str(error), kind, status, error)
    wrong_usage = getattr(error, "format_message", None)
    if wrong_usage is not None:  # typer's own errors; the class moved between its versions
        message = wrong_usage()
        message += ("" if message.endswith((".", "?")) else ".") + f" See `{_help_of(words)}`."
        return _fail(words, message, "UsageError", BAD_INPUT)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        remedy = "Check the path, its permissions and the space on the disk."
        return _fail(words, f"{place}{error.strerror}. {remedy}", kind, FAILED)
    if isinstance(error, MemoryError):
        return _fail(words, "Memory ran out. Close other programs, or bring less data.", kind, 1)
    message = (
        f"Something unexpected went wrong: {kind}: {error}. This is a fault of fieldguide, not "
        f"yours. To see where, repeat the command with --traceback (or {TRACEBACK}=1)."
    )
    return _fail(words, message, kind, FAILED)


def _fail(
    words: list[str], message: str, kind: str, status: int, error: Exception | None = None
) -> int:
    print(f"Error: {message}" if status != INTERRUPTED else message, file=sys.stderr)
    if "--json" in words:
        facts = {name: getattr(error, name, None) for name in ("file", "row", "field")}
        known = {name: value for name, value in facts.items() if value is not None}
        print(json.dumps({"error": {"kind": kind, "message": message, **known}}, default=str))
    return status


def _help_of(words: list[str]) -> str:
    from fieldguide.cli._verbs import names

    verb = words[0] if words and words[0] in names() else ""
    return " ".join(part for part in ("fieldguide", verb, "--help") if part)
