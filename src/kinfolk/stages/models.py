"""The company's own models as steps, and what their tests ask."""

from __future__ import annotations

import hashlib
import linecache
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlglot import exp

from kinfolk.engine.sql import column, literal, query, rows, sql, table, union_by_name
from kinfolk.engine.step import Compute, Publish, Query, Step
from kinfolk.errors import ModelError
from kinfolk.model.company_model import CompanyModel, Language, ModelTest
from kinfolk.tables.models import BUILT, SCHEMA, TESTED

if TYPE_CHECKING:
    import pyarrow as pa


_NOTHING: Mapping[str, str] = MappingProxyType({})


def affected(models: Iterable[CompanyModel], changed: Collection[str]) -> tuple[CompanyModel, ...]:
    """The models that must be made anew, in the order given: those changed, or reading what changed, over any number
    of other models.

    models   each after those it reads
    changed  tables with other rows than before, as schema.name; a model that was written anew counts by its own table
    """
    reached = set(changed)
    found = []
    for model in models:
        if model.table in reached or reached.intersection(model.reads):
            reached.add(model.table)
            found.append(model)
    return tuple(found)


def definition(model: CompanyModel) -> str:
    """What tells whether a model was written anew: the sha256 (hex) of its file."""
    return hashlib.sha256(model.text.encode()).hexdigest()


def model_steps(models: Iterable[CompanyModel], instead: Mapping[str, str] = _NOTHING) -> tuple[Step, ...]:
    """A step for each model, in the order given; it reads what the model reads and writes models.<name>.

    instead  table -> the work table to read in its place
    """
    return tuple(_sql_step(m, instead) if m.language is Language.SQL else _python_step(m, instead) for m in models)


def whole_step(name: str, published: exp.Table) -> Query:
    """The step that shows a table that grows as it will be: the rows of this run behind those published."""
    tree = union_by_name([exp.select("*").from_(published), query("select * from new", new=table(name))])
    return Query(whole_name(name), tree, f"All of {name}", as_view=True)


def whole_name(name: str) -> str:
    """The work table in which a table that grows is whole."""
    return f"whole.{name}"


def _reading(tree: exp.Query, instead: Mapping[str, str]) -> exp.Query:
    for found in list(tree.find_all(exp.Table)):
        other = instead.get(f"{found.db}.{found.name}")
        if other is not None:
            exchanged = table(other)
            exchanged.set("alias", found.args.get("alias") or exp.TableAlias(this=exp.to_identifier(found.name)))
            found.replace(exchanged)
    return tree


def built_step(models: Sequence[CompanyModel]) -> Query:
    """The step that writes down which models there are and what they were made from."""
    made = [(m.name, str(m.language), ", ".join(m.reads), definition(m)) for m in models]
    return Query(BUILT.name, rows(BUILT.types, made), "Models", Publish.REPLACE)


def dropped_step(name: str) -> Query:
    """The step that takes away the published table of a model that is no longer in the project."""
    gone = query("select * from gone limit 0", gone=table(name))
    return Query(name, gone, f"{name} is no longer in the project", Publish.DROP, as_view=True)


def tests_step(tests: Sequence[ModelTest], instead: Mapping[str, str] = _NOTHING) -> Query:
    """The step that counts, for each test, the rows that do not hold.

    instead  table -> the work table to read in its place
    Reads   the tables tested
    Writes  quality.model_tests  one row a test
    """
    counted = [
        query(
            "select $model as model, $test as test, $severity as severity, count(*) as failures, $place as place "
            "from failing",
            model=(test.table or "").removeprefix(f"{SCHEMA}."),
            test=test.name,
            severity=str(test.severity),
            place=str(test.place),
            failing=exp.Subquery(this=_reading(failing(test), instead)),
        )
        for test in tests
    ]
    tree = union_by_name(counted) if counted else rows(TESTED.types, [])
    return Query(TESTED.name, tree, "Testing models", Publish.REPLACE)


def failing(test: ModelTest) -> exp.Query:
    """The rows for which a test does not hold; for row_count one row with the number of rows there are."""
    if test.sql is not None:
        return query(test.sql)
    assert test.table is not None, "only SQL can test several tables"
    return _FAILING[test.kind](test, table(test.table))


def _not_null(test: ModelTest, tested: exp.Table) -> exp.Query:
    return query("select * from tested where $c is null", c=column(test.columns[0]), tested=tested)


