"""Runs steps on one machine: work in memory, results published to the lake in one transaction."""

from __future__ import annotations

import re
import resource
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from kinfolk.engine import history, inspection, lake, sql
from kinfolk.engine.reading import read
from kinfolk.engine.step import Compute, Exchange, Patch, Publish, Query, Step
from kinfolk.errors import EngineError
from kinfolk.model.history import Label, State
from kinfolk.model.locator import Rejection

if TYPE_CHECKING:
    import pyarrow as pa

    from kinfolk.engine.step import PairFinder

WORK = "memory"
_PATCHES = "patch"  # schema of the work tables that hold the rows of a patch alone


@dataclass(frozen=True)
class StepResult:
    """What a step did. rows_out: rows written; rejections: rows an Exchange could not take in; notes: for people."""

    rows_in: int | None
    rows_out: int | None
    rejections: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """A table of this run: what becomes of it, the query of a view, and whose place the rows of a patch take."""

    publish: Publish
    tree: exp.Query | None = None
    patch: Patch | None = None


@dataclass
class Session:
    """One writer's work on the lake. A table built in this run hides the published one of the same name."""

    state: Path
    connection: duckdb.DuckDBPyConnection
    published: dict[str, tuple[str, ...]]
    built: dict[str, Built] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)  # what publishing takes away: name -> TABLE or VIEW
    borrowed: frozenset[str] = frozenset()
    finder: PairFinder | None = None  # what compares pairs elsewhere than on this machine

    @classmethod
    def open(cls, state: Path, landing: Path | None = None) -> Session:
        """A session on the lake of `state`, which is made if there is none.

        landing  state whose landing is read instead of this one's, as it is now
        """
        return cls._on(lake.connect(state, read_only=False), state, landing)

    @classmethod
    def behold(cls, state: Path, landing: Path | None = None) -> Session:
        """A session that builds on the lake as it is now, publishes nothing and leaves no trace."""
        return cls._on(lake.behold(state), state, landing)

    @classmethod
    def _on(cls, connection: duckdb.DuckDBPyConnection, state: Path, landing: Path | None) -> Session:
        published = lake.tables(connection)
        if landing is None:
            return cls(state, connection, published)
        lake.attach_as_it_is(connection, landing, lake.LANDING)
        lent = {
            name: columns
            for name, columns in lake.tables(connection, lake.LANDING).items()
            if name.startswith("landing.")
        }
        return cls(state, connection, {**published, **lent}, borrowed=frozenset(lent))

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.interrupt()  # closing would wait for a query that was given up
        self.connection.close()

    def run(self, step: Step, tell: Callable[[str], None] = lambda words: None) -> StepResult:
        """Does one step; its tables can be read by the steps after it, and nothing is published yet.

        Errors  EngineError names the step, and what the database said
        """
        try:
            if isinstance(step, Query):
                return self._query(step)
            if isinstance(step, Compute):
                return self._compute(step, tell)
            return self._exchange(step)
        except duckdb.Error as error:
            if lake.damaged(self.state, error):
                raise lake.unusable(
                    self.state / "lake", f"The lake is damaged: {str(error).splitlines()[0]}."
                ) from error
            raise EngineError(f"{step.title} failed: {_first_line(error)}") from error

    def arrow(self, tree: exp.Query) -> pa.Table:
        """The query's result as an Arrow table."""
        return self.connection.execute(self._text(tree)).to_arrow_table()

    def fetch(self, tree: exp.Query) -> list[tuple[Any, ...]]:
        """The query's rows."""
        return self.connection.execute(self._text(tree)).fetchall()

    def count(self, table: str) -> int:
        """Rows of a table, built or published."""
        return int(self.fetch(sql.query("select count(*) from input", input=sql.table(table)))[0][0])

    def columns(self, table: str) -> tuple[str, ...]:
        """Column names of a table built in this run, or else of the published one."""
        if table not in self.built:
            return self.published[table]
        tree = sql.query("select * from input limit 0", input=sql.table(table))
        return tuple(d[0] for d in self.connection.execute(self._text(tree)).description or ())

    def present(self, table: str) -> bool:
        """Whether a table of that name is published."""
        return table in self.published

    def published_table(self, table: str) -> exp.Table:
        """The table as it is published, whatever this run has built under its name."""
        return _name(lake.LAKE, table)

    def changed(self) -> frozenset[str]:
        """Tables that publishing gives other rows; one that is built anew counts whatever it holds."""
        return frozenset(name for name, built in self.built.items() if self._changes(name, built))

    def _changes(self, table: str, built: Built) -> bool:
        if built.patch:
            return bool(self._rows(built.patch.keys) or self._rows(rows_of(table)))
        if built.publish is Publish.APPEND and self.present(table):
            return bool(self._rows(table))
        return built.publish is not Publish.NO

    def based_on(self) -> int | None:
        """The number of the published state this session builds on; None where nothing was ever published."""
        own = self.published.keys() - self.borrowed
        return lake.newest_snapshot(self.connection) if lake.exists(self.state) and own else None

    def state_of(self) -> int | None:
        """When the published state this session builds on was published (microseconds); None before the first."""
        return lake.published_at(self.connection) if self.based_on() is not None else None

    def landing_snapshot(self) -> int | None:
        """When the state of the landing that is read was published, where that is another environment's."""
        return lake.published_at(self.connection, lake.LANDING) if self.borrowed else None

    @property
    def pending(self) -> bool:
        """Whether anything was built that is to be published."""
        return any(built.publish is not Publish.NO for built in self.built.values())

    def check(self, published: str) -> None:
        """Errors: EngineError when runs have published that table and the lake does not know it, or has lost files."""
        if not self.present(published):
            what = "Runs were published, but the catalogue of the lake is empty or gone."
            raise lake.unusable(self.state / "lake", what)
        for file in inspection.missing_now(self.connection, self.state):
            raise lake.unusable(file.path, f"A file of {file.table} is gone.")

    def states(self) -> tuple[State, ...]:
        """Every published state the lake still has, oldest first."""
        return history.states(self.connection)

    def publish(self, label: Label | None = None, counted: Iterable[str] = ()) -> None:
        """Makes everything built in this run visible to readers, in one transaction: all of it or nothing.

        label    by which the published state is found later
        counted  tables whose rows the label tells
        """
        try:
            self.connection.execute("begin transaction")
            for table, built in self.built.items():
                if built.publish is not Publish.NO:
                    self._publish_one(table, built)
            for table, kind in self.dropped.items():
                self.connection.execute(sql.text(exp.Drop(tables=[_name(lake.LAKE, table)], kind=kind)))
            if label is not None:
                history.set_label(self.connection, label, {name: self._published_rows(name) for name in counted})
            self.connection.execute("commit")
        except duckdb.Error as error:
            self.roll_back()
            raise EngineError(
                f"The results could not be published: {_first_line(error)}",
                hint="What was published before is untouched; run again once the cause is mended.",
            ) from error

    def _published_rows(self, table: str) -> int:
        count = exp.select(exp.func("count", exp.Star())).from_(_name(lake.LAKE, table))
        [(rows,)] = self.connection.execute(sql.text(count)).fetchall()
        return int(rows)

    def _query(self, step: Query) -> StepResult:
        if step.patch and self.present(step.writes):
            self._store(rows_of(step.writes), step.tree)
            return StepResult(None, self._patched(step.writes, step.patch))
        kind = "VIEW" if step.as_view or step.publish is Publish.VIEW else "TABLE"
        self._schema(WORK, step.writes)
        create = exp.Create(this=_name(WORK, step.writes), kind=kind, expression=step.tree, replace=True)
        self.connection.execute(self._text(create))
        self.built[step.writes] = Built(_unpatched(step.publish), step.tree)
        return StepResult(None, None if kind == "VIEW" else self.count(step.writes))

    def _store(self, name: str, tree: exp.Query) -> None:
        self._schema(WORK, name)
        create = exp.Create(this=_name(WORK, name), kind="TABLE", expression=tree, replace=True)
        self.connection.execute(self._text(create))

    def _patched(self, table: str, patch: Patch) -> int:
        """Shows the steps that follow the table as it will be; returns the rows of the patch."""
        kept = sql.query(
            "select * from published where $gives_way is not true",
            published=_name(lake.LAKE, table),
            gives_way=gives_way(patch),
        )
        whole = sql.union_by_name([kept, exp.select("*").from_(_name(WORK, rows_of(table)))])
        self._schema(WORK, table)
        create = exp.Create(this=_name(WORK, table), kind="VIEW", expression=whole, replace=True)
        self.connection.execute(sql.text(create))
        self.built[table] = Built(Publish.PATCH, None, patch)
        return self._rows(rows_of(table))

    def _rows(self, work_table: str) -> int:
        tree = sql.query("select count(*) from work", work=_name(WORK, work_table))
        [(rows,)] = self.connection.execute(sql.text(tree)).fetchall()
        return int(rows)

    def _compute(self, step: Compute, tell: Callable[[str], None]) -> StepResult:
        inputs = {name: self.arrow(tree) for name, tree in step.inputs.items()}
        outputs = step.run(inputs, tell)
        if set(outputs) != set(step.writes):
            raise EngineError(f"{step.title} wrote {sorted(outputs)} where {sorted(step.writes)} was agreed.")
        patches = {name: patch for name, patch in step.patches.items() if self.present(name)}
        for name, result in outputs.items():
            self.connection.register("_result", result)
            self._store(rows_of(name) if name in patches else name, exp.select("*").from_("_result"))
            self.connection.unregister("_result")
            if name not in patches:
                self.built[name] = Built(_unpatched(step.writes[name]))
        for name, patch in patches.items():  # after all of them, for the keys may be among them
            self._patched(name, patch)
        return StepResult(sum(t.num_rows for t in inputs.values()), sum(t.num_rows for t in outputs.values()))

    def _exchange(self, step: Exchange) -> StepResult:
        locator, rejections = step.open()
        self._schema(WORK, step.writes)
        result = read(self.connection, locator, step.writes, step.part)
        self.built[step.writes] = Built(step.publish)
        rejected = (*rejections, *result.rejections)
        return StepResult(result.rows + len(rejected), result.rows, rejected, tuple(result.notes))

    def _publish_one(self, table: str, built: Built) -> None:
        self._schema(lake.LAKE, table)
        target = _name(lake.LAKE, table)
        if built.publish is Publish.DROP:
            self.connection.execute(sql.text(exp.Drop(tables=[target], kind="TABLE", exists=True)))
            return
        source = exp.select("*").from_(_name(WORK, table))
        if built.publish is Publish.VIEW:
            assert built.tree is not None
            view = built.tree.copy()
            for found in view.find_all(exp.Table):
                if found.db:
                    found.set("catalog", exp.to_identifier(lake.LAKE))
            self.connection.execute(sql.text(exp.Create(this=target, kind="VIEW", expression=view, replace=True)))
        elif built.patch:
            self._publish_patch(table, built.patch)
        elif built.publish is Publish.REPLACE or table not in self.published:
            self.connection.execute(sql.text(exp.Create(this=target, kind="TABLE", expression=source, replace=True)))
        else:
            self._append(table, table)

    def _publish_patch(self, table: str, patch: Patch) -> None:
        if self._rows(patch.keys):
            gone = exp.delete(_name(lake.LAKE, table), where=gives_way(patch))
            self.connection.execute(sql.text(gone))
        self._append(table, rows_of(table))

    def _append(self, table: str, work_table: str) -> None:
        if self._rows(work_table):
            self._add_columns(table, work_table)
            rows = exp.select("*").from_(_name(WORK, work_table))
            self.connection.execute(sql.text(exp.Insert(this=_name(lake.LAKE, table), by_name=True, expression=rows)))

    def _add_columns(self, table: str, work_table: str) -> None:
        nothing = exp.select("*").from_(_name(WORK, work_table)).limit(0)
        described = self.connection.execute(sql.text(nothing)).description
        known = {name.lower() for name in self.published[table]}
        for name, kind, *_ in described or ():
            if name.lower() not in known:
                column = exp.ColumnDef(
                    this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(str(kind), dialect="duckdb")
                )
                alter = exp.Alter(this=_name(lake.LAKE, table), kind="TABLE", actions=[column])
                self.connection.execute(sql.text(alter))

    def _schema(self, catalogue: str, table: str) -> None:
        schema = exp.Table(
            db=exp.to_identifier(table.partition(".")[0], quoted=True), catalog=exp.to_identifier(catalogue)
        )
        self.connection.execute(sql.text(exp.Create(this=schema, kind="SCHEMA", exists=True)))

    def _text(self, tree: exp.Expr) -> str:
        """SQL with every schema.name pointed at this run's work, or else at the lake.

        Trees of staging have tens of thousands of nodes, so the tree is pointed, printed and put back: no copy.
        """
        pointed = [found for found in tree.find_all(exp.Table) if found.db and not found.catalog]
        for found in pointed:
            found.set("catalog", exp.to_identifier(self._catalogue(f"{found.db}.{found.name}")))
        try:
            return tree.sql(dialect=sql.DIALECT, copy=False)
        finally:
            for found in pointed:
                found.set("catalog", None)

    def _catalogue(self, table: str) -> str:
        if table in self.built:
            return WORK
        return lake.LANDING if table in self.borrowed else lake.LAKE

    def roll_back(self) -> None:
        """Takes back what the transaction under way has done, if there is one."""
        try:
            self.connection.execute("rollback")
        except duckdb.Error:  # the failed statement may already have ended the transaction
            return


def peak_memory_mb() -> int:
    """The highest resident memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def rows_of(table: str) -> str:
    """The work table that holds the rows of a table's patch."""
    return f"{_PATCHES}.{table}"


def gives_way(patch: Patch) -> exp.Expression:
    """True for the published rows whose place a patch takes."""
    keys = sql.query("select $key from keys", key=sql.column(patch.column), keys=_name(WORK, patch.keys))
    return sql.sql("$key in ($keys)", key=sql.column(patch.column), keys=keys)


def _unpatched(publish: Publish) -> Publish:
    """What becomes of a table when there is none yet to patch."""
    return Publish.REPLACE if publish is Publish.PATCH else publish


def _name(catalogue: str, table: str) -> exp.Table:
    name = sql.table(table)
    name.set("catalog", exp.to_identifier(catalogue))
    return name


def _first_line(error: duckdb.Error) -> str:
    """What the database said, without the value it stumbled over: the words end up in logs."""
    words = str(error).strip().splitlines()[0]
    about_a_value = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
    return re.sub(r"'[^']*'|\"[^\"]*@[^\"]*\"", "'…'", words) if isinstance(error, about_a_value) else words
