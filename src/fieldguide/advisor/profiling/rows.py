"""The examples looked at as the rows that tasks without a target speak of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fieldguide.codecs import Labels
from fieldguide.data import Dataset
from fieldguide.tasks.without_target import WithoutTarget, labels

FORMS = ("image", "array", "table", "series")  # forms of input that can be laid out as rows
TASKS = ("representation", "outliers", "generation")  # tasks that the measures of rows serve
MOST = 200  # numbers in a row that measures look at; more are turned onto principal directions
HELD_OUT = 4  # one in so many rows is judged on, the others are learnt from


@dataclass(frozen=True)
class Rows:
    """Examples laid out flat, standardised.

    Attributes:
        values: Shape (n, width), double precision.
        pictures: The same as (n, channels, height, width), or None where they are no pictures.
        codes: Class of each, -1 where it is not known, (n,); None without a column of classes.
        classes: Names of the classes.
        code: Numbers in a code that nobody asked for.
    """

    values: np.ndarray
    pictures: np.ndarray | None = None
    codes: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    code: int = 16

    @property
    def normal(self) -> int:
        """Code of the commonest class."""
        assert self.codes is not None
        return int(np.bincount(self.codes[self.codes >= 0]).argmax())

    def split(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return positions to learn from and to be judged on: three quarters, one quarter."""
        order = np.random.default_rng(seed).permutation(len(self.values))
        held = len(order) // HELD_OUT
        return np.sort(order[held:]), np.sort(order[:held])


def rows_of(task: WithoutTarget, dataset: Dataset) -> Rows:
    """Lay out the inputs of a data set.

    Args:
        task: Fitted on these examples, or on some of them.
        dataset: What to lay out; pictures already shrunk.
    """
    examples = task.inputs.encode(dataset)
    values = task.all_rows(examples)
    shape = task.inputs.shape
    pictures = values.view(-1, *shape).numpy() if task.inputs.form == "image" else None
    codec = labels(dataset)
    if not isinstance(codec, Labels) or dataset.target is None:
        return Rows(values.double().numpy(), pictures, code=task.usual_code)
    parts = [codec.encode(part.column(dataset.target)) for part in dataset.chunks()]
    names = tuple(str(one) for one in codec.as_array())
    codes = np.concatenate(parts)
    return Rows(values.double().numpy(), pictures, codes, names, task.usual_code)


def turned(values: np.ndarray, most: int = MOST) -> np.ndarray:
    """Return rows on their principal directions, at most so many; distances stay (nearly)."""
    centred = torch.from_numpy(values - values.mean(axis=0))
    if centred.shape[1] <= most:
        return centred.numpy()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, _, directions = torch.svd_lowrank(centred, q=min(most, *centred.shape), niter=3)
    return (centred @ directions).numpy()


def directions_for(values: np.ndarray, share: float = 0.9) -> int:
    """Return how many principal directions hold a share of the variance; 0 if nothing varies."""
    centred = values - values.mean(axis=0)
    gram = centred.T @ centred if centred.shape[1] <= len(centred) else centred @ centred.T
    powers = np.linalg.eigvalsh(gram)[::-1].clip(min=0)
    if powers.sum() <= 0:
        return 0
    held = np.cumsum(powers) / powers.sum()
    return int(np.searchsorted(held, share) + 1)
