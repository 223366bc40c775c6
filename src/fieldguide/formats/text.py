"""Text files: unpacked and brought to UTF-8 with plain line ends, whatever they were written in."""

from __future__ import annotations

import codecs
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fieldguide.errors import DataError

_NAMED_BY_FIRST_BYTES = (
    (b"PAR1", "a Parquet file"),
    (b"PK\x03\x04", "a zip file or a workbook"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"SQLite format 3", "an SQLite database"),
)
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Text:
    """A text file in memory.

    Attributes:
        data: UTF-8, lines end with a single line feed, no byte-order mark.
        foreign: Numbers (from 1) of lines that were not UTF-8 and were read as Latin-1.
    """

    data: bytes
    foreign: np.ndarray


def read_text(path: Path) -> Text:
    """Read a text file, packed with gzip or not.

    Raises:
        DataError: It is empty, not text, or its packing is broken.
    """
    return to_text(read_bytes(path), path)


def to_text(data: bytes, path: Path) -> Text:
    """Bring the bytes of a text file to UTF-8 with plain line ends.

    Raises:
        DataError: They are empty or not text.
    """
    if not data.strip():
        raise DataError("the file is empty.", "Fill it, or name another file.", file=path)
    data = _without_mark(data, path)
    refuse_binary(data, path)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return decode_lines(data)


def decode_lines(data: bytes) -> Text:
    """Keep lines that are UTF-8; read the others as Latin-1 (as Windows extends it)."""
    try:
        data.decode("utf-8")
        return Text(data, np.empty(0, dtype=np.int64))
    except UnicodeDecodeError:
        lines = data.split(b"\n")
    foreign = []
    for number, line in enumerate(lines, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            lines[number - 1] = _from_latin(line).encode("utf-8")
            foreign.append(number)
    return Text(b"\n".join(lines), np.array(foreign, dtype=np.int64))


def read_bytes(path: Path, limit: int = -1) -> bytes:
    """Read a file, unpacked if it is packed with gzip.

    Args:
        path: The file.
        limit: Number of bytes to read at most; -1 for all.

    Raises:
        DataError: The packing is broken.
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            return file.read(limit)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            "the gzip packing is damaged or cut off.",
            "Copy or download the file again.",
            file=path,
        ) from error


def refuse_binary(data: bytes, path: Path, line: int = 1) -> None:
    """Refuse what is not text.

    Args:
        data: The file, or a part of it.
        path: The file.
        line: Number of its first line.

    Raises:
        DataError: Naming what it is by its first bytes, or the row of the first NUL byte.
    """
    for start, what in _NAMED_BY_FIRST_BYTES:
        if data.startswith(start):
            raise DataError(
                f"by its first bytes this is {what}, not text.",
                "Give the file its own suffix.",
                file=path,
            )
    for byte, name in ((b"\0", "NUL bytes"), (b"\x1e", "the control character 0x1E"),
                       (b"\x1f", "the control character 0x1F")):  # fmt: skip
        place = data.find(byte)
        if place >= 0:
            raise DataError(
                f"it holds {name}, so it is not plain text.",
                "Save it as UTF-8 text without control characters.",
                file=path,
                row=line + data.count(b"\n", 0, place),
            )


def _without_mark(data: bytes, path: Path) -> bytes:
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :]
    for mark, name in zip(_WIDE_MARKS, ("utf-32", "utf-32", "utf-16", "utf-16"), strict=True):
        if data.startswith(mark):
            try:
                return data.decode(name).encode("utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"it starts as {name.upper()} text and does not go on as such.",
                    "Save it as UTF-8 text.",
                    file=path,
                ) from error
    return data


def _from_latin(line: bytes) -> str:
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")
