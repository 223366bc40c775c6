from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fieldguide.algorithms.convolution.resnet import FORMS, PaddedShortcut, ResNet, ResNetNetwork
from fieldguide.errors import UsageError
from tests import torchvision_reference
from tests.gradients import assert_gradients_match
from tests.pictures import bars

IMAGENET = {
    18: 11_689_512,
    34: 21_797_672,
    50: 25_557_032,
    101: 44_549_160,
    152: 60_192_808,
}  # torchvision's documentation
CIFAR = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}  # table 6, millions


@pytest.mark.parametrize("depth", IMAGENET)
def test_published_sizes_imagenet(depth):
    with torch.device("meta"):
        network = ResNetNetwork(depth=depth)
    assert sum(w.numel() for w in network.parameters()) == IMAGENET[depth]


@pytest.mark.parametrize("depth", CIFAR)
def test_published_sizes_cifar(depth):
    with torch.device("meta"):
        network = ResNetNetwork(depth=depth, num_classes=10)
    millions = sum(w.numel() for w in network.parameters()) / 1e6
    assert round(millions, 1 if depth == 110 else 2) == CIFAR[depth]


def test_depth_counts_the_layers_with_weights():
    for depth in FORMS:
        with torch.device("meta"):
            network = ResNetNetwork(depth=depth)
        layers = [
            name
            for name, module in network.named_modules()
            if isinstance(module, torch.nn.Conv2d | torch.nn.Linear) and "downsample" not in name
        ]
        assert len(layers) == depth


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_tensors_are_torchvisions(depth):
    with torch.device("meta"):
        network = ResNetNetwork(depth=depth)
    ours = {name: list(w.shape) for name, w in network.state_dict().items()}
    theirs = torchvision_reference.SHAPES[f"resnet{depth}"].items()
    assert ours == {torchvision_reference.our_name(name): shape for name, shape in theirs}


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_outputs_are_torchvisions(depth):
    network = ResNetNetwork(depth=depth)
    torchvision_reference.fill(network.state_dict().items())
    expected = torchvision_reference.OUTPUTS[f"resnet{depth}"]
    assert torchvision_reference.outputs(network) == pytest.approx(expected, abs=1e-4)


def transformers_name(name):
    """What transformers calls one of our tensors."""
    name = re.sub(r"^conv1\.", "resnet.embedder.embedder.convolution.", name)
    name = re.sub(r"^bn1\.", "resnet.embedder.embedder.normalization.", name)
    name = re.sub(r"^head\.", "classifier.1.", name)
    stage = re.match(r"layer(\d)\.(\d+)\.(.*)", name)
    if stage is None:
        return name
    rest = re.sub(r"downsample\.0\.", "shortcut.convolution.", stage[3])
    rest = re.sub(r"downsample\.1\.", "shortcut.normalization.", rest)
    rest = re.sub(r"conv(\d)\.", lambda m: f"layer.{int(m[1]) - 1}.convolution.", rest)
    rest = re.sub(r"^bn(\d)\.", lambda m: f"layer.{int(m[1]) - 1}.normalization.", rest)
    return f"resnet.encoder.stages.{int(stage[1]) - 1}.layers.{stage[2]}.{rest}"


@pytest.mark.parametrize("depth", [18, 34, 50])
@pytest.mark.parametrize("training", [False, True])
def test_equals_transformers(depth, training):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    block, repeats = FORMS[depth]
    widths = [64 * 2**number * block.expansion for number in range(4)]
    config = transformers.ResNetConfig(
        embedding_size=64,
        hidden_sizes=widths,
        depths=list(repeats),
        layer_type="bottleneck" if depth == 50 else "basic",
        num_labels=12,
    )
    theirs = transformers.ResNetForImageClassification(config).train(training)
    torch.manual_seed(0)
    ours = ResNetNetwork(depth=depth, num_classes=12)
    for name, weight in ours.named_parameters():
        if "bn" in name or "downsample.1" in name:
            torch.nn.init.uniform_(weight, 0.2, 0.8)
    ours.train(training)
    renamed = {transformers_name(name): value for name, value in ours.state_dict().items()}
    theirs.load_state_dict(renamed)
    x = torch.randn(2, 3, 96, 75)
    with torch.no_grad():
        expected = theirs(x).logits
        torch.testing.assert_close(ours(x), expected, rtol=1e-5, atol=1e-5)


