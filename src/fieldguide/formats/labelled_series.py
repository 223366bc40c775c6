"""Labelled sequences: what the formats that hold them share, from rows read to a data set.

A file whose name ends in ``_TRAIN`` stands beside one that ends in ``_TEST``: together they are the
provider's split, as the UCR and UEA archives keep it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fieldguide.data import Column, Dataset, Field, Ledger, SeriesColumn
from fieldguide.data.facts import facts_of
from fieldguide.data.infer import infer_fields
from fieldguide.data.target import check_target
from fieldguide.errors import DataError
from fieldguide.formats.format import Format, Options
from fieldguide.formats.table import check_names

SERIES = "series"
PAIR = re.compile(r"_(TRAIN|TEST)(?=\.|$)")


@dataclass
class Sequences:
    """Sequences read from one place, in order.

    Attributes:
        values: Each (steps, channels), float64, NaN where missing.
        labels: Text of each label, ``""`` where it is missing; None where there are no labels.
        places: Line of each (from 1), or its file's name.
        file: Where they come from.
        target: ``"class"``, or ``"target"`` for numbers to predict.
        channels: Names of the channels, or empty.
        reason: Where the labels stand, in plain words.
        ledger: What was noted in reading.
    """

    values: list[np.ndarray]
    labels: list[str] | None
    places: list[Any]
    file: Path
    target: str = "class"
    channels: tuple[str, ...] = ()
    reason: str = ""
    ledger: Ledger = field(default_factory=Ledger)


class SeriesFormat(Format):
    """A format whose files hold labelled sequences; subclasses say how to read one file."""

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether a model learnt from sequences, and the path is of this format."""
        return of_sequences(fields) and self.knows(path)

    @abstractmethod
    def sequences(self, path: Path) -> Sequences:
        """Return what one file holds.

        Raises:
            DataError: It breaks a rule of the format; names file and line.
        """

    def read(self, path: Path, options: Options) -> Dataset:
        """Read a file; one of training data together with the test data beside it."""
        partner = partner_of(path) if options.fields is None else None
        if partner is None or not self.knows(partner):
            return to_dataset({"": self.sequences(path)}, str(path), options)
        parts = {"train": self.sequences(path), "test": self.sequences(partner)}
        data = to_dataset(parts, str(path), options)
        data.ledger.book("noted", "test data that lie beside the file", [partner.name], file=path)
        return data


def of_sequences(fields: Mapping[str, Field]) -> bool:
    """Say whether fields are those of data that hold sequences."""
    return any(field.kind == "series" for field in fields.values())


def partner_of(path: Path) -> Path | None:
    """Return ``NAME_TEST`` beside ``NAME_TRAIN``, packed alike or not; None if there is none."""
    found = PAIR.search(path.name)
    if found is None or found[1] != "TRAIN":
        return None
    name = path.name.replace("_TRAIN", "_TEST").removesuffix(".gz")
    beside = [path.with_name(name), path.with_name(f"{name}.gz")]
    return next((one for one in beside if one.is_file()), None)


def to_dataset(parts: Mapping[str, Sequences], source: str, options: Options) -> Dataset:
    """Return the data set of sequences read from one or several places.

    Args:
        parts: By the provider's split, or under ``""`` where there is none.
        source: File or folder, for messages.
        options: What the user said.

    Raises:
        DataError: No sequences, or parts that do not belong together.
    """
    _check_alike(list(parts.values()))
    ledger = Ledger()
    kept = {split: _usable(part, ledger, options) for split, part in parts.items()}
    if not any(part.values for part in kept.values()):
        raise DataError(
            "none of its sequences is usable: " + "; ".join(ledger.counts()) + ".",
            "Repair them, or name another file.",
            file=source,
        )
    whole = list(kept.values())
    columns: dict[str, Column] = {SERIES: _column(whole)}
    fields = infer_fields(columns)
    if whole[0].channels:
        fields[SERIES] = replace(fields[SERIES], facts={"channels": list(whole[0].channels)})
    target, reason = _add_target(columns, fields, whole, options)
    check_names(columns, options, source)
    if options.target:
        check_target(options.target, fields, source)
        reason = "you named it"
    splits = [np.full(len(part.values), split) for split, part in kept.items()]
    return Dataset(
        fields=fields,
        columns=columns,
        target=target,
        target_reason=reason,
        source=source,
        ledger=ledger,
        origins=_origins(whole),
        provided=np.concatenate(splits) if len(kept) > 1 else None,
        group=options.group,
        time=options.time,
    )


