"""The folder of one run: its latest checkpoint, and the state at the end of each stage.

Stages are drawn lazily, and drawing one may look at what the network has learnt by then. So a run
that is resumed must draw each stage from the very state that it was first drawn from: the ends of
stages are kept, in ``stage-1.safetensors``, ``stage-2.safetensors``…; the state in the middle of
the stage under way is ``checkpoint.safetensors``, which goes when the stage ends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fieldguide.data import Examples
from fieldguide.engine import checkpoint
from fieldguide.errors import RunFolderError

FILE = "checkpoint.safetensors"
# May change when a run is resumed: how long it may take, and on what machine.
MAY_CHANGE = ("time_limit", "device")


def identity(
    algorithm: str,
    hyperparameters: Mapping[str, Any],
    task: Mapping[str, Any],
    *examples: Examples | None,
) -> dict[str, Any]:
    """Return what must be the same for a run to be resumed.

    Args:
        algorithm: Its module and class.
        hyperparameters: JSON-ready.
        task: The task's JSON-ready form; what its codecs learnt depends on all training data.
        examples: The data to train on and to judge by.
    """
    data = [json.dumps(task, sort_keys=True)]
    data += ["" if part is None else part.digest() for part in examples]
    return {
        "algorithm": algorithm,
        "hyperparameters": {k: v for k, v in hyperparameters.items() if k not in MAY_CHANGE},
        "data": hashlib.sha256("\n".join(data).encode()).hexdigest()[:16],
    }


class RunFolder:
    """Reads and writes the states of one run.

    Args:
        path: The folder.
        identity: What must be the same for the run to go on: plain values by name.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any]):
        self.path, self.identity = path, dict(identity)

    def open(self, *, resume: bool) -> bool:
        """Get ready to write; say whether there is a state to go on from.

        Raises:
            RunFolderError: There is no folder to resume, or it holds another run; or a run that
                is not finished would be overwritten.
        """
        files = [file for file in (self.path / FILE, *self._ends()) if file.exists()]
        if not resume:
            self._clear(files)
            return False
        if not self.path.is_dir():
            raise RunFolderError(
                f"There is no run folder {self.path} to resume. Start the run without resume, or "
                "give the folder that it was started with."
            )
        for file in files:
            self._compare(checkpoint.identity(file))
        return bool(files)

    def save(self, state: Mapping[str, Any]) -> None:
        """Write the state in the middle of a stage."""
        checkpoint.write(self.path / FILE, state, self.identity)

    def end_stage(self, number: int, state: Mapping[str, Any]) -> None:
        """Write the state at the end of stage ``number``, counted from 1."""
        checkpoint.write(self._end(number), state, self.identity)
        (self.path / FILE).unlink(missing_ok=True)

    def stage_end(self, number: int) -> dict[str, Any] | None:
        """Return the state at the end of stage ``number``, or None if it has not ended."""
        path = self._end(number)
        return checkpoint.read(path) if path.exists() else None

    def middle(self) -> dict[str, Any] | None:
        """Return the state in the middle of a stage, or None."""
        path = self.path / FILE
        return checkpoint.read(path) if path.exists() else None

    def _clear(self, files: list[Path]) -> None:
        if self.path / FILE in files:
            raise RunFolderError(
                f"{self.path} holds a run that is not finished. Go on with it (--resume "
                f"{self.path}; Python: resume=True), choose another folder, or delete this one."
            )
        for file in files:
            file.unlink()

    def _compare(self, stored: dict[str, Any]) -> None:
        found = sorted(
            name
            for name in self.identity.keys() | stored.keys()
            if self.identity.get(name) != stored.get(name)
        )
        if found:
            changes = "; ".join(_difference(n, stored.get(n), self.identity.get(n)) for n in found)
            raise RunFolderError(
                f"The run in {self.path} cannot go on, because this is another one: {changes}. "
                "Start it with the same algorithm, hyperparameters and data, or choose another "
                "run folder."
            )

    def _end(self, number: int) -> Path:
        return self.path / f"stage-{number}.safetensors"

    def _ends(self) -> list[Path]:
        return sorted(self.path.glob("stage-*.safetensors"))


def _difference(name: str, before: Any, now: Any) -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        return "; ".join(
            _difference(part, before.get(part), now.get(part))
            for part in sorted(before.keys() | now.keys())
            if before.get(part) != now.get(part)
        )
    return f"{name} was {before!r}, now {now!r}"
