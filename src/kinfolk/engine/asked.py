"""SQL that a person wrote: whether it may run."""

from __future__ import annotations

import duckdb

from kinfolk.engine import sql
from kinfolk.errors import QueryError
from kinfolk.expressions.template import fill

# What may be called in FROM. A list of what may, because extensions bring functions that read any file (sqlite_scan
# asks no one), write logs or run SQL from text, and no setting of the database holds all of them back.
_TABLE_FUNCTIONS = frozenset(
    {
        *("duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_schemas", "duckdb_tables"),
        *("duckdb_types", "duckdb_views", "pg_timezone_names", "pragma_table_info", "pragma_version"),
        *("generate_series", "range", "repeat", "repeat_row", "unnest"),
        *("histogram", "histogram_values", "json_each", "json_tree", "summary"),
    }
)


def one_select(connection: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    """The text as the one SELECT it must be, which calls nothing in FROM that leads out of the lake.

    Errors  QueryError repeats what the database said, or says why the SQL is refused
    """
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise QueryError(str(error).strip()) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise _not_a_select()
    refused = sorted(_called(connection, text) - _TABLE_FUNCTIONS)
    if refused:
        raise QueryError(
            f"{', '.join(refused)} cannot be called here.",
            hint=f"Ask the published tables. In FROM only these functions work: {', '.join(sorted(_TABLE_FUNCTIONS))}.",
        )
    return statements[0]


def _called(connection: duckdb.DuckDBPyConnection, text: str) -> set[str]:
    """Names of all functions that the SELECT calls in FROM, at any depth, as the database itself parses it."""
    # As a literal: to bind a parameter DuckDB imports pandas, where it is installed.
    parsed = fill("json_serialize_sql(cast($text as varchar))", text=text)
    failed = fill("select $parsed ->> 'error'", parsed=parsed)
    called = fill(
        "select distinct lower(value ->> '$.function.function_name') from json_tree($parsed) "
        "where value ->> '$.type' = 'TABLE_FUNCTION'",
        parsed=parsed,
    )
    try:
        if connection.execute(sql.text(failed)).fetchall() != [("false",)]:
            raise _not_a_select()
        return {str(name) for (name,) in connection.execute(sql.text(called)).fetchall()}
    except duckdb.Error as error:
        raise QueryError(str(error).strip()) from error


def _not_a_select() -> QueryError:
    return QueryError("Only one SELECT can be asked.", hint="`kinfolk query` reads; it changes nothing.")
