"""A package as a stranger would write it, put where Python finds installed ones."""

from __future__ import annotations

from pathlib import Path

MODULE = '''"""Nearest centre: each class by the mean of its examples (a stranger's).

How it works:
    ŷ = argmin_k |x - c_k|

Use it when:
    Never.

Think twice when:
    Always.

Cost:
    None.

Shapes:
    x: (B, features); outputs: (B, classes).

Example:
    >>> NearestCentre().epochs
    2
"""

from __future__ import annotations

import pathlib

from torch import nn

import fieldguide as fg
from fieldguide import Card, Estimator, option

pathlib.Path(__file__).with_suffix(".imported").touch()


class Helper:
    """Not an algorithm."""


class NearestCentre(Estimator):
    """A linear network under another name."""

    card = Card(
        title="Nearest centre",
        paper="Nobody (2001). Centres. Nowhere.",
        year=2001,
        tasks=("classification", "regression"),
        inputs=("array",),
    )

    epochs: int = option(2, "passes over the training data", low=0)

    def build(self, task):
        return task.head(task.inputs.shape[0])


class Second(NearestCentre):
    """A second algorithm in the same file."""

    card = Card(
        title="Second", paper="Nobody (2002).", year=2002, tasks=("classification",),
        inputs=("array",),
    )
'''


def install(site: Path, points: dict[str, str], modules: dict[str, str]) -> None:
    """Write modules and the metadata of an installed package into a site folder.

    Args:
        site: A folder on Python's path.
        points: Entry points of the group ``fieldguide.algorithms``.
        modules: Source by path.
    """
    for name, source in modules.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    about = site / "strangers-1.0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n")
    lines = "\n".join(f"{name} = {value}" for name, value in points.items())
    (about / "entry_points.txt").write_text(f"[fieldguide.algorithms]\n{lines}\n")
