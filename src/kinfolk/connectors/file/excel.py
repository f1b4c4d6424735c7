"""Spreadsheets: one sheet, its cells as the text a person would read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import partial

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from kinfolk.connectors.file.names import unique
from kinfolk.connectors.file.options import FormatOptions
from kinfolk.connectors.file.rows import text_batch
from kinfolk.errors import SourceError
from kinfolk.model.locator import ArrowBatches, Part, Rejection

_BATCH_ROWS = 50_000
_Cell = int | float | str | bool | time | date | datetime | timedelta


def open_excel(part: Part, options: FormatOptions) -> ArrowBatches:
    """A locator for the declared sheet, else the first that holds anything; a note says which if there are several.

    Formulas give the value that was last computed; error values such as #N/A count as empty. The first row that
    is not empty is the header; empty rows are passed over.
    Errors  SourceError if it is no workbook, is damaged, has no such sheet or nothing in it
    """
    try:
        workbook = CalamineWorkbook.from_path(part.path)
        sheet, notes = _sheet(workbook, part, options.sheet)
        cells: list[list[_Cell]] = sheet.to_python(skip_empty_area=False)
    except CalamineError as error:
        raise _no_workbook(part, error) from error
    rows = [row for row in ([text(cell) for cell in line] for line in cells[options.skip_lines :]) if any(row)]
    if not rows:
        raise SourceError(f"The sheet {sheet.name!r} is empty.", where=part.name, hint="Name another with `sheet:`.")
    used = [number for number in range(len(rows[0])) if any(row[number] for row in rows)]
    first, last = used[0], used[-1] + 1
    rows = [row[first:last] for row in rows]
    header = options.header is not False
    columns = unique(rows[0]) if header else unique([None] * (last - first))
    return ArrowBatches(columns, partial(_batches, columns, rows[1:] if header else rows), notes=notes)


def sheet_names(part: Part) -> list[str]:
    """The workbook's sheets, in its order. Errors: SourceError if it is none."""
    try:
        return CalamineWorkbook.from_path(part.path).sheet_names
    except CalamineError as error:
        raise _no_workbook(part, error) from error


def text(cell: _Cell) -> str | None:
    """A cell as plain text: 1234 not 1234.0, 0.000001 not 1e-06, ISO dates, true and false; None if empty."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return format(Decimal(int(cell)) if cell.is_integer() else Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell) or None


def _no_workbook(part: Part, error: CalamineError) -> SourceError:
    return SourceError(
        f"This is no workbook, or it is damaged ({error}).",
        where=part.name,
        hint="Save it again from the spreadsheet program; write `format:` in the source if it is something else.",
    )


def _sheet(workbook: CalamineWorkbook, part: Part, wanted: str | None) -> tuple[CalamineSheet, tuple[str, ...]]:
    names = workbook.sheet_names
    if wanted is not None:
        if wanted not in names:
            near = get_close_matches(wanted, names, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There is {', '.join(map(repr, names))}."
            raise SourceError(f"There is no sheet {wanted!r}.", where=part.name, hint=hint)
        return workbook.get_sheet_by_name(wanted), ()
    filled = [sheet for sheet in map(workbook.get_sheet_by_name, names) if sheet.start is not None]
    if not filled:
        raise SourceError("Every sheet of the workbook is empty.", where=part.name, hint="Export it again.")
    if len(filled) == 1:
        return filled[0], ()
    others = ", ".join(repr(sheet.name) for sheet in filled[1:])
    return filled[0], (f"Read the sheet {filled[0].name!r}, the first; not read: {others}. Choose with `sheet:`.",)


def _batches(columns: tuple[str, ...], rows: list[list[str | None]]) -> Iterator[pa.RecordBatch | Rejection]:
    for start in range(0, len(rows), _BATCH_ROWS):
        piece = rows[start : start + _BATCH_ROWS]
        yield text_batch(columns, piece, list(range(start + 1, start + len(piece) + 1)))
