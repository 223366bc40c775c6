"""The perceptron's two short cuts: scales in the first layer's weights, one block of weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import fieldguide as fg
from fieldguide.data import Dataset

CHANCE = np.random.default_rng(0)
GREY = CHANCE.random((60, 1, 6, 6), dtype=np.float32)
COLOUR = CHANCE.integers(0, 256, (60, 3, 5, 4)).astype(np.uint8)
UNEVEN = GREY * np.array([1, 100, 0.01], np.float32)[:, None, None] + np.float32(0.01)
FAR = (CHANCE.normal(1000, 1, (60, 1, 6, 6))).astype(np.float32)
TINY = (GREY * 1e-25).astype(np.float32)


def fitted(pictures: np.ndarray, **given: object) -> fg.MLP:
    return fg.MLP(epochs=3, validation=0, **given).fit(pictures, np.arange(60) % 4)


def outputs(model: fg.MLP, pictures: np.ndarray, *, once: bool) -> torch.Tensor:
    """Run the network on pictures that are normalised batch by batch, or beforehand."""
    data = Dataset.from_columns({"x": pictures})
    return model._run_network(model.task_.encode(data, with_target=False, once=once))


@pytest.mark.parametrize("given", [{}, {"hidden": ()}, {"activation": "gelu", "dropout": 0.2}])
@pytest.mark.parametrize("pictures", [GREY, COLOUR, UNEVEN], ids=["grey", "colour", "uneven"])
def test_scales_in_the_weights_give_the_same_outputs(
    pictures: np.ndarray, given: dict[str, object]
) -> None:
    model = fitted(pictures, **given)
    before = {name: value.clone() for name, value in model.network_.state_dict().items()}
    assert model.forward_stored() is not None
    expected = outputs(model, pictures, once=False)
    torch.testing.assert_close(outputs(model, pictures, once=True), expected, rtol=1e-5, atol=1e-5)
    for name, value in model.network_.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("pictures", [FAR, TINY], ids=["far from 0", "tiny"])
def test_pictures_are_normalised_first_where_weights_would_lose_digits(
    pictures: np.ndarray,
) -> None:
    model = fitted(pictures)
    assert model.forward_stored() is None
    expected = outputs(model, pictures, once=False)
    assert torch.equal(outputs(model, pictures, once=True), expected)


def test_products_in_bfloat16_take_normalised_pictures() -> None:
    assert fitted(GREY, precision="bf16").forward_stored() is None


def test_a_picture_of_no_number_is_refused_still() -> None:
    model, broken = fitted(GREY), GREY.copy()
    broken[3, 0, 2, 2] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        model.predict(broken)


def test_after_training_weights_are_their_own_and_laid_out_as_usual() -> None:
    weights = list(fitted(GREY).network_.parameters())
    assert all(weight.is_contiguous() and weight.grad is None for weight in weights)
    assert len({weight.untyped_storage().data_ptr() for weight in weights}) == len(weights)
