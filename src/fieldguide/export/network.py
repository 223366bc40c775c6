"""A torch network as an ONNX graph."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator

import torch
from onnx import GraphProto, compose
from torch import Tensor, nn

from fieldguide.data import Batch, Inputs
from fieldguide.errors import UsageError
from fieldguide.export.graph import OPSET

PREFIX = "/network/"
NUMBERS, CATEGORIES = "numbers", "categories"


class _Forward(nn.Module):
    """What an algorithm does with a batch, taking the parts of mixed inputs one by one."""

    def __init__(self, network: nn.Module, forward: Callable[[Batch], Tensor]):
        super().__init__()
        self.network = network  # its weights are found through this name
        self._forward = forward

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        x: Inputs = numbers
        if categories is not None:
            x = {NUMBERS: numbers, CATEGORIES: categories}
        return self._forward(Batch(x, None, torch.empty(0)))


def network_graph(
    network: nn.Module,
    forward: Callable[[Batch], Tensor],
    shape: tuple[int, ...],
    columns: int,
) -> GraphProto:
    """Return the graph of a network, its names prefixed with `PREFIX`.

    Args:
        network: In evaluation mode, on the CPU.
        forward: Applies the network to a batch.
        shape: Shape of one example's numbers.
        columns: Number of category columns.

    Raises:
        UsageError: The network does something that cannot be exported.
    """
    example = [torch.zeros(2, *shape)]
    example += [torch.zeros(2, columns, dtype=torch.int64)] if columns else []
    batch = {0: torch.export.Dim("batch")}
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                _Forward(network, forward).eval(),
                tuple(example),
                dynamo=True,
                opset_version=OPSET,
                input_names=[NUMBERS, CATEGORIES][: len(example)],
                output_names=["outputs"],
                dynamic_shapes=(batch,) * len(example),
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        cause = error.__cause__ or error
        raise UsageError(
            "This network does something that ONNX cannot say "
            f"({type(cause).__name__}: {str(cause).strip().splitlines()[0]}). "
            "Use `fieldguide serve` instead."
        ) from error
    assert program is not None
    graph: GraphProto = compose.add_prefix(program.model_proto, PREFIX).graph
    return graph


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks on its own insides from the user."""
    logger = logging.getLogger("torch.onnx")
    former = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(former)
