"""SQL for steps: text parsed once into a tree, values bound as nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from kinfolk.expressions.template import DIALECT, column, fill, literal

__all__ = ["DIALECT", "column", "literal", "query", "reads", "rows", "sql", "table", "text", "union_by_name"]


def sql(template: str, /, **holes: Any) -> exp.Expression:
    """A scalar expression from text with named holes (see expressions.template.fill)."""
    return fill(template, **holes)


def query(template: str, /, **holes: Any) -> exp.Query:
    """A SELECT from text with named holes. Errors: TypeError when the text is no query."""
    tree = fill(template, **holes)
    if not isinstance(tree, exp.Query):
        raise TypeError(f"Not a query: {template}")
    return tree


def table(name: str) -> exp.Table:
    """The table `schema.name`, quoted, so that any source name is safe."""
    schema, _, rest = name.partition(".")
    return exp.table_(exp.to_identifier(rest, quoted=True), db=exp.to_identifier(schema, quoted=True))


def union_by_name(queries: Iterable[exp.Query]) -> exp.Query:
    """All rows of all queries, columns matched by name."""
    tree, *others = queries
    for other in others:
        tree = exp.Union(this=tree, expression=other, distinct=False, by_name=True)
    return tree


def rows(columns: dict[str, str], values: Iterable[tuple[Any, ...]]) -> exp.Query:
    """A query that returns these rows; columns: name -> DuckDB type. No rows give a typed, empty result."""
    cells = [[exp.cast(literal(v), kind) for v, kind in zip(row, columns.values(), strict=True)] for row in values]
    empty = [exp.cast(exp.null(), kind) for kind in columns.values()]
    selects = [
        exp.select(*[exp.alias_(c, name, quoted=True) for c, name in zip(row, columns, strict=True)])
        for row in cells or [empty]
    ]
    return union_by_name(selects) if cells else selects[0].where(exp.false())


def reads(tree: exp.Expr) -> tuple[str, ...]:
    """Every table `schema.name` the tree reads, in order of first mention; its own WITH names are left out."""
    return tuple(dict.fromkeys(f"{t.db}.{t.name}" for t in tree.find_all(exp.Table) if t.db))


def text(tree: exp.Expr, *, pretty: bool = False) -> str:
    """The tree as DuckDB SQL."""
    return tree.sql(dialect=DIALECT, pretty=pretty)
