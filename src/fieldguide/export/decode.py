"""From a network's outputs to the user's terms, as nodes of an ONNX graph."""

from __future__ import annotations

import numpy as np

from fieldguide.codecs import Labels, Quantity
from fieldguide.errors import UsageError
from fieldguide.export.graph import BATCH, Graph, Port
from fieldguide.tasks import Task


def decode(graph: Graph, outputs: str, task: Task) -> None:
    """Append decoding and declare the file's outputs.

    Raises:
        UsageError: A task that this file does not know.
    """
    if task.name == "classification" and isinstance(task.codec, Labels):
        _classes(graph, outputs, task.codec)
    elif task.name == "regression" and isinstance(task.codec, Quantity):
        _quantity(graph, outputs, task.codec, task.target)
    else:
        raise UsageError(
            f"Models that do {task.name} cannot be exported to ONNX yet. "
            "Use `fieldguide serve` instead."
        )


def _classes(graph: Graph, outputs: str, codec: Labels) -> None:
    classes = codec.as_array()
    values = classes if classes.dtype.kind == "O" else _widest(classes)
    logits = graph.cast(outputs, "float32")  # the precision in which `predict` compares them
    best = graph.add("ArgMax", logits, axis=1, keepdims=0)
    kind = "string" if values.dtype.kind == "O" else str(values.dtype)
    label = graph.add("Gather", graph.constant(values), best)
    graph.give_out(label, Port("label", kind, (BATCH,), "the most likely class"))
    meaning = "of each class, in the order of `classes`; a row adds up to 1"
    shape = (BATCH, codec.width)
    shares = graph.add("Softmax", graph.cast(logits, "float64"), axis=1)
    graph.give_out(graph.cast(shares, "float32"), Port("probabilities", "float32", shape, meaning))


def _quantity(graph: Graph, outputs: str, codec: Quantity, target: str) -> None:
    spread = graph.constant(np.asarray(codec.deviations, dtype=np.float64))
    scaled = graph.add("Mul", graph.cast(outputs, "float64"), spread)
    value = graph.add("Add", scaled, graph.constant(np.asarray(codec.means, dtype=np.float64)))
    shape: tuple[str | int, ...] = (BATCH,) if codec.width == 1 else (BATCH, codec.width)
    if codec.width == 1:
        value = graph.add("Squeeze", value, graph.constant(np.array([1])))
    graph.give_out(value, Port("value", "float64", shape, f"'{target}', in the data's units"))


def _widest(classes: np.ndarray) -> np.ndarray:
    kinds = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}
    return classes.astype(kinds[classes.dtype.kind])
