"""Each loss against its formula in NumPy, and the gradient penalty against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fieldguide.algorithms.adversarial import _losses
from fieldguide.algorithms.adversarial._convolutions import PictureDiscriminator


def scores(seed: int) -> tuple[Tensor, np.ndarray]:
    values = np.random.default_rng(seed).normal(scale=3, size=17)
    return torch.tensor(values), values


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_the_discriminators_loss_is_goodfellows() -> None:
    (real, r), (made, m) = scores(0), scores(1)
    expected = -np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(m)).mean()
    assert float(_losses.judging(real, made)) == pytest.approx(expected)
    assert float(_losses.judging(torch.zeros(3), torch.zeros(3))) == pytest.approx(2 * np.log(2))


def test_both_of_the_generators_losses() -> None:
    made, m = scores(1)
    assert float(_losses.fooling(made)) == pytest.approx(-np.log(sigmoid(m)).mean())
    minimax = _losses.fooling(made, saturating=True)
    assert float(minimax) == pytest.approx(np.log(1 - sigmoid(m)).mean())
    lost = torch.tensor([-20.0], requires_grad=True)
    for saturating, slope in ((False, 1.0), (True, 0.0)):  # what remains when D is sure
        (found,) = torch.autograd.grad(_losses.fooling(lost, saturating=saturating), lost)
        assert abs(float(found)) == pytest.approx(slope, abs=1e-6)


def test_the_critics_loss() -> None:
    (real, r), (made, m) = scores(0), scores(1)
    assert float(_losses.criticising(real, made)) == pytest.approx(m.mean() - r.mean())


@pytest.mark.parametrize("kind", ["rows", "pictures"])
def test_the_gradient_penalty_equals_finite_differences(kind: str) -> None:
    torch.manual_seed(0)
    if kind == "rows":
        critic: nn.Module = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        shape: tuple[int, ...] = (4,)
    else:
        critic = PictureDiscriminator(channels=1, height=8, width=8, maps=4, norm="layer")
        shape = (1, 8, 8)
    critic = critic.double()
    real, made = torch.randn(5, *shape).double(), torch.randn(5, *shape).double()
    mix = torch.rand(5).double()
    found = _losses.gradient_penalty(critic, real, made, mix)
    lengths = []
    for r, g, share in zip(real, made, mix, strict=True):
        point, slopes = share * r + (1 - share) * g, []
        for place in range(point.numel()):
            nudge = torch.zeros(point.numel()).double()
            nudge[place] = 1e-6
            step = nudge.view(shape)
            with torch.no_grad():
                rise = critic((point + step)[None]) - critic((point - step)[None])
            slopes.append(float(rise) / 2e-6)
        lengths.append(np.linalg.norm(slopes))
    assert found.item() == pytest.approx(((np.array(lengths) - 1) ** 2).mean(), rel=1e-5)


def test_the_penalty_of_a_linear_critic_is_known_and_has_its_gradient() -> None:
    weight = torch.tensor([3.0, 4.0], requires_grad=True)
    penalty = _losses.gradient_penalty(
        lambda x: x @ weight, torch.randn(6, 2), torch.randn(6, 2), torch.rand(6)
    )
    assert penalty.item() == pytest.approx((5 - 1) ** 2)
    (slope,) = torch.autograd.grad(penalty, weight)
    assert slope.tolist() == pytest.approx([2 * 4 * 3 / 5, 2 * 4 * 4 / 5])


def test_diversity_is_the_root_of_a_ratio_of_variances() -> None:
    chance = np.random.default_rng(0)
    real, made = chance.normal(size=(9, 4)), 0.3 * chance.normal(size=(7, 4))
    expected = np.sqrt(made.var(axis=0).sum() / real.var(axis=0).sum())
    found = _losses.diversity(torch.tensor(real), torch.tensor(made))
    assert float(found) == pytest.approx(expected, rel=1e-6)
    assert float(_losses.diversity(torch.tensor(real), torch.ones(5, 4))) == 0
