"""What generators and machines of a race keep inside: a training film, and filters."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fieldguide import catalog
from fieldguide.advisor import words
from fieldguide.advisor.racing.run_folder import ENTRANTS
from fieldguide.advisor.reporting import mistakes
from fieldguide.advisor.reporting.closeups import display
from fieldguide.estimator import Estimator
from fieldguide.tasks.without_target import WithoutTarget

FRAMES, SCENES = 6, 10  # shown of a film
FILTERS = 64
Found = dict[str, Any]
Arrays = dict[str, np.ndarray]


def measure(run: Path, rows: list[dict[str, Any]], *, until: float) -> tuple[Found, Arrays]:
    """Return the film and the filters of the best entrants that have such.

    Args:
        run: The run folder.
        rows: The leaderboard's rows that have a model, the best first.
        until: Value of ``time.monotonic()`` to stop at.
    """
    found: Found = {}
    arrays: Arrays = {}
    for row in rows:
        folder = run / ENTRANTS / row["name"] / "model"
        if len(found) == 2 or time.monotonic() > until or not folder.is_dir():
            continue
        model = catalog.load(folder)
        if model.task_.inputs.form != "image":
            break
        who = {"name": row["name"], "title": row["title"], "model": str(folder)}
        for name, keep in (("film", _film), ("filters", _filters)):
            kept = None if name in found else keep(model)
            if kept is not None:
                found[name], arrays[name] = {**who, **kept[0]}, kept[1]
    return found, arrays


def sections(found: Found, arrays: Arrays) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Return the parts of the report by name, each without figures."""
    made = {"film": _shown, "filters": _tiles}
    return {name: (make(found[name], arrays[name]), []) for name, make in made.items()
            if name in found and name in arrays}  # fmt: skip


def _film(model: Estimator) -> tuple[Found, np.ndarray] | None:
    """Return some frames of a model's film, (frames, scenes, channels, height, width)."""
    kept, task = getattr(model.network_, "film", None), model.task_
    if kept is None or len(kept.shown) < 2:
        return None
    assert isinstance(task, WithoutTarget)
    shown = kept.shown[:, :SCENES].cpu()
    places = torch.linspace(0, len(shown) - 1, min(FRAMES, len(shown))).round().long()
    frames = np.stack([task.values(shown[place]) for place in places])
    epochs = getattr(model, "epochs", 0) or 1
    when = [min(1.0, kept.every * int(place) / epochs) for place in places]
    return {"when": when}, frames


def _filters(model: Estimator) -> tuple[Found, np.ndarray] | None:
    filters = getattr(model, "filters", None)
    return None if filters is None else ({}, filters(FILTERS))


def _shown(found: Found, frames: np.ndarray) -> dict[str, Any]:
    low, high = display.levels(frames.reshape(-1, *frames.shape[2:]))
    said = ["before training"] + [
        f"{words.share(when)} of training" for when in found["when"][1:-1]
    ]
    said.append("the model that was kept")
    return {
        "title": f"The training film of the {words.inside(found['title'])}",
        "says": "What the generator makes of the same noise, from before its training to its best "
        "epoch: one column is one sample growing up.",
        "pictures": [
            {"picture": display.strip(frame, low, high), "alt": f"samples {when}",
             "caption": when, "under": ""}
            for frame, when in zip(frames, said, strict=True)
        ],
        "kind": "frames",
        "note": "Columns that come to look alike are a collapse; columns that keep changing are a "
        "contest that has not settled. As a moving picture: fieldguide sample "
        f"{shlex.quote(found['model'])} --film -o film.gif",
    }  # fmt: skip


def _tiles(found: Found, grid: np.ndarray) -> dict[str, Any]:
    shown = grid if grid.ndim == 3 else grid[:, :, None]
    picture = mistakes.data_uri(display.enlarged(shown, side=3 * display.SIDE))
    return {
        "title": f"What the units of the {words.inside(found['title'])} look for",
        "says": "Each tile shows the weights of one hidden unit of the lowest layer, the strongest "
        "first: a picture that is bright where the tile is bright, and dark where it is dark, "
        "switches the unit on.",
        "pictures": [{"picture": picture, "alt": "weights of hidden units as tiles",
                      "caption": "", "under": ""}],
        "kind": "one",
        "note": "Strokes and spots are features that were found; tiles like television snow are "
        "units that have learnt nothing yet.",
    }  # fmt: skip
