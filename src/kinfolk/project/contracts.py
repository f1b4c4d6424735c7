"""From a contract as written to the frozen value that is enforced, compared and signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path as FilePath
from typing import Any

from kinfolk.errors import Mistake, ProjectError
from kinfolk.expressions import rule_query
from kinfolk.model.contract import Contract, Drift, Limit, OnDrift, OnViolation, Property, Quality, Reference
from kinfolk.model.place import Place
from kinfolk.project.document import Document, Path
from kinfolk.project.files import Parsed, parse
from kinfolk.project.written import contract as written
from kinfolk.project.yaml_reader import read_text

_BY_ROW = ("nullValues", "missingValues", "invalidValues", "duplicateValues")
_SOFT = ("info", "warning", "warn", "low")
# Keys that would promise something of the data if they were enforced.
_NOT_ENFORCED = {
    "object": ("minProperties", "maxProperties", "required"),
    "array": ("uniqueItems",),
    "timestamp": ("timezone", "defaultTimezone"),
    "time": ("timezone", "defaultTimezone"),
}


def read_contract(text: str, file: str) -> Contract:
    """A contract from the text of its file, wherever that came from. Errors: ProjectError lists every mistake."""
    document, mistakes = read_text(text, file)
    parsed, more = parse(document, written.ContractFile, None)
    if mistakes + more:
        raise ProjectError(mistakes + more)
    if not parsed.settings.schema_:
        raise ProjectError([Mistake(document.place(), "The contract describes no table.", "Write `schema:`.")])
    return contract(parsed, text)


def source_of(parsed: Parsed[written.ContractFile]) -> str:
    """The source a contract is for: its custom property `source`, or its file's name."""
    named = custom(parsed.settings.customProperties, "source")
    return str(named) if named is not None else parsed.stem.removesuffix(".odcs")


def custom(properties: Sequence[written.CustomProperty], name: str) -> Any:
    """The value of a custom property; None where it is not written."""
    return next((p.value for p in properties if p.property == name), None)


def contract(parsed: Parsed[written.ContractFile], text: str) -> Contract:
    """One file of contracts/ as a Contract. The file is known to hold no mistake."""
    settings, table = parsed.settings, parsed.settings.schema_[0]
    default = _on_violation(table.customProperties) or _on_violation(settings.customProperties)
    reading = _Reading(parsed.document, source_of(parsed), default or OnViolation.QUARANTINE)
    path: Path = ("schema", 0)
    described = settings.description
    about = table.description or (described.get("purpose") or "" if isinstance(described, dict) else described or "")
    return Contract(
        source=reading.source,
        place=parsed.document.place(),
        id=settings.id,
        version=settings.version.removeprefix("v"),
        status=settings.status,
        properties=tuple(reading.property(p, (*path, "properties", n)) for n, p in enumerate(table.properties)),
        quality=tuple(reading.qualities(table.quality, path, None)),
        drift=Drift(**{k: OnDrift(v) for k, v in (custom(settings.customProperties, "drift") or {}).items()}),
        written=text,
        others=tuple(_others(parsed.document, table, path)),
        description=str(about),
    )


def _on_violation(properties: Sequence[written.CustomProperty]) -> OnViolation | None:
    value = custom(properties, "onViolation")
    return None if value is None else OnViolation(value)


