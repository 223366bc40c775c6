"""``fieldguide fit``: train one algorithm."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli import _hyperparameters, _reading
from fieldguide.cli._answer import Answer, bullets, table, whole
from fieldguide.cli._fit_order import Order
from fieldguide.cli._reading import MaybeData, Task
from fieldguide.cli._values import share, spoken_duration

if TYPE_CHECKING:
    from inspect import Parameter

    from rich.console import Console

    from fieldguide.data import Dataset
    from fieldguide.estimator import Estimator

ORDER = 60
FLAGS = ("--algorithm", "-a")


def parameters(words: list[str]) -> list[Parameter]:
    """Return the options of reading, and the hyperparameters of the algorithm that is named."""
    name = _named(words)
    if name is None:
        return _reading.options()
    from fieldguide import catalog

    kind = catalog.get(name).load()
    return [*_reading.options(), *_hyperparameters.parameters(kind, taken={"task"})]


def fit(
    data: MaybeData = None,
    algorithm: Annotated[
        str | None,
        typer.Option(*FLAGS, metavar="NAME", help="One of `fieldguide algorithms`."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="MODEL", help="Folder for the model [DATA-NAME]."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with an interrupted run: MODEL.run."),
    ] = None,
    test: Annotated[
        float,
        typer.Option(
            metavar="SHARE", parser=share, help="Share held out to score the model; 0: none."
        ),
    ] = "0.2",  # type: ignore[assignment]
    task: Task = "auto",
    **more: Any,
) -> Answer:
    """Train one algorithm; its hyperparameters are options.

    With --algorithm NAME, --help lists the hyperparameters too. Checkpoints are kept in MODEL.run
    while training lasts, so that --resume MODEL.run can go on after Ctrl-C, or worse.
    """
    if resume is not None:
        order = Order.read(resume).agreeing(data=data, algorithm=algorithm, out=out)
        return _carry_out(order, resume=True)
    prefix = _hyperparameters.PREFIX
    reading = {name: value for name, value in more.items() if not name.startswith(prefix)}
    written = {name: value for name, value in more.items() if name.startswith(prefix)}
    order = Order.new(data, algorithm, out, test=test, task=task, reading=reading, written=written)
    return _carry_out(order, resume=False)


def _carry_out(order: Order, *, resume: bool) -> Answer:
    from fieldguide import catalog, hyperparameter

    model = catalog.get(order.algorithm).load()(**order.hyperparameters)
    hyperparameter.check(model)
    able = model.card.tasks if model.task == "auto" else (model.task,)
    dataset = _reading.read(order.data, check=True, able=able, **order.reading)
    train, held_out = dataset.split(order.test, model.seed) if order.test else (dataset, None)
    order.check_place()
    with order.running():
        model.fit(train, run=order.run, resume=resume, progress=True)
    scores = {} if held_out is None else model.evaluate(held_out)
    model.save(order.out)
    shutil.rmtree(order.run, ignore_errors=True)
    return _answer(order, model, train, held_out, scores)


def _answer(
    order: Order,
    model: Estimator,
    train: Dataset,
    held_out: Dataset | None,
    scores: dict[str, float],
) -> Answer:
    seconds = model.history_[-1]["seconds"] if model.history_ else 0.0
    held = 0 if held_out is None else len(held_out)
    document = {
        "model": str(order.out),
        "algorithm": order.algorithm,
        "hyperparameters": model.get_params(deep=False),
        "task": model.task_.name,
        "target": model.task_.target,
        "trained_on": len(train),
        "held_out": held,
        "scores": scores,
        "seconds": seconds,
        "ledger": train.ledger.counts(),
        "history": model.history_,
        "notes": model.notes_,
    }

    def render(console: Console) -> None:
        from fieldguide.advisor import words

        task = model.task_
        what = words.task_of(task.name, task.target if task.needs_target else None)
        console.print(
            f"{model.card.title}: {what}, learnt from {len(train)} examples in "
            f"{spoken_duration(seconds)}."
        )
        if scores:
            rows = [(name, f"{value:.4g}") for name, value in scores.items()]
            console.print(table("", (f"score on {held} held-out examples", "#"), rows))
        bullets(console, "!", model.notes_)
        whole(console, f"Saved in {order.out}. Use it: {words.use(task.name, str(order.out))}")

    return Answer(document, render)


def _named(words: list[str]) -> str | None:
    """Return the algorithm that a command line names; of a run that is resumed, the run's."""
    long, short = FLAGS
    for place, word in enumerate(words[1:], start=1):
        if word in FLAGS and place + 1 < len(words):
            return words[place + 1]
        if word.startswith(f"{long}="):
            return word.removeprefix(f"{long}=")
        if word.startswith(short) and word != short:
            return word.removeprefix(short)
    return None
