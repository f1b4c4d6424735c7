"""Checks of contracts against themselves, each other and the sources they are for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kinfolk.errors import Mistake
from kinfolk.expressions import rule_query
from kinfolk.model.contract import OnViolation
from kinfolk.project.contracts import by_row, custom, limit_of, source_of
from kinfolk.project.document import Path
from kinfolk.project.files import Files, Parsed
from kinfolk.project.suggest import hint
from kinfolk.project.written.contract import ContractFile, Property, Quality

_TABLE: Path = ("schema", 0)
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def sources_known(files: Files) -> Iterator[Mistake]:
    """A contract is for a source there is, and a source has one contract."""
    names = files.source_names()
    first: dict[str, Parsed[ContractFile]] = {}
    for parsed in _readable(files):
        name = source_of(parsed)
        place = parsed.written.place("customProperties")
        if name not in names:
            advice = hint(name, names) or "Call the file SOURCE.odcs.yaml, or write the custom property `source`."
            yield Mistake(place, f"There is no source `{name}` for this contract.", advice)
        other = first.setdefault(name, parsed)
        if other is not parsed:
            yield Mistake(place, f"`{name}` has another contract: {other.written.file}.", "Keep one of them.")


def one_table(files: Files) -> Iterator[Mistake]:
    """A contract has an id and a version, and describes exactly one table with at least one column, each named once."""
    for parsed in _readable(files):
        document, tables = parsed.written, parsed.settings.schema_
        for key in ("apiVersion", "kind", "id", "version"):
            if document.at(key) is None:
                yield Mistake(document.place(), f"`{key}` is missing.", "The standard asks for it.")
        if len(tables) != 1 and not isinstance(document.at("schema"), dict):
            what = "The contract describes no table." if not tables else "The contract describes several tables."
            yield Mistake(document.place("schema"), what, "Write one contract for each source.")
            continue
        seen: dict[str, str] = {}
        for path, p in _properties(parsed):
            name = p.physicalName or p.name
            if not name:
                yield Mistake(parsed.document.place(*path), "The column has no `name`.")
            elif name.lower() in seen:
                yield Mistake(parsed.document.place(*path), f"The column `{name}` is described twice.")
            seen[name.lower()] = name
        if tables and not tables[0].properties:
            yield Mistake(document.place("schema"), "The contract describes no column.", "List them: `properties:`.")


def limits_read(files: Files) -> Iterator[Mistake]:
    """Minimum and maximum are values of the column's type."""
    for parsed in _readable(files):
        for path, p in _properties(parsed):
            for name in _LIMITS:
                text = getattr(p.logicalTypeOptions, name)
                if text is not None and not _fits(text, p.logicalType):
                    what = f"`{name}` is `{text}`, which is no {p.logicalType}."
                    yield Mistake(parsed.document.place(*path, "logicalTypeOptions", name), what)


def references_known(files: Files) -> Iterator[Mistake]:
    """A reference leads to a column of a source there is, and no two sources wait for each other."""
    names = files.source_names()
    described = {source_of(parsed): parsed for parsed in _readable(files)}
    waits: dict[str, set[str]] = {}
    for parsed in _readable(files):
        for path, p in _properties(parsed):
            for number, relationship in enumerate(p.relationships):
                place = parsed.document.place(*path, "relationships", number)
                source, _, column = str(relationship.to).partition(".")
                if not column:
                    yield Mistake(place, "The reference names no column.", "Write `to: source.column`.")
                elif source not in names:
                    yield Mistake(place, f"There is no source `{source}` to refer to.", hint(source, names))
                elif source in described and column not in (known := _names(described[source])):
                    what = f"`{column}` is no column in the contract of `{source}`."
                    yield Mistake(place, what, hint(column, known))
                else:
                    waits.setdefault(source_of(parsed), set()).add(source)
                    if source != source_of(parsed) and _leads(waits, source, source_of(parsed)):
                        what = f"`{source}` and `{source_of(parsed)}` refer to each other, so neither can be first."
                        yield Mistake(place, what, "Take one of the references away.")


