from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from fieldguide.nn import linear_cross_entropy as room
from fieldguide.nn.linear_cross_entropy import linear_cross_entropy


def drawn(count: int = 13, width: int = 5, classes: int = 7) -> list[Tensor]:
    chance = torch.Generator().manual_seed(0)
    shapes = (count, width), (classes, width), (classes,)
    found = [torch.randn(shape, generator=chance, dtype=torch.float64) for shape in shapes]
    return [one.requires_grad_() for one in found]


TARGETS = torch.arange(13) % 7


@pytest.mark.parametrize("rows", [1, 4, 13, 100])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_loss_and_slopes_are_those_of_layer_and_loss_apart(
    rows: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BLOCK", 7 * rows)
    ours, theirs = drawn(), drawn()
    found = linear_cross_entropy(*ours, TARGETS)
    expected = F.cross_entropy(F.linear(*theirs), TARGETS)
    torch.testing.assert_close(found, expected)
    (scale * found).backward()
    (scale * expected).backward()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


def test_slopes_are_handed_out_once() -> None:
    loss = linear_cross_entropy(*drawn(), TARGETS)
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="already"):
        loss.backward()


def test_large_scores_do_not_overflow() -> None:
    x, w, b = (tensor.detach().float().requires_grad_() for tensor in drawn())
    found = linear_cross_entropy(1e4 * x, w, b, TARGETS)
    assert torch.isfinite(found) and found > 1e3


def test_without_gradients_nothing_is_kept() -> None:
    with torch.no_grad():
        found = linear_cross_entropy(*drawn(), TARGETS)
    assert not found.requires_grad
    with torch.autocast("cpu", torch.bfloat16):
        x, w, b = (tensor.detach().float().requires_grad_() for tensor in drawn())
        low = linear_cross_entropy(x, w, b, TARGETS)
    torch.testing.assert_close(low.double(), found, rtol=0.02, atol=0.02)
    low.backward()
    assert w.grad is not None
