"""``fieldguide export``: a saved model as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli import _model
from fieldguide.cli._answer import Answer, table, whole
from fieldguide.cli._model import Model
from fieldguide.cli._values import spoken_size

if TYPE_CHECKING:
    from rich.console import Console

ORDER = 90


def export(
    model: Model,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="File to write [MODEL.onnx]."),
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="Compare on these; on made-up examples if left out."),
    ] = None,
) -> Answer:
    """Write a model as ONNX, codecs included, once it agrees.

    The file takes raw values (one input a column, or images of any size) and gives `label` and
    `probabilities`, or `value`. Before it is put in place it runs under onnxruntime, and what it
    says is compared with what the model says.
    """
    folder = _model.folder_of(model)
    fitted = _model.load(model)
    path = fitted.export(out or Path(f"{folder.resolve().name}.onnx"), examples)
    from fieldguide.export import described

    facts = described(path)
    document = {"model": str(model), "file": str(path), "bytes": path.stat().st_size, **facts}

    def render(console: Console) -> None:
        agreement = facts["agreement"]
        ports = [
            (way, port["name"], port["type"], " × ".join(map(str, port["shape"])))
            for way, listed in (("in", facts["inputs"]), ("out", facts["outputs"]))
            for port in listed
        ]
        console.print(table("", ("", "name", "type", "shape"), ports))
        whole(console, f"Written to {path} ({spoken_size(path.stat().st_size)}).")
        console.print(
            f"Compared with the model on {agreement['examples']} examples "
            f"({agreement['source']}): largest difference "
            f"{agreement['largest_difference']:.1g} {agreement['unit']}."
        )
        for port in facts["inputs"]:
            if port["meaning"].startswith("NOT"):
                console.print(f"Input '{port['name']}': {port['meaning']}.")

    return Answer(document, render)
