"""A query asked again and again, each time about one row handed over: planned once, answered in milliseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from kinfolk.engine import sql
from kinfolk.errors import EngineError

if TYPE_CHECKING:
    import pyarrow as pa

_PATTERNS, _ROW = "patterns", "row"
_REGULAR = (exp.RegexpFullMatch, exp.RegexpLike, exp.RegexpReplace, exp.RegexpExtract)


@dataclass
class _Plan:
    """The query planned in a database of its own, on a day."""

    connection: duckdb.DuckDBPyConnection
    day: date


class Standing:
    """The query `tree`, which reads one table of text columns and is asked about one row of it at a time.

    A plan holds for a day, because the day stands in it where the query asks for the current date: otherwise the
    database would plan anew each time. Threads may ask at once; each gets a plan of its own, made when it is needed.
    """

    def __init__(self, tree: exp.Query, table: str, columns: Sequence[str]) -> None:
        self._tree, self._table, self._columns = tree, table, tuple(columns)
        self._idle: LifoQueue[_Plan] = LifoQueue()

    def ask(self, row: Mapping[str, str | None]) -> pa.Table:
        """The answer for this row. Errors: EngineError with what the database said."""
        cells = [f"cast({sql.text(sql.literal(row.get(name)))} as varchar)" for name in self._columns]
        with self._planned() as plan:
            try:
                asked = f"execute standing({', '.join(cells)})"
                return plan.connection.execute(asked).to_arrow_table()
            except duckdb.Error as error:
                raise EngineError(f"The row could not be read: {str(error).splitlines()[0]}") from error

    @contextmanager
    def _planned(self) -> Iterator[_Plan]:
        today = datetime.now(UTC).date()
        try:
            plan = self._idle.get_nowait()
        except Empty:
            plan = self._plan(today)
        if plan.day != today:
            plan.connection.close()
            plan = self._plan(today)
        yield plan
        self._idle.put(plan)

    def _plan(self, day: date) -> _Plan:
        connection = duckdb.connect(":memory:", config={"autoload_known_extensions": "false", "threads": "1"})
        connection.execute("set timezone = 'UTC'")
        tree = self._tree.copy()
        for now in list(tree.find_all(exp.CurrentDate)):
            now.replace(exp.cast(exp.Literal.string(day.isoformat()), "date"))
        patterns = _hoisted(tree)
        kept = exp.select(*[exp.alias_(exp.Literal.string(text), name) for text, name in patterns.items()])
        kept = kept.select(exp.alias_(exp.true(), "__beside"))  # there may be no pattern at all
        connection.execute(sql.text(exp.Create(this=exp.to_table(_PATTERNS), kind="TABLE", expression=kept)))
        connection.execute(f"prepare standing as {sql.text(self._about_the_row(tree))}")
        return _Plan(connection, day)

    def _about_the_row(self, tree: exp.Query) -> exp.Query:
        """The query over the one row that the parameters make, with the patterns beside it."""
        cells = [
            exp.alias_(exp.cast(exp.Parameter(this=exp.Literal.number(n)), "varchar"), name, quoted=True)
            for n, name in enumerate(self._columns, start=1)
        ]
        beside = exp.select("*").from_(exp.select(*cells).subquery(_ROW)).join(_PATTERNS, join_type="cross")
        for found in list(tree.find_all(exp.Table)):
            if f"{found.db}.{found.name}" == self._table:
                found.replace(beside.subquery(found.alias or found.name))
        return tree


def _hoisted(tree: exp.Query) -> dict[str, str]:
    """Replaces each regular expression of the query by a column that holds it; text of the expression -> column.

    A constant pattern is compiled before each answer, whether or not the row ever comes to it. One from a column is
    compiled where it is used: of some seventy patterns a row usually meets ten.
    """
    patterns: dict[str, str] = {}
    for match in list(tree.find_all(*_REGULAR)):
        if isinstance(match.expression, exp.Literal):
            name = patterns.setdefault(match.expression.this, f"__pattern_{len(patterns)}")
            match.expression.replace(exp.column(name))
    return patterns
