"""``fieldguide algorithms``: the guide."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli._answer import MOST_COLUMNS, Answer, table

if TYPE_CHECKING:
    from rich.console import Console

    from fieldguide.catalog import Entry

ORDER = 10


def algorithms(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of them, such as `mlp`.")
    ] = None,
) -> Answer:
    """Show the guide: every algorithm, or one page of it.

    The page lists the algorithm's hyperparameters, which are options of `fit`.
    """
    from fieldguide import catalog

    if name is not None:
        return _page(catalog.get(name))
    entries = catalog.entries()

    def render(console: Console) -> None:
        rows = [
            (entry.name, entry.card.title, entry.card.year, ", ".join(entry.card.inputs))
            for entry in entries
        ]
        console.print(table("", ("name!", "algorithm", "year", "takes"), rows))
        console.print("`fieldguide algorithms NAME` shows one page.")

    return Answer([_facts(entry) for entry in entries], render)


def _facts(entry: Entry) -> dict[str, Any]:
    from dataclasses import asdict

    described = {"name": entry.name, "class": entry.class_name, "family": entry.family}
    return {**described, "summary": entry.summary, **asdict(entry.card)}


def _page(entry: Entry) -> Answer:
    # Hyperparameters inherit from base classes and may be computed: only the class knows them.
    from fieldguide.cli._hyperparameters import described

    hyperparameters = described(entry.load())
    document = {
        **_facts(entry),
        "page": entry.docstring,
        "hyperparameters": hyperparameters,
    }

    def render(console: Console) -> None:
        console.print(_refilled(entry.docstring, min(console.width, MOST_COLUMNS)))
        console.print(f"\nPaper: {entry.card.paper}\n")
        rows = [
            (_option_name(one["name"]), one["default_text"], f"{one['help']}{_within(one)}")
            for one in hyperparameters
        ]
        headings = ("option of `fit`", "default", "meaning")
        console.print(table("Hyperparameters", headings, rows))

    return Answer(document, render)


def _refilled(page: str, width: int) -> str:
    """Let the paragraphs of a page flow to a width; its example stays as it is."""
    blocks = []
    for block in page.strip().split("\n\n"):
        head, *lines = block.split("\n")
        if head.startswith(("Example", " ")):
            blocks.append(block)
        elif head.endswith(":"):
            text = " ".join(line.strip() for line in lines)
            flowing = textwrap.fill(text, width - 4)
            blocks.append(f"{head}\n{textwrap.indent(flowing, '    ')}")
        else:
            blocks.append(textwrap.fill(" ".join([head, *lines]), width))
    return "\n\n".join(blocks)


def _option_name(name: str) -> str:
    return "--" + name.replace("_", "-")


def _within(one: dict[str, Any]) -> str:
    return f" ({one['range']})" if one["range"] else ""
