"""Write the guide: one page an algorithm, an index, and the table in README.md.

    python -m docs.build [FOLDER]

Everything comes from somewhere else: the text from each algorithm's module docstring, the facts
from its card, the figures from `benchmarks/results`. Pages go to FOLDER, `docs/guide` if left out.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

from benchmarks.results import Result, load

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "guide"
README = ROOT / "README.md"
MOST_RESULTS = 3  # of one algorithm in the README
BEGIN, END = "<!-- algorithms:begin -->", "<!-- algorithms:end -->"


class Entry(Protocol):
    """What is needed of an entry of `fieldguide.catalog`."""

    name: str
    class_name: str
    family: str
    path: Path
    docstring: str
    card: Any


def markdown(docstring: str) -> str:
    """A module docstring as Markdown: headings, code spans and examples."""
    text = re.sub(r"^(\S.*)\n-{3,}\n", r"\1:\n", docstring.strip(), flags=re.MULTILINE)
    text = re.sub(r"^([A-Z][\w ]*):\n((?:[ ].*\n?|\n)*)", section, text, flags=re.MULTILINE)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return re.sub(r"^>>> .*(?:\n(?!$).*)*", fence, text, flags=re.MULTILINE).rstrip()


def section(found: re.Match[str]) -> str:
    """A heading of its own for `Cost:`, and what was indented below it moved to the margin."""
    return f"## {found[1]}\n\n{textwrap.dedent(found[2])}"


def fence(example: re.Match[str]) -> str:
    """An interactive example between fences, so that it is not read as a quotation."""
    return f"```pycon\n{example[0]}\n```"


def shown(value: object) -> str:
    """One fact of a card in words; empty where the card says nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {shown(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return ", ".join(filter(None, map(shown, items)))
    return " ".join(str(value).split()).replace("|", "\\|")


def facts(card: Any) -> list[tuple[str, str]]:
    """Name and value of every fact that a card holds."""
    apart = {"title", "references"}  # the heading, and a table of their own
    names = [field.name for field in fields(card) if field.name not in apart]
    pairs = [(name, shown(getattr(card, name))) for name in names]
    return [(name.replace("_", " "), fact) for name, fact in pairs if fact]


def rows(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def published(references: Sequence[Any]) -> list[str]:
    """The section on what others have reported; no lines where the card names nothing."""
    if not references:
        return []
    body = [(shown(r.data), shown(r.metric), f"{r.value:.4g}", shown(r.source)) for r in references]
    return ["## Published", "", rows(("data", "metric", "value", "source"), body), ""]


def figure(result: Result) -> str:
    """A measured value, and its spread where there was more than one run."""
    values = [run["value"] for run in result.runs]
    spread = f" ({min(values):.4g} to {max(values):.4g})" if len(values) > 1 else ""
    return f"{result.value:.4g}{spread}"


def measured(results: Sequence[Result]) -> str:
    """The table of what was measured of one algorithm."""
    if not results:
        return "Nothing is recorded in `benchmarks/results` yet.\n"
    head = ("data", "metric", "value", "target", "seeds", "seconds", "machine", "command")
    return rows(head, (measured_row(result) for result in results)) + "\n"


def measured_row(result: Result) -> list[str]:
    """One result as the cells of a row."""
    sign = "at least" if result.better == "higher" else "at most"
    target = "" if result.target is None else f"{sign} {result.target:g}"
    return [
        result.data,
        result.metric,
        figure(result) + (" (missed)" if result.met is False else ""),
        target,
        ", ".join(map(str, result.seeds)),
        f"{result.runtime_s:.0f}",
        result.machine,
        f"`{result.command}`",
    ]


def own(entries: Iterable[Entry]) -> list[Entry]:
    """The algorithms of this repository, without those that other installed packages bring."""
    return [entry for entry in entries if Path(entry.path).resolve().is_relative_to(ROOT)]


def of(entry: Entry, results: Iterable[Result]) -> list[Result]:
    """The results of one algorithm, quality first."""
    return sorted((r for r in results if r.algorithm == entry.name), key=lambda r: r.kind)


def link(path: Path, folder: Path) -> str:
    """A file as seen from a page in `folder`."""
    return Path(os.path.relpath(path, folder)).as_posix()


def page(entry: Entry, results: Sequence[Result], folder: Path = GUIDE) -> str:
    """The guide's page of one algorithm, as it stands in `folder`."""
    source = link(Path(entry.path), folder)
    return "\n".join(
        [
            f"# {entry.card.title}",
            "",
            f"`fg.{entry.class_name}` in Python, `{entry.name}` on the command line, "
            f"[{Path(entry.path).name}]({source}) to read; family: {entry.family}.",
            "",
            markdown(entry.docstring),
            "",
            "## Facts",
            "",
            rows(("fact", "value"), facts(entry.card)),
            "",
            *published(entry.card.references),
            "## Measured",
            "",
            measured(of(entry, results)),
        ]
    )


def best(results: Sequence[Result]) -> str:
    """A few qualities of one algorithm in one cell, goals first; its page has all."""
    quality = [r for r in results if r.kind == "quality"]
    quality.sort(key=lambda r: (r.target is None, len(r.benchmark), r.benchmark))
    short = [in_short(r.data) for r in quality]
    told = [
        f"{name if short.count(name) == 1 else r.data}: {in_short(r.metric)} {r.value:.4g}"
        for name, r in zip(short, quality, strict=True)
    ]
    return "; ".join(told[:MOST_RESULTS])


def in_short(text: str) -> str:
    """The words before the first comma, semicolon or bracket."""
    return re.split("[,;(]", text)[0].strip()


def table(entries: Iterable[Entry], results: Sequence[Result]) -> str:
    """The README's table: every algorithm, linked to its file."""
    head = ("algorithm", "name", "family", "year", "tasks", "measured")
    return rows(head, (table_row(entry, results) for entry in in_order(entries)))


def table_row(entry: Entry, results: Sequence[Result]) -> list[str]:
    """One algorithm as the cells of a row."""
    title = f"[{entry.card.title}]({link(Path(entry.path), ROOT)})"
    year, tasks = shown(entry.card.year), shown(entry.card.tasks)
    return [title, f"`{entry.name}`", entry.family, year, tasks, best(of(entry, results))]


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By family and year, as a survey would; the baselines last."""
    return sorted(
        entries,
        key=lambda e: (e.family == "baseline", e.family, e.card.year or 0, e.name),
    )


def with_table(readme: str, rendered: str) -> str:
    """The README with the text between its two markers replaced."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise SystemExit(f"docs: README.md needs one line {BEGIN} and one line {END}")
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{rendered}\n{END}{rest.partition(END)[2]}"


def index(entries: Iterable[Entry]) -> str:
    """The guide's first page."""
    head = ("algorithm", "family", "year", "tasks")
    body = [
        (f"[{e.card.title}]({e.name}.md)", e.family, shown(e.card.year), shown(e.card.tasks))
        for e in in_order(entries)
    ]
    return f"# The guide\n\n{rows(head, body)}\n"


def write(entries: Sequence[Entry], results: Sequence[Result], folder: Path) -> None:
    """All pages into `folder`; pages of algorithms that are gone are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{entry.name}.md": page(entry, results, folder) for entry in entries}
    wanted["README.md"] = index(entries)
    for stale in {path.name for path in folder.glob("*.md")} - set(wanted):
        (folder / stale).unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, "utf-8")


def main(arguments: list[str]) -> None:
    """Build everything from what is installed and recorded."""
    from docs import stub
    from fieldguide import catalog

    entries, results = own(catalog.entries()), load()
    folder = Path(arguments[0]).resolve() if arguments else GUIDE
    write(entries, results, folder)
    stub.main()
    README.write_text(with_table(README.read_text("utf-8"), table(entries, results)), "utf-8")
    print(f"docs: {len(entries)} algorithms, {len(results)} results")
    print(f"docs: wrote {os.path.relpath(folder)} and the table in {os.path.relpath(README)}")


if __name__ == "__main__":
    main(sys.argv[1:])
