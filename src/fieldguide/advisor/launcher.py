"""Starts entrants quickly: while one learns, the next one's process loads what it needs."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from pathlib import Path
from typing import Any

from fieldguide.advisor import process, run_folder
from fieldguide.advisor.process import Watch

MODULE = "fieldguide.advisor.entrant"
LOG = "log.txt"


class Launcher:
    """Hands out watched processes; one more always waits, with its imports done.

    Args:
        run: The run folder of the race.
        memory: Bytes that one entrant may hold, or None.
    """

    def __init__(self, run: Path, memory: int | None):
        self.run, self.memory = run.resolve(), memory
        self.mark = f"{self.run}#"
        self._numbers = itertools.count()
        self._spare: tuple[subprocess.Popen[bytes], str] | None = None
        self._watches: list[Watch] = []
        process.kill_tree(process.marked(self.mark), self.mark)  # of a race that was killed

    def prepare(self) -> None:
        """Start a process that loads what an entrant needs and waits for a specification."""
        if self._spare is None:
            mark = f"{self.mark}{os.getpid()}.{next(self._numbers)}."
            self._spare = process.spawn(MODULE, mark, self.run / f".{LOG}"), mark

    def launch(self, spec: dict[str, Any], grace: float) -> Watch:
        """Give a waiting process its specification and watch it.

        Args:
            spec: See `entrant.carry_out`; ``seconds`` is enforced from outside.
            grace: Seconds before the end at which it is asked to save and end.
        """
        folder = Path(spec["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / LOG
        path = folder / "spec.json"
        run_folder.write_json(path, {**spec, "log": str(log)})
        self.prepare()
        assert self._spare is not None
        (runner, mark), self._spare = self._spare, None
        assert runner.stdin is not None
        with contextlib.suppress(OSError):  # it died while it waited: the watch sees that
            runner.stdin.write(f"{path}\n".encode())
            runner.stdin.flush()
        watch = Watch(
            runner, mark, seconds=spec["seconds"], grace=grace, memory=self.memory, log=log
        )
        watch.start()
        self._watches.append(watch)
        return watch

    def close(self) -> None:
        """End every process that is left."""
        for watch in self._watches:
            if watch.outcome is None:
                watch.ask()
        for watch in self._watches:
            watch.join(10)
        if self._spare is not None:
            runner, mark = self._spare
            process.kill_tree(process.marked(mark), mark)
            runner.kill()
            runner.wait()
            if runner.stdin is not None:
                with contextlib.suppress(OSError):
                    runner.stdin.close()
            self._spare = None
        (self.run / f".{LOG}").unlink(missing_ok=True)
