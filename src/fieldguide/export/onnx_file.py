"""From a network and its task to an ONNX file."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from fieldguide.data import Batch, Dataset
from fieldguide.errors import UsageError
from fieldguide.export import extra
from fieldguide.tasks import Task

if TYPE_CHECKING:
    from onnx import ModelProto

    from fieldguide.export.graph import Graph
    from fieldguide.export.parity import Parity


def to_onnx(
    network: nn.Module,
    task: Task,
    path: Path,
    *,
    forward: Callable[[Batch], Tensor],
    outputs: Callable[[Dataset], Tensor],
    examples: Dataset | None = None,
    facts: Mapping[str, str] | None = None,
) -> Parity:
    """Write codecs, network and decoding as one ONNX file, once it agrees with the model.

    The file takes the user's own values, one input a column (an image model takes images of any
    size), and gives ``label`` and ``probabilities``, or ``value``. Its metadata describe every
    input and output. It computes in single precision.

    Args:
        network: A fitted network.
        task: With its frozen codecs.
        path: The file to write; replaced whole or not at all.
        forward: Applies the network to a batch.
        outputs: The network's outputs for a data set, in single precision: what to agree with.
        examples: What to compare on; made-up ones where there are none.
        facts: Further metadata.

    Returns:
        How well both agree.

    Raises:
        UsageError: A package is missing, or the task or a codec cannot be exported.
        ExportMismatch: The file would not say what the model says; nothing is written.
    """
    extra.require()
    from fieldguide.export import parity
    from fieldguide.export.synthetic import synthetic

    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name a file to write, such as {path}/model.onnx.")
    if examples is None:
        examples = synthetic(task.inputs, parity.MOST_EXAMPLES)
    with _at_rest(network):
        model = _model(network, forward, task, facts or {})
        return _write(
            model, path, lambda file: parity.check(file, task, examples, outputs), examples.source
        )


def _write(model: ModelProto, path: Path, check: Callable[[Path], Parity], source: str) -> Parity:
    """Write beside the path, check, and only then move into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".onnx", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        beside.write_bytes(model.SerializeToString())
        found = check(beside)
        _note(model, found, source)
        beside.write_bytes(model.SerializeToString())
        beside.chmod(0o666 & ~_umask())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return found


def _model(
    network: nn.Module,
    forward: Callable[[Batch], Tensor],
    task: Task,
    facts: Mapping[str, str],
) -> ModelProto:
    from fieldguide.export.decode import decode
    from fieldguide.export.graph import Graph
    from fieldguide.export.network import network_graph

    graph = Graph()
    values = _encode(graph, task)
    shape, columns = task.inputs.shape, len(task.inputs.cardinalities)
    outputs = graph.include(network_graph(network, forward, shape, columns), values)
    decode(graph, outputs, task)
    return graph.model(_metadata(graph, task, facts), facts.get("fieldguide", ""))


def _encode(graph: Graph, task: Task) -> dict[str, str]:
    """Append the codecs; return the value of each of the network's inputs."""
    from fieldguide.export.columns import encode
    from fieldguide.export.network import CATEGORIES, NUMBERS, PREFIX

    numbers: list[str] = []
    codes: list[str] = []
    for column, codec in task.inputs.codecs.items():
        (codes if codec.codes else numbers).append(encode(graph, column, codec))
    if not numbers:
        rows = graph.add("Shape", codes[0], start=0, end=1)
        shape = graph.add("Concat", rows, graph.constant(np.array([0])), axis=0)
        numbers = [graph.add("ConstantOfShape", shape)]
    parts = {NUMBERS: numbers, CATEGORIES: codes}
    return {
        PREFIX + name: part[0] if len(part) == 1 else graph.add("Concat", *part, axis=1)
        for name, part in parts.items()
        if part
    }


def _metadata(graph: Graph, task: Task, facts: Mapping[str, str]) -> dict[str, str]:
    """Return what a reader of the file needs to know, as texts."""
    described: dict[str, Any] = {
        "inputs": [port.to_dict() for port in graph.inputs],
        "outputs": [port.to_dict() for port in graph.outputs],
        "codecs": {name: codec.config() for name, codec in task.inputs.codecs.items()},
    }
    if task.name == "classification":
        described["classes"] = task.codec.config()["classes"]
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in described.items()}
    return {**facts, "task": task.name, "target": task.target, **texts}


def described(path: Path) -> dict[str, Any]:
    """Return what the metadata of an exported file say: inputs, outputs, agreement…"""
    extra.require()
    import onnx

    texts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    lists = {"inputs", "outputs", "classes", "agreement"}
    parsed = {name: json.loads(text) for name, text in texts.items() if name in lists}
    kept = {name: text for name, text in texts.items() if name not in {*lists, "codecs"}}
    return {**kept, **parsed}


def _note(model: ModelProto, found: Parity, source: str) -> None:
    entry = model.metadata_props.add()
    entry.key = "agreement"
    told = {
        "examples": found.examples,
        "largest_difference": found.largest,
        "unit": found.unit,
        "source": source,
    }
    entry.value = json.dumps(told)


@contextlib.contextmanager
def _at_rest(network: nn.Module) -> Iterator[None]:
    """Bring a network to the CPU, in evaluation mode, for a while."""
    device = next(iter(network.state_dict().values()), torch.empty(0)).device
    network.cpu().eval()
    try:
        yield
    finally:
        network.to(device)


def _umask() -> int:
    former = os.umask(0)
    os.umask(former)
    return former
