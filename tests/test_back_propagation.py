"""Back-propagation, checked: every network of the catalog against finite differences.

A derivative is what a loss changes by when a weight changes by very little. Here that is done, in
double precision, to the network of every algorithm, on every form of input that it takes and with
the loss of every task that it does, and compared with what back-propagation says.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

from fieldguide import catalog, tasks
from fieldguide.algorithms.perceptron.mlp import MLPNetwork
from fieldguide.data import Batch, Dataset
from fieldguide.nn import Entry
from fieldguide.nn.back_propagation import Chain
from tests import toys
from tests.gradients import assert_gradients_match, in_double

EXAMPLES = 4
SIDE = 32  # pixels, or the smallest that an algorithm takes
TARGETS = {
    "classification": pl.Series("y", ["a", "b", "c", "a"]),
    "regression": pl.Series("y", [0.5, -1.0, 2.0, 1.5]),
}
# Trees are no tensors; tests/algorithms/recursive compares their networks with differences.
FORMS = ("image", "array", "table", "series", "clip")
CASES = [
    pytest.param(entry, task, form, id=f"{entry.name}-{task}-{form}")
    for entry in catalog.entries()
    for task in entry.card.tasks
    for form in entry.card.inputs
    if task in TARGETS and form in FORMS
]


def small_data(form: str, side: int) -> dict[str, np.ndarray | pl.Series]:
    """A few examples of each form of input."""
    chance = np.random.default_rng(0)
    if form == "image":
        return {"x": chance.random((EXAMPLES, 3, side, side), dtype=np.float32)}
    if form == "array":
        return {"x": chance.normal(size=(EXAMPLES, 5))}
    return {
        "size": pl.Series([0.5, None, 2.0, -1.0]),
        "age": pl.Series([30.5, 41.5, 28.5, 65.5]),
        "town": pl.Series(["Ulm", "Bonn", "Ulm", "Kiel"], dtype=pl.Categorical),
    }


@pytest.mark.parametrize(("entry", "task", "form"), CASES)
def test_gradients_equal_finite_differences(entry, task, form):
    if form in ("series", "clip"):
        data = toys.FORMS[form](task, EXAMPLES)
    else:
        columns = small_data(form, max(SIDE, entry.card.smallest_image))
        data = Dataset.from_columns({**columns, "y": TARGETS[task]}, target="y")
    posed = tasks.choose(data, task)[0].fit(data, (form,))
    model = entry.load()()
    model.task_ = posed
    torch.manual_seed(0)
    network = model.build(posed)
    if not any(weight.requires_grad for weight in network.parameters()):
        pytest.skip(f"{entry.name} has no weights that a gradient could reach")
    with torch.no_grad():
        for weight in network.parameters():
            if not weight.any():
                weight.normal_(std=0.1)
    whole = posed.encode(data).span(0, EXAMPLES)
    y = whole.y.double() if whole.y.is_floating_point() else whole.y
    batch = Batch(in_double(whole.x), y, whole.index)
    # A deep belief network dreams downwards: these weights have no part in what it classifies.
    without = ("visible_bias", "down.0", "down.1") if entry.name == "dbn" else ()
    assert_gradients_match(
        network, whole.x, loss=lambda outputs: posed.loss(outputs, batch), without=without
    )


@pytest.mark.parametrize("bend", ["relu", "tanh"])
def test_gradients_by_hand_equal_finite_differences(bend):
    torch.manual_seed(0)
    network = MLPNetwork(
        entry=Entry((5,)), hidden=(7, 6), head=torch.nn.Linear(6, 3), activation=bend
    ).double()
    layers = [part for part in (*network.hidden, network.head) if isinstance(part, torch.nn.Linear)]
    x = torch.randn(4, 5, dtype=torch.float64)
    chain = Chain(layers, type(network.hidden[1]))
    block = chain.block

    def outputs() -> torch.Tensor:
        return chain.forward(x, torch.float64)[-1]

    with torch.no_grad():
        values = chain.forward(x, torch.float64)
        torch.testing.assert_close(values[-1], network(x))
        chain.backward(values, 2 * values[-1])
        step = 1e-6
        for place in range(len(block)):
            block[place] += step
            above = outputs().square().sum()
            block[place] -= 2 * step
            below = outputs().square().sum()
            block[place] += step
            difference = float(above - below) / (2 * step)
            assert float(block.grad[place]) == pytest.approx(difference, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_of_pieces_add_up_by_hand(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layers = [torch.nn.Linear(5, 7), torch.nn.Linear(7, 6), torch.nn.Linear(6, 3)]
    given = [layer.weight.detach().clone() for layer in layers]
    chain, x, slope = Chain(layers, torch.nn.ReLU), torch.randn(8, 5), torch.randn(8, 3)
    with torch.no_grad():
        chain.backward(chain.forward(x, dtype), slope)
        whole = chain.block.grad.clone()
        chain.backward(chain.forward(x[:5], dtype), slope[:5])
        chain.backward(chain.forward(x[5:], dtype), slope[5:], add=True)
    close = 1e-5 if dtype == torch.float32 else 0.05
    torch.testing.assert_close(chain.block.grad, whole, rtol=close, atol=close)
    assert all(torch.equal(layer.weight, old) for layer, old in zip(layers, given, strict=True))
    chain.release()
    assert all(torch.equal(layer.weight, old) for layer, old in zip(layers, given, strict=True))
