"""Trees as the best model sees them: the label that it gives to every node of some sentences."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fieldguide.advisor.reporting.drawing import CURVES, INK, SOFT, canvas, short, svg
from fieldguide.data import Dataset, TreeColumn
from fieldguide.estimator import Estimator

SHOWN = 4  # sentences: half of them mistakes, if there are as many
FEWEST, MOST = 3, 14  # words of a sentence that is shown: longer ones do not fit on a page
LOOKED_AT = 500  # held-out trees from which those to show are chosen


def measure(
    model: Estimator, held_out: Dataset, *, until: float, seed: int = 0
) -> dict[str, Any] | None:
    """Have a model of trees label every node of some held-out sentences.

    Args:
        model: Fitted on trees; it has `node_predictions`.
        held_out: Trees that it has not learnt from.
        until: Value of ``time.monotonic()`` to stop at.
        seed: Decides the sample.

    Returns:
        ``kind`` ``"trees"`` and ``trees``: of each ``words`` and ``labels`` by node in postorder
        (None where there is none), ``parents``, ``true`` and ``position`` among those held out.
        None where there was no time, or no sentence is short enough.
    """
    if time.monotonic() >= until:
        return None
    chance = np.random.default_rng(seed)
    sample = chance.permutation(len(held_out))[:LOOKED_AT]
    predicted = model.node_predictions(held_out.take(sample))
    assert held_out.target is not None
    truth = [str(value) for value in np.asarray(held_out.column(held_out.target))[sample]]
    chosen = _choose(predicted, truth)
    if not chosen:
        return None
    trees = [
        {**_one(predicted, place), "true": truth[place], "position": int(sample[place])}
        for place in chosen
    ]
    return {"kind": "trees", "trees": trees}


def _choose(predicted: TreeColumn, truth: list[str]) -> list[int]:
    """Return mistakes first, then right answers of as many labels as possible."""
    roots = [str(label) for label in predicted.root_labels()]
    fit = [i for i, words in enumerate(predicted.leaves()) if FEWEST <= len(words) <= MOST]
    wrong = [i for i in fit if roots[i] != truth[i]][: SHOWN // 2]
    right = [i for i in fit if roots[i] == truth[i]]
    first = [
        i for place, i in enumerate(right) if roots[i] not in [roots[j] for j in right[:place]]
    ]
    return [*wrong, *first, *(i for i in right if i not in first)][:SHOWN]


def _one(column: TreeColumn, place: int) -> dict[str, Any]:
    tree = column.take(np.array([place]))
    words = [tree.vocabulary[code] if code >= 0 else None for code in tree.forest.word.tolist()]
    labels = [_shown(label) for label in tree.labels(0)]
    return {"words": words, "labels": labels, "parents": tree.forest.parent.tolist()}


def _shown(label: object) -> str | None:
    if label is None:
        return None
    return f"{label:.3g}" if isinstance(label, float) else str(label)


def draw(trees: list[dict[str, Any]]) -> str:
    """Draw trees one below the other: a node's label in its colour, words at the leaves."""
    names = sorted({label for tree in trees for label in tree["labels"] if label is not None})
    colours = {name: CURVES[place % len(CURVES)] for place, name in enumerate(names)}
    levels = [int(_heights(tree["parents"]).max()) for tree in trees]
    figure, axes = canvas(sum(0.75 + 0.27 * (1 + high) for high in levels), 6.4)
    floor = 0.0
    for tree, high in zip(trees, levels, strict=True):
        floor -= high + 1
        _draw_one(axes, tree, floor, colours)
        floor -= 1.8
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(floor + 0.4, 0.3)
    axes.axis("off")
    said = "; ".join(
        f"{' '.join(word for word in tree['words'] if word)}: {tree['labels'][-1]}"
        for tree in trees
    )
    return svg(figure, "trees", f"Trees with the label predicted at every node. {said}")


def _draw_one(axes: Any, tree: dict[str, Any], floor: float, colours: dict[str, str]) -> None:
    parents, heights = tree["parents"], _heights(tree["parents"])
    leaves = [node for node, word in enumerate(tree["words"]) if word is not None]
    across = np.zeros(len(parents))
    across[leaves] = (np.arange(len(leaves)) + 0.5) / len(leaves)
    children: list[list[int]] = [[] for _ in parents]
    for node, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(node)
    for node, below in enumerate(children):
        if below:
            across[node] = across[below].mean()
        for child in below:
            axes.plot([across[node], across[child]], floor + heights[[node, child]], color=SOFT,
                      linewidth=0.8, zorder=1)  # fmt: skip
    for node, label in enumerate(tree["labels"]):
        text = "" if label is None else short(label, 9)
        axes.text(across[node], floor + heights[node], text, ha="center", va="center", zorder=2,
                  color="white", fontsize=8,
                  bbox={"boxstyle": "round,pad=0.25", "linewidth": 0,
                        "facecolor": colours.get(label, SOFT)})  # fmt: skip
    most = max(6, 110 // len(leaves))  # letters of a word
    for node in leaves:
        axes.text(across[node], floor - 0.65, short(tree["words"][node], most), ha="center",
                  va="center", fontsize=8, color=INK)  # fmt: skip
    verdict = f"true: {tree['true']}" if tree["true"] != tree["labels"][-1] else "right"
    axes.text(-0.02, floor + heights[-1], verdict, ha="left", va="center", fontsize=8, color=SOFT)


def _heights(parents: list[int]) -> np.ndarray:
    """Return edges between each node and the deepest leaf below it; nodes are in postorder."""
    heights = np.zeros(len(parents))
    for node, parent in enumerate(parents):
        if parent >= 0:
            heights[parent] = max(heights[parent], heights[node] + 1)
    return heights
