"""Trees of words: how large and how deep they are, how many nodes tell their label, which words."""

from __future__ import annotations

import numpy as np

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.data import TreeColumn

RARE = 0.3  # share of the words' occurrences that are of words seen once, above which it is said


def find(material: Material) -> Finding | None:
    """Measure sizes, heights, labels, branches and vocabulary of the first column of trees."""
    data = material.looked_at
    columns = [data.column(name) for name, known in data.inputs.items() if known.kind == "tree"]
    if not columns or not len(data):
        return None
    column = columns[0]
    assert isinstance(column, TreeColumn)
    figures = measure(column)
    return Finding(figures, tuple(_said(figures)))


def measure(column: TreeColumn) -> dict[str, float | int]:
    """Return the figures of a column of trees.

    Returns:
        ``nodes`` and ``words`` (median of a tree), ``height`` (median) and ``highest``, in edges;
        ``labelled`` (share of the nodes below the roots that have a label), ``branches`` (largest
        number of children), ``balance`` (median over trees of the least possible height over the
        height: 1 for balanced trees), ``vocabulary`` (different words), ``once`` (share of them
        seen once).
    """
    forest = column.forest
    leaf = forest.arity == 0
    words = np.add.reduceat(leaf.astype(np.int64), forest.offsets[:-1])
    heights = forest.heights[forest.roots]
    below = np.ones(len(leaf), dtype=bool)
    below[forest.roots] = False
    counts = np.bincount(forest.word[leaf], minlength=1)
    counts = counts[counts > 0]
    least = np.ceil(np.log2(np.maximum(words, 1)))
    return {
        "nodes": float(np.median(forest.sizes)),
        "words": float(np.median(words)),
        "height": float(np.median(heights)),
        "highest": int(heights.max()),
        "labelled": float((forest.label[below] >= 0).mean()) if below.any() else 0.0,
        "branches": int(forest.arity.max()),
        "balance": float(np.median(least / np.maximum(heights, 1))),
        "vocabulary": len(counts),
        "once": float((counts == 1).mean()) if len(counts) else 0.0,
    }


def _said(figures: dict[str, float | int]) -> list[str]:
    said = [
        f"Trees: a typical one has {figures['words']:.0f} words, {figures['nodes']:.0f} nodes and "
        f"{figures['height']:.0f} levels above its words; the highest has {figures['highest']}.",
    ]
    if figures["labelled"] >= 0.01:
        said.append(
            f"{figures['labelled']:.0%} of the nodes below the roots have labels: recursive "
            "networks learn from every one, other models only from the roots'."
        )
    else:
        said.append(
            "Only the roots have labels: labels on phrases are what recursive networks learn most "
            "from."
        )
    if figures["branches"] > 2:
        said.append(
            f"Nodes have up to {figures['branches']} children: a child-sum Tree-LSTM takes them as "
            "they are, other recursive networks see such nodes cut in two."
        )
    if figures["once"] > RARE:
        said.append(
            f"There are {figures['vocabulary']:,} different words, and {figures['once']:.0%} of "
            "them occur only once: their meaning cannot be learnt from these data alone."
        )
    return said


MEASURE = Measure("trees", find, forms=("table", "tree"), order=6)
