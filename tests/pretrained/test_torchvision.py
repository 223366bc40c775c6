from __future__ import annotations

import os

import pytest
import torch
from safetensors.torch import save_file

from fieldguide.algorithms.convolution.alexnet import AlexNet, AlexNetNetwork
from fieldguide.algorithms.convolution.resnet import ResNet, ResNetNetwork
from fieldguide.catalog import load
from fieldguide.errors import DataError, UsageError
from fieldguide.pretrained import load_torchvision
from fieldguide.pretrained.torchvision import IMAGENET_DEVIATIONS, IMAGENET_MEANS, architecture
from tests import torchvision_reference
from tests.pictures import bars

RESNET18 = torchvision_reference.state("resnet18")


def weight_file(folder, state, name="weights.pth"):
    path = folder / name
    torch.save(state, path)
    return path


@pytest.fixture
def resnet18(tmp_path):
    return weight_file(tmp_path, RESNET18, "resnet18-f37072fd.pth")


NETWORKS = {
    "alexnet": AlexNetNetwork,
    "resnet18": lambda: ResNetNetwork(depth=18),
    "resnet50": lambda: ResNetNetwork(depth=50),
}


def empty(name):
    with torch.device("meta"):  # no time for drawing weights that are overwritten
        network = NETWORKS[name]()
    return network.to_empty(device="cpu")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_whole_file_gives_torchvisions_outputs(name, tmp_path):
    path, network = weight_file(tmp_path, torchvision_reference.state(name)), empty(name)
    loaded = load_torchvision(network, path, keep_head=True)
    assert (loaded.architecture, loaded.head_kept) == (name, True)
    expected = torchvision_reference.OUTPUTS[name]
    assert torchvision_reference.outputs(network) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", torchvision_reference.SHAPES)
def test_architecture_is_recognised(name):
    shapes = torchvision_reference.SHAPES[name]
    weights = {n: torch.empty(shape, device="meta") for n, shape in shapes.items()}
    assert architecture(weights) == name


@pytest.mark.parametrize(
    "middle, name", [((128, 128, 3, 3), "wide_resnet50"), ((128, 4, 3, 3), "resnext50")]
)
def test_relatives_of_resnet50_are_told_apart(middle, name):
    shapes = torchvision_reference.SHAPES["resnet50"] | {"layer1.0.conv2.weight": middle}
    weights = {n: torch.empty(shape, device="meta") for n, shape in shapes.items()}
    assert architecture(weights) == name


def test_own_head_stays(resnet18):
    network = ResNetNetwork(depth=18, num_classes=7)
    before = network.head.weight.clone()
    loaded = load_torchvision(network, resnet18)
    assert not loaded.head_kept
    assert torch.equal(network.head.weight, before)
    assert torch.equal(network.conv1.weight, RESNET18["conv1.weight"])
    assert torch.equal(network.layer4[1].bn2.running_var, RESNET18["layer4.1.bn2.running_var"])


def test_head_of_another_size_cannot_be_kept(resnet18):
    network = ResNetNetwork(depth=18, num_classes=7)
    with pytest.raises(DataError, match=r"head.weight is \(1000, 512\) instead of \(7, 512\)"):
        load_torchvision(network, resnet18, keep_head=True)


def test_safetensors_and_old_and_wrapped_files(tmp_path):
    old = {n: v for n, v in RESNET18.items() if not n.endswith("num_batches_tracked")}
    parallel = {f"module.{name}": value for name, value in RESNET18.items()}
    save_file(RESNET18, tmp_path / "a.safetensors")
    weight_file(tmp_path, old, "b.pth")
    weight_file(tmp_path, {"epoch": 3, "state_dict": parallel}, "c.pt")
    torch.save(RESNET18, tmp_path / "d.pth", _use_new_zipfile_serialization=False)
    for name in ("a.safetensors", "b.pth", "c.pt", "d.pth"):
        network = ResNetNetwork(depth=18, num_classes=3)
        load_torchvision(network, tmp_path / name)
        assert torch.equal(network.layer2[0].conv2.weight, RESNET18["layer2.0.conv2.weight"])


