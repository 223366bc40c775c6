r"""``.arff`` files of the UEA archive: Weka's format, one sequence a line.

With one channel, the attributes are the steps. With several, a relational attribute holds a quoted
matrix, one channel a line of it (``\n`` between them). The last attribute is the label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from fieldguide.errors import DataError
from fieldguide.formats.labelled_series import PAIR, Sequences, SeriesFormat
from fieldguide.formats.series_cells import channels_of, numbers
from fieldguide.formats.text import read_text

FEWEST_STEPS = 10  # attributes named alike that make a sequence of a file with any name
ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)\s+(.+)", re.IGNORECASE)
NUMERIC = frozenset(("numeric", "real", "integer"))
TARGETS = frozenset(("target", "class", "label", "y", "response"))


@dataclass
class Header:
    """What the lines above ``@data`` say.

    Attributes:
        steps: Names of numeric attributes outside of a relation.
        relational: Whether there is a relational attribute.
        classes: Values of the nominal attribute, or None where there is none.
        number: Whether the last attribute is a number to predict.
        lines: Number of its last line.
    """

    steps: list[str] = field(default_factory=list)
    relational: bool = False
    classes: tuple[str, ...] | None = None
    number: bool = False
    lines: int = 0

    @property
    def labelled(self) -> bool:
        """Whether each line ends in a label."""
        return self.classes is not None or self.number


class Arff(SeriesFormat):
    """Sequences with one channel or several."""

    name = "arff"
    looks_for = "an .arff file of labelled sequences, as in the UEA archive"

    def knows(self, path: Path) -> bool:
        """Say whether the suffix is right."""
        return path.is_file() and path.name.lower().removesuffix(".gz").endswith(".arff")

    def sequences(self, path: Path) -> Sequences:
        """Read the header, then the examples."""
        lines = read_text(path).data.decode("utf-8").split("\n")
        header = _header(lines, path)
        found = Sequences([], [] if header.labelled else None, [], path)
        found.target = "target" if header.number else "class"
        found.reason = "the values of the last attribute"
        read = _relation if header.relational else _row
        for number, line in enumerate(lines[header.lines :], start=header.lines + 1):
            text = line.strip()
            if not text or text.startswith("%"):
                continue
            if text.startswith("{"):
                raise _refuse("the row is written sparsely, in braces", path, number)
            parts, label = read(text, header, path, number)
            cells = [numbers(part, path, number) for part in parts]
            found.values.append(channels_of(cells, path, number))
            found.places.append(number)
            if found.labels is not None:
                found.labels.append(_checked(label, header, path, number))
        _check_channels(found, path)
        return found


def _header(lines: list[str], path: Path) -> Header:
    header, inside = Header(), False
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        tag = text.split(maxsplit=1)[0].lower() if text else ""
        if tag == "@data":
            header.lines = number
            return _judged(header, path, number)
        if tag == "@end":
            inside = False
        elif tag == "@attribute" and not inside:
            inside = _take(header, text, path, number)
        elif tag and not tag.startswith(("%", "@attribute", "@relation")):
            raise _refuse(f"'{text[:40]}' stands above @data", path, number)
    raise _refuse("the line @data, after which the examples stand, is missing", path, len(lines))


def _take(header: Header, text: str, path: Path, line: int) -> bool:
    """Take an attribute over; return whether those of a relation follow."""
    found = ATTRIBUTE.fullmatch(text)
    if found is None:
        raise _refuse(f"'{text[:40]}' names no attribute with a type", path, line)
    name, type_ = _bare(found[1]), found[2].strip()
    if header.classes is not None:
        raise _refuse(f"the attribute '{name}' comes after the classes", path, line)
    if type_.startswith("{") and type_.endswith("}"):
        header.classes = tuple(_bare(part) for part in _cells(type_[1:-1]))
    elif type_.lower() == "relational" and not header.relational and not header.steps:
        header.relational = True
        return True
    elif type_.lower().split()[0] in NUMERIC:
        header.steps.append(name)
    else:
        raise _refuse(f"the attribute '{name}' is of the type {type_[:40]}", path, line)
    return False


def _judged(header: Header, path: Path, line: int) -> Header:
    """Decide what is a label, and whether the attributes are steps at all."""
    last = header.steps[-1].lower() if header.steps else ""
    if header.classes is None and (last in TARGETS or (header.relational and last)):
        header.number = True
        header.steps.pop()
    if header.relational:
        if header.steps:
            raise _refuse(f"'{header.steps[0]}' stands beside the relation", path, line)
        return header
    alike = {re.sub(r"\d+$", "", name) for name in header.steps}
    if len(alike) == 1 and (len(header.steps) >= FEWEST_STEPS or PAIR.search(path.name)):
        return header
    raise DataError(
        f"its {len(header.steps)} numeric attributes are not numbered steps of a sequence, so it "
        "is a table.",
        "Save it as CSV, which tables are read from.",
        file=path,
        row=line,
    )


def _row(text: str, header: Header, path: Path, line: int) -> tuple[list[list[str]], str]:
    """Return the cells of the one channel, and the label."""
    cells = _cells(text)
    expected = len(header.steps) + header.labelled
    if len(cells) != expected:
        raise _refuse(f"the row has {len(cells)} values, expected {expected}", path, line)
    return ([cells[:-1]], _bare(cells[-1])) if header.labelled else ([cells], "")


def _relation(text: str, header: Header, path: Path, line: int) -> tuple[list[list[str]], str]:
    """Return the cells of each channel, and the label."""
    quote = text[0]
    end = text.rfind(quote, 1, _label_start(text) if header.labelled else None)
    rest = text[end + 1 :].strip()
    if quote not in "'\"" or end <= 0 or rest.startswith(",") != header.labelled:
        raise _refuse(
            "the row is no quoted matrix" + (" with a label after it" if header.labelled else ""),
            path,
            line,
        )
    channels = text[1:end].replace("\\n", "\n").strip("\n").split("\n")
    return [channel.split(",") for channel in channels], _bare(rest[1:])


def _label_start(text: str) -> int:
    """Return where the label begins: after the last comma that stands in no quotes."""
    bare = text.rstrip()
    if bare[-1] in "'\"":
        start = bare.rfind(bare[-1], 0, len(bare) - 1)
        return start if text[:start].rstrip().endswith(",") else len(text)
    return text.rfind(",")


def _cells(text: str) -> list[str]:
    """Cut a line at its commas, those in quotes aside."""
    if "'" not in text and '"' not in text:
        return text.split(",")
    return re.findall(r"(?:^|(?<=,))\s*('[^']*'|\"[^\"]*\"|[^,]*)\s*(?=,|$)", text)


def _bare(text: str) -> str:
    """Take the quotes off."""
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _checked(label: str, header: Header, path: Path, line: int) -> str:
    if label in ("?", ""):
        return ""
    if header.number:
        (value,) = numbers([label], path, line)
        return "" if value != value else label
    if header.classes and label not in header.classes:
        listed = ", ".join(header.classes[:20])
        raise _refuse(f"the label '{label[:40]}' is none of the classes: {listed}", path, line)
    return label


def _check_channels(found: Sequences, path: Path) -> None:
    for values, line in zip(found.values, found.places, strict=True):
        if values.shape[1] != found.values[0].shape[1]:
            raise _refuse(
                f"the example has {values.shape[1]} channel(s), and the first one has "
                f"{found.values[0].shape[1]}",
                path,
                line,
            )


def _refuse(problem: str, path: Path, line: int) -> DataError:
    remedy = "Correct the line; what is read are sequences as in the UEA archive."
    return DataError(f"{problem}.", remedy, file=path, row=line)
