"""What to do when memory runs out: the same batch, in pieces.

The gradients of the pieces, each weighted by its share of the examples, add up to the gradient of
the whole for every loss that is a mean over examples. Two things are not the same: batch
normalisation takes its statistics from a piece, not from the whole batch; and where one step
descends several times, the later losses of all pieces but the last see the weights from before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from fieldguide.data import Batch
from fieldguide.engine.descent import Descent
from fieldguide.engine.settings import Step
from fieldguide.errors import FieldguideError

_SIGNS = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "ALLOC_FAILED",
    "Storage size calculation overflowed",
)


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out."""
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _SIGNS)


@contextlib.contextmanager
def explained(doing: str) -> Iterator[None]:
    """While entered, running out of memory is told in plain words.

    Args:
        doing: What is being done, to complete "Memory ran out while …".

    Raises:
        FieldguideError: Memory ran out.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not ran_out(error):
            raise
        raise FieldguideError(
            f"Memory ran out while {doing} ({str(error).splitlines()[0][:200]}). Choose a smaller "
            "network, fewer or smaller examples, or close other programs."
        ) from error


def halve(pieces: int, size: int, say: Callable[[str], None]) -> int:
    """Return twice the number of pieces, and say so.

    Raises:
        FieldguideError: A piece is down to one example already.
    """
    if pieces >= size:
        raise FieldguideError(
            "Memory ran out with a single example in work. Choose a smaller network or smaller "
            "images, or close other programs."
        )
    if torch.cuda.is_available():
        torch.cuda.empty_cache()  # what is cached in sizes that no longer fit
    say(
        f"Memory ran out: batches of {size} now run in pieces of {-(-size // (2 * pieces))} whose "
        "gradients are added up. To be faster, set a smaller batch_size."
    )
    return 2 * pieces


def in_pieces(step: Step, descent: Descent, batch: Batch, pieces: int) -> Mapping[str, Tensor]:
    """Do one step on a batch, piece by piece, with the gradients of the whole."""
    if pieces == 1:
        return step(batch)
    parts = batch.pieces(pieces)
    total: dict[str, Tensor] = {}
    for number, part in enumerate(parts):
        descent.share = len(part) / len(batch)
        descent.first, descent.last = number == 0, number == len(parts) - 1
        for name, loss in step(part).items():
            total[name] = total.get(name, 0) + loss.detach() * descent.share
    descent.share, descent.first, descent.last = 1.0, True, True
    return total
