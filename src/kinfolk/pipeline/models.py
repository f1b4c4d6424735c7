"""The company's own models in a run: which are made anew, whether their tests hold, and which are no longer there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from kinfolk.engine.sql import query, table
from kinfolk.engine.step import Publish
from kinfolk.errors import EngineError, KinfolkError, ModelError
from kinfolk.model.company_model import CompanyModel, ModelTest, Severity
from kinfolk.model.project import Project
from kinfolk.pipeline.work import Work
from kinfolk.stages.models import (
    affected,
    built_step,
    definition,
    dropped_step,
    model_steps,
    tests_step,
    whole_name,
    whole_step,
)
from kinfolk.tables.models import BUILT, SCHEMA, TESTED
from kinfolk.tables.profiles import LINEAGE


def build_models(work: Work) -> None:
    """Makes every model that was written anew or reads what this run changes, and tests all of them.

    Errors  ModelError when a model fails, or a test of severity fail does not hold; nothing was published
    """
    models = work.project.models
    instead = _whole(work)
    for model in due(work):
        try:
            work.do(model_steps((model,), instead))
        except EngineError as error:
            raise _located(model, error) from error
    _drop_former(work)
    if models or work.session.present(BUILT.name):
        work.do([built_step(models)])
    tests = every_test(work.project)
    if tests or work.session.present(TESTED.name):
        _check_columns(work, tests)
        _test(work, tests, instead)


def due(work: Work) -> tuple[CompanyModel, ...]:
    """Models this run makes: new ones, those whose file changed, and those that read what the run has built."""
    session, models = work.session, work.project.models
    before = {}
    if session.present(BUILT.name):
        before = dict(session.fetch(query("select model, definition from built", built=table(BUILT.name))))
    changed = set(session.changed())
    if changed:  # a view is published once and shows what changes below it
        changed.add(LINEAGE.name)
    changed |= {m.table for m in models if before.get(m.name) != definition(m) or not session.present(m.table)}
    return affected(models, changed)


def every_test(project: Project) -> tuple[ModelTest, ...]:
    """The tests written beside the models, then those that are SQL of their own."""
    return (*(test for model in project.models for test in model.tests), *project.model_tests)


def _drop_former(work: Work) -> None:
    kept = {model.table for model in work.project.models}
    former = [name for name in work.session.published if name.startswith(f"{SCHEMA}.") and name not in kept]
    work.do(dropped_step(name) for name in sorted(former))


def _whole(work: Work) -> dict[str, str]:
    """Tables of which this run holds the new rows only -> the work table that shows all of their rows."""
    session = work.session
    growing = [n for n, b in session.built.items() if b.publish is Publish.APPEND and session.present(n)]
    work.do(whole_step(name, session.published_table(name)) for name in growing)
    return {name: whole_name(name) for name in growing}


def _test(work: Work, tests: Sequence[ModelTest], instead: Mapping[str, str]) -> None:
    try:
        work.do([tests_step(tests, instead)])
    except EngineError as error:
        raise _named(work, tests, error) from error
    failed = "select model, test, severity, failures, place from tested where failures > 0 order by model, test"
    found = work.session.fetch(query(failed, tested=table(TESTED.name)))
    for model, test, severity, failures, place in found:
        if severity == Severity.WARN:
            work.watcher.note(f"{_words(model, test, failures)} ({place})")
    broken = [row for row in found if row[2] == Severity.FAIL]
    if broken:
        model, test, _, failures, place = broken[0]
        more = (
            f" {len(broken) - 1} more tests failed: {', '.join(_place(*row) for row in broken[1:])}."
            if broken[1:]
            else ""
        )
        raise ModelError(
            f"{_words(model, test, failures)}. Nothing was published.{more}",
            where=place,
            hint=f"See the rows with `kinfolk model test{f' {model}' if model else ''}`; or write `severity: warn`.",
        )


def _place(model: str, test: str, _severity: str, failures: int, place: str) -> str:
    return f"{_words(model, test, failures)} ({place})"


def _words(model: str, test: str, failures: int) -> str:
    rows = f"{failures:,} row{'' if failures == 1 else 's'}"
    return f"The test {test}{f' of model {model}' if model else ''} does not hold for {rows}"


def _check_columns(work: Work, tests: Sequence[ModelTest]) -> None:
    """Errors: ModelError names a column that a test speaks of and its table lacks."""
    for test in tests:
        for of, name in _columns(test):
            if of not in work.session.built and not work.session.present(of):
                raise ModelError(f"The test {test.name} needs {of}, which is not made yet.", where=str(test.place))
            known = work.session.columns(of)
            if name.lower() not in {column.lower() for column in known}:
                like = get_close_matches(name, known, n=1, cutoff=0.6)
                raise ModelError(
                    f"The test {test.name} speaks of a column {name}, which {of} does not have.",
                    where=str(test.place),
                    hint=f"Did you mean {like[0]}?" if like else f"It has {', '.join(known[:20])}.",
                )


def _columns(test: ModelTest) -> Iterator[tuple[str, str]]:
    if test.table is not None and test.sql is None:
        yield from ((test.table, name) for name in test.columns)
    if test.to is not None:
        yield test.to


def _named(work: Work, tests: Sequence[ModelTest], error: EngineError) -> KinfolkError:
    """Which of all tests it was that could not be asked."""
    for test in tests:
        try:
            work.session.run(tests_step((test,)))
        except EngineError as found:
            what = f"The test {test.name} cannot be asked: {found.what.partition(': ')[2]}"
            return ModelError(what, where=str(test.place))
    return error


_QUOTED = re.compile(r'"([^"]+)"|(?:name|column) (\w+)')


def _located(model: CompanyModel, error: EngineError) -> ModelError:
    """The error at the line of the model's file that names what the database complains of, where one does."""
    words = [a or b for a, b in _QUOTED.findall(error.what)]
    lines = model.text.splitlines()
    line = next(
        (n for word in words for n, text in enumerate(lines, 1) if re.search(rf"\b{re.escape(word)}\b", text)), 1
    )
    said = str(error.__cause__ or "").splitlines()
    candidates = next((words.strip() for words in said if words.startswith(("Candidate", "Did you mean"))), None)
    what = f"{error.what.rstrip('.!')}. Nothing was published."
    return ModelError(what, where=f"{model.place.file}:{line}", hint=candidates)
