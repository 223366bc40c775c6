"""The three forms of a report: a page, Markdown, JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from fieldguide.advisor import words
from fieldguide.advisor.plain import plain
from fieldguide.advisor.scoring import Interval

PICTURE = "data:"
ROWS = 12  # steps ahead that a table shows


def html(document: dict[str, Any], figures: Mapping[str, list[str]]) -> str:
    """Return one page that opens anywhere: nothing in it is fetched."""
    return _environment().get_template("report.html.jinja").render(document, figures=figures)


def markdown(document: dict[str, Any]) -> str:
    """Return the same in Markdown: tables where the page has figures."""
    text = _environment().get_template("report.md.jinja").render(document)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def for_json(document: dict[str, Any]) -> dict[str, Any]:
    """Return the same as plain values, less the pictures' pixels."""
    found: dict[str, Any] = plain(_without_pixels(document))
    return found


def _without_pixels(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_pixels(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_pixels(part) for part in value]
    return None if isinstance(value, str) and value.startswith(PICTURE) else value


@cache
def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=lambda name: name is not None and name.startswith("report.html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "score": words.score,
        "margin": words.margin,
        "range": lambda one, name, end="": words.margins(one[end + "low"], one[end + "high"], name),
        "seconds": words.seconds,
        "size": words.size,
        "first_sentence": words.first_sentence,
        "score_title": words.score_title,
        "span": _span,
        "share": words.share,
        "count": lambda value: f"{value:,}",
        "some_steps": _some_steps,
        "short": lambda value: f"{value:.4g}",
        "settings": lambda given: ", ".join(f"{name} {_value(v)}" for name, v in given.items()),
        "cell": lambda text: str(text).replace("|", "\\|").replace("\n", " "),
    }
    return found


def _span(found: dict[str, float] | None, name: str) -> str:
    return words.interval(None if found is None else Interval(**found), name)


def _some_steps(horizon: int) -> list[int]:
    """Return the steps ahead that a table shows: at most a dozen, the first and the last too."""
    return np.linspace(1, horizon, min(horizon, ROWS)).round().astype(int).tolist()


def _value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
