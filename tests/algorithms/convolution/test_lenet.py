from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from fieldguide.algorithms.convolution.lenet import TABLE, LeNet, LeNetNetwork
from fieldguide.errors import UsageError
from tests.gradients import assert_gradients_match
from tests.pictures import bars

PUBLISHED = {"activation": "tanh", "pooling": "average", "connections": "table"}


def free_weights(module):
    """Parameters that training can change: the absent connections of C3 do not count."""
    count = sum(weight.numel() for weight in module.parameters())
    return count - int((module.seen == 0).sum()) * 25 if hasattr(module, "seen") else count


def test_published_form_has_the_papers_parameters():
    network = LeNetNetwork(**PUBLISHED)
    layers = {name: free_weights(getattr(network, name)) for name in ("c1", "c3", "c5", "f6")}
    assert layers == {"c1": 156, "c3": 1516, "c5": 48120, "f6": 10164}  # section II.B
    assert free_weights(network.s2) == 12
    assert free_weights(network.s4) == 32
    assert sum(layers.values()) + 12 + 32 == 60000


def test_default_form_has_the_documented_size():
    assert sum(weight.numel() for weight in LeNetNetwork().parameters()) == 61706


def test_table_is_the_papers():
    rows = (
        "X...XXX..XXXX.XX",
        "XX...XXX..XXXX.X",
        "XXX...XXX..X.XXX",
        ".XXX..XXXX..X.XX",
        "..XXX..XXXX.XX.X",
        "...XXX..XXXX.XXX",
    )
    for s2_map, row in enumerate(rows):
        assert "".join("X" if s2_map in seen else "." for seen in TABLE) == row


def numpy_lenet(state, image, published):
    """The paper's formulas, one map after the other."""
    w = {name: value.double().numpy() for name, value in state.items()}

    def f(a):
        return 1.7159 * np.tanh(2 / 3 * a) if published else np.maximum(a, 0)

    def convolve(x, name):
        weight, bias = w[f"{name}.weight"], w[f"{name}.bias"]
        maps = []
        for k in range(len(weight)):
            seen = TABLE[k] if published and name == "c3" else range(len(x))
            maps.append(sum(correlate2d(x[j], weight[k, j], "valid") for j in seen) + bias[k])
        return f(np.stack(maps))

    def pool(x, name):
        windows = x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2)
        if not published:
            return windows.max(axis=(2, 4))
        mean = windows.mean(axis=(2, 4))
        return f(w[f"{name}.0.coefficient"] * mean + w[f"{name}.0.bias"])

    s4 = pool(convolve(pool(convolve(image, "c1"), "s2"), "c3"), "s4")
    c5 = convolve(s4, "c5")[:, 0, 0]
    f6 = f(w["f6.weight"] @ c5 + w["f6.bias"])
    return w["head.weight"] @ f6 + w["head.bias"]


@pytest.mark.parametrize("published", [False, True])
def test_equals_the_papers_formulas(published):
    torch.manual_seed(0)
    network = LeNetNetwork(in_channels=2, **(PUBLISHED if published else {})).eval()
    for name, weight in network.named_parameters():
        if name.startswith("s"):
            torch.nn.init.normal_(weight)
    x = torch.randn(3, 2, 32, 32)
    expected = [numpy_lenet(network.state_dict(), image, published) for image in x.numpy()]
    with torch.no_grad():
        np.testing.assert_allclose(network(x).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_digits_of_28_pixels_stand_in_the_middle_of_the_field():
    network = LeNetNetwork().eval()
    x = torch.randn(2, 1, 28, 28)
    field = torch.zeros(2, 1, 32, 32)
    field[..., 2:30, 2:30] = x
    torch.testing.assert_close(network(x), network(field))


def test_tiny_pictures_are_enlarged_by_a_whole_factor():
    network = LeNetNetwork().eval()
    x = torch.full((1, 1, 8, 8), 0.7)
    torch.testing.assert_close(network(x), network(torch.full((1, 1, 32, 32), 0.7)))


@pytest.mark.parametrize("shape", [(1, 28, 28), (4, 300, 200), (1, 8, 8), (3, 1, 1), (2, 33, 31)])
def test_any_size(shape):
    assert LeNetNetwork(in_channels=shape[0], num_classes=7)(torch.zeros(2, *shape)).shape == (2, 7)


@pytest.mark.parametrize("form", [{}, PUBLISHED])
def test_gradients(form):
    torch.manual_seed(0)
    assert_gradients_match(LeNetNetwork(num_classes=3, **form), torch.randn(2, 1, 28, 28))


def test_absent_connections_do_not_learn():
    network = LeNetNetwork(**PUBLISHED)
    network(torch.randn(2, 1, 32, 32)).square().sum().backward()
    assert not network.c3.weight.grad[(network.c3.seen == 0).expand(-1, -1, 5, 5)].any()


def test_unknown_option_names_the_choices():
    with pytest.raises(UsageError, match=r"activation='sigmoid'.*\['relu', 'tanh'\]"):
        LeNetNetwork(activation="sigmoid")


@pytest.mark.parametrize("form", [{}, PUBLISHED])
def test_learns(form):
    x, y = bars(200, 28, seed=0)
    model = LeNet(epochs=15, validation=0, **form).fit(x, y)
    assert model.evaluate(*bars(60, 28, seed=1))["accuracy"] > 0.95


def test_learns_numbers():
    x, _ = bars(200, 16, seed=0)
    brightness = np.linspace(0.1, 1, len(x))
    x = (x * brightness[:, None, None, None]).astype(np.uint8)
    model = LeNet(epochs=15, validation=0).fit(x[::2], brightness[::2])
    assert model.evaluate(x[1::2], brightness[1::2])["r2"] > 0.75