class _Reading:
    """One contract file while its rules are made."""

    def __init__(self, document: Document, source: str, default: OnViolation) -> None:
        self.document = document
        self.source = source
        self.default = default

    def property(self, p: written.Property, path: Path) -> Property:
        named = p.physicalName or p.name
        position = p.primaryKeyPosition if p.primaryKeyPosition and p.primaryKeyPosition > 0 else path[-1]
        until = custom(p.customProperties, "deprecatedUntil")
        on_violation = _on_violation(p.customProperties) or self.default
        return Property(
            name=named,
            place=self.document.place(*path),
            logical_type=p.logicalType,
            options=_options(p.logicalTypeOptions),
            required=p.required or p.primaryKey,
            unique=p.unique,
            primary_key=int(position) if p.primaryKey else None,
            enum=tuple(value.value for value in p.enum),
            references=tuple(self.references(p, path)),
            quality=tuple(self.qualities(p.quality, path, named, on_violation)),
            classification=p.classification,
            deprecated=p.deprecated,
            deprecated_until=None if until is None else date.fromisoformat(str(until)),
            on_violation=on_violation,
            physical_type=p.physicalType,
            description=p.description,
        )

    def references(self, p: written.Property, path: Path) -> Iterator[Reference]:
        for number, relationship in enumerate(p.relationships):
            table, _, column = str(relationship.to).partition(".")
            yield Reference(self.document.place(*path, "relationships", number), table, column)

    def qualities(
        self, rules: Sequence[written.Quality], path: Path, column: str | None, default: OnViolation | None = None
    ) -> Iterator[Quality]:
        for number, rule in enumerate(rules):
            if rule.type in ("library", "sql"):
                yield self.quality(rule, (*path, "quality", number), column, default or self.default)

    def quality(self, rule: written.Quality, path: Path, column: str | None, default: OnViolation) -> Quality:
        metric = "sql" if rule.type == "sql" else str(rule.metric or rule.rule)
        arguments = rule.arguments or written.Arguments()
        limit = limit_of(rule)
        missing = tuple(value for value in arguments.missingValues if value)
        soft = OnViolation.WARN if (rule.severity or "").lower() in _SOFT else None
        wanted = _on_violation(rule.customProperties) or soft or default
        rows = by_row(rule, metric, limit, column)
        return Quality(
            name=rule.name or str(rule.id or metric),
            place=self.document.place(*path),
            metric=metric,
            limit=limit,
            on_violation=OnViolation.FAIL if wanted is OnViolation.QUARANTINE and not rows else wanted,
            columns=tuple(arguments.properties) or ((column,) if column else ()),
            values=tuple(arguments.validValues) if metric == "invalidValues" else missing,
            pattern=arguments.pattern,
            query=rule.query,
        )


def limit_of(rule: written.Quality) -> Limit:
    """What the rule says its measure must be."""
    operator = next(name for name in written.OPERATORS if getattr(rule, name) is not None)
    value = getattr(rule, operator)
    values = tuple(float(v) for v in value) if isinstance(value, list) else (float(value),)
    return Limit(operator, values, (rule.unit or "rows") == "percent")


def by_row(rule: written.Quality, metric: str, limit: Limit, column: str | None) -> bool:
    """Whether the rule finds the very rows that break it, so that they can be set aside."""
    if metric == "sql":
        try:
            found = rule_query.condition(rule_query.parsed(rule.query or "", column))
        except ValueError:
            return False
        return found is not None and limit.none_allowed
    return metric in _BY_ROW and limit.none_allowed


def _options(options: written.Options) -> dict[str, str]:
    made = options.model_dump(exclude_none=True)
    return {name: value if isinstance(value, str) else f"{value:g}" for name, value in made.items() if _plain(value)}


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _others(document: Document, table: written.Table, path: Path) -> Iterator[tuple[str, Place]]:
    """What the standard can say and nothing here enforces."""
    if table.relationships:
        yield "relationships of several columns", document.place(*path, "relationships")
    for number, p in enumerate(table.properties):
        where: Path = (*path, "properties", number)
        for name in _NOT_ENFORCED.get(p.logicalType or "", ()):
            if document.at(*where, "logicalTypeOptions", name) is not None:
                yield f"`{name}` of `{p.name}`", document.place(*where, "logicalTypeOptions", name)
        if p.logicalType in ("map", "vector"):
            yield f"the type {p.logicalType} of `{p.name}`", document.place(*where, "logicalType")
        for key in ("properties", "items", "map"):
            if getattr(p, key) is not None:
                yield f"`{key}` inside `{p.name}`", document.place(*where, key)
        for index, rule in enumerate(p.quality):
            if rule.type in ("text", "custom"):
                yield f"a rule of type {rule.type}", document.place(*where, "quality", index)
    for index, rule in enumerate(table.quality):
        if rule.type in ("text", "custom"):
            yield f"a rule of type {rule.type}", document.place(*path, "quality", index)


def contract_text(folder: FilePath, file: str) -> str:
    """The text of a contract's file."""
    return (folder / file).read_text(encoding="utf-8-sig")
