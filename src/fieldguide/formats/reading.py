"""From a path or a name to a data set: the one format that knows it reads it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from fieldguide.data import Dataset, Field
from fieldguide.data.forecast import Forecast, as_names
from fieldguide.data.ratings import Ratings, as_ratings
from fieldguide.errors import DataError, UnknownFormat, UsageError
from fieldguide.formats import builtin
from fieldguide.formats.discovery import formats
from fieldguide.formats.format import Format, Options


def read(
    path_or_name: str | Path,
    *,
    target: str | None = None,
    sheet: str | None = None,
    stream: bool | None = None,
    group: str | None = None,
    time: str | None = None,
    fields: Mapping[str, Field] | None = None,
    horizon: int | None = None,
    series: str | None = None,
    known: str | Sequence[str] | None = None,
    lookback: int = 0,
    season: int = 0,
    every: str | None = None,
    user: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    lowest: float | None = None,
    highest: float | None = None,
    pairs: bool = True,
) -> Dataset:
    """Read a file, a folder or a built-in data set.

    Args:
        path_or_name: A path, or the name of a built-in set (``"digits"``); a path wins.
        target: Column to predict; guessed where it is left out (``target_reason`` says how). Empty:
            none is guessed, for algorithms that learn from the rows as they are.
        sheet: Sheet of a workbook.
        stream: Leave the table on disk and read it in pieces; None decides by its size.
        group: Column whose values must stay together in a split (patients, users).
        time: Column that orders the examples in time: splits then cut, not shuffle.
        fields: Fields found on other rows, for prediction: columns are read as these, nothing is
            guessed, and rows without a target are kept.
        horizon: Steps to forecast: the rows are then steps of series, ``time`` is their column of
            times (found where there is one; steps are counted where there is none), and ``target``
            may name several columns, with commas between (all columns of numbers where left out).
        series: Column that names the series, where rows of several lie below each other.
        known: Columns known in the future as well (promotions, holidays), commas between.
        lookback: Steps that a forecast looks back on; 0 to choose by horizon, season and length.
        season: Steps after which series repeat; 0 to find it.
        every: Spacing to average irregular rows to, such as ``"1h"``.
        user: Column that names who rates: the rows are then ratings, ``time`` is their column of
            times, and columns of theirs that are not named are found by names and values.
        item: Column that names what is rated.
        rating: Column of ratings.
        lowest: Lowest rating there can be; the lowest there is, where left out.
        highest: Highest rating there can be; the highest there is, where left out.
        pairs: Whether pictures with the same names in folders A and B are pairs, to predict one
            from the other; if not, A and B are classes.

    Returns:
        The data, with honest fields and a ledger of every row and file.

    Raises:
        UnknownFormat: No format knows the path, or several do.
        DataError: The data break a rule; names file, row or field, and the remedy.

    Example:
        >>> import fieldguide as fg
        >>> len(fg.read("iris"))
        150
    """
    if horizon is None and (series or known or lookback or season or every):
        raise UsageError(
            "series, known, lookback, season and every belong to a forecast. Say how many steps "
            "ahead with horizon=… (--horizon)."
        )
    if user or item or rating:
        if horizon is not None or target or group or fields is not None:
            raise UsageError(
                "user, item and rating say that the rows are ratings, which are to be guessed "
                "themselves. Leave horizon, target, group and fields out."
            )
        roles = Ratings(user or "", item or "", rating or "", time, lowest, highest)
        options = Options(sheet=sheet, stream=False, ratings=roles)
        return as_ratings(_read(Path(path_or_name), options), roles)
    if lowest is not None or highest is not None:
        raise UsageError(
            "lowest and highest belong to ratings. Name their columns with user=…, item=… and "
            "rating=… (--user, --item, --rating)."
        )
    asked = None
    if horizon is not None:
        asked = Forecast(
            horizon, lookback=lookback, targets=as_names(target), known=as_names(known),
            series=series, time=time, every=every or "", season=season,
        )  # fmt: skip
        target, time, stream = None, None, False  # windows need all steps at hand
    options = Options(
        target=target, sheet=sheet, stream=stream, group=group, time=time, fields=fields,
        forecast=asked, pairs=pairs,
    )  # fmt: skip
    dataset = _read(Path(path_or_name), options)
    if asked is None:
        return dataset
    from fieldguide.data.regular import as_series

    return as_series(dataset, asked)


def _read(path: Path, options: Options) -> Dataset:
    try:
        return find_format(path, options.fields).read(path, options)
    except PermissionError as error:
        raise DataError(
            "no permission to read it.",
            "Change its permissions, or copy it to where you may read.",
            file=error.filename or path,
        ) from error
    except OSError as error:
        raise DataError(
            f"the system cannot read it ({error.strerror or error}).",
            "Check the path and the disk.",
            file=error.filename or path,
        ) from error


def find_format(path: Path, fields: Mapping[str, Field] | None = None) -> Format:
    """Return the one format that knows a path.

    Args:
        path: A file or folder.
        fields: Fields of the data that a model learnt from, for prediction.

    Raises:
        UnknownFormat: None does, or several do.
        DataError: There is nothing at the path.
    """
    knowing = [
        known
        for known in formats()
        if (known.knows_as(path, fields) if fields else known.knows(path))
    ]
    if len(knowing) == 1:
        return knowing[0]
    if knowing:
        names = " and ".join(known.name for known in knowing)
        raise UnknownFormat(
            f"it could be read as {names}.",
            "Keep each kind of data in a folder of its own, or name the file instead.",
            file=path,
        )
    if not path.exists():
        raise DataError("there is no such file or folder.", _nearest(path), file=path)
    raise UnknownFormat(
        f"no format knows it. {_contents(path)} What was looked for: "
        + "; ".join(f"{known.name} ({known.looks_for})" for known in formats())
        + ".",
        "Convert it to one of these, or name another path.",
        file=path,
    )


def _nearest(path: Path) -> str:
    folder = path.parent
    while not folder.is_dir():
        folder = folder.parent
    beside = [entry.name for entry in folder.iterdir()] if folder == path.parent else []
    near = difflib.get_close_matches(path.name, [*beside, *builtin.names()], n=1, cutoff=0.5)
    built_in = f"Built-in data sets: {', '.join(builtin.names())}."
    return f"Did you mean '{near[0]}'? {built_in}" if near else f"Check the path. {built_in}"


def _contents(path: Path) -> str:
    if path.is_dir():
        inside = sorted(entry.name for entry in path.iterdir())
        if not inside:
            return "The folder is empty."
        more = f" and {len(inside) - 10} more" if len(inside) > 10 else ""
        return f"The folder holds: {', '.join(inside[:10])}{more}."
    if path.stat().st_size == 0:
        return "The file is empty (0 bytes)."
    return f"The suffix is '{path.suffix}'." if path.suffix else "It has no suffix."
