"""What all figures share: colours, sizes, axes, and SVG text that stands inside the page.

Colours are those of Okabe & Ito (2008), which colour-blind readers tell apart; whatever a colour
says is said by a shape or a dash as well. Figures are drawn as wide as a phone.
"""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

from fieldguide.advisor import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, SOFT = "#22262b", "#d9dde2", "#5c636d"
WINNER, DEEP, PLAIN = "#d55e00", "#0072b2", "#6b7078"
CURVES = ("#0072b2", "#d55e00", "#00795a", "#a2467b", "#8a6200", "#2b8cbe", "#22262b", "#6b7078")
DASHES = ("-", "--", "-.", ":")
WIDE = 4.8  # inches: at a phone's width, text keeps its size
STYLE: Any = {
    "svg.fonttype": "none", "font.size": 10.5, "axes.edgecolor": FAINT, "axes.labelcolor": INK,
    "axes.spines.top": False, "axes.spines.right": False, "xtick.color": INK, "ytick.color": INK,
    "text.color": INK, "axes.grid": False, "legend.frameon": False,
}  # fmt: skip


def canvas(height: float, width: float = WIDE) -> tuple[Figure, Axes]:
    """Return an empty figure, its sides in inches, and its axes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        axes.tick_params(length=0, which="both")
        return figure, axes


def panels_of(
    count: int, height: float, columns: int = 1, width: float = WIDE
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure of panels, each so many inches high, and their axes in order."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = -(-count // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, 0.5 + height * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
        for axes in grid:
            axes.tick_params(length=0, which="both")
        for axes in grid[count:]:
            axes.set_axis_off()
    return figure, grid[:count]


def svg(figure: Figure, name: str, alt: str) -> str:
    """Return a figure as an ``<svg>`` element.

    Args:
        figure: Drawn.
        name: Keeps its identifiers apart from other figures' of the same page.
        alt: What one would see, for those who cannot.
    """
    import matplotlib as mpl

    written = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r' id="[a-z0-9]+_\d+"', "", text)  # would occur in every figure of the page
    # Widths in points would not shrink with a phone's page.
    found = re.search(r'width="([\d.]+)pt" height="[\d.]+pt"', text)
    assert found is not None
    wide = f'style="max-width:{1.45 * float(found[1]):.0f}px" role="img" '
    return text.replace(found[0], wide + f'aria-label="{escape(alt)}"', 1)


def mark_of(row: dict[str, Any]) -> tuple[str, str]:
    """Return colour and shape of an entrant: winner, deep learning, or neither."""
    if row["winner"]:
        return WINNER, "D"
    return (DEEP, "o") if row["deep"] else (PLAIN, "s")


def percent(axes: Axes, which: str, score_name: str) -> None:
    """Label an axis in percent where the score is a share."""
    if score_name not in words.SHARES:
        return
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    decimals = 0 if high - low > 0.05 else 1
    steps = [1, 2, 5, 10]  # no halves of a percent
    wide = which == "x" and decimals > 0
    axis.set_major_locator(
        MaxNLocator(4, steps=steps) if wide else MaxNLocator("auto", steps=steps)
    )
    axis.set_major_formatter(PercentFormatter(1.0, decimals=decimals, symbol=" %"))


def short(text: object, most: int = 16) -> str:
    """Return a text that fits beside an axis."""
    whole = str(text)
    return whole if len(whole) <= most else whole[: most - 1] + "…"
