from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from fieldguide.nn import pictures

FORMATS = [torch.contiguous_format, torch.channels_last]


def batch(channels=3, height=12, width=9, count=6):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, channels, height, width, generator=generator)


def test_flip_mirrors_the_chosen_and_is_an_involution():
    x, chosen = batch(), torch.tensor([True, False, True, True, False, False])
    y = pictures.flip(x, chosen)
    for before, after, mirrored in zip(x, y, chosen, strict=True):
        assert torch.equal(after, before.flip(2) if mirrored else before)
    assert torch.equal(pictures.flip(y, chosen), x)


def test_shift_moves_by_whole_pixels_and_fills_with_zeros():
    x = batch(count=49)
    down = torch.arange(-3, 4).repeat_interleave(7)
    right = torch.arange(-3, 4).repeat(7)
    y = pictures.shift(x, down, right, 3)
    for before, after, rows, columns in zip(x, y, down.tolist(), right.tolist(), strict=True):
        expected = torch.zeros_like(before)
        moved = before.roll((rows, columns), (1, 2))
        inside = np.s_[
            :,
            max(rows, 0) : 12 + min(rows, 0),
            max(columns, 0) : 9 + min(columns, 0),
        ]
        expected[inside] = moved[inside]
        assert torch.equal(after, expected)


def test_shift_of_one_pixel_pictures():
    x = batch(height=1, width=1)
    moved = torch.tensor([0, 1, 0, -1, 0, 0])
    y = pictures.shift(x, moved, torch.zeros(6, dtype=torch.long), 1)
    assert torch.equal(y, x * (moved == 0)[:, None, None, None])


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3, 4])
def test_rotate_by_quarters_equals_rot90(side, quarters):
    x = batch(height=side, width=side)
    y = pictures.rotate(x, torch.full((6,), 90.0 * quarters))
    torch.testing.assert_close(y, x.rot90(quarters, (2, 3)), atol=1e-5, rtol=1e-5)


def test_rotate_oblong_pictures_in_pixels():
    x = torch.zeros(1, 1, 5, 11)
    x[0, 0, 2, 4:7] = 1  # a bar across, in the middle
    expected = torch.zeros(1, 1, 5, 11)
    expected[0, 0, 1:4, 5] = 1  # stands upright
    y = pictures.rotate(x, torch.tensor([90.0]))
    torch.testing.assert_close(y, expected, atol=1e-5, rtol=1e-5)


def test_rotate_agrees_with_pillow():
    smooth = np.add.outer(np.sin(np.arange(32) / 5), np.cos(np.arange(32) / 7)).astype(np.float32)
    expected = np.asarray(Image.fromarray(smooth).rotate(20, Image.Resampling.BILINEAR))
    y = pictures.rotate(torch.from_numpy(smooth)[None, None], torch.tensor([20.0]))[0, 0]
    inside = np.s_[8:24, 8:24]  # the rims differ: Pillow does not blend with what is outside
    np.testing.assert_allclose(y.numpy()[inside], expected[inside], atol=1e-2)


def colour(x, brightness=1.0, contrast=1.0, saturation=1.0, black=0.0):
    factors = (torch.full((len(x),), float(f)) for f in (brightness, contrast, saturation))
    return pictures.colour(x, *factors, torch.full((x.shape[1],), black))


def test_colour_factors_of_one_change_nothing():
    torch.testing.assert_close(colour(batch()), batch())


@pytest.mark.parametrize("kind, tolerance", [("brightness", 1.1), ("saturation", 1.6)])
def test_colour_agrees_with_pillow(kind, tolerance):
    x = (batch() * 120 + 40).round()
    y = colour(x, **{kind: 1.3})
    enhancer = {"brightness": ImageEnhance.Brightness, "saturation": ImageEnhance.Color}[kind]
    for before, after in zip(x, y, strict=True):
        image = Image.fromarray(before.permute(1, 2, 0).byte().numpy())
        expected = np.asarray(enhancer(image).enhance(1.3)).transpose(2, 0, 1)
        np.testing.assert_allclose(after.numpy(), expected, atol=tolerance)


