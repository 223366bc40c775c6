"""The HTTP server."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fieldguide.errors import FieldguideError, UsageError
from fieldguide.serve import extra
from fieldguide.serve.page import docs, page
from fieldguide.serve.rows import from_files, from_rows
from fieldguide.serve.served import Served, load

if TYPE_CHECKING:
    from fastapi import FastAPI

MAX_BYTES = 32 * 2**20


def serve(
    folder: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Serve a saved model until the process is stopped.

    Args:
        folder: Where `Estimator.save` wrote it.
        host: Address to listen on; the default lets only this machine in.
        port: Port to listen on.
        max_bytes: The most that a request may hold; a larger one is answered with status 413.

    Raises:
        UsageError: The port is taken, or a package is missing.
        ModelFolderError: There is no such model, or it is damaged.
    """
    served = load(folder)
    run(served, listen(host, port), max_bytes=max_bytes)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that a taken port is known before anything is promised.

    Raises:
        UsageError: The port is taken, the address is not this machine's, or a package is missing.
    """
    extra.require()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen()
    except OSError as error:
        made.close()
        raise UsageError(
            f"Cannot listen on {host}, port {port} ({error.strerror or error}). "
            "Choose another with --port or --host."
        ) from error
    return made


def run(served: Served, listening: socket.socket, *, max_bytes: int = MAX_BYTES) -> None:
    """Serve on a socket until the process is stopped; see `serve`."""
    import uvicorn

    app = application(served, max_bytes=max_bytes)
    settings = uvicorn.Config(app, log_level="warning", access_log=False)
    with listening:
        uvicorn.Server(settings).run(sockets=[listening])


def application(served: Served, *, max_bytes: int = MAX_BYTES) -> FastAPI:
    """Return the application for a model.

    Paths: ``/`` a page with a form, ``/health``, ``/model``, ``/predict`` (POST), ``/docs`` and
    ``/openapi.json``. Everything comes from this machine: no page loads anything from elsewhere.
    """
    extra.require()
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    from fieldguide.serve.limit import Limit

    described = served.describe()
    app = FastAPI(
        title=f"{served.name}: {described['task']} of {described['target']}",
        docs_url=None,
        redoc_url=None,
        description=f"A request may hold {max_bytes} bytes; a larger one gets status 413.",
    )
    app.add_middleware(Limit, most=max_bytes)
    _explain_errors(app)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def form() -> str:
        return page(described)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    def documentation() -> str:
        return docs(described, json.dumps(app.openapi(), indent=1))

    @app.get("/health", summary="Whether the server is up.")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/model", summary="Algorithm, task and fields.")
    def model() -> dict[str, Any]:
        return described

    (_take_files if served.form == "image" else _take_rows)(app, served)
    return app


def _explain_errors(app: FastAPI) -> None:
    from fastapi import Request
    from fastapi.responses import JSONResponse

    from fieldguide.serve.limit import TooLarge

    @app.exception_handler(FieldguideError)
    def explain(request: Request, error: FieldguideError) -> JSONResponse:
        places = {name: getattr(error, name, None) for name in ("row", "field", "file")}
        known = {name: place for name, place in places.items() if place is not None}
        return JSONResponse({"error": {"message": str(error), **known}}, status_code=422)

    @app.exception_handler(TooLarge)
    def refuse(request: Request, error: TooLarge) -> JSONResponse:
        return JSONResponse({"error": {"message": error.detail}}, status_code=error.status_code)


def _take_rows(app: FastAPI, served: Served) -> None:
    from fastapi import Body

    fields = served.describe()["fields"]
    one = {field["name"]: field["example"] for field in fields}
    row = one if served.form == "table" else next(iter(one.values()))

    @app.post("/predict", summary="Predict for rows.")
    def predict(
        rows: list[Any] = Body(  # noqa: B008 - FastAPI reads the default
            embed=True, description="One object (or list of numbers) an example.", examples=[[row]]
        ),
    ) -> dict[str, Any]:
        return {"predictions": served.predict(from_rows(served, rows))}


def _take_files(app: FastAPI, served: Served) -> None:
    from fastapi import File, UploadFile

    def predict(files: Any) -> dict[str, Any]:
        contents = [
            (file.filename or f"file {number}", file.file.read())
            for number, file in enumerate(files, start=1)
        ]
        records = served.predict(from_files(served, contents))
        names = [name for name, _ in contents]
        pairs = zip(names, records, strict=True)
        return {"predictions": [{"file": name, **record} for name, record in pairs]}

    # FastAPI looks names up in the module, which must load where FastAPI is not installed.
    predict.__annotations__["files"] = Annotated[
        list[UploadFile], File(description="Pictures of any size.")
    ]
    app.post("/predict", summary="Predict for pictures.")(predict)
