"""Workbooks: the right sheet, and cells as the text a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest

from kinfolk.errors import SourceError
from tests.connectors.reading import Folder


def workbook(folder: Folder, name: str, **sheets: Iterable[Iterable[Any]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]  # a new book has a sheet
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(folder.path / name)


def test_cells_become_plain_text(folder: Folder) -> None:
    workbook(
        folder,
        "a.xlsx",
        Customers=[
            ["id", "when", "amount", "ok", "code", "at", "day", "long"],
            [1234, datetime(2024, 2, 3, 4, 5, 6), 0.1 + 0.2, True, "00123", time(3, 4), date(2024, 2, 3), 4e-7],
            [5, None, -1.5, False, " x ", timedelta(hours=30), None, 1e18],
        ],
    )
    assert folder.land("a.xlsx").rows == [
        ("1234", "2024-02-03 04:05:06", "0.3", "true", "00123", "03:04:00", "2024-02-03", "0.0000004", 1),
        ("5", None, "-1.5", "false", " x ", "30:00:00", None, "1000000000000000000", 2),
    ]


def test_empty_rows_and_columns_around_and_between_are_passed_over(folder: Folder) -> None:
    workbook(folder, "a.xlsx", Data=[[], [None, None], [None, "id", "name"], [None, 1, "Ada"], [], [None, 2, None]])
    landed = folder.land("a.xlsx")
    assert landed.columns == ["id", "name", "_row"]
    assert landed.rows == [("1", "Ada", 1), ("2", None, 2)]


def test_cells_beyond_the_header_get_a_column(folder: Folder) -> None:
    workbook(folder, "a.xlsx", Data=[["id", "id"], [1, 2, "note"]])
    assert folder.land("a.xlsx").columns == ["id", "id_2", "column_3", "_row"]


def test_the_first_sheet_that_holds_anything_is_read_and_named(folder: Folder) -> None:
    workbook(folder, "a.xlsx", Cover=[], People=[["id"], [1]], Orders=[["id"], [2]])
    landed = folder.land("a.xlsx")
    assert landed.rows == [("1", 1)]
    assert "'People'" in landed.notes and "'Orders'" in landed.notes


def test_a_declared_sheet_wins(folder: Folder) -> None:
    workbook(folder, "a.xlsx", People=[["id"], [1]], Orders=[["id"], [2]])
    landed = folder.land("a.xlsx", sheet="Orders")
    assert (landed.rows, landed.notes) == ([("2", 1)], "")


def test_a_sheet_that_is_not_there_suggests_one(folder: Folder) -> None:
    workbook(folder, "a.xlsx", People=[["id"], [1]])
    with pytest.raises(SourceError, match=r"no sheet 'Poeple'. Did you mean 'People'"):
        folder.land("a.xlsx", sheet="Poeple")


def test_lines_may_be_skipped_and_a_header_absent(folder: Folder) -> None:
    workbook(folder, "a.xlsx", Data=[["Report"], ["id", "name"], [1, "Ada"]])
    assert folder.land("a.xlsx", skip_lines=1).columns == ["id", "name", "_row"]
    assert folder.land("a.xlsx", skip_lines=2, header=False).rows == [("1", "Ada", 1)]


def test_a_header_alone_gives_its_columns_and_no_rows(folder: Folder) -> None:
    workbook(folder, "a.xlsx", Data=[["id", "name"]])
    landed = folder.land("a.xlsx")
    assert (landed.columns, landed.rows) == (["id", "name", "_row"], [])


def test_a_workbook_without_anything_is_refused(folder: Folder) -> None:
    workbook(folder, "a.xlsx", One=[], Two=[])
    with pytest.raises(SourceError, match="Every sheet of the workbook is empty"):
        folder.land("a.xlsx")


@pytest.mark.parametrize("content", [b"", b"id,name\n1,Ada\n", b"PK\x03\x04 and then nothing"])
def test_what_is_no_workbook_is_refused(folder: Folder, content: bytes) -> None:
    folder.write("a.xlsx", content)
    with pytest.raises(SourceError, match=r"a.xlsx: This is no workbook, or it is damaged"):
        folder.land("a.xlsx")


def test_a_workbook_cut_short_is_refused(folder: Folder) -> None:
    workbook(folder, "whole.xlsx", Data=[["id"], *[[number] for number in range(1000)]])
    folder.write("a.xlsx", (folder.path / "whole.xlsx").read_bytes()[:-200])
    with pytest.raises(SourceError, match=r"a.xlsx: This is no workbook, or it is damaged"):
        folder.land("a.xlsx")
