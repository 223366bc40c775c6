"""Other shapes for trees: two children a node, right-branching, balanced.

Networks that compose two children need binary trees, and plain sentences need trees at all.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fieldguide.data.forest import Forest

SHAPES = ("given", "right", "balanced")
FACTORS = ("right", "left")


def shaped(forest: Forest, shape: str, *, binary: bool = True, factored: str = "right") -> Forest:
    """Return the same sentences in trees of another shape.

    Args:
        forest: The trees.
        shape: ``"given"`` to leave them, ``"right"`` or ``"balanced"`` for trees that know nothing
            of grammar: they keep the labels of leaves and roots only.
        binary: Whether every inner node must have two children.
        factored: Side that takes further children of a node of more than two: ``"right"`` makes
            (a (b c)) of (a b c), ``"left"`` ((a b) c).
    """
    if shape != "given":
        return _regrown(forest, shape)
    return binarised(forest, factored) if binary else forest


def binarised(forest: Forest, factored: str = "right") -> Forest:
    """Return trees in which every inner node has two children.

    A node with one child becomes one with it, and keeps its own label if it has any; a node of
    more than two children is cut in two, again and again, by nodes without labels.
    """
    if (forest.arity == 1).any():
        forest = _collapsed(forest)
    return _factored(forest, factored) if (forest.arity > 2).any() else forest


def sentences(words: np.ndarray, lengths: np.ndarray, shape: str = "balanced") -> Forest:
    """Return trees over plain sentences.

    Args:
        words: Codes of all words, one sentence after the other.
        lengths: Words of each sentence, 1 or more.
        shape: ``"right"`` or ``"balanced"``.
    """
    parents = [_parents(int(length), shape) for length in lengths]
    parent = np.concatenate(parents) if parents else np.empty(0, dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(2 * lengths - 1)]).astype(np.int64)
    word = np.full(len(parent), -1, dtype=np.int64)
    forest = Forest(word, np.full(len(parent), -1, dtype=np.int64), parent, offsets)
    word[forest.arity == 0] = words
    return forest


def _regrown(forest: Forest, shape: str) -> Forest:
    leaf = forest.arity == 0
    lengths = np.add.reduceat(leaf, forest.offsets[:-1]) if len(forest) else forest.sizes
    regrown = sentences(forest.word[leaf], lengths.astype(np.int64), shape)
    regrown.label[regrown.arity == 0] = forest.label[leaf]
    regrown.label[regrown.roots] = forest.label[forest.roots]
    return regrown


@lru_cache(maxsize=4096)
def _parents(length: int, shape: str) -> np.ndarray:
    """Return the parents of a tree over so many words, in postorder."""
    if shape == "right":
        leaves = np.arange(length)
        inner = 2 * length - 2 - np.minimum(leaves, length - 2)
        parent = np.concatenate([inner, np.arange(length + 1, 2 * length)])
    else:
        parent = np.zeros(2 * length - 1, dtype=np.int64)
        todo = [(0, length)]  # the first position of a subtree, and its words
        while todo:
            first, count = todo.pop()
            if count > 1:
                left = (count + 1) // 2
                root, middle = first + 2 * count - 2, first + 2 * left - 1
                parent[middle - 1] = parent[root - 1] = root
                todo += [(first, left), (middle, count - left)]
    parent[-1] = -1
    parent.flags.writeable = False  # it is kept for the next sentence of this length
    return parent


def _collapsed(forest: Forest) -> Forest:
    """Make each node with a single child one with it."""
    above, label, word = forest.above, forest.label.copy(), forest.word.copy()
    gone = (above >= 0) & (forest.arity[above] == 1)
    top = np.where(gone, above, np.arange(len(above)))
    while gone[top].any():
        top = np.where(gone[top], above[top], top)
    lower = np.flatnonzero(gone)
    named = lower[label[lower] >= 0]
    inherited = np.full(len(label), -1, dtype=label.dtype)
    inherited[top[named]] = label[named]  # in postorder, so the uppermost is written last
    label = np.where(label >= 0, label, inherited)
    leaves = lower[word[lower] >= 0]
    word[top[leaves]] = word[leaves]
    order = np.flatnonzero(~gone)
    offsets = np.searchsorted(order, forest.offsets).astype(np.int64)
    return _ordered(order, np.where(above >= 0, top[above], -1), word, label, offsets)


def _factored(forest: Forest, side: str) -> Forest:
    """Cut nodes of more than two children in two, by a chain of new nodes below each.

    Node p with children c₀ … c₍ₖ₋₁₎ gets k - 2 new nodes q₁ …, each below the one before it.
    """
    arity, count = forest.arity, len(forest.parent)
    wide = np.flatnonzero(arity > 2)
    extra = arity[wide] - 2
    owner = np.repeat(wide, extra)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(extra) - extra, extra) + 1  # m of qₘ
    children = np.flatnonzero(forest.above >= 0)
    children = children[np.argsort(forest.above[children], kind="stable")]
    first = np.cumsum(arity) - arity  # where the children of each node begin
    if side == "right":  # new nodes stand just before p, the lowest first
        key, sub = owner, -step
    else:  # or just after their last child
        key, sub = children[first[owner] + arity[owner] - 1 - step], np.ones_like(step)
    order = np.lexsort((np.r_[np.zeros(count, dtype=int), sub], np.r_[np.arange(count), key]))
    none = np.full(len(owner), -1)
    tree = np.repeat(np.arange(len(forest)), forest.sizes)
    sizes = forest.sizes + np.bincount(tree[owner], minlength=len(forest))
    upper = np.r_[_chained(forest, children, side), np.where(step > 1, none, owner)]
    later = np.flatnonzero(step > 1)
    upper[count + later] = count + later - 1
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return _ordered(order, upper, np.r_[forest.word, none], np.r_[forest.label, none], offsets)


def _chained(forest: Forest, children: np.ndarray, side: str) -> np.ndarray:
    """Return the parents of the old nodes, once the children of wide ones hang on their chains."""
    arity, above = forest.arity, forest.above
    wide = arity > 2
    extra = np.where(wide, arity - 2, 0)
    base = len(above) + np.cumsum(extra) - extra  # where the new nodes of each begin
    rank = np.arange(len(children)) - (np.cumsum(arity) - arity)[above[children]]
    inside = wide[above[children]]
    moved, rank = children[inside], rank[inside]
    parent = above[moved]
    last = arity[parent] - 1
    link = np.minimum(rank if side == "right" else last - rank, last - 1)  # m of its qₘ; 0 is p
    upper = above.copy()
    upper[moved] = np.where(link == 0, parent, base[parent] + link - 1)
    return upper


def _ordered(
    order: np.ndarray, upper: np.ndarray, word: np.ndarray, label: np.ndarray, offsets: np.ndarray
) -> Forest:
    """Return the trees of the nodes ``order``, whose parents, by their old numbers, are ``upper``.

    Args:
        order: Old numbers of the nodes that there are, in postorder.
        upper: Old number of the parent of each old node; -1 at roots.
        word: By old number.
        label: By old number.
        offsets: Of the new trees.
    """
    position = np.full(len(upper), -1)
    position[order] = np.arange(len(order))
    begin = np.repeat(offsets[:-1], np.diff(offsets))
    above = upper[order]
    parent = np.where(above >= 0, position[above] - begin, -1)
    return Forest(word[order], label[order], parent, offsets)