def first_layer(network, x):
    with torch.no_grad():
        return network.eval().bn1(network.conv1(x))[..., 3:-3, 3:-3]  # without the rim


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_other_channels_and_standardisation_give_the_published_maps(channels, resnet18):
    torch.manual_seed(0)
    grey_or_colour = torch.rand(2, 3 if channels > 2 else 1, 40, 36)
    published = ResNetNetwork(depth=18)
    load_torchvision(published, resnet18)
    imagenet = (
        grey_or_colour.expand(-1, 3, -1, -1) - torch.tensor(IMAGENET_MEANS).view(3, 1, 1)
    ) / (torch.tensor(IMAGENET_DEVIATIONS).view(3, 1, 1))
    expected = first_layer(published, imagenet)

    means = [0.3, 0.6, 0.2, 0.9][:channels]
    deviations = [0.1, 0.4, 0.3, 0.2][:channels]
    alpha = torch.rand(2, channels - grey_or_colour.shape[1], 40, 36)
    stored = torch.cat([grey_or_colour, alpha], 1)
    x = (stored - torch.tensor(means).view(-1, 1, 1)) / torch.tensor(deviations).view(-1, 1, 1)
    network = ResNetNetwork(depth=18, in_channels=channels)
    loaded = load_torchvision(network, resnet18, means=means, deviations=deviations)
    assert loaded.channels_adapted == (channels != 3)
    torch.testing.assert_close(first_layer(network, x), expected, rtol=1e-4, atol=1e-4)


def test_standardisation_goes_into_the_bias_where_there_is_one(tmp_path):
    state = torchvision_reference.state("alexnet")
    path = weight_file(tmp_path, state)
    with torch.device("meta"):
        network = AlexNetNetwork(in_channels=1).to_empty(device="cpu").eval()
    load_torchvision(network, path, means=[0.25], deviations=[0.5])
    grey = torch.rand(1, 1, 47, 47)
    imagenet = (grey.expand(-1, 3, -1, -1) - torch.tensor(IMAGENET_MEANS).view(3, 1, 1)) / (
        torch.tensor(IMAGENET_DEVIATIONS).view(3, 1, 1)
    )
    weight, bias = state["features.0.weight"], state["features.0.bias"]
    expected = torch.conv2d(imagenet, weight, bias, stride=4, padding=2)[..., 1:-1, 1:-1]
    with torch.no_grad():
        came = network.features[0]((grey - 0.25) / 0.5)[..., 1:-1, 1:-1]
    torch.testing.assert_close(came, expected, rtol=1e-4, atol=1e-4)


# Files that must be refused, and the network must stay as it was.


def truncated(folder):
    whole = weight_file(folder, RESNET18).read_bytes()
    path = folder / "short.pth"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def truncated_safetensors(folder):
    save_file(RESNET18, folder / "whole.safetensors")
    path = folder / "short.safetensors"
    path.write_bytes((folder / "whole.safetensors").read_bytes()[:-1000])
    return path


def not_weights(folder):
    path = folder / "page.pth"
    path.write_text("<html>404: not found</html>")
    return path


def empty_file(folder):
    path = folder / "empty.pth"
    path.write_bytes(b"")
    return path


class Malicious:
    def __reduce__(self):
        return os.mkdir, ("ran",)


def malicious(folder):
    return weight_file(folder, {"conv1.weight": Malicious()})


def malicious_old_format(folder):
    path = folder / "old.pth"
    torch.save({"a": Malicious()}, path, _use_new_zipfile_serialization=False)
    return path


def whole_model(folder):
    path = folder / "model.pth"
    torch.save(torch.nn.Linear(2, 2), path)
    return path


def changed(folder, **tensors):
    state = dict(RESNET18)
    for name, value in tensors.items():
        name = name.replace("__", ".")
        if value is None:
            del state[name]
        else:
            state[name] = value
    return weight_file(folder, state)


