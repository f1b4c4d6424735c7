"""How far a source's cursor has come: where the next load begins, and what a load has reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import column, query, table
from kinfolk.errors import SourceError
from kinfolk.model.source import Cursor, Source

Note = Callable[[str], None]

# Clocks that run ahead, and moments written in the time of a place east of ours, are not worth a note.
_TOLERATED = timedelta(days=1)

# Services that are asked for what changed since a moment may leave out what changed at that very moment.
_MAY_MEAN_AFTER = ("http", "dlt")

_READ = """
    select count(*) as rows, count($c) as filled,
           count(try_cast($c as decimal(38, 9))) as numbers,
           arg_max(cast($c as varchar), try_cast($c as decimal(38, 9))) as last_number,
           count(try_cast($c as timestamptz)) as moments,
           arg_max($c, try_cast($c as timestamptz)) filter (try_cast($c as timestamptz) <= $now) as last_moment,
           count(*) filter (try_cast($c as timestamptz) > $far) as ahead,
           max(cast(try_cast($c as timestamptz) as varchar)) filter (try_cast($c as timestamptz) > $far) as furthest,
           any_value($c) filter (try_cast($c as timestamptz) is null) as strange
      from incoming
"""


def beginning(source: Source, reached: str) -> str:
    """Where to read from, so that rows as late as the source allows are among them.

    Errors  SourceError when `late` is a time and the cursor a number, or the other way round
    """
    assert source.cursor is not None
    late = source.cursor.late
    if not late:
        return reached
    number = _number(reached)
    if (number is None) != isinstance(late, timedelta):
        kind, example = ("moments", "2 hours") if number is None else ("numbers", "1000")
        raise SourceError(
            f"The cursor {source.cursor.column!r} holds {kind}, to which `late` does not fit.",
            where=str(source.cursor.place),
            hint=f"Write for example `late: {example}`.",
        )
    if number is not None:
        assert isinstance(late, int)
        return format(number - late, "f")
    assert isinstance(late, timedelta)
    return _earlier(reached, late)


def arrived_at(session: Session, source: Source, before: str | None, note: Note) -> str | None:
    """The greatest value of the cursor after this load, which has been read into `incoming.<source>`; None without one.

    Rows without a value are always read, so they are only spoken of. A moment in the future is never arrived at: rows
    behind it would be missed; until it has come, its rows are read again each time.
    Errors  SourceError when the values are neither numbers nor moments, or are no longer what they were
    """
    if source.cursor is None:
        return None
    now = datetime.now(UTC)
    tree = query(
        _READ, c=column(source.cursor.column), now=now, far=now + _TOLERATED, incoming=table(f"incoming.{source.name}")
    )
    [(rows, filled, numbers, last_number, moments, last_moment, *about)] = session.fetch(tree)
    ahead, furthest, strange = about
    _tell_empty(note, source, rows - filled)
    if not filled:
        if before is not None and (rows or source.connector not in _MAY_MEAN_AFTER):
            _tell_back(note, source, before)
        return before
    if numbers == filled:
        last, ordered = last_number, cast(Callable[[str], Any], _number)
    elif moments == filled:
        last, ordered = last_moment, _moment
        _tell_ahead(note, source, ahead, furthest)
    else:
        raise SourceError(
            f"The cursor {source.cursor.column!r} holds {strange!r}, which is neither a number nor a moment.",
            where=str(source.cursor.place),
            hint="Choose a column that holds only one of them.",
        )
    if before is None or last is None:
        return last or before
    if ordered(before) is None:
        raise _retyped(source.cursor, before, last)
    if ordered(last) < ordered(before):
        _tell_back(note, source, before)
        return before
    return str(last)


def _retyped(cursor: Cursor, before: str, now: str) -> SourceError:
    return SourceError(
        f"The cursor {cursor.column!r} was of another type before: it had come to {before}, and now it holds {now}.",
        where=str(cursor.place),
        hint="Run once with --full, which reads all of the source anew.",
    )


def _tell_empty(note: Note, source: Source, empty: int) -> None:
    assert source.cursor is not None
    if empty:
        note(f"{empty:,} rows of {source.name} have no {source.cursor.column}; they are read again by every run.")


def _tell_ahead(note: Note, source: Source, ahead: int, furthest: str | None) -> None:
    assert source.cursor is not None
    if ahead:
        note(
            f"{ahead:,} rows of {source.name} have a {source.cursor.column} in the future, up to {furthest}: a clock "
            "is wrong there. They were taken in, and are read again by every run until then."
        )


def _tell_back(note: Note, source: Source, before: str) -> None:
    assert source.cursor is not None
    note(
        f"The greatest {source.cursor.column} of {source.name} was {before} and is less now: rows were deleted, or its "
        "database was restored to an earlier state. If it was restored, run once with --full to read all of it anew."
    )


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _moment(text: str) -> Any:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _earlier(text: str, late: timedelta) -> str:
    """The moment less the window, written as the moment is."""
    found = datetime.fromisoformat(text)
    back = max(found - late, datetime.min.replace(tzinfo=found.tzinfo) + late) if found.year < 2 else found - late
    if len(text) <= len("2026-01-31"):
        return back.date().isoformat()
    return back.isoformat(sep="T" if "T" in text else " ")
