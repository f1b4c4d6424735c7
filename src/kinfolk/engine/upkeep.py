"""Keeping a lake small and tidy: states expire, small files are merged, files nobody knows are deleted.

All of it needs the right to write to the lake; none of it changes what a kept state says.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from kinfolk.engine import sql
from kinfolk.engine.duckdb import Session
from kinfolk.errors import EngineError
from kinfolk.expressions.template import fill

# Files that a merge or an expiry has put out of use stay at least a day for readers who began before it. Said as two
# days, because on a SQLite catalogue DuckLake compares days only (times as text, one with a space, one with a T).
_READERS_MAY_TAKE = "2 days"
_MANY_FILES = 16


def snapshots(session: Session) -> list[int]:
    """Numbers of all snapshots, oldest first; those without a label are work between two states."""
    rows = session.connection.execute("select snapshot_id from ducklake_snapshots('lake') order by 1").fetchall()
    return [int(number) for (number,) in rows]


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


def fragmented(session: Session) -> bool:
    """Whether some table lies in so many files, or has so many files of deleted rows, that reading it gets slow."""
    text = "select coalesce(max(file_count + delete_file_count), 0) from ducklake_table_info('lake')"
    [(files,)] = session.connection.execute(text).fetchall()
    return int(files) > _MANY_FILES


def compact(session: Session) -> None:
    """Merges small files, and writes files anew of which rows were deleted.

    However few those rows are: a file that keeps them is never merged, so the table would stay in as many files as it
    was, and every run from then on would write all other tables anew.
    """
    _call(session, "select * from ducklake_rewrite_data_files('lake', delete_threshold => 0)")
    _call(session, "select * from ducklake_merge_adjacent_files('lake')")


def _call(session: Session, text: str, **holes: object) -> int:
    try:
        return len(session.connection.execute(sql.text(fill(text, **holes))).fetchall())
    except duckdb.Error as error:
        raise EngineError(f"The lake could not be tidied: {str(error).splitlines()[0]}") from error
