"""A race as a terminal shows it: live on standard error, and the final table."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from fieldguide.advisor import words
from fieldguide.advisor.racing.clock import Clock
from fieldguide.advisor.racing.leaderboard import Row

if TYPE_CHECKING:
    from fieldguide.advisor.racing.outcome import Race

EPOCH = re.compile(r"^([\w -]+ \d+/\d+)  ([\w .:/+-]*)$")  # as `engine.progress` prints it
TAIL = 400  # bytes at the end of a log that are searched for the last epoch
MARKS = {"finished": "[green]✓[/]", "out of time": "[green]✓[/]", "rescued": "[yellow]![/]",
         "failed": "[red]✗[/]", "not raced": "[dim]·[/]"}  # fmt: skip


class Display:
    """Shows which entrant runs, how much time is left, and scores as they come in.

    Args:
        clock: The race's.
        facts: Source, task, target, sizes and the score's name.
        shown: Whether to show anything.
    """

    def __init__(self, clock: Clock, facts: dict[str, Any], *, shown: bool):
        self.clock, self.facts, self.shown = clock, facts, shown
        self.console = Console(stderr=True, highlight=False)
        self._live: Live | None = None
        self._log: Path | None = None
        self._name, self._share, self._began = "", 1.0, 0.0
        self._spinner = Spinner("dots")

    def __enter__(self) -> Display:
        if self.shown:
            facts = self.facts
            parts = f"{facts['train']:,} examples to learn from, {facts['held_out']:,} held out"
            self.console.print(
                f"[bold]Race on {escape(str(facts['source']))}[/]  "
                f"{escape(words.task_of(facts['kind'], facts['target']))}, "
                f"{words.seconds(self.clock.budget)}\n"
                f"[dim]{parts}[/]",
                soft_wrap=True,
            )
            if sys.stderr.isatty():
                self._live = Live(console=self.console, transient=True, auto_refresh=False)
                self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, name: str, share: float, log: Path | None = None) -> None:
        """Say that an entrant starts, with its share of time in seconds."""
        self._name, self._share, self._log = name, share, log
        self._began = self.clock.spent
        if self.shown and self._live is None:
            self.console.print(
                f"  {name} … up to {words.seconds(share)}, {words.seconds(self.clock.left)} left"
            )
        self.draw()

    def draw(self) -> None:
        """Bring the live lines up to date."""
        if self._live is not None:
            self._live.update(Group(self._entrant(), self._total()), refresh=True)

    def show(self, row: Row) -> None:
        """Print the line of an entrant that has ended or was left out."""
        if not self.shown:
            return
        line = f"{MARKS[row.status]} [bold]{escape(row.name):<24}[/]"
        score_name = self.facts["score_name"]
        if row.score is not None:
            line += f" {words.score_title(score_name)} {words.score(row.score, score_name):>7}"
            line += f"   [dim]{words.seconds(row.seconds):>11}[/]"
            line += "   [green]leads[/]" if row.winner else ""
        if row.reason:
            line += f" [dim]{escape(words.first_sentence(row.reason))}[/]"
        self.console.print(line, no_wrap=True, overflow="ellipsis")

    def say(self, sentence: str) -> None:
        """Print a sentence, unless it is empty."""
        if self.shown and sentence:
            self.console.print(f"[dim]  {escape(sentence)}[/]", soft_wrap=True)

    def _entrant(self) -> Table:
        took = self.clock.spent - self._began
        line = Table.grid(padding=(0, 1))
        line.add_row(
            self._spinner,
            Text(f"{self._name:<24}", style="bold"),
            ProgressBar(total=1.0, completed=min(1.0, took / self._share), width=20),
            Text(f"{words.seconds(took)} of at most {words.seconds(self._share)}", style="dim"),
            Text(self._epoch(), style="cyan"),
        )
        return line

    def _total(self) -> Table:
        left = max(0.0, self.clock.budget - self.clock.spent)
        done = min(1.0, self.clock.spent / self.clock.budget)
        line = Table.grid(padding=(0, 1))
        line.add_row(
            " ",
            Text(f"{'budget':<24}"),
            ProgressBar(total=1.0, completed=done, width=20, complete_style="blue"),
            Text(f"{words.seconds(left)} left", style="dim"),
        )
        return line

    def _epoch(self) -> str:
        """Return the last epoch's figures from the entrant's log, whatever else it printed."""
        if self._log is None:
            return ""
        try:
            with open(self._log, "rb") as file:
                file.seek(max(0, self._log.stat().st_size - TAIL))
                lines = file.read(TAIL).decode("utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        found = [match for match in map(EPOCH.match, lines) if match]
        return f"{found[-1][1]}  {found[-1][2]}"[:60] if found else ""


def leaderboard_table(race: Race) -> Table:
    """Return the leaderboard as a table for a terminal, without those that could not race."""
    name, raced = race.score_name, [row for row in race.leaderboard if not row.unfit]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("", no_wrap=True, min_width=2)
    longest = max([len(row.name) for row in raced], default=9)
    table.add_column("algorithm", no_wrap=True, min_width=longest)
    table.add_column(words.score_title(name), justify="right", no_wrap=True, min_width=8)
    table.add_column("95 % interval", justify="right", no_wrap=True, min_width=14)
    table.add_column("training", justify="right", no_wrap=True, min_width=8)
    table.add_column("", no_wrap=True)
    for row in raced:
        style = "bold green" if row.winner else "" if row.score is not None else "dim"
        table.add_row(
            "" if row.rank is None else f"{row.rank}{'=' if _is_shared(row, race) else ''}",
            row.name,
            words.score(row.score, name),
            words.interval(row.interval, name),
            words.seconds(row.seconds),
            Text(remark(row)),
            style=style,
        )
    return table


def left_out(rows: Sequence[Row]) -> str:
    """Return how many could not race; empty if all could."""
    count = sum(row.unfit for row in rows)
    if not count:
        return ""
    who = "1 other algorithm is" if count == 1 else f"{count} other algorithms are"
    return f"{who} not for these data; the report says why."


def remark(row: Row) -> str:
    """Return what a reader should know about a row, in a word or two."""
    said = ["wins" if row.winner else "tied"] if row.tied else []
    said += [row.status] if row.status != "finished" else []
    return ", ".join(said)


def _is_shared(row: Row, race: Race) -> bool:
    return sum(other.rank == row.rank for other in race.leaderboard) > 1
