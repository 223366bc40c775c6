"""Starts entrants quickly: while one learns, the next ones' processes load what they need."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import subprocess
from collections import deque
from pathlib import Path
from typing import Any

from fieldguide.advisor import process, run_folder
from fieldguide.advisor.process import Watch

MODULE = "fieldguide.advisor.entrant"
LOG = "log.txt"
AHEAD = 2  # processes that load at the same time at most: quick entrants wait for little else


class Launcher:
    """Hands out watched processes that have done their imports.

    Args:
        run: The run folder of the race.
        memory: Bytes that one entrant may hold.
    """

    def __init__(self, run: Path, memory: int):
        self.run, self.memory = run.resolve(), memory
        self.mark = f"{self.run}#"
        self._numbers = itertools.count()
        self._waiting: deque[tuple[subprocess.Popen[bytes], str]] = deque()
        self._watches: list[Watch] = []
        process.kill_tree(process.marked(self.mark), self.mark)  # of a race that was killed

    def prepare(self, wanted: int = 1) -> None:
        """Start processes that load what an entrant needs and wait for a specification.

        Args:
            wanted: Number of entrants still to come.
        """
        while len(self._waiting) < min(AHEAD, max(1, wanted)):
            mark = f"{self.mark}{os.getpid()}.{next(self._numbers)}."
            self._waiting.append((process.spawn(MODULE, mark, self.run / f".{LOG}"), mark))

    def is_ready(self) -> bool:
        """Whether the next process has done its imports, or has died trying."""
        runner, _ = self._waiting[0]
        assert runner.stdout is not None
        return runner.poll() is not None or bool(select.select([runner.stdout], [], [], 0)[0])

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
        runner, mark = self._waiting.popleft()
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
                watch.abandon()
        for watch in self._watches:
            watch.join(10)
        while self._waiting:
            runner, mark = self._waiting.pop()
            runner.kill()
            process.kill_tree(process.marked(mark), mark)
            runner.wait()
            process.close_pipes(runner)
        (self.run / f".{LOG}").unlink(missing_ok=True)
