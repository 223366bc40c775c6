"""Processes that are watched from outside: wall clock and memory, for the whole tree.

A process and whatever it starts carry a mark in their environment, so that children which left
their parent's session are found as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

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


class Process(Protocol):
    """What a watch needs of a process."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""

    def wait(self, timeout: float) -> int | None:
        """Wait for a number of seconds at most."""


class Watch(threading.Thread):
    """Watches one process until it has ended, and its whole tree with it.

    Args:
        process: Leads a session of its own.
        mark: In its environment.
        seconds: Wall clock from now after which it is killed.
        grace: Seconds before that at which it is asked to end.
        memory: Bytes that its tree may hold, or None for no limit.
        log: Its output, kept short.
        spare: A process with the same mark that is left alone.
    """

    def __init__(
        self,
        process: Process,
        mark: str,
        *,
        seconds: float,
        grace: float = 0.5,
        memory: int | None = None,
        log: Path | None = None,
        spare: int = 0,
    ):
        super().__init__(daemon=True)
        self.process, self.mark, self.memory, self.log = process, mark, memory, log
        self.spare = spare
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
            self.process.wait(LOOK_EVERY)
        kill_tree(self._members(sweep=True), self.mark, self.spare)
        self._cut_log()
        self.process.wait(5)
        took = time.monotonic() - self.began
        self.outcome = Outcome(self._ending, self.process.returncode, self.peak, took)

    def abandon(self) -> None:
        """Give the process five seconds to save and end; it has been told already."""
        self._ending, self._asked = "request", True
        self.hard = min(self.hard, time.monotonic() + 5)

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
            found += [member for member in marked(self.mark) if member.pid != self.spare]
        self._known |= {member.pid: member for member in found}
        self._known = {pid: member for pid, member in self._known.items() if _lives(member)}
        return list(self._known.values())

    def _cut_log(self) -> None:
        with contextlib.suppress(OSError):
            if self.log is not None and self.log.stat().st_size > LARGEST_LOG:
                os.truncate(self.log, 0)


def marked(mark: str) -> list[psutil.Process]:
    """Return the living processes whose mark starts with ``mark``."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK, "").startswith(mark):
                found.append(process)
    return found


def kill_tree(members: list[psutil.Process], mark: str, spare: int = 0) -> None:
    """Kill processes, and all others under the mark but one, until none is left."""
    for _ in range(20):
        for member in members:
            with contextlib.suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(members, timeout=0.2)
        members = [one for one in marked(mark) if _lives(one) and one.pid != spare]
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
