"""The catalogue of a lake against its files: what should be there, what is, and what is there besides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from kinfolk.engine import lake

# Of all snapshots, deletions of rows included. Paths are told within the folder of their schema and table.
_KNOWN_FILES = """
    with tables as (
        select distinct t.table_id, s.schema_name || '.' || t.table_name as name, s.path || t.path as folder
        from __ducklake_metadata_lake.ducklake_table t
        join __ducklake_metadata_lake.ducklake_schema s using (schema_id)
    ), files as (
        select table_id, path, record_count, file_size_bytes, begin_snapshot, end_snapshot, partial_max
        from __ducklake_metadata_lake.ducklake_data_file
        union all
        select table_id, path, -delete_count, file_size_bytes, begin_snapshot, end_snapshot, null
        from __ducklake_metadata_lake.ducklake_delete_file
    )
    select tables.name, folder || files.path, record_count, file_size_bytes, begin_snapshot, end_snapshot, partial_max
    from files join tables using (table_id)
    order by all
"""
_UNUSED_FILES = "select path from __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion"


@dataclass(frozen=True)
class LakeFile:
    """A file the catalogue knows. rows: below zero for a list of deleted rows; until: None while it is in use.

    whole_from  of a file that several were merged into, the snapshot from which on all of its rows are there
    """

    table: str
    path: Path
    rows: int
    size: int
    since: int
    until: int | None
    whole_from: int | None = None

    def whole_in(self, snapshot: int) -> bool:
        """Whether the state of that snapshot, if it needs the file, has all of its rows."""
        return self.whole_from is None or self.whole_from <= snapshot

    def part_of(self, snapshot: int) -> bool:
        """Whether the state of that snapshot needs it."""
        return self.since <= snapshot and (self.until is None or snapshot < self.until)


def known_files(connection: duckdb.DuckDBPyConnection, state: Path) -> list[LakeFile]:
    """Every file that some snapshot needs."""
    data = lake.data_folder(state)
    return [
        LakeFile(table, data / path, rows, size, since, until, whole_from)
        for table, path, rows, size, since, until, whole_from in connection.execute(_KNOWN_FILES).fetchall()
    ]


def missing_now(connection: duckdb.DuckDBPyConnection, state: Path) -> list[LakeFile]:
    """Files of the present state that are not there: a look at each name, no more."""
    return [file for file in known_files(connection, state) if file.until is None and not file.path.exists()]


def orphans(connection: duckdb.DuckDBPyConnection, state: Path) -> list[Path]:
    """Files in the lake's folder that the catalogue does not know. While a run writes, its files are among them."""
    data = lake.data_folder(state)
    known = {file.path for file in known_files(connection, state)}
    known |= {data / path for (path,) in connection.execute(_UNUSED_FILES).fetchall()}
    return sorted(path for path in data.rglob("*") if path.is_file() and path not in known)


def damage(file: LakeFile) -> str | None:
    """What is wrong with a file: gone, of another size, no Parquet, other rows than promised; None when nothing is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        size = file.path.stat().st_size
        rows = pq.read_metadata(file.path).num_rows
    except FileNotFoundError:
        return "is gone"
    except (pa.ArrowException, OSError) as error:
        return f"cannot be read as Parquet ({str(error).splitlines()[0]})"
    if size != file.size:
        return f"has {size:,} bytes where the catalogue says {file.size:,}"
    if file.rows >= 0 and rows != file.rows:
        return f"has {rows:,} rows where the catalogue says {file.rows:,}"
    return None
