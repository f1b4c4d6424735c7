"""What type an expression has that a person wrote, asked of the database before there is any data."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from sqlglot import exp

from kinfolk.engine import sql
from kinfolk.errors import QueryError

_WHOLE = frozenset(
    name for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT") for name in (size, f"U{size}")
) | {"BOOLEAN", '"NULL"'}


def result_type(expression: str, columns: Mapping[str, str]) -> str:
    """The DuckDB type of the expression over columns of these types.

    Errors  QueryError repeats what the database said, in one line
    """
    tree = sql.query(
        "select $value from no_rows as records",
        value=exp.alias_(exp.paren(sql.sql(expression)), "value"),
        no_rows=exp.Subquery(this=sql.rows(dict(columns), [])),
    )
    with duckdb.connect(":memory:", config={"autoload_known_extensions": "false"}) as connection:
        try:
            described = connection.execute(sql.text(tree)).description
        except duckdb.Error as error:
            raise QueryError(str(error).strip().splitlines()[0]) from error
    assert described is not None, "a SELECT has columns"
    return str(described[0][1])


def is_whole(kind: str) -> bool:
    """Whether values of the type are whole numbers, or can be taken for such without loss."""
    return kind in _WHOLE or (kind.startswith("DECIMAL(") and kind.endswith(",0)"))
