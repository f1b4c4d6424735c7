"""Reading a locator: all of a part or nothing, in order, whatever way the file has to be read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from kinfolk.engine.reading import read
from kinfolk.errors import SourceError
from kinfolk.model.locator import ArrowBatches, DelimitedFile, ParquetFile, Rejection


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute("create schema landing")
        yield made


def batch(numbers: list[int], **columns: list[str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({**columns, "_row": numbers})


def delimited(path: Path, text: str, exact: list[pa.RecordBatch | Rejection] | None = None) -> DelimitedFile:
    """A comma-delimited file with columns id and note; `exact` stands for the exact reader's answer."""
    path.write_text(text, newline="")
    return DelimitedFile(
        path, ("id", "note"), ",", '"', 1, text.count("\n") - 1, lambda: text.count("\n\n"), lambda: iter(exact or [])
    )


def rows(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute("from landing.shop order by _part, _row").fetchall()


def test_rows_arrive_with_their_part_and_number(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for name in ("a", "b"):
        result = read(connection, delimited(tmp_path / name, 'id,note\n007,x\n8,""\n'), "landing.shop", name)
        assert (result.rows, result.rejections) == (2, [])
    assert rows(connection) == [("007", "x", "a", 1), ("8", None, "a", 2), ("007", "x", "b", 1), ("8", None, "b", 2)]


def test_a_file_the_fast_reader_gives_up_on_is_read_exactly(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rejection = Rejection(3, "3 fields where the header has 2", "2,y,z")
    locator = delimited(tmp_path / "a", "id,note\n1,x\n2,y,z\n", [batch([1], id=["1"], note=["x"]), rejection])
    result = read(connection, locator, "landing.shop", "a")
    assert (result.rows, result.rejections) == (1, [rejection])
    assert rows(connection) == [("1", "x", "a", 1)]


def test_a_fast_reading_that_does_not_account_for_every_line_is_taken_back(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    whole = delimited(tmp_path / "a", "id,note\n1,x\n2,y\n", [batch([1], id=["exact"])])
    short = DelimitedFile(**{**vars(whole), "lines": 3})
    assert read(connection, short, "landing.shop", "a").rows == 1
    assert rows(connection) == [("exact", None, "a", 1)]


def test_a_part_that_fails_half_way_leaves_the_table_as_it_was(connection: duckdb.DuckDBPyConnection) -> None:
    def breaking() -> Iterator[pa.RecordBatch | Rejection]:
        yield batch([1], id=["2"], late=["x"])
        raise SourceError("The line went dead.")

    read(connection, ArrowBatches(("id",), lambda: iter([batch([1], id=["1"])])), "landing.shop", "a")
    with pytest.raises(SourceError, match="went dead"):
        read(connection, ArrowBatches(("id",), breaking), "landing.shop", "b")
    assert rows(connection) == [("1", "a", 1)]
    with pytest.raises(SourceError, match="went dead"):
        read(connection, ArrowBatches(("id",), breaking), "landing.other", "b")
    assert connection.execute("select count(*) from duckdb_tables() where table_name = 'other'").fetchall() == [(0,)]


def test_parquet_whose_footer_promises_more_rows_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": ["1"]}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="1 rows were read where the file promises 2"):
        read(connection, ParquetFile(tmp_path / "a.parquet", ("id",), 2), "landing.shop", "a")


def test_a_temporary_copy_is_discarded_even_when_reading_fails(connection: duckdb.DuckDBPyConnection) -> None:
    def failing() -> Iterator[pa.RecordBatch | Rejection]:
        raise SourceError("no")
        yield

    discarded: list[str] = []
    with pytest.raises(SourceError):
        read(connection, ArrowBatches((), failing, lambda: discarded.append("gone")), "landing.shop", "a")
    assert discarded == ["gone"]


def test_names_with_quotes_and_a_column_called_rowid_are_safe(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute('create schema "land ""x"')
    path = tmp_path / 'it\'s "a".csv'
    path.write_text("h\n1,2\n")
    exact = [batch([1], **{"ro\"w'": ["1"], "rowid": ["2"]})]
    locator = DelimitedFile(path, ("ro\"w'", "rowid"), ",", '"', 1, 1, lambda: 0, lambda: iter(exact))
    assert read(connection, locator, 'land "x.ta"ble', "p'art").rows == 1
    assert connection.execute('from "land ""x"."ta""ble"').fetchall() == [("1", "2", "p'art", 1)]


@pytest.mark.slow
def test_row_numbers_follow_the_file_across_threads_and_quoted_line_ends(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("set threads = 4")
    chance = random.Random(7)
    notes = ['"one\ntwo, ""three"""', '"x, y"', "plain", '"' + "long\n" * 40 + '"', ""]
    with (tmp_path / "a").open("w", newline="") as file:
        file.write("id,note\n")
        for number in range(1_500_000):
            file.write(f"{number + 1},{chance.choice(notes)}\n")
    lines = sum(block.count(b"\n") for block in iter_blocks(tmp_path / "a"))
    locator = DelimitedFile(tmp_path / "a", ("id", "note"), ",", '"', 1, lines - 1, lambda: 0, lambda: iter([]))
    assert read(connection, locator, "landing.shop", "a").rows == 1_500_000
    assert connection.execute("select count(*) from landing.shop where id::bigint <> _row").fetchall() == [(0,)]


def iter_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block
