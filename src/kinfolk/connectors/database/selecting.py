"""The queries that are sent to databases: of one table or of a person's query, all of it or what is new."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from kinfolk.expressions.template import column, fill

# What every query reads from is called so. A cursor is always named with it: a bare name in ORDER BY would mean the
# column that is given out, which may be its text.
_FROM = "wanted"


def everything(table: str | None, query: str | None) -> exp.Select:
    """All rows and columns of a table ("schema.name"), or of the query a person wrote."""
    return exp.select("*").from_(_named(table) if table else _written(query or ""))


def these(rows: exp.Select, values: Iterable[tuple[str, exp.Expression]]) -> exp.Select:
    """The same rows with these columns."""
    named = [exp.alias_(value, name, quoted=True) for name, value in values]
    return rows.copy().select(*named, append=False, copy=False)


def from_value(rows: exp.Select, cursor: str, since: exp.Expression | None) -> exp.Select:
    """The rows whose cursor has a value, from `since` on, in its order."""
    value = column(cursor, _FROM)
    known = fill("$c is not null", c=value) if since is None else exp.GTE(this=value, expression=since)
    return rows.where(known).order_by(value.copy())


def without_value(rows: exp.Select, cursor: str) -> exp.Select:
    """The rows whose cursor is empty."""
    return rows.where(fill("$c is null", c=column(cursor, _FROM)))


def _named(table: str) -> exp.Table:
    *before, name = table.split(".")
    catalogue, schema = [None, None, *(exp.to_identifier(part, quoted=True) for part in before)][-2:]
    return exp.table_(exp.to_identifier(name, quoted=True), db=schema, catalog=catalogue, alias=_FROM)


def _written(query: str) -> exp.Subquery:
    """The person's query word for word, on lines of its own so that a comment at its end ends there."""
    text = exp.Var(this="\n" + query.strip().rstrip(";") + "\n")
    return exp.Subquery(this=text, alias=exp.TableAlias(this=exp.to_identifier(_FROM)))
