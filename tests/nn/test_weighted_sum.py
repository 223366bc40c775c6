from __future__ import annotations

import torch

from fieldguide.nn import WeightedSum


def test_words_count_as_columns_of_zeros_and_ones():
    layer = WeightedSum(numbers=2, cardinalities=(3, 4), outputs=5)
    torch.nn.init.normal_(layer.weight)
    torch.nn.init.normal_(layer.bias)
    x = {"numbers": torch.randn(6, 2), "categories": torch.tensor([[0, 3], [2, 0], [1, 1]] * 2)}
    hot = [torch.nn.functional.one_hot(x["categories"][:, c], n) for c, n in enumerate((3, 4))]
    columns = torch.cat([x["numbers"].double(), *hot], dim=1)
    assert torch.equal(layer.columns(x), columns)
    expected = columns @ layer.weight.t() + layer.bias
    assert layer(x).dtype == torch.float32
    torch.testing.assert_close(layer(x), expected.float())
    x["numbers"] = x["numbers"].double()
    torch.testing.assert_close(layer(x), expected)


def test_pictures_are_flattened():
    layer = WeightedSum(numbers=12, outputs=1)
    pictures = torch.randn(4, 3, 2, 2)
    assert layer(pictures).shape == (4, 1)
    assert torch.equal(layer.columns(pictures), pictures.flatten(1).double())
