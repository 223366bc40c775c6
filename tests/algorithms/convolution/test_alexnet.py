from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from fieldguide.algorithms.convolution.alexnet import AlexNet, AlexNetNetwork
from fieldguide.errors import UsageError
from tests import torchvision_reference
from tests.gradients import assert_gradients_match
from tests.pictures import bars

SMALL = {"width": 4, "hidden_width": 8, "pool_size": 2, "dropout": 0.0}


def size(network):
    return sum(weight.numel() for weight in network.parameters())


def test_published_sizes():
    with torch.device("meta"):
        assert size(AlexNetNetwork()) == 61_100_840  # torchvision
        assert size(AlexNetNetwork(form="2012")) == 60_965_224  # the first paper's, as in Caffe


def test_tensors_are_torchvisions():
    with torch.device("meta"):
        ours = {name: list(w.shape) for name, w in AlexNetNetwork().state_dict().items()}
    named = torchvision_reference.our_name
    theirs = torchvision_reference.SHAPES["alexnet"].items()
    assert ours == {named(name): shape for name, shape in theirs}


def test_outputs_are_torchvisions():
    network = AlexNetNetwork()
    torchvision_reference.fill(network.state_dict().items())
    expected = torchvision_reference.OUTPUTS["alexnet"]
    assert torchvision_reference.outputs(network) == pytest.approx(expected, abs=1e-4)


def one_tower(w, x):
    """The second paper's network, layer by layer."""
    for layer, stride, padding in ((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)):
        weight, bias = w[f"features.{layer}.weight"], w[f"features.{layer}.bias"]
        x = F.conv2d(x, weight, bias, stride, padding).clamp(min=0)
        x = F.max_pool2d(x, 3, 2) if layer in (0, 3, 10) else x
    return dense(w, x)


def two_halves(w, x):
    """The first paper's network: layers 2, 4 and 5 see their own half of the maps only."""
    for number, (layer, stride, padding) in enumerate(
        ((0, 4, 2), (4, 1, 2), (8, 1, 1), (10, 1, 1), (12, 1, 1))
    ):
        weight, bias = w[f"features.{layer}.weight"], w[f"features.{layer}.bias"]
        seen = x.split(weight.shape[1], 1)
        parts = zip(seen, weight.chunk(len(seen)), bias.chunk(len(seen)), strict=True)
        x = torch.cat([F.conv2d(*part, stride, padding).clamp(min=0) for part in parts], 1)
        if number < 2:
            squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2))
            near = sum(squares[:, step : step + x.shape[1]] for step in range(5))
            x = x / (2 + 1e-4 * near) ** 0.75
        x = F.max_pool2d(x, 3, 2) if number in (0, 1, 4) else x
    return dense(w, x)


def dense(w, x):
    x = F.adaptive_avg_pool2d(x, 6).flatten(1)
    for layer in ("classifier.1", "classifier.4"):
        x = F.linear(x, w[f"{layer}.weight"], w[f"{layer}.bias"]).clamp(min=0)
    return F.linear(x, w["head.weight"], w["head.bias"])


@pytest.mark.parametrize("form, formula", [("2014", one_tower), ("2012", two_halves)])
@pytest.mark.parametrize("shape", [(2, 3, 224, 224), (1, 3, 300, 200)])
def test_equals_the_papers_table(form, formula, shape):
    torch.manual_seed(0)
    network = AlexNetNetwork(form=form, hidden_width=32, num_classes=10).eval()
    torchvision_reference.fill(network.state_dict().items())  # larger than at the start
    x = 5 * torch.randn(shape)
    with torch.no_grad():
        expected = formula(network.state_dict(), x)
        torch.testing.assert_close(network(x), expected, rtol=1e-5, atol=1e-5)
        assert expected.std() > 0.1


@pytest.mark.parametrize("form", ["2012", "2014"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (4, 300, 200), (1, 8, 8), (3, 1, 1)])
def test_any_size(form, shape):
    network = AlexNetNetwork(in_channels=shape[0], form=form, stem="small", num_classes=7, **SMALL)
    assert network(torch.zeros(2, *shape)).shape == (2, 7)


def test_published_stem_says_the_smallest_size():
    network = AlexNetNetwork(**SMALL)
    assert network(torch.zeros(1, 3, 7, 9)).shape == (1, 1000)
    with pytest.raises(UsageError, match=r"at least 7x7 pixels, these have 6x9; use stem='small'"):
        network(torch.zeros(1, 3, 6, 9))


def test_unknown_form_names_the_choices():
    with pytest.raises(UsageError, match=r"form='2013'.*'2014' or '2012'"):
        AlexNetNetwork(form="2013")


@pytest.mark.parametrize("form", ["2012", "2014"])
def test_gradients(form):
    torch.manual_seed(0)
    network = AlexNetNetwork(form=form, num_classes=3, stem="small", **SMALL)
    assert_gradients_match(network, torch.randn(2, 3, 20, 20))


def test_gradients_with_the_published_stem():
    torch.manual_seed(0)
    assert_gradients_match(AlexNetNetwork(num_classes=3, **SMALL), torch.randn(2, 3, 63, 63))


def test_learns():
    x, y = bars(200, 8, seed=0)
    model = AlexNet(epochs=5, validation=0, batch_size=20).fit(x, y)
    assert model.evaluate(*bars(60, 8, seed=1))["accuracy"] > 0.95
