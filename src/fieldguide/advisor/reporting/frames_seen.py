"""Which frames of a clip a model's answer hangs on: each is covered in turn (occlusion over time).

A frame is covered with the average grey, and the fall of the output that won tells its weight. What
was found is put to the test: the weightiest frame is covered, and for comparison one at random.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide.advisor.reporting.saliency import LOOKED_AT, choose
from fieldguide.data import Batch, Dataset
from fieldguide.estimator import Estimator


def measure(
    model: Estimator, held_out: Dataset, *, until: float, seed: int = 0
) -> dict[str, Any] | None:
    """Find the frames that a model of clips looks at.

    Args:
        model: Fitted on clips.
        held_out: Clips that it has not learnt from.
        until: Value of ``time.monotonic()`` to stop at.
        seed: Decides the sample, and the frames covered for comparison.

    Returns:
        ``kind`` ``"frames"``, ``positions`` (of the clips shown, among those held out),
        ``weights`` (for each of them one number a frame, 0 to 1) and, of the test, the shares of
        answers that changed, ``changed_weighty`` and ``changed_random``, among ``tried`` clips.
        None where there was no time.
    """
    chance = np.random.default_rng(seed)
    count = min(LOOKED_AT, len(held_out))
    sample = np.sort(chance.choice(len(held_out), count, replace=False))
    examples = model.task_.encode(held_out.take(sample), once=True)
    assert examples.y is not None
    outputs = model._run_network(examples)
    classes = model.task_.name == "classification"
    tried, shown = choose(outputs, examples.y, classes, seed)
    x = examples.batch(torch.from_numpy(tried)).x
    assert isinstance(x, dict)
    covered = _covered(model, x, until)
    if covered is None:
        return None
    falls = _falls(_run(model, x), covered, classes)  # (n, T)
    falls = falls * (torch.arange(falls.shape[1]) < x["lengths"][:, None])
    weights = falls / falls.amax(dim=1, keepdim=True).clamp_min(1e-12)
    lengths = x["lengths"].tolist()
    return {
        "kind": "frames",
        "tried": len(tried),
        "positions": sample[tried[:shown]].tolist(),
        "weights": [weights[i, : lengths[i]].tolist() for i in range(shown)],
        **(_tested(_run(model, x), covered, falls, x["lengths"], seed) if classes else {}),
    }


def _run(model: Estimator, x: dict[str, Tensor]) -> Tensor:
    """Return the outputs of padded clips, (n, outputs)."""
    model.network_.eval()
    device = next(iter(model.network_.state_dict().values()), torch.empty(0)).device
    there = {name: part.to(device) for name, part in x.items()}
    with torch.no_grad():
        outputs = model.forward(Batch(there, None, torch.arange(len(x["lengths"]))))
    return outputs.float().cpu().flatten(1)


def _covered(model: Estimator, x: dict[str, Tensor], until: float) -> Tensor | None:
    """Return the outputs with each frame covered in turn, (T, n, outputs); None if late."""
    found = []
    for step in range(x["frames"].shape[1]):
        if time.monotonic() >= until:
            return None
        frames = x["frames"].clone()
        frames[:, step] = 0.0  # the mean: frames are standardised
        found.append(_run(model, {**x, "frames": frames}))
    return torch.stack(found)


def _falls(whole: Tensor, covered: Tensor, classes: bool) -> Tensor:
    """Return how far the winning class falls, or how far numbers move, by frame; (n, T)."""
    if not classes:
        return (covered - whole).abs().sum(dim=2).T
    winner = whole.argmax(dim=1, keepdim=True)
    before = whole.log_softmax(dim=1).gather(1, winner)  # (n, 1)
    index = winner.expand(len(covered), -1, -1)
    after = covered.log_softmax(dim=2).gather(2, index).squeeze(2).T  # (n, T)
    return (before - after).clamp_min(0)


def _tested(
    whole: Tensor, covered: Tensor, falls: Tensor, lengths: Tensor, seed: int
) -> dict[str, float]:
    """Return the shares of answers that change without the weightiest frame, and any frame."""
    answers, without = whole.argmax(dim=1), covered.argmax(dim=2).T  # (n,), (n, T)
    drawn = torch.rand(len(lengths), generator=torch.Generator().manual_seed(seed))
    anyone = (drawn * lengths).long()
    changed = [
        float((without.gather(1, chosen[:, None])[:, 0] != answers).double().mean())
        for chosen in (falls.argmax(dim=1), anyone)
    ]
    return {"changed_weighty": changed[0], "changed_random": changed[1]}
