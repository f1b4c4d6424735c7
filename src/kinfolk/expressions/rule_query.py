"""SQL that a contract's rule is written in: one SELECT of one number over the load, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kinfolk.expressions.template import DIALECT

LOAD = "load"  # the name by which a rule's SQL knows the rows that arrived
_TABLE = re.compile(r"\$?\{\s*(?:table|object|schema|model)\s*\}")
_COLUMN = re.compile(r"\$?\{\s*(?:column|property|field)\s*\}")


def parsed(text: str, column: str | None = None) -> exp.Select:
    """The query, its `${table}` called `load` and its `${column}` replaced.

    Errors  ValueError says in a sentence why it cannot be a rule
    """
    quoted = exp.to_identifier(column or "", quoted=True).sql(dialect=DIALECT)
    text = _COLUMN.sub(lambda _: quoted, _TABLE.sub(LOAD, text))
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=DIALECT) if tree is not None]
    except (SqlglotError, RecursionError):
        raise ValueError("The query cannot be read.") from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Select):
        raise ValueError("The query is not one SELECT.")
    tree = trees[0]
    if len(tree.expressions) != 1 or isinstance(tree.expressions[0], exp.Star):
        raise ValueError("The query must return one number.")
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func) or table.db or table.name not in {LOAD, *named}:
            raise ValueError("The query reads something else than the rows that arrive, which are called `${table}`.")
    if tree.find(exp.UDTF) or not tree.find(exp.Table):
        raise ValueError("The query must read the rows that arrive, which are called `${table}`, and nothing else.")
    return tree


def condition(tree: exp.Select) -> exp.Expression | None:
    """What makes a row count, where the query counts rows one by one: `SELECT COUNT(*) FROM ${table} WHERE …`."""
    where = tree.args.get("where")
    plain = {key for key, value in tree.args.items() if value} <= {"expressions", "from_", "from", "where", "kind"}
    counted = tree.expressions[0].unalias()
    counts = isinstance(counted, exp.Count) and isinstance(counted.this, exp.Star)
    if where is None or not plain or not counts or where.find(exp.Query, exp.AggFunc, exp.Window):
        return None
    condition: exp.Expression = where.this
    return condition


def columns(tree: exp.Select) -> Iterator[str]:
    """Columns of the load that the query names, where it is simple enough to tell; its own aliases are left out."""
    if len(list(tree.find_all(exp.Query))) == 1:
        own = {projection.alias for projection in tree.expressions}
        yield from dict.fromkeys(c.name for c in tree.find_all(exp.Column) if c.name not in own)