def test_contrast_scales_the_spread_about_the_mean():
    y = colour(batch(), contrast=0.5)
    torch.testing.assert_close(y.mean((2, 3)), batch().mean((2, 3)))
    torch.testing.assert_close(y.std((2, 3)), batch().std((2, 3)) / 2)


def test_brightness_of_standardised_pictures_is_that_of_the_originals():
    x, mean, deviation = batch(), 0.4, 0.3
    y = colour((x - mean) / deviation, brightness=1.5, black=-mean / deviation)
    torch.testing.assert_close(y * deviation + mean, x * 1.5)


def test_saturation_of_zero_is_grey_and_keeps_the_luma():
    y = colour(batch(), saturation=0.0)
    torch.testing.assert_close(y[:, 0], y[:, 2])
    red, green, blue = batch()[0, :, 0, 0].tolist()
    assert y[0, 0, 0, 0].item() == pytest.approx(colorsys.rgb_to_yiq(red, green, blue)[0], abs=0.01)


@pytest.mark.parametrize("channels, colours", [(1, 1), (2, 1), (4, 3)])
def test_transparency_keeps_its_values(channels, colours):
    x = batch(channels)
    y = colour(x, 1.2, 0.8, 1.1)
    assert torch.equal(y[:, colours:], x[:, colours:])
    assert not torch.allclose(y[:, :colours], x[:, :colours])


def test_cut_blanks_a_square_and_nothing_else():
    x = batch(count=3) + 1
    row, column = torch.tensor([2, -2, 10]), torch.tensor([3, -1, 7])
    y = pictures.cut(x, row, column, 4)
    for before, after, r, c in zip(x, y, row.tolist(), column.tolist(), strict=True):
        expected = before.clone()
        expected[:, max(r, 0) : r + 4, max(c, 0) : c + 4] = 0
        assert torch.equal(after, expected)


def test_mix_blends_with_the_partner():
    x, share = batch(), torch.linspace(0, 1, 6)
    partner = torch.tensor([1, 0, 3, 2, 5, 4])
    y = pictures.mix(x, partner, share)
    torch.testing.assert_close(y[0], x[1])
    torch.testing.assert_close(y[5], x[5])
    torch.testing.assert_close(y[2], 0.4 * x[2] + 0.6 * x[3])


CHANGES = {
    "flip": lambda x: pictures.flip(x, torch.arange(6) % 2 == 0),
    "shift": lambda x: pictures.shift(x, torch.arange(6) - 2, torch.arange(6) - 3, 4),
    "rotate": lambda x: pictures.rotate(x, torch.arange(6) * 13.0),
    "colour": lambda x: colour(x, 1.1, 0.9, 1.2),
    "cut": lambda x: pictures.cut(x, torch.arange(6), torch.arange(6), 3),
    "mix": lambda x: pictures.mix(x, torch.arange(6).flip(0), torch.full((6,), 0.3)),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("channels", [3, 4])
def test_every_change_keeps_shape_layout_and_input(name, memory_format, channels):
    x = batch(channels).to(memory_format=memory_format)
    before = x.clone()
    y = CHANGES[name](x)
    assert y.shape == x.shape and y.dtype == x.dtype
    assert y.is_contiguous(memory_format=memory_format)
    assert torch.equal(x, before)
    torch.testing.assert_close(y.contiguous(), CHANGES[name](x.contiguous()))


@pytest.mark.parametrize("name", sorted(set(CHANGES) - {"mix"}))
def test_one_picture_alone_equals_one_of_a_batch(name):
    whole = CHANGES[name](batch())
    repeated = CHANGES[name](batch()[[2]].expand(6, -1, -1, -1))
    torch.testing.assert_close(whole[2], repeated[2])
