"""Which pixels a model looks at: SmoothGrad, or occlusion where it has no gradients.

SmoothGrad (Smilkov et al. 2017) averages the derivative of the winning output by the pixels over
noisy copies of a picture. Occlusion (Zeiler & Fergus 2014) covers one patch after the other with
the average grey and sees how far the output falls. Either way, what was found is put to the test:
the most salient tenth of the pixels is covered, and for comparison a random tenth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide.data import Batch, Dataset
from fieldguide.estimator import Estimator

LOOKED_AT = 500  # held-out pictures from which those to show are chosen
SHOWN = 12  # pictures shown: half of them mistakes, if there are as many
TRIED = 48  # pictures over which attention is averaged and tested
NOISE = 0.15  # deviation of SmoothGrad's noise, as a share of a picture's range
COPIES = 25  # noisy copies of each picture
PATCHES = 7  # patches along a side in occlusion
COVERED = 0.1  # share of the pixels that the test covers


def measure(
    model: Estimator, held_out: Dataset, *, until: float, seed: int = 0
) -> tuple[dict[str, Any] | None, dict[str, np.ndarray]]:
    """Find what a model of pictures looks at.

    Args:
        model: Fitted on pictures.
        held_out: Pictures that it has not learnt from.
        until: Value of ``time.monotonic()`` to stop at.
        seed: Decides the sample and the noise.

    Returns:
        Facts: ``kind`` ``"saliency"``, ``method``, ``copies``, ``positions`` (of the pictures
        shown, among those held out), and of the test the shares of answers that changed,
        ``changed_salient`` and ``changed_random``, among ``tried`` pictures. Arrays:
        ``saliency`` (shown, height, width) and ``saliency_mean`` (height, width), 0 to 1. No facts
        where there was no time.
    """
    chance = np.random.default_rng(seed)
    count = min(LOOKED_AT, len(held_out))
    sample = np.sort(chance.choice(len(held_out), count, replace=False))
    examples = model.task_.encode(held_out.take(sample), once=True)
    assert examples.y is not None
    outputs = model._run_network(examples)
    tried, shown = choose(outputs, examples.y, model.task_.name == "classification", seed)
    if time.monotonic() >= until:
        return None, {}
    x = examples.batch(torch.from_numpy(tried)).x
    assert isinstance(x, Tensor)
    maps, method, copies = attention(model, x, until, seed)
    if maps is None:
        return None, {}
    facts = {
        "kind": "saliency",
        "method": method,
        "copies": copies,
        "tried": len(tried),
        "positions": sample[tried[:shown]].tolist(),
        **_tested(model, x, maps, seed),
    }
    largest = maps.flatten(1).amax(dim=1).clamp_min(1e-12)
    scaled = (maps / largest[:, None, None]).numpy()
    mean = scaled.mean(axis=0)
    arrays = {
        "saliency": scaled[:shown].astype(np.float16),
        "saliency_mean": (mean / max(float(mean.max()), 1e-12)).astype(np.float16),
    }
    return facts, arrays


def choose(outputs: Tensor, y: Tensor, classes: bool, seed: int) -> tuple[np.ndarray, int]:
    """Return positions to look at, those to show first, and how many of them to show.

    Shown are the surest mistakes, then right answers of as many classes as possible; for numbers,
    the largest errors and then any.
    """
    order = np.random.default_rng(seed).permutation(len(outputs))
    if classes:
        sure, guess = outputs.softmax(dim=1).max(dim=1)
        wrong = (guess != y).numpy()
        worst = sorted(np.flatnonzero(wrong), key=lambda i: -float(sure[i]))[: SHOWN // 2]
        fine = _spread([i for i in order if not wrong[i]], guess.numpy())
    else:
        error = (outputs - y).square().flatten(1).sum(dim=1).numpy()
        worst = list(np.argsort(-error)[: SHOWN // 2])
        fine = [i for i in order if i not in worst]
    shown = min(SHOWN, len(worst) + len(fine))
    chosen = [*worst, *fine]
    rest = [i for i in order if i not in set(chosen)]
    return np.asarray([*chosen, *rest][:TRIED], dtype=np.int64), shown


def attention(
    model: Estimator, x: Tensor, until: float, seed: int
) -> tuple[Tensor | None, str, int]:
    """Return maps (n, height, width), the method, and the number of noisy copies.

    A model whose output has no derivative, or none but 0, is asked by occlusion.
    """
    score = _output_of(model, x)
    try:
        maps, copies = smooth_gradients(score, x, until, seed)
    except RuntimeError:  # no part of the network is differentiable
        maps, copies = torch.zeros(1), 0
    if bool(maps.isfinite().all()) and float(maps.abs().max()) > 0:
        return maps, "SmoothGrad", copies
    found = occlusion(score, x, until)
    return found, "occlusion", 0


def smooth_gradients(
    score: Callable[[Tensor], Tensor], x: Tensor, until: float, seed: int
) -> tuple[Tensor, int]:
    """Return |mean derivative| over noisy copies, largest channel; and how many there was time for.

    Args:
        score: Maps pictures (n, channels, height, width) to the outputs in question, (n,).
        x: The pictures.
        until: Value of ``time.monotonic()`` after which no copy is begun.
        seed: Decides the noise.
    """
    chance = torch.Generator().manual_seed(seed)
    spread = NOISE * (x.flatten(1).amax(dim=1) - x.flatten(1).amin(dim=1))[:, None, None, None]
    total, copies = torch.zeros_like(x), 0
    while copies < COPIES and (not copies or time.monotonic() < until):
        noise = torch.randn(x.shape, generator=chance) * spread
        leaf = (x + noise).requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(score(leaf).sum(), leaf)
        total += gradient.detach()
        copies += 1
    return (total / copies).abs().amax(dim=1), copies


def occlusion(score: Callable[[Tensor], Tensor], x: Tensor, until: float) -> Tensor | None:
    """Return how far the output falls when a patch is covered, (n, height, width); None if late."""
    height, width = x.shape[2:]
    found = torch.zeros(x.shape[0], height, width)
    with torch.no_grad():
        whole = score(x)
        for rows in _patches(height):
            for columns in _patches(width):
                if time.monotonic() >= until:
                    return None
                covered = x.clone()
                covered[:, :, rows, columns] = 0.0  # the mean: pictures are normalised
                fall = (whole - score(covered)).clamp_min(0)
                found[:, rows, columns] += fall[:, None, None]
    return found


def _patches(side: int) -> list[slice]:
    """Return overlapping stretches of a side, each as wide as two steps."""
    step = max(1, side // PATCHES)
    return [slice(start, min(side, start + 2 * step)) for start in range(0, side, step)]


def _output_of(model: Estimator, x: Tensor) -> Callable[[Tensor], Tensor]:
    """Return what gives, for each picture, the output that won on the picture itself."""
    model.network_.eval()
    device = next(iter(model.network_.state_dict().values()), torch.empty(0)).device

    def run(pictures: Tensor) -> Tensor:
        index = torch.arange(len(pictures))
        return model.forward(Batch(pictures.to(device), None, index)).float().cpu()

    with torch.no_grad():
        winner = run(x).argmax(dim=1)

    def score(pictures: Tensor) -> Tensor:
        outputs = run(pictures)
        if model.task_.name != "classification":
            return outputs.flatten(1).sum(dim=1)
        return outputs.gather(1, winner[:, None]).squeeze(1)

    return score


def _tested(model: Estimator, x: Tensor, maps: Tensor, seed: int) -> dict[str, Any]:
    """Cover the salient pixels, and as many at random: do answers change?"""
    if model.task_.name != "classification":
        return {}
    flat = maps.flatten(1)
    count = max(1, round(COVERED * flat.shape[1]))
    salient = torch.zeros_like(flat).scatter_(1, flat.topk(count, dim=1).indices, 1.0)
    drawn = torch.rand(flat.shape, generator=torch.Generator().manual_seed(seed))
    random = torch.zeros_like(flat).scatter_(1, drawn.topk(count, dim=1).indices, 1.0)

    def answers(pictures: Tensor) -> Tensor:
        with torch.no_grad():
            device = next(iter(model.network_.state_dict().values()), torch.empty(0)).device
            batch = Batch(pictures.to(device), None, torch.arange(len(pictures)))
            return model.forward(batch).argmax(dim=1).cpu()

    before = answers(x)
    kept = [1 - mask.view(len(x), 1, *x.shape[2:]) for mask in (salient, random)]
    changed = [float((answers(x * keep) != before).double().mean()) for keep in kept]
    return {"changed_salient": changed[0], "changed_random": changed[1], "covered": COVERED}


def _spread(positions: list[Any], guess: np.ndarray) -> list[Any]:
    """Return half as many positions as are shown, of different classes where possible."""
    seen: dict[int, int] = {}
    for position in positions:
        seen.setdefault(int(guess[position]), position)
    first = [seen[name] for name in sorted(seen)]
    rest = [position for position in positions if position not in set(first)]
    return [*first, *rest][: SHOWN // 2]