def _unique(test: ModelTest, tested: exp.Table) -> exp.Query:
    """Each value that stands in more than one row, with how often; empty ones are left to not_null."""
    columns = [column(name) for name in test.columns]
    known = exp.and_(*[sql("$c is not null", c=c.copy()) for c in columns])
    return query(
        "select $columns, count(*) as times from tested where $known group by all having count(*) > 1",
        columns=columns,
        known=exp.paren(known),
        tested=tested,
    )


def _accepted(test: ModelTest, tested: exp.Table) -> exp.Query:
    """Values compare as text, so that a number written as text is still that number."""
    return query(
        "select * from tested where $c is not null and cast($c as varchar) not in ($values)",
        c=column(test.columns[0]),
        values=[sql("cast($v as varchar)", v=literal(_plain(value))) for value in test.values],
        tested=tested,
    )


def _related(test: ModelTest, tested: exp.Table) -> exp.Query:
    assert test.to is not None, "a relationship leads somewhere"
    target, name = test.to
    return query(
        "select tested.* from tested anti join target on $there = $here where $here is not null",
        there=column(name, "target"),
        here=column(test.columns[0], "tested"),
        tested=tested,
        target=table(target),
    )


def _in_range(test: ModelTest, tested: exp.Table) -> exp.Query:
    bounds = []
    if test.least is not None:
        bounds.append(sql("$c < $least", c=column(test.columns[0]), least=_plain(test.least)))
    if test.most is not None:
        bounds.append(sql("$c > $most", c=column(test.columns[0]), most=_plain(test.most)))
    return query("select * from tested where $outside", outside=exp.or_(*bounds), tested=tested)


def _counted(test: ModelTest, tested: exp.Table) -> exp.Query:
    bounds = []
    if test.least is not None:
        bounds.append(sql("rows < $least", least=_plain(test.least)))
    if test.most is not None:
        bounds.append(sql("rows > $most", most=_plain(test.most)))
    counted = query("select count(*) as rows from tested", tested=tested)
    return query(
        "select rows from counted where $outside", outside=exp.or_(*bounds), counted=exp.Subquery(this=counted)
    )


_FAILING: dict[str, Callable[[ModelTest, exp.Table], exp.Query]] = {
    "not_null": _not_null,
    "unique": _unique,
    "accepted_values": _accepted,
    "relationships": _related,
    "range": _in_range,
    "row_count": _counted,
}


def _plain(value: object) -> object:
    """A number read from a file as a number of its plain type."""
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def _sql_step(model: CompanyModel, instead: Mapping[str, str]) -> Query:
    return Query(model.table, _reading(query(model.text), instead), f"Model {model.name}", Publish.REPLACE)


def _python_step(model: CompanyModel, instead: Mapping[str, str]) -> Compute:
    read = {name: instead.get(of, of) for name, of in model.inputs.items()}
    inputs = {name: query("select * from input", input=table(of)) for name, of in read.items()}
    origins = {f"{model.table}.{output}": columns for output, columns in model.origins.items()}
    return Compute(inputs, {model.table: Publish.REPLACE}, f"Model {model.name}", _runner(model), origins)


def _runner(
    model: CompanyModel,
) -> Callable[[Mapping[str, pa.Table], Callable[[str], None]], Mapping[str, pa.Table]]:
    def run(inputs: Mapping[str, pa.Table], tell: Callable[[str], None]) -> Mapping[str, pa.Table]:
        import pyarrow as pa

        file = model.place.file
        linecache.cache[file] = (len(model.text), None, model.text.splitlines(keepends=True), file)
        module: dict[str, object] = {"__name__": f"{SCHEMA}.{model.name}", "__file__": file}
        try:
            with redirect_stdout(sys.stderr):  # standard output is for the answer of the command
                exec(compile(model.text, file, "exec"), module)
                made = module["model"](dict(inputs))  # type: ignore[operator]  # the project's checks found a function
        except (Exception, SystemExit) as error:  # a model that exits must not pass for a run that went well
            raise _failed(model, error) from error
        if not isinstance(made, pa.Table) or made.num_columns == 0:
            what = f"Model {model.name} returned {type(made).__name__}, not an Arrow table with columns."
            raise ModelError(what, where=str(model.place), hint="Return a pyarrow.Table.")
        return {model.table: made}

    return run


def _failed(model: CompanyModel, error: BaseException) -> ModelError:
    """The error at the last line of the model's own file that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == model.place.file), 1)
    what = f"Model {model.name} failed: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return ModelError(what.rstrip(": ") + ".", where=f"{model.place.file}:{line}")
