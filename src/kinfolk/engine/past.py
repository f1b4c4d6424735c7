"""Earlier states of the lake beside the present one, in one connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from kinfolk.engine import inspection, lake, sql
from kinfolk.engine.inspection import LakeFile
from kinfolk.expressions.template import fill

# The present state under a name of its own: `lake` changes while a rollback is under way.
EARLIER, PRESENT = "earlier", "present"


@dataclass(frozen=True)
class Difference:
    """A table that an earlier state has otherwise than the present one. rows: None where there is no such table.

    view  what the view says, where it is one; then there are no rows
    """

    table: str
    rows_now: int | None
    rows_then: int | None
    view: exp.Query | None = None


@dataclass(frozen=True)
class Past:
    """Two states side by side. earlier, present: schema.name of the tables and views each has."""

    connection: duckdb.DuckDBPyConnection
    snapshots: Mapping[str, int]
    files: tuple[LakeFile, ...]
    earlier: frozenset[str]
    present: frozenset[str]

    @classmethod
    def attach(
        cls, connection: duckdb.DuckDBPyConnection, state: Path, snapshot: int, now: int, elsewhere: Path | None = None
    ) -> Past:
        """The states of two snapshots, to be read as `earlier` and `present`.

        elsewhere  the state folder of the present one, where it is another
        """
        snapshots = {EARLIER: snapshot, PRESENT: now}
        for name, number in snapshots.items():
            folder = elsewhere if elsewhere and name == PRESENT else state
            lake.attach(connection, folder, name, [("READ_ONLY", None), ("SNAPSHOT_VERSION", str(number))])
        files = tuple(inspection.known_files(connection, state))
        return cls(connection, snapshots, files, *(frozenset(lake.tables(connection, name)) for name in snapshots))

    def differences(self) -> list[Difference]:
        """Every table and view that is not the same in both states, in order of name."""
        views_then, views_now = self._views(EARLIER), self._views(PRESENT)
        found = [Difference(name, None, None, view) for name, view in views_then.items() if views_now.get(name) != view]
        for name in (self.earlier | self.present) - set(views_then) - set(views_now):
            then, now = self._files(EARLIER, name), self._files(PRESENT, name)
            if then != now:
                found.append(Difference(name, self._rows(PRESENT, name, now), self._rows(EARLIER, name, then)))
        return sorted(found, key=lambda difference: difference.table)

    def views_since(self) -> list[str]:
        """Views that the earlier state did not have."""
        return sorted(set(self._views(PRESENT)) - set(self._views(EARLIER)))

    def _views(self, state: str) -> dict[str, exp.Query]:
        made = fill(
            "select schema_name || '.' || view_name, sql from duckdb_views() "
            "where database_name = $state and not internal",
            state=state,
        )
        views = {}
        for name, create in self.connection.execute(sql.text(made)).fetchall():
            view = sqlglot.parse_one(create, dialect=sql.DIALECT).expression
            for found in view.find_all(exp.Table):
                if found.db:
                    found.set("catalog", None)
            views[name] = view
        return views

    def _files(self, state: str, table: str) -> list[tuple[LakeFile, bool]] | None:
        """The files of a table, and whether that state has all of their rows; None where it has no such table.

        A file that was merged from several is there from the first of them on: earlier states see a part of it.
        """
        if table not in (self.earlier if state == EARLIER else self.present):
            return None
        at = self.snapshots[state]
        return [(file, file.whole_in(at)) for file in self.files if file.table == table and file.part_of(at)]

    def _rows(self, state: str, table: str, files: list[tuple[LakeFile, bool]] | None) -> int | None:
        if files is None:
            return None
        if all(whole for _, whole in files):
            # As the catalogue promises: a state of which files are lost is just the one that people want to leave.
            return sum(file.rows for file, _ in files)
        [(rows,)] = self.connection.execute(
            sql.text(exp.select(exp.func("count", exp.Star())).from_(of_state(state, table)))
        ).fetchall()
        return int(rows)


def of_state(state: str, table: str) -> exp.Table:
    """A table as one of two states has it (EARLIER or PRESENT)."""
    name = sql.table(table)
    name.set("catalog", exp.to_identifier(state))
    return name
