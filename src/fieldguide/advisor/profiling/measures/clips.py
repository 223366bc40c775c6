"""Clips: how long they are, how much moves, and whether order tells more than single frames.

A quick model (a Gaussian kernel on principal components of small frames) answers held-out clips
from the middle frame alone, from what does not depend on order (mean, spread, least and greatest of
every pixel over time), and from the frames in their order. Where order adds nothing that the model
can see, a bag of frames may be enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.data import ClipColumn, Dataset
from fieldguide.data.clips import THUMBNAIL_FRAMES, THUMBNAIL_SIDE
from fieldguide.data.split import class_codes

CLIPS = 400  # looked at, at most
FEWEST = 20  # clips from which a quick model is asked
FOLDS = 4
DIRECTIONS = 40  # principal components that the quick model sees
CLEAR = 2.0  # standard errors from which a difference counts
STILL = 0.02  # change from frame to frame, as a share of that between clips, below which all rests


def find(material: Material) -> Finding | None:
    """Measure lengths, movement, and what quick models make of frames and their order."""
    data = material.looked_at
    names = [name for name, known in data.inputs.items() if known.kind == "clip"]
    column = data.columns[names[0]] if names else None
    if not isinstance(column, ClipColumn) or not len(column):
        return None
    chosen = draw(len(data), CLIPS, material.seed)
    some = column.take(chosen)
    frames = some.flat().reshape(len(some), THUMBNAIL_FRAMES, -1)  # (n, 8, pixels)
    figures = _lengths(column) | {"looked_at": len(some), "change": change(frames)}
    said = [_about_lengths(figures), _about_change(figures["change"])]
    scores = _scores(data.take(chosen), frames)
    if scores is not None:
        figures |= scores
        said.append(_about_order(scores))
    return Finding(figures, tuple(said))


def change(frames: np.ndarray) -> float:
    """Return the mean change from frame to frame, as a share of that between clips.

    Args:
        frames: Small frames, (n, frames, pixels).
    """
    within = np.abs(np.diff(frames, axis=1)).mean()
    between = np.abs(frames - np.roll(frames, 1, axis=0)).mean()
    return float(within / between) if between > 0 else 0.0


def features(frames: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the quick models see, (n, features) each.

    Args:
        frames: Small frames, (n, frames, pixels).
    """
    over = (frames.mean(axis=1), frames.std(axis=1), frames.min(axis=1), frames.max(axis=1))
    return {
        "single_frame": frames[:, frames.shape[1] // 2],
        "without_order": np.concatenate(over, axis=1),
        "with_order": frames.reshape(len(frames), -1),
    }


def _lengths(column: ClipColumn) -> dict[str, Any]:
    lengths, sizes = column.lengths, column.sizes
    return {
        "clips": len(column),
        "frames": int(np.median(lengths)),
        "shortest": int(lengths.min()),
        "longest": int(lengths.max()),
        "one_frame": int((lengths == 1).sum()),
        "height": int(np.median(sizes[:, 1])),
        "width": int(np.median(sizes[:, 2])),
        "sizes": len(np.unique(sizes[:, 1:3], axis=0)),
    }


def _scores(data: Dataset, frames: np.ndarray) -> dict[str, float] | None:
    """Return the share of held-out clips answered rightly from each view, and its error."""
    target = None if data.target is None else np.asarray(data.column(data.target))
    kind = data.fields[data.target].kind if data.target else None
    codes = class_codes(target, kind)
    if codes is None or len(codes) < FEWEST:
        return None
    if len(np.unique(codes)) < 2 or np.bincount(codes).min() < FOLDS:
        return None
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    width = min(DIRECTIONS, len(codes) // 2)
    found: dict[str, float] = {}
    for name, seen in features(frames).items():
        model = make_pipeline(PCA(width, random_state=0), SVC(C=10.0))
        found[name] = float(cross_val_score(model, seen, codes, cv=folds).mean())
    best = max(found.values())
    found["error"] = float(np.sqrt(max(best * (1 - best), 0.25 / len(codes)) / len(codes)))
    return found


def _about_lengths(figures: dict[str, Any]) -> str:
    spread = (
        f"all of {figures['frames']} frames"
        if figures["shortest"] == figures["longest"]
        else f"{figures['shortest']} to {figures['longest']} frames, typically {figures['frames']}"
    )
    several = f" ({figures['sizes']} sizes)" if figures["sizes"] > 1 else ""
    alone = figures["one_frame"]
    still = f" {alone} of them are single pictures." if alone else ""
    return (
        f"Clips: {spread}, of {figures['width']} by {figures['height']} pixels{several}.{still} "
        f"Their rows of numbers are {THUMBNAIL_FRAMES} frames shrunk to {THUMBNAIL_SIDE} by "
        f"{THUMBNAIL_SIDE} pixels."
    )


def _about_change(moved: float) -> str:
    if moved < STILL:
        return "Hardly anything changes within a clip: one frame of each would say the same."
    return (
        f"The next frame looked at differs from the one before {moved:.0%} as much as a frame of "
        "another clip would."
    )


def _about_order(scores: dict[str, float]) -> str:
    single, bag, order = (scores[name] for name in ("single_frame", "without_order", "with_order"))
    said = (
        f"A quick model answers {single:.1%} of held-out clips rightly from their middle frame, "
        f"{bag:.1%} from all frames without their order, {order:.1%} with it"
    )
    clear = CLEAR * scores["error"] * np.sqrt(2)
    if order - bag > clear:
        return f"{said}: order matters, and a bag of frames cannot see it."
    if single > bag - clear and single > order - clear:
        return f"{said}: a single frame tells as much as the clip."
    if bag > order - clear:
        return f"{said}: it gains nothing from order; a network that sees movement still may."
    return f"{said}."


MEASURE = Measure("clips", find, order=4)
