"""``fieldguide serve``: a saved model behind HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli import _model
from fieldguide.cli._answer import Answer
from fieldguide.cli._model import Model

if TYPE_CHECKING:
    from rich.console import Console

ORDER = 100


def serve(
    model: Model,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    max_bytes: Annotated[int, typer.Option(min=1, help="Largest request, in bytes.")] = 32 * 2**20,
) -> Answer:
    """Serve a model over HTTP, until Ctrl-C."""
    from fieldguide import serve as server

    fitted = server.load(_model.folder_of(model))
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    listening = server.listen(host, port)
    document = {"url": url, "model": str(model), "documentation": f"{url}/docs"}

    def render(console: Console) -> None:
        console.print(
            f"Serving {model} at {url} (documentation: {url}/docs). Ctrl-C stops it.",
            soft_wrap=True,
        )

    return Answer(
        document, render, then=partial(server.run, fitted, listening, max_bytes=max_bytes)
    )
