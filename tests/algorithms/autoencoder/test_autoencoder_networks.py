"""Networks of autoencoders: sizes of any picture, gradients, PCA, an LSTM's own steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from fieldguide.algorithms.autoencoder._networks import (
    AutoencoderNetwork,
    ConvolutionalDecoder,
    ConvolutionalEncoder,
    dense,
    halved,
)
from tests.gradients import assert_gradients_match


def convolutional(shape: tuple[int, int, int], code: int = 4) -> AutoencoderNetwork:
    torch.manual_seed(0)
    return AutoencoderNetwork(
        encoder=ConvolutionalEncoder(shape=shape, channels=(3, 5), outputs=code),
        decoder=ConvolutionalDecoder(shape=shape, channels=(3, 5), inputs=code),
    )


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 5, 7), (2, 1, 1), (1, 13, 8)])
def test_pictures_of_any_size_come_out_in_that_size(shape: tuple[int, int, int]) -> None:
    network, width = convolutional(shape), int(np.prod(shape))
    rows = torch.randn(6, width)
    assert network.encode(rows).shape == (6, 4)
    assert network(rows).shape == (6, width)


def test_an_upward_convolution_is_the_downward_ones_transpose() -> None:
    """<down(x), y> = <x, up(y)> where both use one kernel: each step up undoes one down."""
    torch.manual_seed(0)
    down = nn.Conv2d(2, 3, 3, stride=2, padding=1, bias=False)
    decoder = ConvolutionalDecoder(shape=(2, 9, 6), channels=(3,), inputs=1)
    up = decoder.maps[-1]
    assert isinstance(up, nn.ConvTranspose2d) and up.bias is not None
    up.weight, up.bias = down.weight, nn.Parameter(torch.zeros(2))
    x, y = torch.randn(1, 2, 9, 6), torch.randn(1, 3, *halved(9, 6, 1)[-1])
    torch.testing.assert_close((down(x) * y).sum(), (x * up(y)).sum())


def test_a_convolution_is_the_formula() -> None:
    encoder = ConvolutionalEncoder(shape=(1, 4, 4), channels=(1,), outputs=1).double()
    x = torch.randn(1, 16, dtype=torch.float64)
    kernel, bias = (weight.detach().numpy() for weight in encoder.maps[0].parameters())
    padded = np.pad(x.view(4, 4).numpy(), 1)
    seen = [[(padded[r : r + 3, c : c + 3] * kernel[0, 0]).sum() for c in (0, 2)] for r in (0, 2)]
    maps = np.maximum(np.array(seen).ravel() + bias, 0)
    head, shift = (weight.detach().numpy() for weight in encoder.head.parameters())
    np.testing.assert_allclose(encoder(x).detach().numpy()[0], head @ maps + shift)


def test_numbers_behind_the_pixels_reach_the_code() -> None:
    encoder = ConvolutionalEncoder(shape=(1, 4, 4), channels=(2,), outputs=3, more=2)
    x = torch.randn(5, 16)
    one = encoder(torch.cat([x, torch.tensor([[1.0, 0.0]]).expand(5, 2)], dim=1))
    other = encoder(torch.cat([x, torch.tensor([[0.0, 1.0]]).expand(5, 2)], dim=1))
    torch.testing.assert_close(
        one - other, (encoder.head.weight[:, -2] - encoder.head.weight[:, -1]).expand(5, 3)
    )


def test_gradients() -> None:
    torch.manual_seed(0)
    shallow = AutoencoderNetwork(encoder=dense([6, 5, 2], "tanh"), decoder=dense([2, 5, 6], "tanh"))
    assert_gradients_match(shallow, torch.randn(7, 6))
    assert_gradients_match(convolutional((2, 5, 6)), torch.randn(4, 60))


def test_a_linear_autoencoder_finds_the_principal_subspace() -> None:
    """Baldi & Hornik (1989): its only minimum is PCA's subspace, in whatever coordinates."""
    chance = np.random.default_rng(0)
    X = chance.normal(size=(300, 8)) * [5, 4, 3, 1, 1, 1, 0.5, 0.5]
    X = (X @ np.linalg.qr(chance.normal(size=(8, 8)))[0]).astype(np.float32)
    X -= X.mean(axis=0)
    pca = PCA(3).fit(X)
    torch.manual_seed(0)
    network = AutoencoderNetwork(encoder=dense([8, 3]), decoder=dense([3, 8]))
    rows, optimizer = torch.from_numpy(X), torch.optim.LBFGS(network.parameters(), max_iter=500)

    def error() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (network(rows) - rows).square().sum(dim=1).mean()
        loss.backward()
        return loss

    optimizer.step(error)
    theirs = float(np.square(pca.inverse_transform(pca.transform(X)) - X).sum(axis=1).mean())
    assert float(error().detach()) == pytest.approx(theirs, rel=1e-3)
    ours = np.linalg.qr(network.decoder[0].weight.detach().numpy())[0]
    cosines = np.linalg.svd(pca.components_ @ ours)[1]  # of the angles between both spaces
    np.testing.assert_allclose(cosines, 1, atol=1e-3)
