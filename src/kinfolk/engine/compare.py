"""What a session would publish beside what is published: table by table, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from kinfolk.engine import lake, sql
from kinfolk.engine.duckdb import WORK, Built, Session, gives_way, rows_of
from kinfolk.engine.step import Publish
from kinfolk.model.plan import TableEffect

Types = Mapping[str, str]


def effects(session: Session, keys: Mapping[str, Sequence[str]]) -> list[TableEffect]:
    """Every table the session would publish, in the order it built them.

    keys  table -> the columns that make two rows the same row; of other tables a changed row counts as one row
          removed and one added
    """
    pending = [(name, built) for name, built in session.built.items() if built.publish is not Publish.NO]
    return [_effect(session, name, built, keys.get(name, ())) for name, built in pending]


def published(table: str) -> exp.Table:
    """The table as it is, even when the session has built another of that name."""
    return _placed(lake.LAKE, table)


def _effect(session: Session, name: str, built: Built, keys: Sequence[str]) -> TableEffect:
    there = session.present(name)
    if built.publish is Publish.DROP:
        rows = _count(session, lake.LAKE, name)
        return TableEffect(name, new=False, before=rows, after=None, removed=rows, gone=True)
    old = _types(session, lake.LAKE, name) if there else {}
    new = _types(session, WORK, name)
    before, after, added, changed, removed = _rows(session, name, built, (old, new, keys))
    # Columns of the published table that rows added to it lack are empty in them.
    stays = built.publish in (Publish.APPEND, Publish.PATCH)
    return TableEffect(
        name,
        not there,
        before,
        after,
        added,
        changed,
        removed,
        columns_added=tuple(c for c in new if c not in old) if there else (),
        columns_removed=() if stays else tuple(c for c in old if c not in new),
        retyped=() if stays else tuple(f"{c}: {old[c]} -> {new[c]}" for c in new if c in old and old[c] != new[c]),
    )


def _rows(
    session: Session, name: str, built: Built, shape: tuple[Types, Types, Sequence[str]]
) -> tuple[int | None, int | None, int, int, int]:
    """Rows before and after, added, changed, removed."""
    old, new, keys = shape
    if built.publish is Publish.VIEW:
        return None, None, 0, 0, 0
    if built.publish is Publish.APPEND or not old:
        added = _count(session, WORK, name)
        before = _count(session, lake.LAKE, name) if old else None
        return before, (before or 0) + added, added, 0, 0
    sides = (_placed(lake.LAKE, name), _placed(WORK, name))
    if built.patch is None:
        return _compared(session, sides, (old, new), keys)
    # Only what gives way and what takes its place: the rest of the table stays as it is.
    giving = sql.query("select * from old where $gives_way", old=sides[0], gives_way=gives_way(built.patch))
    taking, come_with = _placed(WORK, rows_of(name)), _types(session, WORK, rows_of(name))
    gone, come, *counts = _compared(session, (exp.Subquery(this=giving), taking), (old, come_with), keys)
    before = _count(session, lake.LAKE, name)
    return before, before - gone + come, counts[0], counts[1], counts[2]


def _compared(
    session: Session, tables: tuple[exp.Expr, exp.Expr], types: tuple[Types, Types], keys: Sequence[str]
) -> tuple[int, int, int, int, int]:
    """The rows of both sides, matched by key. A column that one side lacks counts as empty there."""
    old, new = types
    columns = tuple(dict.fromkeys((*new, *old)))
    same = [key for key in keys if key in old and key in new]
    by = same if len(same) == len(keys) and keys else columns
    sides = [
        _hashed(found, (known, columns, by), is_published)
        for found, known, is_published in zip(tables, types, (True, False), strict=True)
    ]
    tree = sql.query(
        "select sum(old)::bigint, sum(new)::bigint, coalesce(sum(greatest(new - old, 0)), 0)::bigint, "
        "coalesce(sum(case when least_old <> least_new or most_old <> most_new then least(old, new) end), 0)::bigint, "
        "coalesce(sum(greatest(old - new, 0)), 0)::bigint from ("
        "select count(*) filter (published) as old, count(*) filter (not published) as new, "
        "min(content) filter (published) as least_old, min(content) filter (not published) as least_new, "
        "max(content) filter (published) as most_old, max(content) filter (not published) as most_new "
        "from sides group by id) as rows_by_key",
        sides=exp.Subquery(this=exp.Union(this=sides[0], expression=sides[1], distinct=False)),
    )
    [(before, after, added, changed, removed)] = session.fetch(tree)
    return before or 0, after or 0, added, changed, removed


def _hashed(found: exp.Expr, shape: tuple[Types, Sequence[str], Sequence[str]], is_published: bool) -> exp.Query:
    """Each row as two numbers: what makes it the same row, and all it holds."""
    types, columns, keys = shape
    return sql.query(
        "select $published as published, $id as id, $content as content from found",
        published=is_published,
        id=_hash(types, keys),
        content=_hash(types, columns),
        found=found,
    )


def _hash(types: Types, columns: Sequence[str]) -> exp.Expr:
    return exp.func("hash", *(sql.column(c, "found") if c in types else exp.null() for c in columns))


def _types(session: Session, catalogue: str, name: str) -> dict[str, str]:
    """Column -> type, in order."""
    described = session.connection.execute(sql.text(exp.select("*").from_(_placed(catalogue, name)).limit(0)))
    return {column: str(kind) for column, kind, *_ in described.description or ()}


def _count(session: Session, catalogue: str, name: str) -> int:
    [(rows,)] = session.fetch(sql.query("select count(*) from found", found=_placed(catalogue, name)))
    return int(rows)


def _placed(catalogue: str, name: str) -> exp.Table:
    placed = sql.table(name)
    placed.set("catalog", exp.to_identifier(catalogue))
    return placed
