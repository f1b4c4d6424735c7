"""Do the files still hold the columns the project speaks of?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from sqlglot import exp

from kinfolk.engine.sql import sql
from kinfolk.errors import SourceError
from kinfolk.model.place import Place
from kinfolk.model.source import ColumnRule, Source
from kinfolk.tables import landing


def check_columns(source: Source, columns: Sequence[str], *, alternatives: bool = False) -> None:
    """Whether the columns are all the project speaks of.

    alternatives  of columns of which the first that is not empty counts, one is enough (other files may hold the rest)
    Errors        SourceError names every column the project uses and the source lacks, and where it is used
    """
    reserved = [name for name in columns if name.lower() in landing.NAMES]
    if reserved:
        raise SourceError(
            f"A column is named {reserved[0]}, which Kinfolk keeps for itself.",
            where=str(source.place),
            hint="Rename it in the export.",
        )
    known = {name.lower() for name in columns}
    missing = [
        (name, use, place)
        for names, use, place in _used(source)
        if not (alternatives and any(name.lower() in known for name in names))
        for name in names
        if name.lower() not in known
    ]
    if missing:
        name, use, place = missing[0]
        more = (
            f" ({len(missing)} columns are missing in all: {', '.join(m[0] for m in missing)})" if missing[1:] else ""
        )
        raise SourceError(
            f"Column {name!r}, used for {use}, is not in the data of {source.name}{more}.",
            where=str(place),
            hint=_hint(name, columns),
        )


def _hint(name: str, columns: Sequence[str]) -> str:
    close = get_close_matches(name.lower(), [c.lower() for c in columns], n=1, cutoff=0.6)
    spelled = next((c for c in columns if close and c.lower() == close[0]), None)
    if spelled:
        return f"Did you mean {spelled!r}?"
    shown = ", ".join(columns[:20]) + (" …" if len(columns) > 20 else "")
    return f"It has: {shown}. If the column is gone for good, take it out of the project."


def _used(source: Source) -> Iterator[tuple[Sequence[str], str, Place]]:
    """Columns that are alternatives for one use, what they are used for, and where the project says so."""
    for name in source.record_id:
        yield (name,), "record_id", source.place
    if source.observed_at:
        yield (source.observed_at,), "observed_at", source.place
    if source.cursor and source.cursor.column not in landing.NAMES:
        yield (source.cursor.column,), "cursor", source.cursor.place
    if source.cursor and source.cursor.deleted:
        yield (source.cursor.deleted,), "deleted", source.cursor.place
    if source.belongs_to:
        yield (source.belongs_to.column,), "belongs_to", source.belongs_to.place
    for mapping in source.mappings:
        for field, rule in (*mapping.columns.items(), *mapping.attributes.items()):
            for names in _columns_of(rule):
                yield names, f"{mapping.table}.{field}", rule.place


def _columns_of(rule: ColumnRule) -> Sequence[Sequence[str]]:
    if rule.sql is not None:
        return [(found.name,) for found in sql(rule.sql).find_all(exp.Column)]
    return [rule.columns] if rule.join is None and rule.columns else [(name,) for name in rule.columns]
