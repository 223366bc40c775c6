"""What to do when memory runs out: the same batch, in pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from fieldguide.data import Batch
from fieldguide.engine.descent import Descent
from fieldguide.engine.settings import Step
from fieldguide.errors import FieldguideError

_SIGNS = ("out of memory", "not enough memory", "can't allocate memory")


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out."""
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _SIGNS)


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
    say(
        f"Memory ran out: batches of {size} now run in pieces of {-(-size // (2 * pieces))} whose "
        "gradients are added up. To be faster, set a smaller batch_size."
    )
    return 2 * pieces


def in_pieces(step: Step, descent: Descent, batch: Batch, pieces: int) -> Mapping[str, Tensor]:
    """Do one step on a batch, piece by piece, with the gradients of the whole."""
    if pieces == 1:
        return {name: loss.detach() for name, loss in step(batch).items()}
    parts = batch.pieces(pieces)
    total: dict[str, Tensor] = {}
    for number, part in enumerate(parts):
        descent.share = len(part) / len(batch)
        descent.first, descent.last = number == 0, number == len(parts) - 1
        for name, loss in step(part).items():
            total[name] = total.get(name, 0) + loss.detach() * descent.share
    descent.share, descent.first, descent.last = 1.0, True, True
    return total
