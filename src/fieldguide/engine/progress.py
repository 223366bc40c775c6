"""Progress on standard error: a live line with metrics and time left; silent by default."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class Progress:
    """Shows how far a run is.

    Args:
        shown: Whether to show anything.
    """

    REDRAW = 0.1  # seconds

    def __init__(self, shown: bool):
        self.shown = shown
        self._bar: RichProgress | None = None
        self._last = 0.0

    def __enter__(self) -> Progress:
        if self.shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.percentage:>3.0f}%"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
                console=Console(stderr=True),
                disable=not sys.stderr.isatty(),
            )
            self._bar.start()
            self._task = self._bar.add_task("fit", total=1.0, note="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def at(self, share: float) -> None:
        """Show the share done, at most ten times a second."""
        if self._bar is not None and time.monotonic() - self._last > self.REDRAW:
            self._last = time.monotonic()
            self._bar.update(self._task, completed=share)

    def epoch(self, stage: str, epoch: int, epochs: int, figures: dict[str, float]) -> None:
        """Show an epoch's figures; without a terminal, as a line of their own."""
        if self._bar is None:
            return
        note = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self._bar.update(self._task, description=f"{stage} {epoch}/{epochs}", note=note)
        if not sys.stderr.isatty():
            print(f"{stage} {epoch}/{epochs}  {note}", file=sys.stderr)

    def say(self, sentence: str) -> None:
        """Say something the user must know, whether progress is shown or not."""
        if self._bar is not None and sys.stderr.isatty():
            self._bar.console.print(sentence)
        else:
            print(sentence, file=sys.stderr)
