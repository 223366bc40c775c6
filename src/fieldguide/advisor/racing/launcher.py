"""Starts entrants: forked from a nursery, each watched from here."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from fieldguide.advisor.racing import process, run_folder
from fieldguide.advisor.racing.process import MARK, Watch

MODULE = "fieldguide.advisor.racing.nursery"
LOG = "log.txt"
# Threads that wait for each other spin for long by default. The race itself computes now and then
# beside its entrants, as other people's programs do: a thread that is kept waiting then costs a
# hundredfold, and letting go early costs next to nothing.
SPINS = "GOMP_SPINCOUNT"
ANSWER_WITHIN = 10.0  # seconds in which a nursery that lives has forked
GONE = -signal.SIGKILL  # exit status of an entrant whose nursery died: it is killed with it


class Forked:
    """A process that the nursery has forked; waited for as if it were our own child.

    Attributes:
        pid: Its number.
        returncode: Its exit status once it has ended, negative for a signal; None before.
    """

    def __init__(self, pid: int, nursery: Nursery):
        self.pid, self._nursery = pid, nursery
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.ended.get(self.pid)
            if self.returncode is None and not self._nursery.lives:
                self.returncode = GONE
        return self.returncode

    def wait(self, timeout: float) -> int | None:
        """Wait for the end, for a number of seconds at most; return as `poll`."""
        ends = time.monotonic() + timeout
        while self.poll() is None and time.monotonic() < ends:
            time.sleep(0.01)
        return self.returncode


class Nursery:
    """Our end of a nursery process.

    Args:
        mark: Identifies it, and all that it starts.
        log: Where its standard error goes.
    """

    def __init__(self, mark: str, log: Path):
        self.mark = mark
        environment = {SPINS: "1000", **os.environ, MARK: mark}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        theirs, self._life = os.pipe()
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(theirs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                pass_fds=[theirs],
                start_new_session=True,
            )
        os.close(theirs)
        self.ready = threading.Event()
        self.ended: dict[int, int] = {}
        self._started: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def lives(self) -> bool:
        """Whether it can fork."""
        return self.process.poll() is None

    def fork(self, spec: Path) -> Forked | None:
        """Start an entrant; None where the nursery is dead or does not answer."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, queue.Empty):
            self.process.stdin.write(f"{spec}\n".encode())
            self.process.stdin.flush()
            return Forked(self._started.get(timeout=ANSWER_WITHIN), self)
        return None

    def release(self) -> None:
        """Tell all entrants that nobody waits for them any more: they save and end."""
        if self._life >= 0:
            os.close(self._life)
            self._life = -1

    def close(self) -> None:
        """End it."""
        self.release()
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            match line.decode(errors="replace").split():
                case ["ready"]:
                    self.ready.set()
                case ["started", pid]:
                    self._started.put(int(pid))
                case ["ended", pid, code]:
                    self.ended[int(pid)] = int(code)
        self.ready.set()  # it is dead: whoever waits for it should find out


class Launcher:
    """Hands out watched processes.

    Args:
        run: The run folder of the race.
        memory: Bytes that one entrant may hold.
    """

    def __init__(self, run: Path, memory: int):
        self.run, self.memory = run.resolve(), memory
        self.mark = f"{self.run}#"
        self._numbers = itertools.count()
        self._watches: list[Watch] = []
        process.kill_tree(process.marked(self.mark), self.mark)  # of a race that was killed
        self._nursery: Nursery | None = None

    def is_ready(self) -> bool:
        """Whether an entrant would start at once; starts a nursery where none lives."""
        if self._nursery is not None and not self._nursery.lives:
            self._nursery.close()
            self._nursery = None
        if self._nursery is None:
            mark = f"{self.mark}{os.getpid()}.{next(self._numbers)}."
            self._nursery = Nursery(mark, self.run / f".{LOG}")
        return self._nursery.ready.is_set()

    def launch(self, spec: dict[str, Any], grace: float) -> Watch | None:
        """Start an entrant and watch it; None if no process could be started.

        Args:
            spec: See `entrant.carry_out`; ``seconds`` is enforced from outside.
            grace: Seconds before the end at which it is asked to save and end.
        """
        folder = Path(spec["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        log, path = folder / LOG, folder / "spec.json"
        run_folder.write_json(path, {**spec, "log": str(log)})
        nursery = self._nursery
        began = None if nursery is None else nursery.fork(path)
        if began is None or nursery is None:
            return None
        watch = Watch(
            began,
            nursery.mark,
            seconds=spec["seconds"],
            grace=grace,
            memory=self.memory,
            log=log,
            spare=nursery.process.pid,
        )
        watch.start()
        self._watches.append(watch)
        return watch

    def close(self) -> None:
        """End every process that is left."""
        if self._nursery is not None:
            self._nursery.release()
        for watch in self._watches:
            if watch.outcome is None:
                watch.abandon()
        for watch in self._watches:
            watch.join(10)
        if self._nursery is not None:
            self._nursery.close()
        self._nursery = None
        process.kill_tree(process.marked(self.mark), self.mark)
        (self.run / f".{LOG}").unlink(missing_ok=True)
