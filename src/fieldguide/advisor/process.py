"""Processes that are watched from outside: wall clock and memory, for the whole tree.

A process and whatever it starts carry a mark in their environment, so that children which left
their parent's session are found as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "FIELDGUIDE_ENTRANT"
LOOK_EVERY = 0.1  # seconds between looks at clock and memory
SWEEP_EVERY = 1.0  # seconds between searches for processes that left the tree
LARGEST_LOG = 10 << 20  # bytes after which a log is cut


@dataclass
class Outcome:
    """How a process ended.

    Attributes:
        ending: ``"ended"`` by itself, or stopped for ``"time"``, ``"memory"``, ``"request"``.
        code: Its exit status; negative for a signal.
        peak: Largest memory of the tree seen, in bytes.
        seconds: Wall clock that it took.
    """

    ending: str
    code: int | None
    peak: int
    seconds: float


def spawn(module: str, mark: str, log: Path) -> subprocess.Popen[bytes]:
    """Start a Python module in a session of its own; its standard input tells when we die.

    Args:
        module: Dotted name of the module to run.
        mark: Identifies the process and all that it starts.
        log: Where its standard error goes until it chooses another place; its standard output is
            a pipe on which it says that it is ready.
    """
    environment = {**os.environ, MARK: mark, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with open(log, "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment,
            start_new_session=True,
        )


class Watch(threading.Thread):
    """Watches one process until it has ended, and its whole tree with it.

    Args:
        process: Started by `spawn`.
        mark: The one it was started with.
        seconds: Wall clock from now after which it is killed.
        grace: Seconds before that at which it is asked to end.
        memory: Bytes that its tree may hold, or None for no limit.
        log: Its output, kept short.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        mark: str,
        *,
        seconds: float,
        grace: float = 0.5,
        memory: int | None = None,
        log: Path | None = None,
    ):
        super().__init__(daemon=True)
        self.process, self.mark, self.memory, self.log = process, mark, memory, log
        self.began = time.monotonic()
        self.hard, self.soft = self.began + seconds, self.began + max(0.0, seconds - grace)
        self.outcome: Outcome | None = None
        self.peak = 0
        self._ending, self._asked = "ended", False
        self._known: dict[int, psutil.Process] = {}
        self._swept = 0.0

    def run(self) -> None:
        """Look until the process has ended, then leave nothing of its tree behind."""
        while self.process.poll() is None and not self._is_over():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_EVERY)
        kill_tree(self._members(sweep=True), self.mark)
        self._cut_log()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        close_pipes(self.process)
        took = time.monotonic() - self.began
        self.outcome = Outcome(self._ending, self.process.returncode, self.peak, took)

    def abandon(self) -> None:
        """Let the process save and end, as if we had died; it is killed five seconds later."""
        self._ending, self._asked = "request", True
        self.hard = min(self.hard, time.monotonic() + 5)
        close_pipes(self.process)

    def _is_over(self) -> bool:
        now = time.monotonic()
        if now >= self.hard:
            self._ending = "time" if self._ending == "ended" else self._ending
            return True
        if now >= self.soft and not self._asked:
            self._asked = True
            self._ending = "time" if self._ending == "ended" else self._ending
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGTERM)
        self._cut_log()
        used = sum(_rss(member) for member in self._members())
        self.peak = max(self.peak, used)
        if self.memory is not None and used > self.memory:
            self._ending = "memory"
            return True
        return False

    def _members(self, sweep: bool = False) -> list[psutil.Process]:
        """Return the process and all that it started, also what has left its session."""
        found: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.process.pid)
            found = [root, *root.children(recursive=True)]
        if sweep or time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            found += marked(self.mark)
        self._known |= {member.pid: member for member in found}
        self._known = {pid: member for pid, member in self._known.items() if _lives(member)}
        return list(self._known.values())

    def _cut_log(self) -> None:
        with contextlib.suppress(OSError):
            if self.log is not None and self.log.stat().st_size > LARGEST_LOG:
                os.truncate(self.log, 0)


def close_pipes(process: subprocess.Popen[bytes]) -> None:
    """Close our ends of a process's pipes."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def marked(mark: str) -> list[psutil.Process]:
    """Return the living processes whose mark starts with ``mark``."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK, "").startswith(mark):
                found.append(process)
    return found


def kill_tree(members: list[psutil.Process], mark: str) -> None:
    """Kill processes, and those that appear under the mark meanwhile, until none is left."""
    for _ in range(20):
        for member in members:
            with contextlib.suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(members, timeout=0.2)
        members = [member for member in marked(mark) if _lives(member)]
        if not members:
            return


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
