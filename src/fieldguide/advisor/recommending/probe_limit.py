"""An end to a probe that does not end: code of other packages runs in our process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN = 1.0  # seconds until code that swallowed the first interruption meets the next


class OutOfTime(BaseException):
    """The probe takes too long; no `Exception`, or code that survives errors would survive it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Interrupt what runs inside after so many seconds, and every second from then on.

    It reaches whatever runs in Python or waits in the system. Compiled code that never returns it
    cannot reach; a race, which runs its entrants in processes of their own, can. Without effect
    outside the main thread, and on systems without interval timers.

    Raises:
        OutOfTime: Time was up.
    """
    alone = threading.current_thread() is threading.main_thread()
    if not alone or not hasattr(signal, "setitimer"):
        yield
        return
    former = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:  # an alarm may come just before the line above
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _stop(number: int, frame: FrameType | None) -> None:
    raise OutOfTime
