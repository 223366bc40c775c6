"""Which steps of a sequence a model's answer hangs on: gradient times input, put to the test.

|x · ∂f/∂x| says how far the winning class's lead f over the others would change if a step went back
to the mean, which is 0 in standardised steps (Shrikumar et al. 2016); it is averaged over noisy
copies (Smilkov et al. 2017). Networks without useful gradients are asked by covering one stretch
of time after the other. Either way the weightiest tenth of the time is then covered with the mean,
and for comparison as many stretches at random.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide.advisor.reporting.saliency import COPIES, LOOKED_AT, choose
from fieldguide.data import Batch, Dataset
from fieldguide.estimator import Estimator

SHOWN = 8  # sequences drawn: half of them mistakes, if there are as many
STRETCHES = 20  # of time, in which weights are added up and covered
COVERED = 2  # stretches covered in the test: a tenth of the time
NOISE = 0.15  # deviation of the noise; steps have a deviation of 1

Inputs = dict[str, Tensor]


def measure(
    model: Estimator, held_out: Dataset, *, until: float, seed: int = 0
) -> dict[str, Any] | None:
    """Find the steps that a model of sequences looks at.

    Args:
        model: Fitted on sequences (form ``series``).
        held_out: Sequences that it has not learnt from.
        until: Value of ``time.monotonic()`` to stop at.
        seed: Decides the sample, the noise, and the stretches covered for comparison.

    Returns:
        ``kind`` ``"steps"``, ``method``, ``copies``, ``positions`` (of the sequences shown, among
        those held out), ``weights`` (for each of them one number a step, 0 to 1) and, of the test,
        the shares of answers that changed, ``changed_weighty`` and ``changed_random``, among
        ``tried`` sequences. None where there was no time.
    """
    chance = np.random.default_rng(seed)
    count = min(LOOKED_AT, len(held_out))
    sample = np.sort(chance.choice(len(held_out), count, replace=False))
    examples = model.task_.encode(held_out.take(sample), once=True)
    assert examples.y is not None
    classes = model.task_.name == "classification"
    outputs = model._run_network(examples)
    tried, shown = choose(outputs, examples.y, classes, seed)
    x = examples.batch(torch.from_numpy(tried)).x
    assert isinstance(x, dict)
    found, method, copies = attention(model, x, until, seed)
    if found is None:
        return None
    places = _places(x["lengths"], found.shape[1])
    tested = _tested(model, x, _by_stretch(found, places), places, seed) if classes else {}
    weights = (found / found.amax(dim=1, keepdim=True).clamp_min(1e-12)).tolist()
    lengths = x["lengths"].tolist()
    wrong = np.zeros(shown, dtype=bool)
    if classes:
        wrong = (outputs.argmax(dim=1) != examples.y).numpy()[tried[:shown]]
    chosen = _few(wrong)
    return {
        "kind": "steps",
        "method": method,
        "copies": copies,
        "tried": len(tried),
        "positions": sample[tried[chosen]].tolist(),
        "weights": [weights[i][: lengths[i]] for i in chosen],
        **tested,
    }


def attention(
    model: Estimator, x: Inputs, until: float, seed: int
) -> tuple[Tensor | None, str, int]:
    """Return weights (n, T), 0 after the end of a sequence; the method; and the noisy copies."""
    lead = _lead_of(model, x)
    try:
        weights, copies = gradient_times_input(lead, x, until, seed)
    except RuntimeError:  # no part of the network is differentiable
        weights, copies = torch.zeros(1), 0
    if bool(weights.isfinite().all()) and float(weights.abs().max()) > 0:
        return weights, "gradient", copies
    return _covering(lead, x, until), "occlusion", 0


def gradient_times_input(
    lead: Callable[[Inputs], Tensor], x: Inputs, until: float, seed: int
) -> tuple[Tensor, int]:
    """Return |x · mean gradient| summed over channels, (n, T); and how many copies it took.

    Args:
        lead: Maps sequences to the number in question, (n,).
        x: ``steps`` (n, T, channels), zeros after the end, and ``lengths`` (n,).
        until: Value of ``time.monotonic()`` after which no copy is begun.
        seed: Decides the noise.
    """
    chance = torch.Generator().manual_seed(seed)
    steps, inside = x["steps"], _inside(x)
    total, copies = torch.zeros_like(steps), 0
    while copies < COPIES and (not copies or time.monotonic() < until):
        noise = NOISE * torch.randn(steps.shape, generator=chance) * inside
        leaf = (steps + noise).requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(lead({**x, "steps": leaf}).sum(), leaf)
        total += gradient.detach()
        copies += 1
    return (steps * total / copies).abs().sum(dim=2) * inside[..., 0], copies


def _covering(lead: Callable[[Inputs], Tensor], x: Inputs, until: float) -> Tensor | None:
    """Return how far the lead falls when a stretch is covered, (n, T); None if late."""
    places = _places(x["lengths"], x["steps"].shape[1])
    falls = torch.zeros(places.shape)
    with torch.no_grad():
        whole = lead(x)
        for stretch in range(STRETCHES):
            if time.monotonic() >= until:
                return None
            hidden = places == stretch
            fall = (whole - lead(_without(x, hidden))).clamp_min(0)
            falls = falls.where(~hidden, fall[:, None])
    return falls


def _lead_of(model: Estimator, x: Inputs) -> Callable[[Inputs], Tensor]:
    """Return what gives the lead of the class that won on the sequences themselves."""
    with torch.no_grad():
        outputs = _run(model, x)
    winner = torch.nn.functional.one_hot(outputs.argmax(dim=1), outputs.shape[1]).bool()

    def lead(changed: Inputs) -> Tensor:
        found = _run(model, changed)
        if model.task_.name != "classification":
            return found.sum(dim=1)
        # log p / (1 - p): unlike p itself, it still moves where the model is sure.
        others = found.masked_fill(winner, -torch.inf).logsumexp(dim=1)
        return found[winner] - others

    return lead


def _run(model: Estimator, x: Inputs) -> Tensor:
    """Return the outputs of padded sequences, (n, outputs)."""
    model.network_.eval()
    device = next(iter(model.network_.state_dict().values()), torch.empty(0)).device
    there = {name: part.to(device) for name, part in x.items()}
    return model.forward(Batch(there, None, torch.arange(len(x["lengths"])))).float().cpu()


def _tested(
    model: Estimator, x: Inputs, by_stretch: Tensor, places: Tensor, seed: int
) -> dict[str, float]:
    """Cover the weightiest stretches, and as many at random: do answers change?"""
    count = min(COVERED, by_stretch.shape[1])
    filled = torch.stack([(places == i).any(dim=1) for i in range(by_stretch.shape[1])], dim=1)
    drawn = torch.rand(by_stretch.shape, generator=torch.Generator().manual_seed(seed))
    changed = []
    with torch.no_grad():
        before = _run(model, x).argmax(dim=1)
        for values in (by_stretch, drawn):
            top = values.masked_fill(~filled, -1.0).topk(count, dim=1).indices
            hidden = (places[:, :, None] == top[:, None, :]).any(dim=2)
            answers = _run(model, _without(x, hidden)).argmax(dim=1)
            changed.append(float((answers != before).double().mean()))
    return {"changed_weighty": changed[0], "changed_random": changed[1]}


def _places(lengths: Tensor, steps: int) -> Tensor:
    """Return the stretch that each step lies in, (n, T); -1 after the end of a sequence."""
    along = torch.arange(steps)[None]
    found = along * STRETCHES // lengths[:, None]
    return found.where(along < lengths[:, None], -torch.ones_like(found))


def _by_stretch(weights: Tensor, places: Tensor) -> Tensor:
    """Return sums of weights, (n, stretches)."""
    sums = torch.zeros(len(weights), STRETCHES)
    return sums.scatter_add_(1, places.clamp_min(0), weights.where(places >= 0, 0.0))


def _without(x: Inputs, hidden: Tensor) -> Inputs:
    """Return the sequences with steps at their mean, where hidden (n, T)."""
    return {**x, "steps": x["steps"].masked_fill(hidden[..., None], 0.0)}


def _inside(x: Inputs) -> Tensor:
    """Return 1 within sequences and 0 after their end, (n, T, 1)."""
    within = torch.arange(x["steps"].shape[1])[None] < x["lengths"][:, None]
    return within[..., None].float()


def _few(wrong: np.ndarray) -> list[int]:
    """Return positions to draw: half of them mistakes where there are as many, those first."""
    mistakes, right = np.flatnonzero(wrong).tolist(), np.flatnonzero(~wrong).tolist()
    kept = mistakes[: max(SHOWN // 2, SHOWN - len(right))]
    return [*kept, *right[: SHOWN - len(kept)]]
