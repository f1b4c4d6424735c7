"""`kinfolk model`: the company's own tables: which there are, what each is made of, whether its tests hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table, text
from kinfolk.errors import ModelError, NotFoundError, QueryError
from kinfolk.model.answer import Answer
from kinfolk.model.company_model import CompanyModel, ModelTest, Severity
from kinfolk.model.lineage import ColumnRef
from kinfolk.model.project import Project
from kinfolk.pipeline.lineage import lineage
from kinfolk.pipeline.models import every_test
from kinfolk.stages.models import failing


@dataclass(frozen=True)
class ModelListed:
    """A model in one line. rows: as published, None before that; used_by: models that read it."""

    name: str
    language: str
    reads: tuple[str, ...]
    used_by: tuple[str, ...]
    owner: str | None
    tests: int
    rows: int | None
    description: str


@dataclass(frozen=True)
class ModelColumnShown:
    """A column, what is said of it, and the columns it is made from, one step up."""

    name: str
    description: str
    made_from: tuple[ColumnRef, ...]


@dataclass(frozen=True)
class ModelShown:
    """A model with everything the project says of it."""

    model: CompanyModel
    columns: tuple[ModelColumnShown, ...]
    tests: tuple[ModelTest, ...]


@dataclass(frozen=True)
class Tested:
    """A test asked of what is published. failures: rows that do not hold; sample: some of them."""

    test: ModelTest
    failures: int
    sample: Answer

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return self.failures == 0


def list_models(folder: Path, environment: str | None = None) -> list[ModelListed]:
    """Every model of the project, each after those it reads."""
    project = open_project(folder, environment)
    rows = _published_rows(project)
    return [
        ModelListed(
            name=model.name,
            language=str(model.language),
            reads=model.reads,
            used_by=tuple(other.name for other in project.models if model.table in other.reads),
            owner=model.owner,
            tests=len(_tests_of(project, model)),
            rows=rows.get(model.table),
            description=model.description,
        )
        for model in project.models
    ]


def show_model(folder: Path, name: str, environment: str | None = None) -> ModelShown:
    """One model: its text, what it reads, and its columns with where they come from.

    Errors  NotFoundError when there is no such model
    """
    project = open_project(folder, environment)
    model = _find(project, name)
    made = lineage(project).made.get(model.table, {})
    said = {column.name: column.description for column in model.columns}
    columns = tuple(
        ModelColumnShown(column, said.get(column, ""), made.get(column, ())) for column in dict.fromkeys((*made, *said))
    )
    return ModelShown(model, columns, _tests_of(project, model))


def check_models(
    folder: Path, name: str | None = None, environment: str | None = None, sample: int = 5
) -> list[Tested]:
    """The tests of one model, or of all, asked of what is published, with some of the rows that do not hold.

    Errors  NotFoundError when there is no such model, or nothing is published yet; ModelError for a broken test
    """
    project = open_project(folder, environment)
    tests = every_test(project) if name is None else _tests_of(project, _find(project, name))
    with reading(project.state) as reader:
        return [_tested(reader, test, sample) for test in tests]


def broken(found: Sequence[Tested]) -> bool:
    """Whether a test of severity fail does not hold."""
    return any(one.failures and one.test.severity is Severity.FAIL for one in found)


def _tested(reader: Reader, test: ModelTest, sample: int) -> Tested:
    if test.table is not None and not reader.present(test.table):
        raise NotFoundError(f"{test.table} is not published yet.", hint="Run `kinfolk run` first.")
    wrong = failing(test)
    try:
        [(failures,)] = reader.ask(text(query("select count(*) from failing", failing=wrong.subquery())), None).rows
        rows = reader.ask(text(wrong), sample)
    except QueryError as error:
        raise ModelError(f"The test {test.name} cannot be asked: {error.what}", where=str(test.place)) from error
    return Tested(test, failures, rows)


def _tests_of(project: Project, model: CompanyModel) -> tuple[ModelTest, ...]:
    return tuple(test for test in every_test(project) if test.table == model.table)


def _find(project: Project, name: str) -> CompanyModel:
    wanted = name.removeprefix("models.")
    for model in project.models:
        if model.name == wanted:
            return model
    names = [model.name for model in project.models]
    like = get_close_matches(wanted, names, n=1)
    hint = f"Did you mean {like[0]}?" if like else f"There are: {', '.join(names)}." if names else "Write models/*.sql."
    raise NotFoundError(f"There is no model {wanted}.", hint=hint)


def _published_rows(project: Project) -> dict[str, int]:
    try:
        with reading(project.state) as reader:
            found = [model.table for model in project.models if reader.present(model.table)]
            count = "select count(*) from counted"
            return {name: reader.read(query(count, counted=table(name))).rows[0][0] for name in found}
    except NotFoundError:
        return {}
