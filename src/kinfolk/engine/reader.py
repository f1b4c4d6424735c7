"""Reading what is published: one consistent state, read-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from kinfolk.engine import history, inspection, lake, sql
from kinfolk.engine.asked import one_select
from kinfolk.engine.inspection import LakeFile
from kinfolk.errors import EngineError, NotFoundError, QueryError
from kinfolk.model.answer import Answer
from kinfolk.model.history import State

if TYPE_CHECKING:
    import pyarrow as pa


_DAMAGE = (duckdb.IOException, duckdb.InvalidInputException)  # a file of the lake is gone, or is no Parquet file


@dataclass(frozen=True)
class Reader:
    """The published tables as they were when the reader was opened, whatever is published meanwhile."""

    state: Path
    connection: duckdb.DuckDBPyConnection
    published: dict[str, tuple[str, ...]]

    def present(self, table: str) -> bool:
        """Whether a table of that name is published."""
        return table in self.published

    def states(self) -> tuple[State, ...]:
        """Every published state the lake still has, oldest first."""
        return history.states(self.connection)

    def snapshot(self) -> int:
        """The number of the snapshot that is read."""
        return lake.newest_snapshot(self.connection)

    def files(self) -> list[LakeFile]:
        """Every file that some state needs."""
        return inspection.known_files(self.connection, self.state)

    def read(self, tree: exp.Query) -> Answer:
        """The rows of one of our own queries."""
        result = self._execute(tree)
        return Answer(tuple(d[0] for d in result.description or ()), result.fetchall())

    def arrow(self, tree: exp.Query) -> pa.Table:
        """The result of one of our own queries, as Arrow."""
        return self._execute(tree).to_arrow_table()

    def _execute(self, tree: exp.Query) -> duckdb.DuckDBPyConnection:
        text = sql.text(_in_lake(tree))
        if "\0" in text:  # the database would take it for the end
            raise QueryError("What was asked for holds a NUL, which is no character of any text.")
        try:
            return self.connection.execute(text)
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def ask(self, text: str, limit: int | None) -> Answer:
        """The rows of SQL that a person wrote: one SELECT over the published tables, and nothing else.

        Errors  QueryError repeats what the database said, or says why the SQL is refused
        """
        if text.lower().rstrip("; \t\n").split() == ["show", "tables"]:  # the database would list those of one schema
            names = sorted(self.published)
            return Answer(("name",), [(name,) for name in names[:limit]], limit is not None and len(names) > limit)
        statement = one_select(self.connection, text)
        lake.lock_down(self.connection, self.state)
        try:
            result = self.connection.execute(statement)
            columns = tuple(d[0] for d in result.description or ())
            found = result.fetchall() if limit is None else result.fetchmany(limit + 1)
        except duckdb.Error as error:
            if lake.damaged(self.state, error):
                raise self._damaged(error) from error
            raise QueryError(str(error).strip(), hint=self._tables_hint(str(error))) from error
        return Answer(columns, found[:limit], limit is not None and len(found) > limit)

    def _damaged(self, error: duckdb.Error) -> EngineError:
        return lake.unusable(self.state / "lake", f"The lake is damaged: {str(error).splitlines()[0]}.")

    def _tables_hint(self, error: str) -> str | None:
        if "does not exist" not in error or "Table" not in error:
            return None
        return "Tables: " + ", ".join(sorted(self.published)) + "."


@contextmanager
def reading(state: Path, snapshot: int | None = None) -> Iterator[Reader]:
    """A reader on the last published state, or on the earlier one of that snapshot.

    Errors  NotFoundError when nothing was published yet
    """
    if not lake.exists(state):
        raise NotFoundError("Nothing has been published yet.", where=str(state), hint="Run `kinfolk run` first.")
    connection = lake.connect(state, read_only=True, snapshot=snapshot)
    try:
        connection.execute("use lake")
        connection.execute("begin transaction")
        published = lake.tables(connection)
        if not published:
            raise NotFoundError("Nothing has been published yet.", where=str(state), hint="Run `kinfolk run` first.")
        yield Reader(state, connection, published)
    finally:
        connection.interrupt()  # closing would wait for a query that was given up
        connection.close()


def _in_lake(tree: exp.Query) -> exp.Query:
    resolved = tree.copy()
    for found in resolved.find_all(exp.Table):
        if found.db and not found.catalog:
            found.set("catalog", exp.to_identifier(lake.LAKE))
    return resolved
