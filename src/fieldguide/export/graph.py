"""An ONNX graph under construction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper
from onnx.numpy_helper import from_array

OPSET = 18
"""The first with an antialiased Resize; runtimes of 2023 and later read it."""
ML_OPSET = 3
IR_VERSION = 8
ML = "ai.onnx.ml"
BATCH = "batch"
TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


@dataclass(frozen=True)
class Port:
    """An input or output of the file.

    Attributes:
        name: Its name in the file.
        type: A key of `TYPES`.
        shape: Sizes; a word for one that may vary.
        meaning: What to put in, or what comes out, in plain words.
        column: The column of the data that it holds; empty for an output.
        missing: How a missing value is written; empty where there is no way.
    """

    name: str
    type: str
    shape: tuple[str | int, ...]
    meaning: str
    column: str = ""
    missing: str = ""

    def info(self) -> ValueInfoProto:
        """Return ONNX's own description."""
        return helper.make_tensor_value_info(self.name, TYPES[self.type], self.shape)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form for the metadata."""
        known = {"name": self.name, "type": self.type, "shape": list(self.shape)}
        more = {"meaning": self.meaning, "column": self.column, "missing": self.missing}
        return {**known, **{name: value for name, value in more.items() if value}}


@dataclass
class Graph:
    """Nodes, constants and ports; names of its own begin with a slash.

    Attributes:
        nodes: In an order in which they can run.
        constants: Initializers.
        inputs: What goes in.
        outputs: What comes out.
    """

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append a node with one output; return the output's name."""
        name = f"/{op}_{len(self.nodes)}"
        made = helper.make_node(op, inputs, [name], name=name, domain=domain, **attributes)
        self.nodes.append(made)
        return name

    def constant(self, value: Any) -> str:
        """Store an array (or what becomes one); return its name."""
        array = np.asarray(value)
        array = array.astype(object) if array.dtype.kind in "US" else array
        name = f"/constant_{len(self.constants)}"
        self.constants.append(from_array(array, name))
        return name

    def cast(self, value: str, to: str) -> str:
        """Append a change of type."""
        return self.add("Cast", value, to=TYPES[to])

    def take_in(self, port: Port) -> str:
        """Declare an input; return its name."""
        self.inputs.append(port)
        return port.name

    def give_out(self, value: str, port: Port) -> None:
        """Declare an output that equals a value."""
        self.nodes.append(helper.make_node("Identity", [value], [port.name]))
        self.outputs.append(port)

    def include(self, inner: GraphProto, values: Mapping[str, str]) -> str:
        """Append another graph's nodes, fed with values; return its one output's name.

        Args:
            inner: A graph whose names have a prefix of their own.
            values: Our value for each of its inputs.
        """
        for node in inner.node:
            node.input[:] = [values.get(name, name) for name in node.input]
        self.nodes.extend(inner.node)
        self.constants.extend(inner.initializer)
        return str(inner.output[0].name)

    def model(self, metadata: Mapping[str, str], producer_version: str) -> ModelProto:
        """Return the finished model, checked by ONNX's own rules."""
        graph = helper.make_graph(
            self.nodes,
            "fieldguide",
            [port.info() for port in self.inputs],
            [port.info() for port in self.outputs],
            self.constants,
        )
        versions = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        made = helper.make_model(
            graph,
            opset_imports=versions,
            ir_version=IR_VERSION,
            producer_name="fieldguide",
            producer_version=producer_version,
        )
        helper.set_model_props(made, dict(metadata))
        return made


def names(ports: Iterable[Port]) -> list[str]:
    """Return the ports' names."""
    return [port.name for port in ports]
