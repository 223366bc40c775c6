"""Ctrl-C and polite kills: noted at once, obeyed between two steps, so that state stays whole."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from fieldguide.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """While entered, the first signal sets `asked`; a second one interrupts at once.

    A signal that the process was told to ignore (as ``nohup`` does) stays ignored. Only the main
    thread may listen; in another one nothing changes.
    """

    def __init__(self) -> None:
        self.asked = False
        self._former: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                former = signal.getsignal(number)
                if former is not signal.SIG_IGN and former is not None:
                    self._former[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def obey(self, place: str, run: Path | None) -> None:
        """If the user asked to stop, do so, and say how to go on.

        Args:
            place: Where training stands.
            run: The folder that holds its state, if there is one.

        Raises:
            Interrupted: The user asked to.
        """
        if not self.asked:
            return
        if run is None:
            how = "Nothing was saved: give a run folder (run=…, -o RUN) to be able to go on."
        else:
            how = (
                f"Saved in {run}. Go on with --resume {run} "
                f"(Python: fit(…, run='{run}', resume=True))."
            )
        raise Interrupted(f"Stopped {place}. {how}")

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
