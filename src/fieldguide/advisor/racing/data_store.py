"""The data of a race on disk: read once, split once, then the same for every entrant.

Scalars are one Parquet file, blocks and pictures NumPy files that entrants map into memory, the
rest JSON. A table that is streamed from disk stays where it is; only its rows are noted. Nothing
is pickled.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fieldguide.codecs import Frames, Picture
from fieldguide.data import Bundle, ClipColumn, Column, Dataset, Field, ImageFiles
from fieldguide.data.forecast import Forecast
from fieldguide.data.ratings import Ratings
from fieldguide.data.streamed import StreamedTable
from fieldguide.model_folder import ledger

FILE, TABLE, SPLIT, ROWS = "dataset.json", "table.parquet", "split.npz", "rows.npy"
NONE = np.empty(0, dtype=np.int64)
PICTURES_BYTES = 1 << 32  # image files whose pixels take more than 4 GiB stay files
PICTURES_AT_ONCE = 256


def write(
    folder: Path,
    dataset: Dataset,
    train: np.ndarray,
    test: np.ndarray,
    validation: np.ndarray = NONE,
    fitted: np.ndarray = NONE,
) -> None:
    """Write a data set and its split.

    Args:
        folder: Where to; made if it is missing.
        dataset: All examples.
        train: Positions of the examples to learn from.
        test: Positions of the examples held out.
        validation: Positions, among those to learn from, of the examples that choices are made on.
        fitted: Positions of those that are learnt from while such choices are open; the others of
            ``train`` where that is left out. Series need both: a validation part of theirs begins
            with steps that are learnt from as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not len(fitted):
        fitted = np.setdiff1d(train, validation)
    np.savez(folder / SPLIT, train=train, test=test, validation=validation, fitted=fitted)
    if isinstance(dataset, StreamedTable):
        np.save(folder / ROWS, dataset.rows, allow_pickle=False)
        named = {name: getattr(dataset, name) for name in ("target", "group", "time")}
        facts = {"streamed": str(Path(dataset.source).resolve()), **named}
    else:
        facts = _write_columns(folder, dataset, train)
    (folder / FILE).write_text(json.dumps(facts, ensure_ascii=False, default=str), "utf-8")


def _write_columns(folder: Path, dataset: Dataset, train: np.ndarray) -> dict[str, Any]:
    series = {n: c for n, c in dataset.columns.items() if isinstance(c, pl.Series)}
    others = [name for name in dataset.columns if name not in series]
    if series:
        pl.DataFrame(series).write_parquet(folder / TABLE)
    kept = {name: _write_block(folder, i, dataset, name, train) for i, name in enumerate(others)}
    return {
        "fields": [field.to_dict() for field in dataset.fields.values()],
        "columns": {name: kept.get(name, {"kind": "scalars"}) for name in dataset.columns},
        "target": dataset.target,
        "target_reason": dataset.target_reason,
        "source": dataset.source,
        "group": dataset.group,
        "time": dataset.time,
        "forecast": None if dataset.forecast is None else dataset.forecast.to_dict(),
        "ratings": None if dataset.ratings is None else dataset.ratings.to_dict(),
        "ledger": dataset.ledger.to_dict(),
        "origins": dataset.origins.tolist(),
        "provided": None if dataset.provided is None else dataset.provided.tolist(),
    }


def read(folder: Path) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """Return what `write` wrote: all examples, and the positions of the two parts."""
    facts = json.loads((folder / FILE).read_text("utf-8"))
    dataset = _read_streamed(folder, facts) if "streamed" in facts else _read_all(folder, facts)
    with np.load(folder / SPLIT, allow_pickle=False) as split:
        return dataset, split["train"], split["test"]


def read_validation(folder: Path) -> np.ndarray:
    """Return the positions of the examples that choices are made on, if there are any."""
    with np.load(folder / SPLIT, allow_pickle=False) as split:
        found: np.ndarray = split["validation"] if "validation" in split.files else NONE
        return found


def read_fitted(folder: Path) -> np.ndarray:
    """Return the positions of what is learnt from while choices are open."""
    with np.load(folder / SPLIT, allow_pickle=False) as split:
        if "fitted" in split.files:
            found: np.ndarray = split["fitted"]
            return found
    train = read(folder)[1]
    return np.setdiff1d(train, read_validation(folder))


def _read_streamed(folder: Path, facts: dict[str, Any]) -> Dataset:
    from fieldguide import formats

    named = {name: facts[name] for name in ("target", "group", "time")}
    table = formats.read(facts["streamed"], stream=True, **named)
    assert isinstance(table, StreamedTable)
    rows = np.load(folder / ROWS, allow_pickle=False)
    return table.take(np.searchsorted(table.rows, rows))


def _read_all(folder: Path, facts: dict[str, Any]) -> Dataset:
    table = pl.read_parquet(folder / TABLE) if (folder / TABLE).exists() else pl.DataFrame()
    columns = {n: _read_column(folder, n, kept, table) for n, kept in facts["columns"].items()}
    fields = [Field.from_dict(stored) for stored in facts["fields"]]
    provided = facts["provided"]
    return Dataset(
        fields={field.name: field for field in fields},
        columns=columns,
        target=facts["target"],
        target_reason=facts["target_reason"],
        source=facts["source"],
        group=facts["group"],
        time=facts["time"],
        forecast=Forecast.from_dict(facts["forecast"]) if facts.get("forecast") else None,
        ratings=Ratings.from_dict(facts["ratings"]) if facts.get("ratings") else None,
        ledger=ledger(facts["ledger"]),
        origins=np.asarray(facts["origins"]),
        provided=None if provided is None else np.asarray(provided),
    )


