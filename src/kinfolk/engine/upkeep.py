"""Keeping a lake small and tidy: states expire, small files are merged, files nobody knows are deleted.

All of it needs the right to write to the lake; none of it changes what a kept state says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import duckdb
from sqlglot import exp

from kinfolk.engine import lake, sql
from kinfolk.engine.duckdb import Session
from kinfolk.errors import EngineError
from kinfolk.expressions.template import fill

# Files that a merge or an expiry has put out of use stay at least a day for readers who began before it. Said as two
# days, because on a SQLite catalogue DuckLake compares days only (times as text, one with a space, one with a T).
_READERS_MAY_TAKE = "2 days"
_MANY_FILES = 12  # below a size; then they are merged into one
_SIZES = (1 << 20, 1 << 23)  # bytes, ascending; a file beyond the last is left as it is
_WORN = 0.25  # share of deleted rows from which on any file is written anew
_FILES_IN_USE = """
    with versions as (
        select table_id, begin_snapshot from __ducklake_metadata_lake.ducklake_schema_versions
    )
    select s.schema_name, t.table_name, s.path || t.path || f.path, f.file_size_bytes,
           coalesce(d.delete_count, 0) / greatest(f.record_count, 1),
           exists (select 1 from versions v where v.table_id = f.table_id and v.begin_snapshot > f.begin_snapshot)
    from __ducklake_metadata_lake.ducklake_data_file f
    join __ducklake_metadata_lake.ducklake_table t using (table_id)
    join __ducklake_metadata_lake.ducklake_schema s using (schema_id)
    left join __ducklake_metadata_lake.ducklake_delete_file d
    on d.data_file_id = f.data_file_id and d.end_snapshot is null
    where f.end_snapshot is null and t.end_snapshot is null and s.end_snapshot is null
    order by 1, 2
"""


@dataclass(frozen=True)
class _File:
    """A file that the present state is read from.

    deleted   share of its rows that are not there any more
    outdated  whether it was written before the table had the columns it has
    """

    path: str
    size: int
    deleted: float
    outdated: bool


def snapshots(session: Session) -> dict[int, datetime]:
    """Numbers of all snapshots, oldest first, and when each was made.

    Those without a label are work between two states.
    """
    text = "select snapshot_id, snapshot_time from ducklake_snapshots('lake') order by 1"
    return {int(number): made.astimezone(UTC) for number, made in session.connection.execute(text).fetchall()}


def expire(session: Session, numbers: Iterable[int]) -> None:
    """Those snapshots can no longer be read; files that only they used are put out of use."""
    numbers = list(numbers)
    if numbers:
        _call(session, "select * from ducklake_expire_snapshots('lake', versions => [$numbers])", numbers=numbers)


def delete_unused(session: Session, *, at_once: bool = False) -> int:
    """Deletes files put out of use, unless a reader may still be at them; returns how many."""
    if at_once:
        return _call(session, "select * from ducklake_cleanup_old_files('lake', cleanup_all => true)")
    text = "select * from ducklake_cleanup_old_files('lake', older_than => now() - cast($time as interval))"
    return _call(session, text, time=_READERS_MAY_TAKE)


def delete_orphans(session: Session) -> int:
    """Deletes files in the lake's folder that its catalogue does not know; returns how many.

    Only a process that died while it wrote leaves such files.
    """
    return _call(session, "select * from ducklake_delete_orphaned_files('lake', cleanup_all => true)")


def compact(session: Session) -> None:
    """Merges files where many of a table are small, and writes files anew of which many rows were deleted.

    A table grows by a file each run. Were all of them merged each time there are many, an hour of runs would write
    each row hundreds of times. So small ones are merged with small ones only: a row is written once for each size.
    """
    rows = session.connection.execute(_FILES_IN_USE).fetchall()
    session.connection.execute(
        "set threads = 1"
    )  # each holds groups of rows: one takes a third of what two do, no longer
    try:
        for (schema, table), found in groupby(rows, lambda row: row[:2]):
            _compact_one(session, schema, table, [_File(*row[2:]) for row in found])
    finally:
        _said(session, "reset threads")


def _compact_one(session: Session, schema: str, table: str, files: Sequence[_File]) -> None:
    merged = least = 0
    for size in _SIZES:
        of_this_size = [file for file in files if least <= file.size < size]
        if len(of_this_size) + merged >= _MANY_FILES:
            small = [file for file in files if file.size < size]
            _write_anew(session, schema, table, [file for file in small if file.deleted or file.outdated])
            text = (
                "select * from ducklake_merge_adjacent_files('lake', $table, schema => $schema, max_file_size => $size)"
            )
            _call(session, text, table=table, schema=schema, size=size)
            merged = 1  # of the files that came of it
        least = size
    if any(file.deleted > _WORN and file.size >= _SIZES[0] for file in files):
        text = (
            "select * from ducklake_rewrite_data_files('lake', $table, schema => $schema, delete_threshold => $share)"
        )
        _call(session, text, table=table, schema=schema, share=_WORN)


def _write_anew(session: Session, schema: str, table: str, files: Sequence[_File]) -> None:
    """Moves rows into a new file, from files that the lake never merges itself: that know of deleted rows, or were
    written when the table had other columns."""
    if not files:
        return
    if "filename" in {name.lower() for name in session.published.get(f"{schema}.{table}", ())}:
        # A column of that name hides the lake's own, by which rows of a file are told: all such files, then.
        text = "select * from ducklake_rewrite_data_files('lake', $table, schema => $schema, delete_threshold => 0)"
        _call(session, text, table=table, schema=schema)
        return
    paths = [str(lake.data_folder(session.state) / file.path) for file in files]
    among = fill("filename in ($paths)", paths=paths)
    of, moved = sql.table(f"{schema}.{table}"), exp.to_table("memory.main.moved")
    of.set("catalog", exp.to_identifier(lake.LAKE))
    rows = exp.select("*").from_(of).where(among)
    _execute(session, exp.Create(this=moved, kind="TABLE", expression=rows, replace=True))  # of another database
    _said(session, "begin transaction")
    try:
        _execute(session, exp.delete(of, where=among))
        _execute(session, exp.Insert(this=of, by_name=True, expression=exp.select("*").from_(moved)))
        _said(session, "commit")
    except BaseException:
        session.roll_back()
        raise
    finally:
        _execute(session, exp.Drop(tables=[moved], kind="TABLE"))


def _call(session: Session, text: str, **holes: object) -> int:
    return len(_execute(session, fill(text, **holes)))


def _execute(session: Session, tree: exp.Expr) -> list[tuple[Any, ...]]:
    return _said(session, sql.text(tree))


def _said(session: Session, text: str) -> list[tuple[Any, ...]]:
    try:
        return session.connection.execute(text).fetchall()
    except duckdb.Error as error:
        raise EngineError(f"The lake could not be tidied: {str(error).splitlines()[0]}") from error
