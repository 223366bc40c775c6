from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from fieldguide.algorithms.convolution.vgg import STAGES, VGG, VGGNetwork
from fieldguide.errors import UsageError
from tests import torchvision_reference
from tests.gradients import assert_gradients_match
from tests.pictures import bars

SMALL = {"width": 4, "hidden_width": 8, "pool_size": 1, "dropout": 0.0}
PUBLISHED = {
    (11, False): 132_863_336,
    (11, True): 132_868_840,
    (13, False): 133_047_848,
    (16, False): 138_357_544,
    (16, True): 138_365_992,
    (19, False): 143_667_240,
}  # torchvision's documentation


@pytest.mark.parametrize("depth, batch_norm", PUBLISHED)
def test_published_sizes(depth, batch_norm):
    with torch.device("meta"):
        network = VGGNetwork(depth=depth, batch_norm=batch_norm)
    assert sum(w.numel() for w in network.parameters()) == PUBLISHED[depth, batch_norm]


@pytest.mark.parametrize("name", ["vgg11", "vgg11_bn", "vgg16", "vgg16_bn"])
def test_tensors_are_torchvisions(name):
    with torch.device("meta"):
        network = VGGNetwork(depth=int(name[3:5]), batch_norm=name.endswith("bn"))
    ours = {name: list(w.shape) for name, w in network.state_dict().items()}
    named = torchvision_reference.our_name
    assert ours == {named(n): shape for n, shape in torchvision_reference.SHAPES[name].items()}


@pytest.mark.parametrize("name", ["vgg11", "vgg11_bn"])
def test_outputs_are_torchvisions(name):
    with torch.device("meta"):  # drawing 133 million weights to overwrite them takes seconds
        network = VGGNetwork(depth=11, batch_norm=name.endswith("bn"))
    network.to_empty(device="cpu")
    torchvision_reference.fill(network.state_dict().items())
    expected = torchvision_reference.OUTPUTS[name]
    assert torchvision_reference.outputs(network) == pytest.approx(expected, abs=1e-4)


def papers_table(w, x, depth):
    """Table 1, column A or D, from the weights in their order."""
    convolutions = iter([v for n, v in w.items() if n.startswith("features")])
    for repeat in STAGES[depth]:
        for _ in range(repeat):
            x = F.conv2d(x, next(convolutions), next(convolutions), padding=1).relu()
        x = F.max_pool2d(x, 2)
    x = F.adaptive_avg_pool2d(x, 7).flatten(1)
    for layer in ("classifier.0", "classifier.3"):
        x = F.linear(x, w[f"{layer}.weight"], w[f"{layer}.bias"]).relu()
    return F.linear(x, w["head.weight"], w["head.bias"])


@pytest.mark.parametrize("depth", [11, 16])
@pytest.mark.parametrize("shape", [(2, 3, 64, 64), (1, 3, 300, 200)])
def test_equals_the_papers_table(depth, shape):
    torch.manual_seed(0)
    network = VGGNetwork(depth=depth, width=16, hidden_width=32, num_classes=10).eval()
    torchvision_reference.fill(network.state_dict().items())  # larger than at the start
    x = torch.randn(shape)
    with torch.no_grad():
        expected = papers_table(network.state_dict(), x, depth)
        torch.testing.assert_close(network(x), expected, rtol=1e-5, atol=1e-5)
        assert expected.std() > 0.1


@pytest.mark.parametrize("shape", [(1, 28, 28), (4, 300, 200), (1, 8, 8), (3, 1, 1)])
def test_any_size(shape):
    network = VGGNetwork(in_channels=shape[0], depth=16, num_classes=7, **SMALL)
    assert network(torch.zeros(2, *shape)).shape == (2, 7)


def test_unknown_depth_names_the_choices():
    with pytest.raises(UsageError, match=r"depth=12 is unknown.*\[11, 13, 16, 19\]"):
        VGGNetwork(depth=12)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_gradients(batch_norm):
    torch.manual_seed(0)
    network = VGGNetwork(depth=11, num_classes=3, batch_norm=batch_norm, **SMALL)
    torchvision_reference.fill(network.state_dict().items())  # larger than at the start
    assert_gradients_match(network, torch.randn(3, 3, 32, 32))


def test_learns():
    x, y = bars(160, 8, seed=0)
    model = VGG(epochs=4, validation=0, batch_size=20).fit(x, y)
    assert model.evaluate(*bars(60, 8, seed=1))["accuracy"] > 0.95
