"""The company's own models and their tests, from what was written to frozen values."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.model.company_model import CompanyModel, ModelColumn, ModelTest, Severity
from kinfolk.model.place import Place
from kinfolk.project.files import Files, Parsed
from kinfolk.project.model_files import WrittenModel
from kinfolk.project.model_order import in_order
from kinfolk.project.written.model import ColumnTest, ModelFile, TableTest
from kinfolk.tables.models import SCHEMA


def company_models(files: Files) -> tuple[CompanyModel, ...]:
    """Every model, each after those it reads."""
    written = {model.name: model for model in files.models}
    docs = {parsed.stem: parsed for parsed in files.model_docs}
    reads = {
        name: [m.table.partition(".")[2] for m in model.reads if m.table.startswith(f"{SCHEMA}.")]
        for name, model in written.items()
    }
    return tuple(_model(written[name], docs.get(name)) for name in in_order(reads))


def sql_tests(files: Files) -> tuple[ModelTest, ...]:
    """Every file of models/tests: about the one model it reads, or about no table in particular."""
    return tuple(_sql_test(written) for written in files.model_tests)


def _sql_test(written: WrittenModel) -> ModelTest:
    models = [mention.table for mention in written.reads if mention.table.startswith(f"{SCHEMA}.")]
    table = models[0] if len(models) == 1 else None
    return ModelTest(written.name, table, "sql", Place(written.file), written.severity, sql=written.text)


def _model(written: WrittenModel, docs: Parsed[ModelFile] | None) -> CompanyModel:
    settings = docs.settings if docs else ModelFile()
    return CompanyModel(
        name=written.name,
        place=Place(written.file),
        language=written.language,
        text=written.text,
        reads=tuple(mention.table for mention in written.reads),
        inputs=written.inputs,
        origins=written.origins,
        description=settings.description,
        owner=settings.owner,
        grain=settings.grain,
        keys=tuple(settings.keys),
        columns=tuple(ModelColumn(name, entry.about) for name, entry in settings.columns.items()),
        tests=tuple(_tests(f"{SCHEMA}.{written.name}", docs)) if docs else (),
    )


def _tests(table: str, docs: Parsed[ModelFile]) -> Iterator[ModelTest]:
    """Keys are never empty and never twice; then what is written of columns and of the whole."""
    place, settings = docs.document.place, docs.settings
    found: dict[str, ModelTest] = {}
    if settings.keys:
        for number, name in enumerate(settings.keys):
            _add(found, ModelTest(f"not_null({name})", table, "not_null", place("keys", number), columns=(name,)))
        name = f"unique({', '.join(settings.keys)})"
        _add(found, ModelTest(name, table, "unique", place("keys"), columns=tuple(settings.keys)))
    for column, entry in settings.columns.items():
        for number, test in enumerate(entry.tests):
            _add(found, _column_test(table, column, test, place("columns", column, "tests", number)))
    for number, whole in enumerate(settings.tests):
        _add(found, _table_test(table, whole, place("tests", number)))
    yield from found.values()


def _add(found: dict[str, ModelTest], test: ModelTest) -> None:
    """One test of a name; the stricter of two alike."""
    before = found.get(test.name)
    if before is None or (before.severity is Severity.WARN and test.severity is Severity.FAIL):
        found[test.name] = test


def _column_test(table: str, column: str, test: ColumnTest, place: Place) -> ModelTest:
    severity = Severity(test.severity)
    kind, name = test.kind, f"{test.kind}({column})"
    if kind == "accepted_values":
        return ModelTest(name, table, kind, place, severity, (column,), values=tuple(test.accepted_values or ()))
    if kind == "relationships" and test.relationships:
        target, _, target_column = test.relationships.to.rpartition(".")
        name = f"relationships({column} → {test.relationships.to})"
        return ModelTest(name, table, kind, place, severity, (column,), to=(target, target_column))
    if kind == "range" and test.range:
        name = f"range({column}, {_bounds(test.range.min, test.range.max)})"
        return ModelTest(name, table, kind, place, severity, (column,), least=test.range.min, most=test.range.max)
    return ModelTest(name, table, kind, place, severity, (column,))


def _table_test(table: str, test: TableTest, place: Place) -> ModelTest:
    severity = Severity(test.severity)
    if test.row_count:
        least, most = test.row_count.min, test.row_count.max
        name = f"row_count({_bounds(least, most)})"
        return ModelTest(name, table, "row_count", place, severity, least=least, most=most)
    columns = tuple(test.unique or ())
    return ModelTest(f"unique({', '.join(columns)})", table, "unique", place, severity, columns)


def _bounds(least: object, most: object) -> str:
    return f"{'' if least is None else least}…{'' if most is None else most}"
