"""The penalty or the noise of each kind: against torch.func, torch.distributions, plain counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import distributions
from torch.func import jacrev, vmap

import fieldguide as fg
from fieldguide.algorithms.autoencoder._layout import Layout
from fieldguide.algorithms.autoencoder.contractive_autoencoder import (
    ContractiveNetwork,
    jacobian_norm,
)
from fieldguide.algorithms.autoencoder.denoising_autoencoder import add_noise, blank
from fieldguide.algorithms.autoencoder.recurrent_autoencoder import SeriesDecoder, SeriesEncoder
from fieldguide.algorithms.autoencoder.sparse_autoencoder import sparsity_penalty
from tests.gradients import assert_gradients_match


def test_the_jacobians_norm_is_automatic_differentiations() -> None:
    torch.manual_seed(0)
    network = ContractiveNetwork(width=7, code=5).double()
    rows = torch.randn(6, 7, dtype=torch.float64)
    slopes = vmap(jacrev(network.encode))(rows)  # (6, 5, 7)
    found = jacobian_norm(network.encode(rows), network.weight)
    torch.testing.assert_close(found, slopes.square().sum((1, 2)))


def test_a_decoder_that_is_tied_has_no_weights_of_its_own() -> None:
    torch.manual_seed(0)
    network = ContractiveNetwork(width=7, code=5)
    assert sorted(network.state_dict()) == ["decoder.bias", "encoder.0.bias", "encoder.0.weight"]
    assert sum(weight.numel() for weight in network.parameters()) == 7 * 5 + 5 + 7
    codes = torch.randn(3, 5)
    torch.testing.assert_close(network.decode(codes), codes @ network.weight)
    assert_gradients_match(network, torch.randn(4, 7))


def test_contraction_flattens_the_encoder() -> None:
    X = np.random.default_rng(0).normal(size=(200, 6))
    norms = []
    for penalty in (0.0, 10.0):
        model = fg.ContractiveAutoencoder(code=12, penalty=penalty, epochs=40, lr=1e-2).fit(X)
        codes = torch.from_numpy(model.encode(X))
        norms.append(float(jacobian_norm(codes, model.autoencoder.weight.detach()).mean()))
    assert norms[1] < 0.5 * norms[0]


def test_the_sparsity_penalty_is_torchs_divergence() -> None:
    codes = torch.rand(20, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    theirs = distributions.kl_divergence(
        distributions.Bernoulli(torch.tensor(0.05).double()),
        distributions.Bernoulli(codes.mean(dim=0)),
    )
    found = sparsity_penalty(codes.double(), 0.05)
    torch.testing.assert_close(found.double(), theirs.sum(), atol=1e-5, rtol=1e-5)
    assert float(sparsity_penalty(torch.full((4, 3), 0.2), 0.2)) == pytest.approx(0, abs=1e-6)
    assert torch.isfinite(sparsity_penalty(torch.zeros(4, 3), 0.2))


def test_units_are_as_rarely_active_as_asked() -> None:
    X = np.random.default_rng(0).normal(size=(400, 8))
    for sparsity in (0.05, 0.3):
        model = fg.SparseAutoencoder(code=24, sparsity=sparsity, penalty=3.0, lr=1e-2).fit(X)
        assert model.encode(X).mean() == pytest.approx(sparsity, abs=0.06)


def test_noise_is_as_strong_as_asked() -> None:
    torch.manual_seed(0)
    rows = torch.zeros(400, 50)
    assert float(add_noise(rows, 0.7).std()) == pytest.approx(0.7, rel=0.02)


def test_blanked_entries_vanish_whole_and_the_others_make_up_for_them() -> None:
    torch.manual_seed(0)
    layout, rows = Layout(2, (3,)), torch.tensor([[2.0, 1.0, 0.0, 1.0, 0.0]]).repeat(6000, 1)
    found = blank(rows, layout, 0.25)
    assert float((found[:, 0] == 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    torch.testing.assert_close(found[:, 0].unique(), torch.tensor([0.0, 2.0 / 0.75]))
    assert float((found[:, 2:].sum(1) == 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    torch.testing.assert_close(found.mean(0), rows[0], atol=0.06, rtol=0)


def test_denoising_takes_noise_away() -> None:
    chance = np.random.default_rng(0)
    clean = chance.normal(size=(500, 2)) @ chance.normal(size=(2, 30))
    noise = 0.5 * clean.std() * chance.normal(size=clean.shape)
    model = fg.DenoisingAutoencoder(noise="gaussian", amount=0.5, epochs=40, lr=3e-3).fit(clean)
    left = model.reconstruct(clean + noise) - clean
    assert np.square(left).mean() < 0.4 * np.square(noise).mean()


def lstm(steps: torch.Tensor, layer: torch.nn.LSTM, h: torch.Tensor, c: torch.Tensor):
    """The LSTM's equations, step by step, for one sequence (T, C); states (units,)."""
    told = []
    for x in steps:
        gates = layer.weight_ih_l0 @ x + layer.bias_ih_l0 + layer.weight_hh_l0 @ h
        i, f, g, o = (gates + layer.bias_hh_l0).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        told.append(h)
    return torch.stack(told)


def test_an_lstm_reads_and_another_says_it_backwards() -> None:
    torch.manual_seed(0)
    encoder = SeriesEncoder(inputs=2, hidden=5, code=3)
    decoder = SeriesDecoder(steps=6, outputs=2, hidden=5, code=3)
    x, lengths = torch.randn(3, 6, 2), torch.tensor([6, 4, 1])
    codes = encoder(x.flatten(1), lengths)
    raw = decoder(codes, lengths).view(3, 6, 2)
    for row, length in enumerate(lengths.tolist()):
        zero = torch.zeros(5)
        read = lstm(x[row, :length], encoder.layers.layers[0], zero, zero)[-1]
        torch.testing.assert_close(codes[row], encoder.head(read))
        h, c = decoder.start(codes[row]).chunk(2)
        said = lstm(codes[row].expand(length, 3), decoder.layers.layers[0], h.tanh(), c)
        torch.testing.assert_close(raw[row, :length], decoder.head(said).flip(0))
        assert not raw[row, length:].any()


def test_series_are_remembered() -> None:
    start = np.random.default_rng(0).uniform(0, 6, size=(256, 1, 1))
    X = np.sin(start + np.arange(10)[:, None] / 2)
    model = fg.RecurrentAutoencoder(code=2, hidden=32, epochs=40, lr=1e-2).fit(X)
    assert model.evaluate(X)["explained"] > 0.9
    assert model.reconstruct(X).shape == X.shape


def test_convolutions_reconstruct_pictures() -> None:
    chance = np.random.default_rng(0)
    X = np.zeros((200, 1, 10, 11), dtype=np.uint8)
    for picture, (row, column) in zip(X, chance.integers(0, 7, (200, 2)), strict=True):
        picture[0, row : row + 4, column : column + 4] = 255
    model = fg.ConvolutionalAutoencoder(
        code=8, channels=(8, 16), epochs=60, lr=1e-2, batch_size=20
    ).fit(X)
    scores = model.evaluate(X)
    assert scores["explained"] > 0.75 and scores["psnr"] > 12
    assert model.reconstruct(X).dtype == np.uint8
