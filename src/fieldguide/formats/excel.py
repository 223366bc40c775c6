"""Excel and OpenDocument workbooks: one sheet is one table."""

from __future__ import annotations

from pathlib import Path

import fastexcel
import numpy as np
import polars as pl

from fieldguide.errors import DataError, did_you_mean
from fieldguide.formats.columns import has_header, unique_names
from fieldguide.formats.format import Options
from fieldguide.formats.table import RawTable, TableFormat

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


class Excel(TableFormat):
    """One sheet of a workbook."""

    name = "excel"
    looks_for = f"a workbook ({', '.join(SUFFIXES)})"

    def knows(self, path: Path) -> bool:
        """Say whether the suffix is that of a workbook."""
        return path.is_file() and path.suffix.lower() in SUFFIXES

    def raw(self, path: Path, options: Options) -> RawTable:
        """Return the cells of the sheet as text.

        Raises:
            DataError: No workbook, no such sheet, or several sheets and none named.
        """
        try:
            book = fastexcel.read_excel(path)
            sheet = _sheet(book, path, options.sheet)
        except fastexcel.FastExcelError as error:
            raise DataError(
                "it is damaged, protected by a password or no workbook.",
                "Open it in a spreadsheet program and save it again, or save the sheet as CSV.",
                file=path,
            ) from error
        return _table(sheet, path)


def _sheet(book: fastexcel.ExcelReader, path: Path, name: str | None) -> pl.DataFrame:
    names = book.sheet_names
    if name is not None and name not in names:
        raise DataError(
            f"the workbook has no sheet '{name}'.{did_you_mean(name, names)}",
            f"Name one of: {', '.join(names)}.",
            file=path,
        )
    chosen = names if name is None else [name]
    sheets = {one: _cells(book, one) for one in chosen}
    filled = {one: cells for one, cells in sheets.items() if cells.height}
    if len(filled) > 1:
        raise DataError(
            f"the workbook has {len(filled)} sheets with data: {', '.join(filled)}.",
            "Name one with sheet=… (--sheet).",
            file=path,
        )
    if not filled:
        raise DataError("the sheet is empty.", "Name a sheet that holds a table.", file=path)
    return next(iter(filled.values()))


def _cells(book: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    return sheet.to_polars()


def _table(cells: pl.DataFrame, path: Path) -> RawTable:
    filled = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    first = int(filled.argmax())  # titles and blank rows above the table
    wide = cells.select(pl.sum_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    if cells.width > 1:
        first = int((wide > 1).argmax()) if (wide > 1).any() else first
    origins = np.arange(1, cells.height + 1)
    head = [str(cell or "") for cell in cells.row(first)]
    below = cells.slice(first + 1)
    if has_header(head, below.head(1000)):
        names, naming = unique_names(head)
        below.columns = names
        table = RawTable(below, origins[first + 1 :], str(path), naming=naming)
    else:
        names = [f"column_{position}" for position in range(1, cells.width + 1)]
        below = cells.slice(first)
        below.columns = names
        naming = dict.fromkeys(names, "the sheet has no header: named by its position")
        table = RawTable(below, origins[first:], str(path), naming=naming)
    return _without_blank_rows(table)


def _without_blank_rows(table: RawTable) -> RawTable:
    """Rows without any cell are layout of the sheet, not data."""
    filled = table.frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    return table.keep(filled) if len(filled) and not filled.all() else table
