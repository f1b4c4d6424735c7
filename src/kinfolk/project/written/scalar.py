"""SQL that a person writes inside a setting: one scalar expression, nothing more."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Annotated

import sqlglot
from pydantic import AfterValidator
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from kinfolk.project.written.base import Word, wrong

_SCALAR = (exp.Condition, exp.Interval)
_ADVICE = 'Write one expression over the columns, such as lower("E-Mail").'
_NOT_INSIDE: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Query, "holds a query; an expression sees one row only"),
    (exp.AggFunc, "holds an aggregate; an expression sees one row only"),
    (exp.Window, "holds a window function; an expression sees one row only"),
    (exp.Star, "holds `*`, which is more than one column"),
    (exp.Columns, "holds COLUMNS(…), which is more than one column"),
    (exp.Placeholder, "holds a parameter (`?` or `$name`), and there is nothing to fill it with"),
    (exp.Parameter, "holds a parameter (`?` or `$name`), and there is nothing to fill it with"),
)


# What DuckDB calls VOLATILE or CONSISTENT_WITHIN_QUERY: of the same data, two runs would make two things.
_VOLATILE = frozenset(
    {
        *("current_catalog", "current_connection_id", "current_database", "current_date", "current_localtime"),
        *("current_localtimestamp", "current_query", "current_query_id", "current_role", "current_schema"),
        *("current_schemas", "current_time", "current_timestamp", "current_transaction_id", "current_user", "currval"),
        *("error", "gen_random_uuid", "get_current_time", "get_current_timestamp", "in_search_path", "localtime"),
        *(
            "localtimestamp",
            "nextval",
            "now",
            "rand",
            "random",
            "session_user",
            "setseed",
            "sleep_ms",
            "stats",
            "today",
        ),
        *("transaction_timestamp", "txid_current", "user", "uuid", "uuidv4", "uuidv7", "write_log"),
    }
)


def _checked(text: str) -> str:
    """The text itself, when it is one scalar DuckDB expression."""
    log = logging.getLogger("sqlglot")
    level = log.level
    log.setLevel(logging.CRITICAL)  # it warns about statements it only half knows; they are refused below anyway
    try:
        parsed = [tree for tree in sqlglot.parse(text, dialect=DuckDB) if tree is not None]
    except SqlglotError as error:
        raise wrong(f"The SQL cannot be read{_near(error)}.", _ADVICE) from None
    except RecursionError:
        raise wrong("The SQL is nested too deeply.", _ADVICE) from None
    finally:
        log.setLevel(level)
    if len(parsed) != 1:
        many = "is empty" if not parsed else "is more than one statement"
        raise wrong(f"The SQL {many}.", _ADVICE)
    for kind, why in _NOT_INSIDE:
        if parsed[0].find(kind):
            raise wrong(f"The SQL {why}.", _ADVICE)
    for name in _called(parsed[0]):
        if name in _VOLATILE:
            raise wrong(f"The SQL calls {name}, which differs from run to run.", "Use what the row itself says.")
    if not isinstance(parsed[0], _SCALAR):
        raise wrong("The SQL is a statement, a list or a named column, not one expression.", _ADVICE)
    return text


def _called(tree: exp.Expr) -> Iterator[str]:
    for call in tree.find_all(exp.Func):
        if isinstance(call, exp.Anonymous):
            one_moment = call.name.lower() == "age" and len(call.expressions) == 1
            yield "now" if one_moment else call.name.lower()
        else:
            yield from (name.lower() for name in (call.sql(DuckDB).partition("(")[0], *call.sql_names()))


def _near(error: SqlglotError) -> str:
    details = getattr(error, "errors", None) or [{}]
    word = str(details[0].get("highlight") or "")
    return f" near `{word}`" if word and len(word) <= 40 else ""


ScalarSql = Annotated[Word, AfterValidator(_checked)]
