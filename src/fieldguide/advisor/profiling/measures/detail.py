"""Image detail: how fine the structures are that pictures show, and what shrinking would lose.

The power of each picture's Fourier transform (its mean taken away, its borders faded) by spatial
frequency, in cycles a pixel: 0.5 is a change from pixel to pixel. Beside it, the share of pixels
on edges, by the length of Sobel's gradient.
"""

from __future__ import annotations

import numpy as np

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.data import Column, ImageFiles

PICTURES = 64  # looked at, at most
PIXELS = 30_000_000  # decoded at most, in all
FINE = 0.25  # cycles a pixel: structures finer than 4 pixels
KEPT = 0.95  # share of the power that a sensible shrinking keeps
STEEP = 0.2  # gradient of an edge, as a share of the picture's range of brightness


def find(material: Material) -> Finding | None:
    """Measure power at high frequencies, edges, and the size that keeps 95 % of the power."""
    data = material.looked_at
    names = [name for name, known in data.inputs.items() if known.kind == "image"]
    if not names or not len(data):
        return None
    measured = [_one(grey) for grey in _some(data.column(names[0])) if min(grey.shape) >= 4]
    known = [one for one in measured if one is not None]
    if not known:
        return None
    fine, edges, needed, height, width = np.median(np.array(known), axis=0)
    share = min(1.0, 2 * float(needed))  # of the side: frequencies up to half a cycle a pixel
    sides = max(1, round(width * share)), max(1, round(height * share))
    figures = {
        "pictures": len(known),
        "fine_share": float(fine),
        "edge_share": float(edges),
        "sufficient_width": sides[0],
        "sufficient_height": sides[1],
    }
    said = [
        f"Detail: {fine:.0%} of what varies within a picture is finer than 4 pixels; "
        f"{edges:.0%} of the pixels lie on edges."
    ]
    if share < 0.75:
        said.append(
            f"Shrunk to {sides[0]} by {sides[1]} pixels, a typical picture would keep "
            f"{KEPT:.0%} of what varies: smaller pictures train faster."
        )
    return Finding(figures, tuple(said))


def spectrum(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency (cycles a pixel, the larger of both axes) and power of each component.

    Args:
        grey: One picture, (height, width).
    """
    height, width = grey.shape
    fade = np.hanning(height + 2)[1:-1, None] * np.hanning(width + 2)[None, 1:-1]
    mean = float((grey * fade).sum() / fade.sum())
    power = np.square(np.abs(np.fft.fft2((grey - mean) * fade)))
    down, across = np.abs(np.fft.fftfreq(height)), np.abs(np.fft.fftfreq(width))
    return np.maximum(down[:, None], across[None, :]).ravel(), power.ravel()


def edge_share(grey: np.ndarray) -> float:
    """Return the share of pixels whose gradient (Sobel) exceeds a fifth of the range."""
    low, high = np.quantile(grey, (0.01, 0.99))
    if high <= low:
        return 0.0
    rows = grey[:-2] + 2 * grey[1:-1] + grey[2:]
    columns = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    across, down = (rows[:, 2:] - rows[:, :-2]) / 8, (columns[2:] - columns[:-2]) / 8
    return float(np.mean(np.hypot(across, down) > STEEP * (high - low)))


def _one(grey: np.ndarray) -> tuple[float, float, float, int, int] | None:
    """Return fine share, edge share, frequency needed, height and width; None of a blank one."""
    frequency, power = spectrum(grey)
    total = power.sum()
    if total <= 1e-9 * grey.size**2:
        return None
    order = np.argsort(frequency, kind="stable")
    upto = np.cumsum(power[order]) / total
    needed = frequency[order][min(len(upto) - 1, int(np.searchsorted(upto, KEPT)))]
    fine = power[frequency > FINE].sum() / total
    return float(fine), edge_share(grey), float(needed), *grey.shape


def _some(column: Column) -> list[np.ndarray]:
    """Return pictures spread over the data, grey, at their own size."""
    chosen = np.linspace(0, len(column) - 1, min(len(column), PICTURES)).astype(int)
    if not isinstance(column, ImageFiles):
        block = np.asarray(column)
        return [np.asarray(block[i], dtype=np.float64).mean(axis=0) for i in np.unique(chosen)]
    found: list[np.ndarray] = []
    for index in np.random.default_rng(0).permutation(np.unique(chosen)):
        found.append(column.load(int(index)).astype(np.float64).mean(axis=2))
        if sum(one.size for one in found) > PIXELS:
            break
    return found


MEASURE = Measure("detail", find, forms=("image",), order=5)
