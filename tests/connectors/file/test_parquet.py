"""Parquet: typed values as canonical text, in the order of the file."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kinfolk.errors import SourceError
from tests.connectors.reading import Folder


def land_one(folder: Folder, value: object, kind: pa.DataType) -> str | None:
    pq.write_table(pa.table({"x": pa.array([value], kind)}), folder.path / "a.parquet")
    text: str | None
    [(text, _)] = folder.land("a.parquet").rows
    return text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("007", pa.string(), "007"),
        ("", pa.string(), None),
        (None, pa.string(), None),
        (2**63 - 1, pa.int64(), "9223372036854775807"),
        (1234.0, pa.float64(), "1234"),
        (-0.0, pa.float64(), "0"),
        (0.1, pa.float64(), "0.1"),
        (1e-7, pa.float64(), "0.0000001"),
        (1e20, pa.float64(), "100000000000000000000"),
        (float("nan"), pa.float64(), None),
        (0.1, pa.float32(), "0.1"),
        (3.0, pa.float32(), "3"),
        (Decimal("12.50"), pa.decimal128(9, 2), "12.50"),
        (True, pa.bool_(), "true"),
        (date(2024, 2, 3), pa.date32(), "2024-02-03"),
        (datetime(2024, 2, 3, 4, 5, 6), pa.timestamp("us"), "2024-02-03 04:05:06"),
        (datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC), pa.timestamp("us", "Asia/Tokyo"), "2024-02-03 04:05:06+00:00"),
        (time(4, 5, 6), pa.time64("us"), "04:05:06"),
        (b"M\xc3\xbcller", pa.binary(), "Müller"),
        (b"\xff\x00", pa.binary(), "FF00"),
        ([1, 2], pa.list_(pa.int64()), "[1,2]"),
        ({"city": "Köln"}, pa.struct([("city", pa.string())]), '{"city":"Köln"}'),
        ("a", pa.dictionary(pa.int32(), pa.string()), "a"),
    ],
)
def test_a_typed_value_becomes_canonical_text(
    folder: Folder, value: object, kind: pa.DataType, text: str | None
) -> None:
    assert land_one(folder, value, kind) == text


def test_rows_are_numbered_in_the_order_of_the_file(folder: Folder) -> None:
    table = pa.table({"id": [f"{n:06d}" for n in range(300_000)], "file_row_number": [7] * 300_000})
    pq.write_table(table, folder.path / "a.parquet", row_group_size=10_000)
    assert all(int(row[0]) + 1 == row[-1] for row in folder.land("a.parquet").rows)
    pq.write_table(table.select(["id"]), folder.path / "a.parquet", row_group_size=10_000)
    assert all(int(row[0]) + 1 == row[-1] for row in folder.land("a.parquet").rows)


def test_column_names_become_unique(folder: Folder) -> None:
    table = pa.table([["1"], ["2"], ["3"], ["4"]], names=["id", "ID", "", "_part"])
    pq.write_table(table, folder.path / "a[1].parquet")
    landed = folder.land("a[1].parquet")
    assert landed.columns == ["id", "ID_2", "column_3", "_part_2", "_row"]
    assert landed.rows == [("1", "2", "3", "4", 1)]


def test_no_rows_still_give_columns(folder: Folder) -> None:
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), folder.path / "a.parquet")
    landed = folder.land("a.parquet")
    assert (landed.columns, landed.rows) == (["id", "_row"], [])


@pytest.mark.parametrize("content", [b"", b"id,name\n1,Ada\n", b"PAR1 and nothing PAR1"])
def test_what_is_no_parquet_is_refused(folder: Folder, content: bytes) -> None:
    folder.write("a.parquet", content)
    with pytest.raises(SourceError, match=r"a.parquet: This is no Parquet file, or it is damaged"):
        folder.land("a.parquet")


def test_damage_in_the_middle_is_refused(folder: Folder) -> None:
    pq.write_table(pa.table({"id": [f"{n * 7919}" for n in range(50_000)]}), folder.path / "a.parquet")
    content = bytearray((folder.path / "a.parquet").read_bytes())
    content[1_000:60_000] = b"\xff" * 59_000
    folder.write("a.parquet", bytes(content))
    with pytest.raises(SourceError, match=r"a.parquet: The Parquet file is damaged"):
        folder.land("a.parquet")
