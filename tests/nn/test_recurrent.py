"""Recurrent layers: stacked, in both directions, cut off in time, and blind to filling."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from fieldguide.nn import sequences
from fieldguide.nn.recurrent import GATES, LAYERS, Recurrent
from fieldguide.nn.recurrent_cells import ElmanCell, GRUCell, LSTMCell, unroll
from tests.gradients import assert_gradients_match

CELLS = {"elman": ElmanCell, "lstm": LSTMCell, "gru": GRUCell}
LENGTHS = torch.tensor([9, 1, 5, 9, 3])
cells = pytest.mark.parametrize("cell", LAYERS)


def network(cell: str, **more: object) -> Recurrent:
    torch.manual_seed(0)
    made = Recurrent(cell=cell, inputs=3, units=4, **more).double()
    for weight in made.parameters():  # biases start at 0, which hides their mistakes
        nn.init.normal_(weight, std=0.5)
    return made


def steps(filling: float = 0.0) -> torch.Tensor:
    torch.manual_seed(1)
    x = torch.randn(5, 9, 3, dtype=torch.float64)
    return x.masked_fill(~sequences.inside(LENGTHS, 9).unsqueeze(2), filling)


@cells
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_pytorchs_packed_layers(cell: str, layers: int, bidirectional: bool) -> None:
    """The same stack in PyTorch's own way: one module, packed sequences."""
    ours = network(cell, layers=layers, bidirectional=bidirectional)
    theirs = LAYERS[cell](3, 4, layers, batch_first=True, bidirectional=bidirectional).double()
    with torch.no_grad():
        for to, source in zip(theirs.parameters(), ours.parameters(), strict=True):
            to.copy_(source)
    packed = pack_padded_sequence(steps(), LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(theirs(packed)[0], batch_first=True)
    inside = sequences.inside(LENGTHS, 9)
    found = ours(steps(), LENGTHS)
    torch.testing.assert_close(found[inside], expected[inside], rtol=1e-10, atol=1e-12)
    found[inside].square().sum().backward()
    expected[inside].square().sum().backward()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad, rtol=1e-9, atol=1e-12)


@cells
def test_equals_the_cells_written_out(cell: str) -> None:
    ours = network(cell, layers=2, bidirectional=True)
    x = steps()
    for depth in (0, 2):
        sides = []
        for side in (0, 1):
            names = [key.removesuffix("_l0") for key in ours.layers[depth].state_dict()]
            own = CELLS[cell](x.shape[2], 4).double()
            own.load_state_dict(
                dict(zip(names, ours.layers[depth + side].state_dict().values(), strict=True))
            )
            sides.append(unroll(own, x, LENGTHS, backwards=side == 1)[0])
        x = torch.cat(sides, dim=2)
    inside = sequences.inside(LENGTHS, 9)
    torch.testing.assert_close(ours(steps(), LENGTHS)[inside], x[inside], rtol=1e-10, atol=1e-12)


@cells
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("summary", ["last", "mean"])
def test_what_lies_after_the_end_changes_nothing(
    cell: str, bidirectional: bool, summary: str
) -> None:
    ours = network(cell, layers=2, bidirectional=bidirectional)
    summarise = sequences.SUMMARIES["ends" if bidirectional and summary == "last" else summary]
    found = []
    for filling in (0.0, 1e3):
        ours.zero_grad()
        x = steps(filling).requires_grad_()
        outputs = summarise(ours(x, LENGTHS), LENGTHS)
        outputs.square().sum().backward()
        assert not x.grad[~sequences.inside(LENGTHS, 9)].any()
        found.append([outputs, *(weight.grad.clone() for weight in ours.parameters())])
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)
    for row, length in enumerate(LENGTHS):
        alone = summarise(ours(steps()[row : row + 1, :length]), None)
        torch.testing.assert_close(alone[0], found[0][0][row], rtol=1e-10, atol=1e-12)


@cells
def test_truncation_cuts_derivatives_and_leaves_values(cell: str) -> None:
    whole, cut = network(cell, layers=2), network(cell, layers=2, truncate=4)
    x = steps()
    torch.testing.assert_close(cut.train()(x), whole(x), rtol=1e-12, atol=1e-14)
    x = steps().requires_grad_()
    cut(x)[:, -1].square().sum().backward()
    assert x.grad[:, 8].any() and not x.grad[:, :8].any()  # pieces of 4, 4 and 1 steps
    x = steps().requires_grad_()
    cut(x)[:, 7].square().sum().backward()
    assert x.grad[:, 4:8].any() and not x.grad[:, :4].any()
    x = steps().requires_grad_()
    whole(x)[:, 7].square().sum().backward()
    assert x.grad[:, :4].any()


@cells
def test_truncation_longer_than_the_sequence_is_none(cell: str) -> None:
    whole, cut = network(cell), network(cell, truncate=9)
    for net in (whole, cut):
        net(steps()).square().sum().backward()
    for own, other in zip(whole.parameters(), cut.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad, rtol=1e-12, atol=1e-14)


@cells
@pytest.mark.parametrize("more", [{}, {"layers": 2, "bidirectional": True, "dropout": 0.3}])
def test_gradients(cell: str, more: dict[str, object]) -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = network(cell, **more)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return sequences.mean(self.body(x, LENGTHS), LENGTHS)

    assert_gradients_match(Fixed(), 3 * steps())


@cells
def test_dropout_lies_between_layers_only(cell: str) -> None:
    x = steps()  # it sets the seed
    for both in (False, True):
        one = network(cell, dropout=0.5, bidirectional=both).train()
        assert torch.equal(one(x), one(x))
        two = network(cell, layers=2, dropout=0.5, bidirectional=both).train()
        assert not torch.equal(two(x), two(x))
        two.eval()
        assert torch.equal(two(x), two(x))


@cells
def test_recurrent_weights_start_orthogonal(cell: str) -> None:
    body = Recurrent(cell=cell, inputs=3, units=6, layers=2)
    for name, weight in body.layers[0].named_parameters():
        if name.startswith("weight_hh"):
            for block in weight.split(6):
                torch.testing.assert_close(block @ block.T, torch.eye(6))
        if name.startswith("bias"):
            remembered = cell == "lstm" and name.startswith("bias_ih")
            assert weight[6:12].tolist() == [float(remembered)] * len(weight[6:12])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gates_start_out_to_remember(cell: str) -> None:
    """A gate of σ(log(t - 1)) keeps 1 - 1/t of a state each step: t steps on average."""
    torch.manual_seed(0)
    body = Recurrent(cell=cell, inputs=1, units=500, memory=100)
    gates = body.layers[0].bias_ih_l0.detach().chunk(GATES[cell])
    steps = 1 / (1 - torch.sigmoid(gates[1]))
    assert 2 <= float(steps.min()) < 3 and 99 < float(steps.max()) <= 100
    assert abs(float(steps.mean()) - 51) < 4
    if cell == "lstm":
        assert torch.equal(gates[0], -gates[1])


def test_turning_round() -> None:
    x = torch.arange(1.0, 7).view(2, 3, 1)
    turned = sequences.reverse(x, torch.tensor([2, 3]))
    assert turned.flatten().tolist() == [2, 1, 3, 6, 5, 4]
    assert torch.equal(sequences.reverse(x, None), x.flip(1))