def fingerprint(dataset: Dataset) -> str:
    """Return a hash of the columns' names and values and of the target's name."""
    asked = "".join(str(one) for one in (dataset.forecast, dataset.ratings) if one is not None)
    digest = hashlib.sha256(f"{dataset.target}{asked}".encode())
    if isinstance(dataset, StreamedTable):
        digest.update(f"{dataset.source} {_size(dataset.source)} {list(dataset.fields)}".encode())
        digest.update(dataset.rows.data)
        return digest.hexdigest()
    for name, column in dataset.columns.items():
        digest.update(name.encode())
        if isinstance(column, pl.Series):
            for part in _numbers_of(column):
                digest.update(np.ascontiguousarray(part).data)
        elif isinstance(column, ImageFiles):
            for path in [column.archive or "", *column.paths]:
                digest.update(f"{path} {_size(path)};".encode())
        elif isinstance(column, Bundle):
            for index in range(len(column)):
                digest.update(column.digest(index))
        else:
            digest.update(f"{column.dtype} {column.shape}".encode())
            digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


def _write_block(
    folder: Path, number: int, dataset: Dataset, name: str, train: np.ndarray
) -> dict[str, Any]:
    column = dataset.columns[name]
    file = f"block-{number}.npy"
    assert not isinstance(column, pl.Series)
    if not isinstance(column, Bundle):
        np.save(folder / file, column, allow_pickle=False)
        return {"kind": "array", "file": file}
    if isinstance(column, ClipColumn):
        return _write_clips(folder, number, column, train)
    if not isinstance(column, ImageFiles):
        return _write_bundle(folder, number, column)
    picture = Picture.fit(column.take(train))
    if len(column) * picture.width > PICTURES_BYTES:
        return _write_bundle(folder, number, column)
    # Decoding costs more than training on small pictures: done here once, not in every entrant.
    shape = (len(column), *picture.shape)
    stored = np.lib.format.open_memmap(folder / file, mode="w+", dtype=np.uint8, shape=shape)
    for start in range(0, len(column), PICTURES_AT_ONCE):
        part = np.arange(start, min(start + PICTURES_AT_ONCE, len(column)))
        stored[part] = picture.encode(column.take(part))
    stored.flush()
    return {"kind": "array", "file": file}


def _write_clips(
    folder: Path, number: int, column: ClipColumn, train: np.ndarray
) -> dict[str, Any]:
    """Write clips as they are where they are in memory, else at the size that training uses."""
    if column.in_memory:
        return _write_bundle(folder, number, column)
    codec = Frames.fit(column.take(train))
    lengths = np.minimum(column.lengths, codec.most)
    numbers = int(lengths.sum()) * codec.picture.width
    if numbers > PICTURES_BYTES:
        return _write_bundle(folder, number, column)
    file, filled = folder / f"block-{number}-values.npy", 0
    stored = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(numbers,))
    for index in range(len(column)):
        clip = codec.fit_one(column.load(index, codec.most)).reshape(-1)
        stored[filled : filled + len(clip)] = clip
        filled += len(clip)
    stored.flush()
    size = (codec.height, codec.width_pixels, codec.channels)
    sizes = np.array([(length, *size) for length in lengths], dtype=np.int64)
    np.save(folder / f"block-{number}-sizes.npy", sizes, allow_pickle=False)
    files = {name: f"block-{number}-{name}.npy" for name in ("sizes", "values")}
    return {"kind": "bundle", "of": column.kind, "files": files, "facts": {}}


def _write_bundle(folder: Path, number: int, column: Bundle) -> dict[str, Any]:
    arrays, facts = column.stored()
    files = {name: f"block-{number}-{name}.npy" for name in arrays}
    for name, array in arrays.items():
        np.save(folder / files[name], array, allow_pickle=False)
    return {"kind": "bundle", "of": column.kind, "files": files, "facts": facts}


def _read_column(folder: Path, name: str, kept: dict[str, Any], table: pl.DataFrame) -> Column:
    if kept["kind"] == "scalars":
        return table[name]
    if kept["kind"] == "bundle":
        arrays = {part: _mapped(folder / file) for part, file in kept["files"].items()}
        return Bundle.known[kept["of"]].restored(arrays, kept["facts"])
    return _mapped(folder / kept["file"])


def _mapped(path: Path) -> np.ndarray:
    # A file of no values cannot be mapped.
    found: np.ndarray = np.load(path, allow_pickle=False)
    if found.nbytes:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    return found


def _numbers_of(column: pl.Series) -> list[np.ndarray]:
    """Return arrays that are equal if and only if the values are."""
    missing = column.is_null().to_numpy()
    values = column.to_physical() if column.dtype.is_temporal() else column
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        words = values.cast(pl.String).fill_null("")
        text = str(words.str.join("").item()).encode()
        return [missing, words.str.len_bytes().to_numpy(), np.frombuffer(text, dtype=np.uint8)]
    return [missing, values.fill_null(0 if values.dtype.is_numeric() else False).to_numpy()]


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return -1
