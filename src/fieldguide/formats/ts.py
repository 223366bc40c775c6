"""``.ts`` files of the UEA and UCR archives: a header of ``@`` lines, then one example a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fieldguide.errors import DataError
from fieldguide.formats.labelled_series import Sequences, SeriesFormat
from fieldguide.formats.series_cells import channels_of, numbers
from fieldguide.formats.text import read_bytes, read_text


@dataclass
class Header:
    """What the lines above ``@data`` say.

    Attributes:
        target: ``"class"``, ``"target"``, ``"none"``, or ``""`` where nothing was said.
        classes: The classes that it lists.
        channels: Number of channels, or 0 where it is not told.
        lines: Number of its last line.
    """

    target: str = ""
    classes: tuple[str, ...] = ()
    channels: int = 0
    lines: int = 0


class Ts(SeriesFormat):
    """Sequences of equal or different lengths, with one channel or several."""

    name = "ts"
    looks_for = "a .ts file of labelled sequences, as in the UEA and UCR archives"

    def knows(self, path: Path) -> bool:
        """Say whether the suffix is right, and the text starts with ``@`` or ``#``."""
        if not path.is_file() or not path.name.lower().removesuffix(".gz").endswith(".ts"):
            return False
        try:
            start = read_bytes(path, 1 << 12)
        except DataError:
            return True  # reading it will say that it is damaged
        return not start.strip() or start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"@", b"#")

    def sequences(self, path: Path) -> Sequences:
        """Read the header, then the examples."""
        lines = read_text(path).data.decode("utf-8").split("\n")
        header = _header(lines, path)
        found = Sequences([], None if header.target == "none" else [], [], path)
        found.target = "target" if header.target == "target" else "class"
        found.reason = "the labels at the end of the lines"
        channels = header.channels
        for number, line in enumerate(lines[header.lines :], start=header.lines + 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            parts = _parts(text, header, path, number)
            channels = channels or len(parts)
            _check_channels(len(parts), channels, path, number)
            cells = [numbers(part.split(","), path, number) for part in parts]
            found.values.append(channels_of(cells, path, number))
            found.places.append(number)
            if found.labels is not None:
                found.labels.append(_label(text, header, path, number))
        return found


def _header(lines: list[str], path: Path) -> Header:
    header = Header()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not text.startswith("@"):
            raise DataError(
                f"'{text[:40]}' stands above @data, where lines start with @ or #.",
                "Add the line @data above the first example.",
                file=path,
                row=number,
            )
        tag, *values = text.split()
        if tag.lower() == "@data":
            header.lines = number
            return _checked(header, path, number)
        _take(header, tag.lower(), values, path, number)
    raise DataError(
        "the line @data, after which the examples stand, is missing.",
        "The file was cut off, or is no .ts file of sequences: copy it again.",
        file=path,
        row=len(lines),
    )


def _take(header: Header, tag: str, values: list[str], path: Path, line: int) -> None:
    """Take one line of the header over; lines that change nothing for us are passed by."""
    if tag == "@timestamps" and _truth(tag, values, path, line):
        raise DataError(
            "the sequences carry time stamps, which are not read here.",
            "Write the values alone, one a step, and @timeStamps false.",
            file=path,
            row=line,
        )
    if tag == "@classlabel":
        labelled = _truth(tag, values, path, line)
        header.target = "class" if labelled else header.target or "none"
        header.classes = tuple(values[1:]) if labelled else ()
    elif tag == "@targetlabel":
        labelled = _truth(tag, values, path, line)
        header.target = "target" if labelled else header.target or "none"
    elif tag == "@univariate" and _truth(tag, values, path, line):
        header.channels = 1
    elif tag in ("@dimension", "@dimensions"):
        if len(values) != 1 or not values[0].isdecimal() or not int(values[0]):
            raise _bad_tag(tag, values, "a number of channels", path, line)
        header.channels = int(values[0])


def _truth(tag: str, values: list[str], path: Path, line: int) -> bool:
    said = values[0].lower() if values else ""
    if said not in ("true", "false"):
        raise _bad_tag(tag, values, "true or false", path, line)
    return said == "true"


def _bad_tag(tag: str, values: list[str], expected: str, path: Path, line: int) -> DataError:
    came = f"is followed by '{' '.join(values)[:40]}'" if values else "is followed by nothing"
    return DataError(
        f"{tag} {came}, expected {expected}.", "Correct the line.", file=path, row=line
    )


def _checked(header: Header, path: Path, line: int) -> Header:
    if not header.target:
        raise DataError(
            "the header does not say whether the examples are labelled.",
            "Add a line @classLabel true with the classes after it (or @targetlabel true for "
            "numbers), or @classLabel false.",
            file=path,
            row=line,
        )
    return header


def _parts(text: str, header: Header, path: Path, line: int) -> list[str]:
    """Return the text of each channel."""
    if text.startswith("("):
        raise DataError(
            "the values stand in brackets with time stamps, which are not read here.",
            "Write the values alone, one a step.",
            file=path,
            row=line,
        )
    parts = text.split(":")
    if header.target == "none":
        return parts
    if len(parts) < 2:
        raise DataError(
            "there is no label: the header announces one after the last ':'.",
            "Add it, or ? where it is missing.",
            file=path,
            row=line,
        )
    return parts[:-1]


def _check_channels(found: int, expected: int, path: Path, line: int) -> None:
    if found != expected:
        raise DataError(
            f"the example has {found} channel(s), expected {expected}.",
            "Every example needs all channels, with ':' between them.",
            file=path,
            row=line,
        )


def _label(text: str, header: Header, path: Path, line: int) -> str:
    """Return the label of an example, empty where it is missing."""
    label = text.rsplit(":", 1)[1].strip()
    if label == "?":
        return ""
    if header.target == "target":
        (value,) = numbers([label], path, line)
        return "" if value != value else label
    if not label:
        return ""
    if header.classes and label not in header.classes:
        listed = ", ".join(header.classes[:20])
        raise DataError(
            f"the label '{label[:40]}' is none of the classes that the header lists: {listed}.",
            "Correct the label, or add it to @classLabel.",
            file=path,
            row=line,
        )
    return label
