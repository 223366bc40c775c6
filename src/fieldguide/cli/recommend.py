"""``fieldguide recommend``: which algorithms fit the data, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli import _reading
from fieldguide.cli._answer import Answer, bullets, table, whole, working
from fieldguide.cli._reading import Data, Task
from fieldguide.cli._values import spoken_duration, spoken_size

if TYPE_CHECKING:
    from inspect import Parameter

    from rich.console import Console

    from fieldguide.advisor.recommending.recommendation import Recommendation

ORDER = 40
LEGEND = (
    "+ speaks for it, - against it, > what would change its place, = where the figures come from. "
    "Ranges hold 80 % of what is expected."
)


def parameters(words: list[str]) -> list[Parameter]:
    """Return the options of reading."""
    return _reading.options()


def recommend(
    data: Data,
    task: Task = "auto",
    probe: Annotated[
        bool, typer.Option(help="Train each for a moment, to forecast its time and memory.")
    ] = True,
    rehearse: Annotated[
        bool, typer.Option(help="Try those that may be the first choice on a part of the data.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Decides which examples are looked at.")] = 0,
    **reading: Any,
) -> Answer:
    """Say which algorithms fit data, in order, and why."""
    dataset = _reading.read(data, check=True, able=(task,), **reading)
    from fieldguide.advisor import words
    from fieldguide.advisor.recommending.recommend import recommend as advise

    with working() as told:
        advice = advise(dataset, task=task, probe=probe, rehearse=rehearse, seed=seed, on_work=told)

    def render(console: Console) -> None:
        name = advice.profile.score_name
        rows = [
            (one.rank, one.name, _score(one, name), _time(one), _memory(one))
            for one in advice.ranked
        ]
        headings = ("", "algorithm", f"{words.score_title(name)} expected", "time", "memory")
        bullets(console, "-", advice.profile.offered())
        bullets(console, "", [advice.summary])
        console.print(table("", headings, rows))
        bullets(console, "", [LEGEND] if advice.ranked else [])
        for one in advice.ranked:
            console.print(f"{one.rank}. {one.title}", style="bold")
            bullets(console, "   +", one.reasons)
            bullets(console, "   -", one.doubts)
            bullets(console, "   >", one.changes)
            bullets(console, "   =", [one.evidence])
        if advice.ruled_out:
            console.print("Not for these data", style="bold")
            bullets(console, "   ", _why_not(advice.ruled_out))
        bullets(console, "", advice.notes)
        if advice.ranked:
            asked = _reading.words({**reading, "task": None if task == "auto" else task})
            whole(console, f"Next: fieldguide race {data}{asked} --budget 10m")

    return Answer({"data": data, **advice.to_dict()}, render)


def _score(one: Recommendation, name: str) -> str:
    from fieldguide.advisor.profiling.phrases import interval, score

    found = one.score
    if found is None:
        return ""
    middle = score(found.expected, name).split()[-1]
    return f"{middle} ({interval(found.low, found.high, name)})"


def _why_not(ruled_out: Iterable[Recommendation]) -> list[str]:
    """Return each reason once, with all that it holds for."""
    alike: dict[str, list[str]] = {}
    for one in ruled_out:
        alike.setdefault(" ".join([one.ruled_out, *one.changes]), []).append(one.title)
    return [
        f"{', '.join(titles)}: {reason if len(titles) == 1 else re.sub('^It ', 'each ', reason)}"
        for reason, titles in alike.items()
    ]


def _time(one: Recommendation) -> str:
    return "" if one.seconds is None else spoken_duration(one.seconds)


def _memory(one: Recommendation) -> str:
    return "" if one.memory_bytes is None else spoken_size(one.memory_bytes)
