"""The server's pages: a form for people, and how programs ask."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader


def page(described: dict[str, Any]) -> str:
    """Return the page with the form.

    Args:
        described: The model, from `Served.describe`.
    """
    return _environment().get_template("page.html.jinja").render(model=described)


def docs(described: dict[str, Any], schema: str) -> str:
    """Return the page for programmers.

    Args:
        described: The model.
        schema: The OpenAPI schema, as JSON.
    """
    fields = {field["name"]: field["example"] for field in described["fields"]}
    row = fields if described["form"] == "table" else next(iter(fields.values()))
    body = json.dumps({"rows": [row]})
    template = _environment().get_template("docs.html.jinja")
    return template.render(model=described, body=body, schema=schema)


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