def queries_sound(files: Files) -> Iterator[Mistake]:
    """SQL of a rule reads the rows that arrive and nothing else; a rule that finds no rows cannot set any aside."""
    for parsed in _readable(files):
        known = _names(parsed)
        for path, rule, column in _qualities(parsed):
            place = parsed.document.place(*path)
            if rule.type == "sql" and rule.query:
                try:
                    tree = rule_query.parsed(rule.query, column)
                except ValueError as problem:
                    yield Mistake(place, str(problem), "Write `SELECT COUNT(*) FROM ${table} WHERE …`.")
                    continue
                for name in rule_query.columns(tree):
                    if name.lower() not in {k.lower() for k in known}:
                        yield Mistake(place, f"`{name}` is no column of the contract.", hint(name, known))
            elif rule.type == "library":
                yield from _arguments(parsed, path, rule, column)
            if rule.type in ("library", "sql"):
                yield from _quarantine_possible(parsed, path, rule, column)


def _arguments(parsed: Parsed[ContractFile], path: Path, rule: Quality, column: str | None) -> Iterator[Mistake]:
    place, metric = parsed.document.place(*path), rule.metric or rule.rule
    given = rule.arguments
    if metric == "invalidValues" and not (given and (given.validValues or given.pattern)):
        advice = "Write `arguments: {validValues: […]}` or `arguments: {pattern: …}`."
        yield Mistake(place, "Nothing says which values are valid.", advice)
    if metric == "missingValues" and not (given and given.missingValues):
        yield Mistake(place, "Nothing says what counts as missing.", "Write `arguments: {missingValues: ['', 'n/a']}`.")
    if metric in ("nullValues", "missingValues", "invalidValues") and column is None:
        yield Mistake(place, f"`{metric}` is a rule of a column.", "Put it below the column, under `quality`.")
    if metric == "duplicateValues" and column is None:
        wanted = given.properties if given else []
        if not wanted:
            yield Mistake(place, "Nothing says which columns must differ.", "Write `arguments: {properties: [a, b]}`.")
        for name in wanted:
            if name not in (known := _names(parsed)):
                yield Mistake(place, f"`{name}` is no column of the contract.", hint(name, known))


def _quarantine_possible(
    parsed: Parsed[ContractFile], path: Path, rule: Quality, column: str | None
) -> Iterator[Mistake]:
    metric = "sql" if rule.type == "sql" else str(rule.metric or rule.rule)
    asked = custom(rule.customProperties, "onViolation")
    if asked == OnViolation.QUARANTINE and not by_row(rule, metric, limit_of(rule), column):
        what = "This rule measures the whole load, so it cannot say which rows to quarantine."
        yield Mistake(parsed.document.place(*path), what, "Write `fail` or `warn`, or allow none (`mustBe: 0`).")


def _fits(text: str, kind: str | None) -> bool:
    try:
        if kind in ("integer", "number"):
            float(text)
        elif kind == "date":
            date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _leads(waits: dict[str, set[str]], start: str, goal: str) -> bool:
    seen, found = set(), [start]
    while found:
        name = found.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            found += waits.get(name, ())
    return False


def _names(parsed: Parsed[ContractFile]) -> list[str]:
    return [p.physicalName or p.name for _, p in _properties(parsed)]


def _properties(parsed: Parsed[ContractFile]) -> Iterator[tuple[Path, Property]]:
    for table in parsed.settings.schema_[:1]:
        for number, p in enumerate(table.properties):
            yield (*_TABLE, "properties", number), p


def _qualities(parsed: Parsed[ContractFile]) -> Iterator[tuple[Path, Quality, str | None]]:
    for path, p in _properties(parsed):
        for number, rule in enumerate(p.quality):
            yield (*path, "quality", number), rule, p.physicalName or p.name
    for table in parsed.settings.schema_[:1]:
        for number, rule in enumerate(table.quality):
            yield (*_TABLE, "quality", number), rule, None


def _readable(files: Files) -> Iterator[Parsed[ContractFile]]:
    return (parsed for parsed in files.contracts if parsed.written.readable)
