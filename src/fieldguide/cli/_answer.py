"""What a verb answers: a document for programs, and a rendering of it for people."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MOST_COLUMNS = 100  # of running text
COPIED = 25  # letters of the longest word that is meant to be copied


@dataclass
class Answer:
    """A verb's result.

    Attributes:
        document: Everything, ready for JSON (NumPy's numbers and arrays included).
        render: Prints it for people.
        then: What to do once the answer is out, such as serving; None for nothing.
    """

    document: Any
    render: Callable[[Console], None]
    then: Callable[[], None] | None = None


def show(answer: Answer, *, as_json: bool) -> None:
    """Print an answer on standard output: one JSON document, or text."""
    if as_json:
        print(json.dumps(plain(answer.document), indent=1, allow_nan=False))
    else:
        answer.render(console())
    sys.stdout.flush()
    if answer.then is not None:
        answer.then()


def console() -> Console:
    """Return where text for people goes; what users wrote is never taken for markup."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def whole(console: Console, line: str) -> None:
    """Print a line that holds a path or a command: nothing in it is broken, so it can be copied."""
    console.print(line, soft_wrap=True)


@contextlib.contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done; yield a function that is told."""
    if not sys.stderr.isatty():
        yield lambda doing: None
        return
    from rich.console import Console

    # Redrawn seldom: what is tried meanwhile is timed, to forecast how long it takes.
    status = Console(stderr=True, highlight=False).status("", refresh_per_second=2)
    with status:
        yield lambda doing: status.update(f"{doing} …")


def table(title: str, headings: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """Return a table of text.

    Args:
        title: Shown above it; empty for none.
        headings: Of the columns; one that ends in ``#`` (not shown) is aligned to the right, one
            that ends in ``!`` (not shown) holds words to be copied, which are never broken.
        rows: Cells; None is shown as nothing.
    """
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        side: Literal["left", "right"] = "right" if heading[-1:] == "#" else "left"
        copied = heading[-1:] == "!"
        made.add_column(
            heading.rstrip("#!"), justify=side, no_wrap=copied, min_width=COPIED if copied else None
        )
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    return made


def bullets(console: Console, mark: str, sentences: Iterable[str]) -> None:
    """Print sentences, each with a mark before it, that flow beside the mark."""
    lead = f"{mark} " if mark else ""
    width = min(console.width, MOST_COLUMNS)
    for sentence in sentences:
        hang = " " * len(lead)
        console.print(textwrap.fill(sentence, width, initial_indent=lead, subsequent_indent=hang))


def say(sentence: str) -> None:
    """Tell the user something beside the answer, on standard error."""
    print(sentence, file=sys.stderr)


def plain(value: Any) -> Any:
    """Return a value made of JSON's own types; numbers that JSON lacks become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(part) for part in value]
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays, without importing NumPy
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)
