"""Changes to a batch of pictures, one kernel each: numbers in, pictures out, nothing random.

All take pictures ``(B, C, H, W)`` and one setting per picture, keep shape, type and memory
format, and leave their input as it is. Pixels that come from outside the picture are zero, which
is the mean colour of standardised pictures.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

GREY = (0.299, 0.587, 0.114)  # luma of red, green and blue, ITU-R BT.601


def flip(pictures: Tensor, chosen: Tensor) -> Tensor:
    """Mirror the chosen pictures left to right.

    Args:
        pictures: ``(B, C, H, W)``.
        chosen: Booleans, ``(B,)``.
    """
    return torch.where(chosen[:, None, None, None], pictures.flip(3), pictures)


def shift(pictures: Tensor, down: Tensor, right: Tensor, most: int) -> Tensor:
    """Move each picture by whole pixels: a crop from the picture padded by ``most`` zeros.

    Args:
        pictures: ``(B, C, H, W)``.
        down: Rows that the content moves down, whole numbers from -most to most, ``(B,)``.
        right: Columns that the content moves to the right, likewise.
        most: Pixels of padding on each side, 0 or more.
    """
    height, width = pictures.shape[-2:]
    padded = functional.pad(pictures, (most,) * 4)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (B, C, 2m+1, 2m+1, H, W), a view
    every = torch.arange(len(pictures), device=pictures.device)
    return windows[every, :, most - down, most - right]


def rotate(pictures: Tensor, degrees: Tensor) -> Tensor:
    """Turn each picture anticlockwise about its centre, with bilinear interpolation.

    Args:
        pictures: ``(B, C, H, W)``, floating point.
        degrees: Angles, ``(B,)``.
    """
    height, width = pictures.shape[-2:]
    angle = torch.deg2rad(degrees.to(pictures.dtype))
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # Where each target pixel comes from; the ratio undoes the unequal units of the two axes.
    across = torch.stack([cos, -sin * height / width, zero], 1)
    along = torch.stack([sin * width / height, cos, zero], 1)
    grid = functional.affine_grid(
        torch.stack([across, along], 1), list(pictures.shape), align_corners=False
    )
    turned = functional.grid_sample(pictures, grid, align_corners=False)
    return turned.contiguous(memory_format=_memory_format(pictures))


def colour(
    pictures: Tensor, brightness: Tensor, contrast: Tensor, saturation: Tensor, black: Tensor
) -> Tensor:
    """Scale brightness, contrast and saturation, in this order; 1 leaves a picture as it is.

    Brightness scales the distance from black, contrast that from the picture's mean, saturation
    that from the pixel's grey. A fourth (or, beside grey, second) channel is transparency and
    stays. Results are not clipped.

    Args:
        pictures: ``(B, C, H, W)``.
        brightness: Factors, 0 or more, ``(B,)``.
        contrast: Likewise.
        saturation: Likewise; of no effect on grey pictures.
        black: The value of black in each channel, ``(C,)``.
    """
    colours = 3 if pictures.shape[1] >= 3 else 1
    x, black = pictures[:, :colours], black[:colours, None, None]
    x = torch.lerp(black, x, _each(brightness, x))
    x = torch.lerp(x.mean((2, 3), keepdim=True), x, _each(contrast, x))
    if colours == 3:
        luma = torch.tensor(GREY, dtype=x.dtype, device=x.device)[:, None, None]
        x = torch.lerp((x * luma).sum(1, keepdim=True), x, _each(saturation, x))
    return torch.cat([x, pictures[:, colours:]], 1) if pictures.shape[1] > colours else x


def cut(pictures: Tensor, row: Tensor, column: Tensor, side: int) -> Tensor:
    """Blank a square out of each picture; the part of it outside the picture is lost.

    Args:
        pictures: ``(B, C, H, W)``.
        row: First row of the square, may be negative, ``(B,)``.
        column: First column, likewise.
        side: Pixels, 0 or more.
    """
    height, width = pictures.shape[-2:]
    rows = torch.arange(height, device=pictures.device) - row[:, None]  # (B, H)
    columns = torch.arange(width, device=pictures.device) - column[:, None]  # (B, W)
    inside_rows = (rows >= 0) & (rows < side)
    inside_columns = (columns >= 0) & (columns < side)
    hole = inside_rows[:, None, :, None] & inside_columns[:, None, None, :]
    return (pictures * ~hole).contiguous(memory_format=_memory_format(pictures))


def mix(values: Tensor, partner: Tensor, share: Tensor) -> Tensor:
    """Return ``share * values + (1 - share) * values[partner]``.

    Args:
        values: Floating point, ``(B, ...)``: pictures, or targets of any shape.
        partner: Position of the example to mix in, ``(B,)``.
        share: What remains of the example itself, 0 to 1, ``(B,)``.
    """
    share = share.to(values.dtype).view(-1, *[1] * (values.dim() - 1))
    return torch.lerp(values[partner], values, share)


def with_colours(pictures: Tensor, channels: int) -> Tensor:
    """Return pictures with other channels, as far as there is a way: grey, colour, transparency.

    Colour becomes grey by its luma, grey becomes colour by repetition; what is added as
    transparency is opaque (255, or the highest value). Other numbers of channels are averaged.

    Args:
        pictures: ``(B, C, H, W)``.
        channels: 1 or more.
    """
    have = pictures.shape[1]
    if have == channels:
        return pictures
    if have in (3, 4) and channels == 1:
        luma = torch.tensor(GREY, dtype=pictures.dtype, device=pictures.device)[:, None, None]
        return (pictures[:, :3] * luma).sum(1, keepdim=True)
    if have in (3, 4) and channels in (3, 4):
        colours = pictures[:, :3]
    else:
        shown = 3 if channels == 4 else channels
        colours = pictures.mean(1, keepdim=True).expand(-1, shown, -1, -1)
    if channels != 4:
        return colours
    opaque = torch.full_like(colours[:, :1], max(255.0, float(pictures.max())))
    return torch.cat([colours, opaque], 1)


def _each(factor: Tensor, x: Tensor) -> Tensor:
    return factor.to(x.dtype)[:, None, None, None]


def _memory_format(x: Tensor) -> torch.memory_format:
    channels_last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return torch.channels_last if channels_last else torch.contiguous_format
