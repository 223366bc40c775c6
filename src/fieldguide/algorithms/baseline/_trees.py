"""Many decision trees as arrays, evaluated side by side.

All trees take one step down at a time: for every example and every tree, fetch the feature and the
threshold of the node it is at, compare, and go to the left child or the one beside it. A leaf leads
to itself. Questions about categories ("is the word one of these?") are answered beforehand, as
columns of zeros and ones, so that every step is the same comparison.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fieldguide.algorithms.baseline._family import split
from fieldguide.data import Inputs
from fieldguide.nn import Learnt


class TreeEnsemble(Learnt):
    """Sums the leaves that an example falls into.

    The trees are numbered deepest first; the nodes of all of them are numbered through, the root
    of tree t being node ``roots[t]``.

    Args:
        outputs: Numbers that an example gets; every tree adds to one of them.
        numbers: Numbers in one example.
        flags: Positions of numbers that say whether the number before them is missing.
        cardinalities: Codes of each category column.

    Attributes:
        feature: The column that each node asks about (see `columns`).
        threshold: Above it, go to the second child.
        child: The first child of each node; a leaf itself.
        value: What each leaf adds.
        roots: Where each tree begins.
        depths: Number of steps to the deepest leaf of each tree, largest first.
        output: The output that each tree adds to.
        start: What every output begins with.
        asked: The category column that each question about categories is about.
        second: For each such question and code, whether it leads to the second child.

    Shapes:
        x: (B, *shape), or ``{"numbers": (B, numbers), "categories": (B, columns)}``; output
        (B, outputs).
    """

    feature: Tensor
    threshold: Tensor
    child: Tensor
    value: Tensor
    roots: Tensor
    depths: Tensor
    output: Tensor
    start: Tensor
    asked: Tensor
    second: Tensor

    def __init__(
        self, *, outputs: int, numbers: int, flags: Sequence[int], cardinalities: Sequence[int]
    ):
        whole, real = torch.int64, torch.float64
        widest = max(cardinalities, default=0)
        super().__init__(
            {
                "feature": (whole, (None,)),
                "threshold": (torch.float32, (None,)),
                "child": (whole, (None,)),
                "value": (real, (None,)),
                "roots": (whole, (None,)),
                "depths": (whole, (None,)),
                "output": (whole, (None,)),
                "start": (real, (outputs,)),
                "asked": (whole, (None,)),
                "second": (torch.uint8, (None, widest)),
            }
        )
        self.outputs, self.widest = outputs, widest
        self.flags = list(flags)
        self.plain = [place for place in range(numbers) if place not in set(flags)]
        self.prepare()

    def prepare(self) -> None:
        """Count the trees that are still on their way at each step."""
        depths = self.depths.tolist()
        self.under_way = [
            sum(depth > step for depth in depths) for step in range(max(depths, default=0))
        ]

    def forward(self, x: Inputs) -> Tensor:
        """Return (B, outputs)."""
        columns = self.columns(x)  # (features, B)
        node = self.roots[:, None].expand(-1, columns.shape[1])  # (trees, B)
        arrived = []
        for trees in self.under_way:
            arrived.append(node[trees:])
            at = node[:trees].flatten()  # looked up flat, which is twice as fast
            asked = columns.gather(0, self.feature.index_select(0, at).view(trees, -1))
            above = asked.flatten() > self.threshold.index_select(0, at)
            node = (self.child.index_select(0, at) + above).view(trees, -1)
        leaves = torch.cat([node, *arrived[::-1]])
        adds = (self.output == torch.arange(self.outputs, device=leaves.device)[:, None]).double()
        sums = (adds @ self.value[leaves]).t() + self.start  # in double precision
        return sums.to(columns.dtype)

    def columns(self, x: Inputs) -> Tensor:
        """Return what nodes ask about; (features, B).

        First the numbers with -∞ where one is missing, then, if any can be, with +∞; then the
        codes of categories, then the answers to the questions about them.
        """
        numbers, codes = split(x)
        parts = [numbers[:, self.plain].t()]
        if self.flags:
            missing = torch.zeros_like(numbers, dtype=torch.bool)
            missing[:, [flag - 1 for flag in self.flags]] = numbers[:, self.flags] > 0.5
            missing = missing[:, self.plain].t()
            parts = [parts[0].masked_fill(missing, sign * torch.inf) for sign in (-1, 1)]
        if codes.shape[1]:
            codes = codes.t()  # (category columns, B)
            rows = torch.arange(len(self.asked), device=codes.device)[:, None] * self.widest
            answers = self.second.flatten()[rows + codes[self.asked]]
            parts += [codes.float(), answers.float()]
        return torch.cat(parts)
