"""``fieldguide race``: train the candidates and honest baselines under a budget."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli import _reading
from fieldguide.cli._answer import Answer, whole
from fieldguide.cli._reading import MaybeData, Task
from fieldguide.cli._values import duration, share, size
from fieldguide.errors import UsageError

if TYPE_CHECKING:
    from inspect import Parameter

    from rich.console import Console

    from fieldguide.advisor.racing.outcome import Race

ORDER = 50
RUNS = Path("runs")
TEN_MINUTES = 600.0


def parameters(words: list[str]) -> list[Parameter]:
    """Return the options of reading."""
    return _reading.options()


Resumed = Annotated[
    Path | None, typer.Option(metavar="RUN", help="Go on with an interrupted race.")
]
Budget = Annotated[
    float | None,
    typer.Option(metavar="TIME", parser=duration, help="Time for everything [10m]."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="RUN", help="Folder for the race [runs/DATA]."),
]
Algorithms = Annotated[
    str | None, typer.Option(metavar="NAME,…", help="Race these beside the baselines.")
]
Memory = Annotated[
    int | None, typer.Option(metavar="SIZE", parser=size, help="Memory for each entrant.")
]
Test = Annotated[
    float, typer.Option(metavar="SHARE", parser=share, help="Share held out for scores.")
]
Steps = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Steps an entrant may take, in place of a time."),
]
Tune = Annotated[bool, typer.Option(help="Search the leaders' hyperparameters.")]
Ensemble = Annotated[bool, typer.Option("--ensemble", help="Let the leaders vote as one more.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides splits and initial weights.")]


def race(
    data: MaybeData = None,
    budget: Budget = None,
    out: Out = None,
    resume: Resumed = None,
    algorithms: Algorithms = None,
    memory: Memory = None,
    test: Test = "0.2",  # type: ignore[assignment]
    seed: Seed = 0,
    steps: Steps = None,
    tune: Tune = True,
    ensemble: Ensemble = False,
    task: Task = "auto",
    **reading: Any,
) -> Answer:
    """Train the candidates and baselines; keep the best."""
    began = time.monotonic()  # reading and loading libraries are part of what the user waits for
    if data is None and resume is None:
        raise UsageError("DATA is missing. Write `fieldguide race DATA`, or --resume RUN.")
    dataset = None if data is None else _reading.read(data, check=True, able=(task,), **reading)
    from fieldguide.advisor.racing.race import race as run_race

    outcome = run_race(
        dataset,
        budget=TEN_MINUTES if budget is None and resume is None and steps is None else budget,
        run=resume or out or RUNS / _reading.input_file(data or ""),
        task=task,
        algorithms=None if algorithms is None else _names(algorithms),
        memory=memory,
        test=test,
        seed=seed,
        steps=steps,
        tune=tune,
        ensemble=ensemble,
        resume=resume is not None,
        progress=True,
        began=began,
    )
    return Answer(outcome.to_dict(), lambda console: _render(console, outcome))


def _render(console: Console, outcome: Race) -> None:
    from fieldguide.advisor import words
    from fieldguide.advisor.racing.display import leaderboard_table

    console.print(leaderboard_table(outcome))
    for sentence in outcome.verdict:
        console.print(sentence)
    if outcome.best is not None:
        whole(console, f"Use it: {words.use(outcome.task, str(outcome.best))}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
