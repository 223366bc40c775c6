"""Made-up examples that visit the corners of what the codecs have learnt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from fieldguide.codecs import (
    Array,
    Boolean,
    Category,
    Codec,
    DateTime,
    Number,
    Picture,
    Words,
)
from fieldguide.data import Column, Dataset
from fieldguide.tasks import Inputs


def synthetic(inputs: Inputs, count: int, seed: int = 0) -> Dataset:
    """Return examples drawn from the codecs' ranges, missing and unknown values among them.

    Args:
        inputs: Input codecs.
        count: Number of examples.
        seed: Decides the draw.
    """
    chance = np.random.default_rng(seed)
    columns = {
        name: _MAKERS[type(codec)](codec, count, chance) for name, codec in inputs.codecs.items()
    }
    return Dataset(fields={}, columns=columns, source="made-up examples")


def _number(codec: Number, count: int, chance: np.random.Generator) -> Column:
    values = chance.normal(codec.mean, codec.deviation, count)
    values[::7] = np.nan
    return pl.Series(values)


def _boolean(codec: Boolean, count: int, chance: np.random.Generator) -> Column:
    return pl.Series([(True, False, None)[pick] for pick in chance.integers(0, 3, count)])


def _datetime(codec: DateTime, count: int, chance: np.random.Generator) -> Column:
    start = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    seconds = np.round(chance.normal(codec.mean, codec.deviation, count), 3)
    dates = [start + timedelta(seconds=float(second)) for second in seconds]
    return pl.Series([None, *dates[1:]], dtype=pl.Datetime("us"))


def _category(codec: Category, count: int, chance: np.random.Generator) -> Column:
    words = [None, "a word that nobody has written", *codec.words]
    return pl.Series(
        [words[pick] for pick in chance.integers(0, len(words), count)], dtype=pl.String
    )


def _words(codec: Words, count: int, chance: np.random.Generator) -> Column:
    known = codec.words or ("nothing",)
    texts = [" ".join(chance.choice(known, size=length % 9)) for length in range(count)]
    return pl.Series([None, *texts[1:]], dtype=pl.String)


def _array(codec: Array, count: int, chance: np.random.Generator) -> Column:
    drawn = chance.normal(size=(count, codec.length))
    return drawn * np.asarray(codec.deviations) + np.asarray(codec.means)


def _picture(codec: Picture, count: int, chance: np.random.Generator) -> Column:
    if codec.stored == "uint8":
        return chance.integers(0, 256, (count, *codec.shape), dtype=np.uint8)
    drawn = chance.normal(size=(count, *codec.shape))
    spread, mean = (np.asarray(part)[:, None, None] for part in (codec.deviations, codec.means))
    return (drawn * spread + mean).astype(np.float32)


_MAKERS: dict[type[Codec], Callable[..., Column]] = {
    Number: _number,
    Boolean: _boolean,
    DateTime: _datetime,
    Category: _category,
    Words: _words,
    Array: _array,
    Picture: _picture,
}
