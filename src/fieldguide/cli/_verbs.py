"""Finds the verbs, and makes the typer application from them."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from fieldguide.cli._answer import show

HELP = """Point it at your data: it says which deep-learning algorithm fits and why, proves it in
a race, and leaves a trained model.

DATA is a file, a folder, or the name of a built-in data set (`fieldguide data`)."""


@cache
def names() -> tuple[str, ...]:
    """Return the verbs: the files of this folder."""
    files = Path(__file__).parent.glob("*.py")
    return tuple(sorted(file.stem for file in files if not file.stem.startswith("_")))


def application(words: list[str]) -> typer.Typer:
    """Return the application; where the words begin with a verb, with that one alone.

    Args:
        words: The command line. A verb's parameters may depend on it: those of ``fit`` hold the
            hyperparameters of the algorithm that it names.
    """
    made = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    made.callback()(_every)
    chosen = words[:1] if words[:1] and words[0] in names() else names()
    modules = [importlib.import_module(f"fieldguide.cli.{name}") for name in chosen]
    for module in sorted(modules, key=lambda module: module.ORDER):
        name = module.__name__.rpartition(".")[2]
        made.command(name)(_verb(module, getattr(module, name), words))
    return made


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(f"fieldguide {metadata.version('fieldguide')}")
        raise typer.Exit


def _every(
    version: Annotated[
        bool, typer.Option("--version", help="Say the version.", callback=_version)
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="After an error, show where it arose.")
    ] = False,
) -> None:
    # `main` reads --traceback itself, so that it may stand anywhere; here it is for the help.
    pass


def _verb(
    module: ModuleType, function: Callable[..., Any], words: list[str]
) -> Callable[..., None]:
    """Return a verb's function with the option --json, and the parameters that words ask for."""

    @functools.wraps(function)
    def verb(*, json: bool, **given: Any) -> None:
        # Whatever a library prints must not spoil the one document on standard output.
        with contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext():
            answer = function(**given)
        show(answer, as_json=json)

    signature = inspect.signature(function, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    ask = getattr(module, "parameters", None)
    more: list[inspect.Parameter] = [] if ask is None else ask(words)
    help = "Answer with one JSON document on standard output."
    as_json = _parameter("json", bool, typer.Option(False, "--json", help=help))
    every = [p.replace(kind=p.KEYWORD_ONLY) for p in (*own, *more, as_json)]
    told = {"__signature__": signature.replace(parameters=every)}
    verb.__dict__.pop("__wrapped__")  # or typer would ask the function within
    verb.__dict__.update(told)
    verb.__annotations__ = {p.name: p.annotation for p in every}
    return verb


def _parameter(name: str, kind: type, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
