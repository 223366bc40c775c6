from __future__ import annotations

import pytest
import torch
from torch import nn

from fieldguide.nn import OptionalMaxPool2d


@pytest.mark.parametrize("kernel, stride", [(2, 2), (3, 2)])
@pytest.mark.parametrize("shape", [(9, 8), (3, 12), (3, 3)])
def test_equals_max_pooling_where_that_works(kernel, stride, shape):
    x = torch.randn(2, 3, *shape)
    expected = nn.MaxPool2d(kernel, stride)(x)
    assert torch.equal(OptionalMaxPool2d(kernel, stride)(x), expected)


def test_small_maps_pass():
    x = torch.randn(2, 3, 2, 9)
    assert OptionalMaxPool2d(3, 2)(x) is x