REFUSED = {
    "no file": (lambda f: f / "nowhere.pth", "There is no such file"),
    "a folder": (lambda f: f, "a folder, not a file"),
    "wrong suffix": (lambda f: weight_file(f, RESNET18, "weights.txt"), "ends in .pth, .pt"),
    "truncated": (truncated, "cut short, damaged"),
    "truncated safetensors": (truncated_safetensors, "cut short or damaged"),
    "not weights": (not_weights, "no PyTorch weight file"),
    "empty": (empty_file, "cut short, damaged"),
    "malicious": (malicious, "Python objects besides tensors; they are not run"),
    "malicious, old format": (malicious_old_format, "no PyTorch weight file"),
    "whole model": (whole_model, r"torch.save\(model.state_dict\(\), path\)"),
    "a list": (lambda f: weight_file(f, [torch.zeros(1)]), "found list"),
    "no tensors": (lambda f: weight_file(f, {}), "found dict"),
    "numbers": (lambda f: weight_file(f, {"a": 3}), "'a' is a int"),
    "other network": (
        lambda f: weight_file(f, torchvision_reference.state("resnet34")),
        "looks like resnet34, but the network is resnet18.",
    ),
    "other family": (
        lambda f: weight_file(f, {"features.0.weight": torch.zeros(64, 3, 3, 3)}),
        "looks like vgg4, but the network is resnet18.",
    ),
    "unrelated": (
        lambda f: weight_file(f, {"encoder.weight": torch.zeros(3)}),
        "looks like no AlexNet, VGG or ResNet, but",
    ),
    "missing": (lambda f: changed(f, layer2__0__bn1__bias=None), "lacks layer2.0.bn1.bias"),
    "surplus": (lambda f: changed(f, extra=torch.zeros(1)), "unknown extra"),
    "wrong shape": (
        lambda f: changed(f, layer3__1__conv1__weight=torch.zeros(256, 256, 1, 1)),
        r"layer3.1.conv1.weight is \(256, 256, 1, 1\) instead of \(256, 256, 3, 3\)",
    ),
    "not finite": (
        lambda f: changed(f, bn1__weight=torch.full((64,), float("nan"))),
        "'bn1.weight' holds values that are not finite",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, message = REFUSED[case]
    network = ResNetNetwork(depth=18, num_classes=7)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    path = make(tmp_path)
    with pytest.raises(DataError, match=message) as refusal:
        load_torchvision(network, path)
    assert str(path) in str(refusal.value)
    assert not (tmp_path / "ran").exists()
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_small_form_has_no_published_weights(resnet18):
    network = ResNetNetwork(depth=18, stem="small")
    with pytest.raises(DataError, match=r"conv1.weight is \(64, 3, 7, 7\) instead of"):
        load_torchvision(network, resnet18)


# Estimators


def test_fine_tuning_a_new_head(resnet18, tmp_path):
    x, y = bars(24, 64, seed=0, channels=3)
    model = ResNet(depth=18, pretrained=str(resnet18), epochs=0).fit(x, y)
    assert torch.equal(model.network_.layer4[1].conv2.weight, RESNET18["layer4.1.conv2.weight"])
    assert model.network_.head.out_features == 2
    model = ResNet(depth=18, pretrained=str(resnet18), epochs=1).fit(x, y)
    assert not torch.equal(model.network_.layer4[1].conv2.weight, RESNET18["layer4.1.conv2.weight"])
    model.save(tmp_path / "model")
    resnet18.unlink()  # a saved model does not need the file it started from
    again = load(tmp_path / "model")
    assert (again.predict_proba(x) == model.predict_proba(x)).all()


def test_bytes_and_shares_of_brightness_start_alike(resnet18):
    x, y = bars(24, 64, seed=0, channels=3)
    options = {"depth": 18, "pretrained": str(resnet18), "epochs": 0}
    first, second = ResNet(**options).fit(x, y), ResNet(**options).fit(x / 255, y)
    for name, value in first.network_.state_dict().items():
        torch.testing.assert_close(value, second.network_.state_dict()[name], rtol=1e-3, atol=1e-3)


def test_small_pictures_say_how_to_get_the_published_form(resnet18):
    x, y = bars(8, 32, seed=0)
    with pytest.raises(
        UsageError, match=r"32x32 pixels get the small one\. Add variant='published'"
    ):
        ResNet(depth=18, pretrained=str(resnet18)).fit(x, y)
    model = ResNet(depth=18, pretrained=str(resnet18), variant="published", epochs=0).fit(x, y)
    assert model.network_.conv1.weight.shape == (64, 1, 7, 7)


def test_a_file_of_another_network_is_named_at_fit(resnet18):
    x, y = bars(8, 64, seed=0)
    with pytest.raises(DataError, match="looks like resnet18, but the network is alexnet"):
        AlexNet(pretrained=str(resnet18)).fit(x, y)
