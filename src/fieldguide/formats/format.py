"""The promise every format keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from fieldguide.data import Dataset, Field
    from fieldguide.data.forecast import Forecast
    from fieldguide.data.ratings import Ratings


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user said about the data.

    Attributes:
        target: Column to predict; None to guess one; empty for none but what comes with the data.
        sheet: Sheet of a workbook, or None where it has only one.
        stream: Whether to leave the table on disk; None decides by its size.
        group: Column whose values must not be torn apart by a split, or None.
        time: Column that orders the examples in time, or None.
        fields: Fields found on other rows: columns are read as these, rows without a target are
            kept, and no target is guessed. For prediction.
        forecast: What is asked of series, or None: rows are examples then.
        ratings: The parts of the columns, where each row is a rating, or None.
        pairs: Whether pictures with the same names in folders A and B are pairs, not two classes.
    """

    target: str | None = None
    sheet: str | None = None
    stream: bool | None = None
    group: str | None = None
    time: str | None = None
    fields: Mapping[str, Field] | None = None
    forecast: Forecast | None = None
    ratings: Ratings | None = None
    pairs: bool = True


class Format(ABC):
    """One way of keeping data on disk.

    Attributes:
        name: Name in messages and documentation.
        looks_for: What it recognises, in one sentence without a full stop.
    """

    name: ClassVar[str]
    looks_for: ClassVar[str]

    @abstractmethod
    def knows(self, path: Path) -> bool:
        """Say whether the path is of this format; cheap, and false for a path that is missing."""

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether the path is of this format, to be read as other data were.

        Args:
            path: What to read, for prediction.
            fields: Fields of the data that a model learnt from: they settle what a look at the
                path cannot, such as whether a folder of pictures is a clip.
        """
        return self.knows(path)

    @abstractmethod
    def read(self, path: Path, options: Options) -> Dataset:
        """Read the data.

        Raises:
            DataError: The data break a rule of the format.
        """
