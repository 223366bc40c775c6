"""A process that has loaded everything an entrant needs, and forks one whenever it is told to.

Loading torch and its company takes seconds of every entrant's time; a fork takes none. The nursery
itself computes nothing, so that no pool of threads exists when it forks.

Started as ``python -m fieldguide.advisor.racing.nursery LIFE``, with LIFE the number of a pipe that
closes when the race ends. It reads paths of specifications from standard input and answers on
standard output: ``ready``, ``started PID``, ``ended PID CODE``.
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import select
import signal
import sys
from collections.abc import Callable

LOOK_EVERY = 0.02  # seconds between looks for children that have ended


def main(life: int) -> None:
    """Load, then fork on demand until standard input closes."""
    from fieldguide.advisor.racing import entrant

    importlib.import_module("torch._dynamo")  # which the first optimizer would import
    gc.freeze()  # collecting what is shared would copy it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the race to answer
    _say("ready")
    waiting = b""
    while True:
        if select.select([0], [], [], LOOK_EVERY)[0]:
            read = os.read(0, 65536)
            if not read:
                return
            *lines, waiting = (waiting + read).split(b"\n")
            for line in lines:
                _fork(functools.partial(entrant.run, line.decode(), life))
        _reap()


def _fork(do: Callable[[], None]) -> None:
    child = os.fork()
    if child:
        _say(f"started {child}")
        return
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):  # the nursery's own, which an entrant must not touch
            os.dup2(nothing, stream)
        do()
    finally:
        os._exit(1)  # `do` leaves by itself; nobody returns into the nursery's loop


def _reap() -> None:
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        _say(f"ended {child} {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
