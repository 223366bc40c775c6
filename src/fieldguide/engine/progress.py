"""Progress on standard error: a live line with metrics and time left; silent by default."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class Progress:
    """Shows how far a run is: a live line on a terminal, a line an epoch elsewhere.

    Args:
        shown: Whether to show anything.
    """

    REDRAW = 0.1  # seconds

    def __init__(self, shown: bool):
        self.shown = shown
        self._bar: RichProgress | None = None
        self._last = self._began = time.monotonic()
        self._stage, self._epochs, self._from = "", 0, 0.0

    def __enter__(self) -> Progress:
        if self.shown and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.percentage:>3.0f}%"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
                console=Console(stderr=True),
                redirect_stdout=False,  # standard output is the caller's
            )
            self._bar.start()
            self._task = self._bar.add_task("fit", total=1.0, note="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def stage(self, name: str, epochs: int, share: float) -> None:
        """Begin a stage, or go on with one of which a share is done."""
        self._stage, self._epochs, self._from = name, epochs, share
        self._began = time.monotonic()
        if self._bar is not None:
            self._bar.reset(self._task, description=name, note="")
            self._bar.update(self._task, completed=share)

    def at(self, share: float, epoch: int, figures: Mapping[str, float]) -> None:
        """Show the share done and the figures so far, at most ten times a second."""
        if self._bar is not None and time.monotonic() - self._last > self.REDRAW:
            self._last = time.monotonic()
            name = f"{self._stage} {epoch}/{self._epochs}"
            self._bar.update(self._task, completed=share, description=name, note=_note(figures))

    def epoch(self, epoch: int, share: float, figures: Mapping[str, float]) -> None:
        """Show an epoch's figures; without a terminal, as a line of their own."""
        name, note = f"{self._stage} {epoch}/{self._epochs}", _note(figures)
        if self._bar is not None:
            self._bar.update(self._task, completed=share, description=name, note=note)
        elif self.shown:
            print(f"{name}  {note}{self._left(share)}", file=sys.stderr, flush=True)

    def say(self, sentence: str) -> None:
        """Say something the user must know, whether progress is shown or not."""
        if self._bar is not None:
            self._bar.console.print(sentence, markup=False, highlight=False)
        else:
            print(sentence, file=sys.stderr, flush=True)

    def _left(self, share: float) -> str:
        """Return the time left in words, judged by the pace so far."""
        done = share - self._from
        if share >= 1 or done <= 0:
            return ""
        seconds = (time.monotonic() - self._began) * (1 - share) / done
        minutes, seconds = divmod(round(seconds), 60)
        return f"  {minutes}:{seconds:02d} left"


def _note(figures: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
