"""Expressions are tried in the engine that runs them, after a round trip through their text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from kinfolk.expressions.template import column

Evaluate = Callable[[Callable[[exp.Expression], exp.Expression], Sequence[str | None]], list[Any]]


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False}) as connected:
        # A session elsewhere must not change what a moment is.
        connected.execute("SET TimeZone = 'Pacific/Auckland'")
        yield connected


@pytest.fixture(scope="session")
def evaluate(connection: duckdb.DuckDBPyConnection) -> Evaluate:
    """Values -> what the expression makes of each; `None` is NULL."""
    printed: dict[str, str] = {}

    def run(expression: Callable[[exp.Expression], exp.Expression], values: Sequence[str | None]) -> list[Any]:
        text = expression(column("v")).sql("duckdb")
        if text not in printed:
            printed[text] = sqlglot.parse_one(text, dialect="duckdb").sql("duckdb")
            assert printed[text] == text
        rows = "SELECT i, v FROM (SELECT unnest(range(len($1))) AS i, unnest(CAST($1 AS VARCHAR[])) AS v)"
        made = connection.execute(f"SELECT {text} AS made FROM ({rows}) ORDER BY i", [list(values)]).fetchall()
        return [row[0] for row in made]

    return run
