"""Each codec as nodes of an ONNX graph: from the user's values to a network's numbers.

The nodes compute in double precision where the codec does, so that both round alike.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np

from fieldguide.codecs import Array, Boolean, Category, Codec, DateTime, Number, Picture, Words
from fieldguide.codecs.datetime import CYCLES
from fieldguide.errors import UsageError
from fieldguide.export.feed import input_name, missing_word
from fieldguide.export.graph import BATCH, ML, Graph, Port


def encode(graph: Graph, column: str, codec: Codec) -> str:
    """Append a column's input and its encoding; return the encoded value's name.

    Raises:
        UsageError: A codec that this file does not know.
    """
    append = _NODES.get(type(codec))
    if append is None:
        raise UsageError(
            f"The column '{column}' is encoded by '{codec.name}', which export to ONNX does not "
            "know. Leave the column out, or use `fieldguide serve` instead."
        )
    return append(graph, column, codec)


def _input(
    graph: Graph,
    column: str,
    type: str,
    meaning: str,
    *,
    shape: tuple[str | int, ...] = (),
    missing: str = "",
) -> str:
    return graph.take_in(Port(input_name(column), type, (BATCH, *shape), meaning, column, missing))


def _number(graph: Graph, column: str, codec: Number) -> str:
    x = _input(graph, column, "float64", "the number, in the data's units", missing="NaN")
    missing = graph.add("Or", graph.add("IsNaN", x), graph.add("IsInf", x))
    filled = graph.add("Where", missing, graph.constant(np.float64(codec.median)), x)
    parts = [_standardise(graph, filled, codec.mean, codec.deviation)]
    parts += [missing] if codec.flagged else []
    return _side_by_side(graph, parts)


def _boolean(graph: Graph, column: str, codec: Boolean) -> str:
    x = _input(graph, column, "float64", "1 for true, 0 for false", missing="NaN")
    signs = graph.add(
        "Sub", graph.add("Mul", x, graph.constant(np.float64(2))), graph.constant(np.float64(1))
    )
    return _side_by_side(graph, [_without_nan(graph, signs)])


def _datetime(graph: Graph, column: str, codec: DateTime) -> str:
    meaning = "seconds since 1970-01-01 00:00, as the data's clock shows them"
    x = _input(graph, column, "float64", meaning, missing="NaN")
    parts = [_standardise(graph, x, codec.mean, codec.deviation)]
    for cycle in CYCLES:
        turns = graph.add("Mul", graph.constant(np.float64(2 * pi)), x)
        angle = graph.add("Div", turns, graph.constant(np.float64(cycle)))
        parts += [graph.add("Sin", angle), graph.add("Cos", angle)]
    return _side_by_side(graph, [_without_nan(graph, part) for part in parts])


def _category(graph: Graph, column: str, codec: Category) -> str:
    missing = missing_word(codec)
    meaning = "the word; one that training never saw counts as unknown"
    x = _input(graph, column, "string", meaning, missing=repr(missing))
    words = codec.words or (missing + "\0",)  # ONNX wants a key; this one nobody writes
    codes = graph.add(
        "LabelEncoder",
        x,
        domain=ML,
        keys_strings=list(words),
        values_int64s=list(range(1, len(words) + 1)),
        default_int64=0,
    )
    return graph.add("Unsqueeze", codes, graph.constant(np.array([1])))


def _words(graph: Graph, column: str, codec: Words) -> str:
    meaning = (
        "NOT the text: ONNX cannot cut text into words. Lower-case the text; for each listed word "
        "of two letters or more its count times its weight; then divide the row by its length"
    )
    return _input(graph, column, "float32", meaning, shape=(codec.width,))


def _array(graph: Graph, column: str, codec: Array) -> str:
    meaning = "the numbers, in the data's units, flattened"
    x = _input(graph, column, "float64", meaning, shape=(codec.length,))
    scaled = _standardise(graph, x, np.asarray(codec.means), np.asarray(codec.deviations))
    return graph.cast(scaled, "float32")


def _picture(graph: Graph, column: str, codec: Picture) -> str:
    channels, height, width = codec.shape
    if codec.stored == "uint8":
        modes = {1: "grey", 3: "red, green, blue", 4: "red, green, blue, opacity"}
        meaning = f"pixels, any height and width; channels: {modes[channels]}"
        shape: tuple[str | int, ...] = (channels, "height", "width")
        x = _resize(graph, _input(graph, column, "uint8", meaning, shape=shape), height, width)
    else:
        meaning = "pixels, in the data's units"
        x = _input(graph, column, "float32", meaning, shape=(channels, height, width))
    mean = np.asarray(codec.means, dtype=np.float32).reshape(1, -1, 1, 1)
    scale = 1 / np.asarray(codec.deviations, dtype=np.float32).reshape(1, -1, 1, 1)
    centred = graph.add("Sub", graph.cast(x, "float32"), graph.constant(mean))
    return graph.add("Mul", centred, graph.constant(scale))


def _resize(graph: Graph, x: str, height: int, width: int) -> str:
    """Resize as the codec's bilinear filter does: to within one step of 255 in any pixel."""
    both = graph.add("Shape", x, start=0, end=2)
    sizes = graph.add("Concat", both, graph.constant(np.array([height, width])), axis=0)
    # Pixels outside the picture have no weight, as in Pillow; ONNX repeats the edge by default.
    return graph.add("Resize", x, "", "", sizes, mode="linear", antialias=1, exclude_outside=1)


def _standardise(graph: Graph, x: str, mean: float | np.ndarray, scale: float | np.ndarray) -> str:
    centred = graph.add("Sub", x, graph.constant(np.asarray(mean, dtype=np.float64)))
    return graph.add("Div", centred, graph.constant(np.asarray(scale, dtype=np.float64)))


def _without_nan(graph: Graph, x: str) -> str:
    return graph.add("Where", graph.add("IsNaN", x), graph.constant(np.float64(0)), x)


def _side_by_side(graph: Graph, parts: list[str]) -> str:
    axis = graph.constant(np.array([1]))
    columns = [graph.add("Unsqueeze", graph.cast(part, "float32"), axis) for part in parts]
    return columns[0] if len(columns) == 1 else graph.add("Concat", *columns, axis=1)


_NODES: dict[type[Codec], Callable[..., str]] = {
    Number: _number,
    Boolean: _boolean,
    DateTime: _datetime,
    Category: _category,
    Words: _words,
    Array: _array,
    Picture: _picture,
}
