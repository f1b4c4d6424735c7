"""What files say of themselves before anything is loaded."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from kinfolk.connectors import CONNECTORS
from kinfolk.errors import NothingToLoadError
from tests.connectors.reading import Folder


def test_a_pattern_is_reached_with_its_number_of_files(folder: Folder) -> None:
    folder.write("a.csv", "id\n1\n")
    folder.write("b.csv", "id\n2\n")
    assert CONNECTORS["file"].ping({"path": "*.csv"}, folder.path) == "2 files of 10 bytes together."
    with pytest.raises(NothingToLoadError):
        CONNECTORS["file"].ping({"path": "*.tsv"}, folder.path)


def test_a_folder_offers_each_file_and_each_sheet_with_its_columns(folder: Folder) -> None:
    folder.write("data/a.csv", "id;name\n1;Anna\n")
    folder.write("data/b.jsonl", '{"id": 1, "mail": "x@example.com"}\n')
    folder.write("data/notes.md", "no data\n")
    pq.write_table(pa.table({"id": [1], "born": pa.array(["1980-01-01"])}), folder.path / "data/c.parquet")
    book = Workbook()
    book.active.title = "People"
    book["People"].append(["id", "name"])
    book.create_sheet("Empty")
    book.create_sheet("Orders").append(["order", "total"])
    book.save(folder.path / "data/d.xlsx")
    found = CONNECTORS["file"].discover({"path": "data"}, folder.path)
    assert [(d.name, tuple(d.columns)) for d in found] == [
        ("data/a.csv", ("id", "name")),
        ("data/b.jsonl", ("id", "mail")),
        ("data/c.parquet", ("id", "born")),
        ("data/d.xlsx: People", ("id", "name")),
        ("data/d.xlsx: Orders", ("order", "total")),
    ]
    assert found[2].columns["id"] == "int64" and found[2].rows == 1
    assert found[4].options == {"path": "data/d.xlsx", "sheet": "Orders"}