def section_4_2(w, x, n):
    """ResNet-(6n+2) with shortcuts of option A, from section 4.2 of the paper."""

    def norm(name, x):
        stats = w[f"{name}.running_mean"], w[f"{name}.running_var"]
        return F.batch_norm(x, *stats, w[f"{name}.weight"], w[f"{name}.bias"])

    x = norm("bn1", F.conv2d(x, w["conv1.weight"], padding=1)).relu()
    for stage in (1, 2, 3):
        for number in range(n):
            at, stride = f"layer{stage}.{number}", 2 if stage > 1 and number == 0 else 1
            y = F.conv2d(x, w[f"{at}.conv1.weight"], stride=stride, padding=1)
            y = F.conv2d(norm(f"{at}.bn1", y).relu(), w[f"{at}.conv2.weight"], padding=1)
            y = norm(f"{at}.bn2", y)
            if stride == 2:
                zeros = torch.zeros_like(y)
                new = y.shape[1] - x.shape[1]
                zeros[:, new // 2 : new // 2 + x.shape[1]] = x[:, :, ::2, ::2]
                x = zeros
            x = (x + y).relu()
    return F.linear(x.mean((2, 3)), w["head.weight"], w["head.bias"])


@pytest.mark.parametrize("depth", [20, 32])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (4, 45, 33)])
def test_cifar_form_equals_section_4_2(depth, shape):
    torch.manual_seed(0)
    network = ResNetNetwork(depth=depth, in_channels=shape[0], num_classes=10)
    torchvision_reference.fill(
        (name, value) for name, value in network.state_dict().items() if "bn" in name
    )
    x = torch.randn(2, *shape)
    with torch.no_grad():
        expected = section_4_2(network.state_dict(), x, (depth - 2) // 6)
        torch.testing.assert_close(network.eval()(x), expected, rtol=1e-5, atol=1e-5)


def test_padded_shortcut_has_no_weights_and_keeps_every_second_pixel():
    shortcut, x = PaddedShortcut(4, 2), torch.randn(2, 4, 5, 6)
    y = shortcut(x)
    assert not list(shortcut.parameters())
    assert torch.equal(y[:, 2:6], x[:, :, ::2, ::2])
    assert not y[:, :2].any() and not y[:, 6:].any()


def test_a_block_with_weights_of_zero_does_nothing():
    network = ResNetNetwork(depth=20).eval()
    block = network.layer1[1]
    torch.nn.init.zeros_(block.bn2.weight)
    x = torch.rand(1, 16, 8, 8)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("depth", [18, 20, 50])
@pytest.mark.parametrize("stem", ["small", "imagenet"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (4, 300, 200), (1, 8, 8), (3, 1, 1)])
def test_any_size(depth, stem, shape):
    network = ResNetNetwork(depth=depth, in_channels=shape[0], num_classes=7, width=4, stem=stem)
    assert network(torch.zeros(2, *shape)).shape == (2, 7)


def test_stages_are_there_for_other_networks():
    maps = ResNetNetwork(depth=50, width=4).maps(torch.zeros(2, 3, 64, 64))
    assert [tuple(stage.shape[1:]) for stage in maps] == [
        (16, 16, 16),
        (32, 8, 8),
        (64, 4, 4),
        (128, 2, 2),
    ]


def test_unknown_depth_names_the_choices():
    with pytest.raises(
        UsageError, match=r"depth=19.*\[18, 20, 32, 34, 44, 50, 56, 101, 110, 152\]"
    ):
        ResNetNetwork(depth=19)


@pytest.mark.parametrize("depth, stem", [(20, None), (18, None), (18, "small"), (50, None)])
def test_gradients(depth, stem):
    torch.manual_seed(0)
    network = ResNetNetwork(depth=depth, num_classes=3, width=4, stem=stem)
    side = 32 if network.conv1.kernel_size == (3, 3) else 64  # statistics need several pixels
    assert_gradients_match(network, torch.randn(3, 3, side, side), samples=1)


def test_learns():
    x, y = bars(160, 8, seed=0)
    model = ResNet(epochs=5, validation=0, batch_size=20, augment=("crop",)).fit(x, y)
    assert model.evaluate(*bars(60, 8, seed=1))["accuracy"] > 0.95


def test_a_lone_last_example_is_no_obstacle():
    x, y = bars(9, 16, seed=0)
    model = ResNet(depth=18, variant="published", epochs=1, batch_size=8).fit(x, y)
    assert np.isfinite(model.predict_proba(x)).all()