def _usable(part: Sequences, ledger: Ledger, options: Options) -> Sequences:
    """Leave out what holds no value or, in training, no label; cut empty steps off the ends."""
    ends = [_end(one) for one in part.values]
    empty = np.array([end == 0 for end in ends], dtype=bool)
    cut = np.array([0 < end < len(one) for end, one in zip(ends, part.values, strict=True)])
    unlabelled = np.zeros(len(ends), dtype=bool)
    if part.labels is not None and (options.fields is None or options.target):
        unlabelled = np.array([not label for label in part.labels]) & ~empty
    places = np.array(part.places, dtype=object)
    ledger.total += len(ends)
    ledger.entries += part.ledger.entries
    file = part.file
    ledger.book("excluded", "the sequence holds no value", places[empty].tolist(), file=file)
    reason = "the target is missing"
    ledger.book("excluded", reason, places[unlabelled].tolist(), file=file, field=part.target)
    reason = "ends in missing values: read as a shorter sequence"
    ledger.book("repaired", reason, places[cut & ~unlabelled].tolist(), file=file)
    keep = np.flatnonzero(~(empty | unlabelled))
    return replace(
        part,
        values=[part.values[index][: ends[index]] for index in keep],
        labels=None if part.labels is None else [part.labels[index] for index in keep],
        places=[part.places[index] for index in keep],
    )


def _end(values: np.ndarray) -> int:
    """Return the number of steps up to the last one that holds a value."""
    seen = np.flatnonzero(np.isfinite(values).any(axis=1))
    return int(seen[-1]) + 1 if len(seen) else 0


def _column(parts: Sequence[Sequences]) -> SeriesColumn:
    return SeriesColumn.of([one for part in parts for one in part.values], parts[0].channels)


def _add_target(
    columns: dict[str, Column],
    fields: dict[str, Field],
    parts: Sequence[Sequences],
    options: Options,
) -> tuple[str | None, str]:
    """Add the labels, if they are there and wanted; return their column and how it was chosen."""
    if any(part.labels is None for part in parts):
        return None, "there are no labels"
    if options.fields is not None and not options.target:
        return None, "the sequences are to be predicted"
    name, reason = parts[0].target, parts[0].reason
    labels = pl.Series(name, [label for part in parts for label in part.labels or ()])
    if name == "target":
        numbers = labels.cast(pl.Float64)
        columns[name] = numbers
        facts = facts_of("number", numbers)
        fields[name] = Field(name, "number", reason, 0, numbers.n_unique(), facts=facts)
        return name, f"{reason} are numbers to predict"
    values = _classes(labels)
    columns[name] = values
    facts = facts_of("category", values)
    fields[name] = Field(name, "category", reason, 0, values.n_unique(), facts=facts)
    return name, f"{reason} are classes"


def _classes(labels: pl.Series) -> pl.Series:
    """Return class numbers as whole numbers, however they are written, and names as they are."""
    if not labels.str.contains(r"^[+-]?\d+(\.0*)?([eE][+-]?\d+)?$").all():
        return labels
    numbers = labels.cast(pl.Float64)
    return numbers.cast(pl.Int64) if (numbers % 1 == 0).all() else labels


def _origins(parts: Sequence[Sequences]) -> np.ndarray:
    if len(parts) == 1:
        places = parts[0].places
        return np.array(places, dtype=np.int64 if isinstance(places[0], int) else object)
    return np.array(
        [
            f"{part.file.name}, row {place}" if isinstance(place, int) else place
            for part in parts
            for place in part.places
        ],
        dtype=object,
    )


def _check_alike(parts: Sequence[Sequences]) -> None:
    first = parts[0]
    for part in parts:
        if not part.values:
            raise DataError("it holds no sequences.", "Name another file.", file=part.file)
        channels = part.values[0].shape[1]
        if channels != first.values[0].shape[1]:
            raise DataError(
                f"its sequences have {channels} channel(s), and those of {first.file.name} "
                f"{first.values[0].shape[1]}.",
                "Training and test data must have the same channels.",
                file=part.file,
            )
        if part.target != first.target:
            raise DataError(
                f"it holds a {part.target}, and {first.file.name} a {first.target}.",
                "Training and test data must have the same labels.",
                file=part.file,
            )
