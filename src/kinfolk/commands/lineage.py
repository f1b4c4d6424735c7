"""`kinfolk lineage`: where a column comes from, and what is made from it, read from the project alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.errors import NotFoundError
from kinfolk.model.lineage import ColumnRef, Lineage, Traced
from kinfolk.pipeline.lineage import lineage as project_lineage


@dataclass(frozen=True)
class Traces:
    """What was asked for: one column, or every column of a table."""

    asked: str
    down: bool
    columns: tuple[Traced, ...]


def lineage(folder: Path, asked: str, *, down: bool = False, environment: str | None = None) -> Traces:
    """The way of a column (schema.table.column), or of each column of a table (schema.table), one step for these.

    down    towards what is made from it instead of towards the sources
    Errors  NotFoundError when the project makes no such column, with those that are like it
    """
    found = project_lineage(open_project(folder, environment))
    table, column = _split(asked, found)
    if column is not None:
        return Traces(asked, down, (found.trace(ColumnRef(table, column), down=down),))
    columns = [ColumnRef(table, name) for name in found.columns(table)]
    return Traces(asked, down, tuple(_one_step(ref, found, down) for ref in columns))


def _one_step(ref: ColumnRef, found: Lineage, down: bool) -> Traced:
    others = found.children(ref) if down else found.parents(ref)
    return Traced(ref, tuple(Traced(other) for other in others))


def _split(asked: str, found: Lineage) -> tuple[str, str | None]:
    """The table and the column asked for; None for a whole table."""
    tables = found.tables()
    if asked in tables:
        return asked, None
    for table in tables:
        if asked.startswith(f"{table}."):
            column = asked.removeprefix(f"{table}.")
            same = next((name for name in found.columns(table) if name.lower() == column.lower()), None)
            if same is not None:
                return table, same
            raise NotFoundError(f"{table} has no column {column}.", hint=_hint(column, found.columns(table)))
    raise NotFoundError(f"There is no table {asked}.", hint=_hint(asked, tables))


def _hint(name: str, names: Iterable[str]) -> str | None:
    known = list(names)
    like = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean {like[0]}?" if like else f"There are: {', '.join(known[:20])}." if known else None
