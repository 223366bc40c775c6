"""The variational bound: torch.distributions, formulas, and a model whose likelihood is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, distributions, nn

from fieldguide.algorithms.autoencoder._layout import Layout
from fieldguide.algorithms.autoencoder._likelihood import (
    LEAST_LOG_VARIANCE,
    Likelihood,
    divergence,
    importance_bound,
    log_weights,
)
from fieldguide.algorithms.autoencoder._networks import dense
from fieldguide.algorithms.autoencoder._vae_network import VAENetwork
from tests.gradients import assert_gradients_match

LAYOUT = Layout(3, (4,))


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def one_hot(count: int, width: int) -> Tensor:
    return torch.eye(width, dtype=torch.float64)[torch.arange(count) % width]


def test_divergence_is_torchs() -> None:
    mean, log_variance = drawn(6, 5), drawn(6, 5, seed=1)
    theirs = distributions.kl_divergence(
        distributions.Normal(mean, (log_variance / 2).exp()),
        distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean)),
    )
    torch.testing.assert_close(divergence(mean, log_variance), theirs.sum(-1))


def test_gaussian_numbers_and_categories() -> None:
    likelihood = Likelihood(kind="gaussian", layout=LAYOUT).double()
    with torch.no_grad():
        likelihood.log_variance.copy_(torch.tensor([0.3, -1.0, -99.0]))
    rows = torch.cat([drawn(6, 3), one_hot(6, 4)], dim=1)
    raw = drawn(2, 6, 7, seed=1)
    spread = torch.tensor([0.3, -1.0, LEAST_LOG_VARIANCE]).div(2).exp()
    theirs = distributions.Normal(raw[..., :3], spread).log_prob(rows[:, :3]).sum(-1)
    words = distributions.Categorical(logits=raw[..., 3:]).log_prob(rows[:, 3:].argmax(1))
    torch.testing.assert_close(likelihood.log_probability(rows, raw), theirs + words)


def test_bernoulli_numbers_lie_between_the_ends() -> None:
    likelihood = Likelihood(kind="bernoulli", layout=Layout(3)).double()
    likelihood.learn_range(torch.tensor([-1.0, 0.0, 5.0]), torch.tensor([3.0, 1.0, 5.0]))
    share = torch.tensor([[0.0, 1.0, 0.0], [0.25, 0.0, 1.0]], dtype=torch.float64)
    rows = torch.tensor([-1.0, 0.0, 5.0]) + torch.tensor([4.0, 1.0, 1.0]) * share
    raw = drawn(2, 3)
    y = torch.sigmoid(raw)
    expected = (share * y.log() + (1 - share) * (1 - y).log()).sum(-1)
    torch.testing.assert_close(likelihood.log_probability(rows, raw), expected)
    beyond = rows.clone()
    beyond[0, 1] = 7.0  # brighter than anything seen: as bright as the brightest
    torch.testing.assert_close(likelihood.log_probability(beyond, raw), expected)
    ends = likelihood.mean(torch.tensor([[-99.0, 99.0, 0.0]], dtype=torch.float64))
    torch.testing.assert_close(ends, torch.tensor([[-1.0, 1.0, 5.5]], dtype=torch.float64))


@pytest.mark.parametrize("kind", ["gaussian", "bernoulli"])
def test_draws_have_the_means_that_are_told(kind: str) -> None:
    likelihood = Likelihood(kind=kind, layout=LAYOUT)
    raw = drawn(1, 7).float().expand(20_000, 7)
    rows = likelihood.draw(raw, torch.Generator().manual_seed(0)).detach()
    torch.testing.assert_close(rows.mean(0), likelihood.mean(raw[0]).detach(), atol=0.03, rtol=0)
    assert set(rows[:, 3:].unique().tolist()) == {0.0, 1.0}
    if kind == "gaussian":
        torch.testing.assert_close(rows[:, :3].std(0), torch.ones(3), atol=0.03, rtol=0)
    again = likelihood.draw(raw, torch.Generator().manual_seed(0)).detach()
    assert torch.equal(rows, again)


def test_the_mean_of_the_weights_is_the_formulas_elbo() -> None:
    torch.manual_seed(0)
    likelihood = Likelihood(kind="bernoulli", layout=Layout(6))
    network = VAENetwork(
        encoder=dense([6, 4]), decoder=dense([2, 6]), code=2, likelihood=likelihood
    ).double()
    rows, noise = (drawn(5, 6) > 0).double(), drawn(40_000, 5, 2)
    mean, log_variance = network.moments(rows)
    latent = mean + (log_variance / 2).exp() * noise
    expected = likelihood.log_probability(rows, network.decode(latent.flatten(0, 1)).view(-1, 5, 6))
    elbo = expected.mean(0) - divergence(mean, log_variance)
    found = network.log_weights(rows, noise).mean(0)
    torch.testing.assert_close(found, elbo, atol=0.02, rtol=0)


class LinearGaussian:
    """x = W z + σ ε, of which everything is known: Tipping & Bishop (1999)."""

    def __init__(self, off: float = 0.0) -> None:
        self.variance = 0.3
        # Orthogonal columns: the posterior's covariance is diagonal, as the encoder's is.
        basis = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 2)))[0] * [2.0, 0.7]
        self.weight = torch.from_numpy(basis)
        gains = self.weight.square().sum(0)
        self.posterior_variance = self.variance / (self.variance + gains)
        encoder, decoder = nn.Linear(5, 4).double(), nn.Linear(2, 5).double()
        likelihood = Likelihood(kind="gaussian", layout=Layout(5)).double()
        with torch.no_grad():
            encoder.weight[:2] = (self.weight / (self.variance + gains)).T
            encoder.bias[:2] = off
            encoder.weight[2:] = 0.0
            encoder.bias[2:] = self.posterior_variance.log() + off
            decoder.weight.copy_(self.weight)
            decoder.bias.zero_()
            likelihood.log_variance.fill_(math.log(self.variance))
        self.network = VAENetwork(encoder=encoder, decoder=decoder, code=2, likelihood=likelihood)

    def log_likelihood(self, rows: Tensor) -> Tensor:
        covariance = self.weight @ self.weight.T + self.variance * torch.eye(5)
        return distributions.MultivariateNormal(torch.zeros(5).double(), covariance).log_prob(rows)


def bound(model: LinearGaussian, rows: Tensor, draws: int) -> Tensor:
    noise = drawn(draws, len(rows), 2, seed=draws)
    return importance_bound([model.network.log_weights(rows, noise)])


@pytest.mark.parametrize("draws", [1, 7])
def test_the_bound_is_exact_where_the_posterior_is(draws: int) -> None:
    """With q(z | x) = p(z | x) every single draw has the weight p(x)."""
    model, rows = LinearGaussian(), drawn(9, 5)
    weights = model.network.log_weights(rows, drawn(draws, 9, 2, seed=1))
    torch.testing.assert_close(
        importance_bound([weights]), model.log_likelihood(rows), atol=1e-6, rtol=0
    )


def test_the_bound_grows_with_the_draws_towards_the_truth() -> None:
    """Burda, Grosse & Salakhutdinov (2016), theorem 1."""
    model, rows = LinearGaussian(off=0.6), drawn(200, 5)
    truth = float(model.log_likelihood(rows).mean())
    found = [float(bound(model, rows, k).detach().mean()) for k in (1, 5, 50, 2000)]
    assert found == sorted(found)
    assert found[0] < truth - 0.3 and found[-1] == pytest.approx(truth, abs=0.02)


def test_pieces_of_weights_are_one_bound() -> None:
    weights = drawn(10, 4)
    whole = importance_bound([weights])
    torch.testing.assert_close(importance_bound([weights[:3], weights[3:]]), whole)
    torch.testing.assert_close(whole, weights.exp().mean(0).log())


def test_the_same_draws_may_serve_all_examples() -> None:
    model, rows, noise = LinearGaussian(off=0.3), drawn(6, 5), drawn(4, 1, 2, seed=1)
    together = model.network.log_weights(rows, noise)
    torch.testing.assert_close(together[:, 2:3], model.network.log_weights(rows[2:3], noise))


def test_gradients_reach_all_parts() -> None:
    torch.manual_seed(0)
    likelihood = Likelihood(kind="gaussian", layout=Layout(4))
    noise = drawn(3, 7, 2)

    class Bound(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vae = VAENetwork(
                encoder=dense([4, 6, 4], "tanh"),
                decoder=dense([2, 6, 4], "tanh"),
                code=2,
                likelihood=likelihood,
            )

        def forward(self, x: Tensor) -> Tensor:
            return self.vae.log_weights(x, noise)

    assert_gradients_match(Bound(), torch.randn(7, 4), loss=lambda found: found.mean())


def test_classes_are_told_or_left_open() -> None:
    torch.manual_seed(0)
    network = VAENetwork(
        encoder=dense([4 + 3, 4]),
        decoder=dense([2 + 3, 4]),
        code=2,
        likelihood=Likelihood(kind="gaussian", layout=Layout(4)),
        classes=3,
    )
    codes = torch.randn(5, 2)
    nobody = network.decode(codes)
    torch.testing.assert_close(network.decode(codes, torch.full((5,), -1)), nobody)
    told = network.decode(codes, torch.tensor([0, 1, 2, 0, 1])) - nobody
    torch.testing.assert_close(told, network.decoder[0].weight.T[[2, 3, 4, 2, 3]])
    noise = torch.randn(2, 5, 2)
    assert network.log_weights(torch.randn(5, 4), noise, torch.tensor([0, 1, 2, 0, 1])).shape == (
        2,
        5,
    )


def test_log_weights_follow_the_definition() -> None:
    mean, log_variance, noise = drawn(4, 2), drawn(4, 2, seed=1), drawn(3, 4, 2, seed=2)
    latent = mean + (log_variance / 2).exp() * noise
    normal = distributions.Normal(torch.zeros(2).double(), torch.ones(2).double())
    guess = distributions.Normal(mean, (log_variance / 2).exp())
    expected = latent.sum(-1) + normal.log_prob(latent).sum(-1) - guess.log_prob(latent).sum(-1)
    found = log_weights(torch.zeros(4, 1), mean, log_variance, noise, lambda x, z: z.sum(-1))
    torch.testing.assert_close(found, expected)
