"""Examples as files: tables as CSV, pictures as PNG, blocks of numbers as NumPy's .npy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from fieldguide.cli import _model
from fieldguide.cli._answer import Answer, table, whole
from fieldguide.cli._reading import tell_losses
from fieldguide.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from rich.console import Console

    from fieldguide.data import Dataset
    from fieldguide.estimator import Estimator

OUT = ".csv, .npy or .png file, or folder of PNGs."
GRID = ".png"
MOST_ROWS = 20  # shown on a terminal
FIGURES = 5  # digits of a number there


def loaded(model: Path, verb: str, what: str) -> Estimator:
    """Return a saved model that has a verb.

    Args:
        model: Folder of the model, or of a race.
        verb: Name of the method.
        what: The same as a reader says it.
    """
    fitted = _model.load(model)
    able(fitted, verb, what)
    return fitted


def asked(
    model: Path, data: str, verb: str, what: str, ask: Callable[[Estimator, Dataset], Any]
) -> Any:
    """Return what a saved model says of data; tell on standard error what was left out.

    Args:
        model: Folder of the model, or of a race.
        data: As the user named it.
        verb: Name of the method that is needed.
        what: The same as a reader says it.
        ask: Asks the model.
    """
    fitted = loaded(model, verb, what)
    from fieldguide import formats

    dataset = formats.read(data, fields=fitted.fields_)
    found = ask(fitted, dataset)
    tell_losses(dataset.ledger)
    return found


def answer(
    values: np.ndarray | pl.DataFrame,
    out: Path | None,
    stem: str,
    facts: dict[str, Any],
    *,
    named: str = "examples",
    note: str = "",
    columns: int = 0,
) -> Answer:
    """Return examples as an answer: written to a file or folder where one is named, else shown.

    Args:
        values: A data frame, rows, sequences or pictures.
        out: Where to write them, or None.
        stem: How the files of pictures begin.
        facts: What else the document holds.
        named: What the examples are called in the document.
        note: Said after what was written.
        columns: Pictures in a row, where they are written as one; 0 for a square.
    """
    said = None if out is None else write(values, out, stem, columns)
    document = {**facts, named: plain(values), "written": said and str(out)}

    def render(console: Console) -> None:
        if said:
            whole(console, " ".join([said, note] if note else [said]))
        else:
            show(console, values)

    return Answer(document, render)


def able(model: Estimator, verb: str, what: str) -> None:
    """Make sure that a model has a verb.

    Raises:
        UsageError: It has not; says what it does.
    """
    if not hasattr(model, verb):
        raise UsageError(
            f"This model is a {model.card.title} for {model.task_.name}, and does not {what}. "
            "`fieldguide algorithms` lists those that learn without a target."
        )


def write(
    values: np.ndarray | pl.DataFrame,
    out: Path,
    stem: str,
    columns: int = 0,
    names: Sequence[str] = (),
) -> str:
    """Write examples; an earlier file or folder of that name is replaced once all is written.

    Args:
        values: A data frame; rows of numbers (n, width), sequences (n, steps, channels) or
            pictures (n, channels, height, width).
        out: A name that ends in ``.csv`` (data frames and rows), ``.npy`` (arrays) or ``.png``
            (pictures, side by side in one), or else a folder for pictures, one file each.
        stem: How the pictures' files begin.
        columns: Pictures in a row of one file; 0 for a square.
        names: What each picture is made of, to name its file after; numbers where left out.

    Returns:
        What was written, in words.

    Raises:
        UsageError: The name does not suit what there is to write.
    """
    import numpy as np
    import polars as pl

    pictures = isinstance(values, np.ndarray) and values.ndim == 4
    kinds = {".npy": isinstance(values, np.ndarray), ".csv": not pictures and not _deep(values),
             GRID: pictures}  # fmt: skip
    if not kinds.get(out.suffix, pictures and not out.suffix):
        able = [suffix for suffix, can in kinds.items() if can]
        choice = " or ".join(f"-o FILE{suffix}" for suffix in able)
        raise UsageError(
            f"{out}: these examples cannot be written there. Use {choice}"
            f"{' for all in one, or -o FOLDER for one PNG each' if pictures else ''}."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.new{GRID if out.suffix == GRID else ''}")
    if out.suffix == GRID:
        from fieldguide.advisor.reporting.generated import write_grid

        write_grid(np.asarray(values), beside, columns)
    elif out.suffix == ".csv":
        frame = values if isinstance(values, pl.DataFrame) else numbered(values)
        frame.write_csv(beside)
    elif out.suffix == ".npy":
        with open(beside, "wb") as file:
            np.save(file, values, allow_pickle=False)
    else:
        titles = [f"{stem}-{number:05d}" for number in range(1, len(values) + 1)]
        if len(set(_titles(names))) == len(values):
            titles = _titles(names)
        _write_pictures(np.asarray(values), beside, out, titles)
    os.replace(beside, out)
    return f"{len(values)} examples written to {out}."


def numbered(values: np.ndarray) -> pl.DataFrame:
    """Return rows of numbers as a data frame with numbered columns."""
    import polars as pl

    return pl.DataFrame({f"{i + 1}": values[:, i] for i in range(values.shape[1])})


def show(console: Console, values: np.ndarray | pl.DataFrame) -> None:
    """Print rows: some of them on a terminal, all of them as CSV into a pipe."""
    import polars as pl

    if not isinstance(values, pl.DataFrame) and values.ndim > 2:
        shape = " x ".join(str(length) for length in values.shape)
        console.print(f"Examples of the shape {shape}. -o writes them.")
        return
    frame = values if isinstance(values, pl.DataFrame) else numbered(values)
    if not console.is_terminal:
        console.file.write(frame.write_csv())
        return
    rows = [[_short(value) for value in row] for row in frame.head(MOST_ROWS).iter_rows()]
    console.print(table("", frame.columns, rows))
    if len(frame) > MOST_ROWS:
        console.print(f"… and {len(frame) - MOST_ROWS} more. -o FILE.csv writes all of them.")


def plain(values: np.ndarray | pl.DataFrame) -> object:
    """Return examples ready for JSON."""
    import polars as pl

    return values.to_dicts() if isinstance(values, pl.DataFrame) else values


def _deep(values: np.ndarray | pl.DataFrame) -> bool:
    return getattr(values, "ndim", 2) > 2


def _short(value: object) -> str:
    return f"{value:.{FIGURES}g}" if isinstance(value, float) else str(value)


def _titles(names: Sequence[str]) -> list[str]:
    """Return names of files without folders and suffixes; with folders where that tells apart."""
    alone = [PurePosixPath(name).stem for name in names]
    if len(set(alone)) == len(alone):
        return alone
    return [PurePosixPath(name).with_suffix("").as_posix().replace("/", "-") for name in names]


def _write_pictures(values: np.ndarray, beside: Path, out: Path, titles: Sequence[str]) -> None:
    """Write one PNG each; numbers that are no bytes are spread over 0 to 255, all alike."""
    import numpy as np
    from PIL import Image

    if out.is_dir() and any(file.suffix != ".png" for file in out.iterdir()):
        raise UsageError(f"{out} holds other files than pictures; it was left alone.")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    if values.dtype != np.uint8:
        low, high = float(values.min()), float(values.max())
        values = ((values - low) * (255 / (high - low or 1.0))).round().astype(np.uint8)
    for title, picture in zip(titles, values, strict=True):
        shown = picture.transpose(1, 2, 0)
        image = Image.fromarray(shown[..., 0] if shown.shape[2] == 1 else shown)
        image.save(beside / f"{title}.png")
    if out.is_dir():
        shutil.rmtree(out)
