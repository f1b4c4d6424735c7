"""contracts/*.odcs.yaml: the Open Data Contract Standard, version 3. Every key of the standard may be written."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from kinfolk.project.suggest import hint
from kinfolk.project.written.base import Text, Word, Written, wrong

TYPES = ("string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean", "map", "vector")
OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)
_RANGE = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_MOMENT = (*_RANGE, "format", "timezone", "defaultTimezone")
OPTIONS: dict[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "date": (*_RANGE, "format"),
    "timestamp": _MOMENT,
    "time": _MOMENT,
    "number": (*_RANGE, "multipleOf", "format"),
    "integer": (*_RANGE, "multipleOf", "format"),
    "object": ("minProperties", "maxProperties", "required"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "boolean": (),
}
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+){0,2}")
# What RE2, which reads the patterns, has no way to do.
_NOT_IN_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|>)|\\[1-9]")


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise wrong(f"`{text}` is no version.", "Write three numbers, such as `1.0.0`: the first for breaking changes.")
    return text


def _standard(text: str) -> str:
    if not re.fullmatch(r"v3\.[0-9]+\.[0-9]+", text):
        raise wrong(f"The version {text} of the standard is not read here.", "Write `apiVersion: v3.1.0`.")
    return text


def _pattern(text: str) -> str:
    unknown = _NOT_IN_RE2.search(text)
    if unknown:
        raise wrong(f"The pattern uses `{unknown[0]}`, which is not understood.", "Do without looking around or back.")
    try:
        re.compile(text)
    except re.error as error:
        raise wrong(f"The pattern is no regular expression: {error.msg}.") from None
    return text


Pattern = Annotated[Word, AfterValidator(_pattern)]
Values = list[Text]
Limits = Annotated[list[float], Field(min_length=2, max_length=2)]


_ON_VIOLATION = ("fail", "quarantine", "warn")
_ON_DRIFT = ("allow", "warn", "fail")
_DRIFT = ("new", "missing", "retyped")


class CustomProperty(Written):
    """A setting the standard does not know: `property` names it. Ours: source, onViolation, drift, deprecatedUntil."""

    id: Any = None
    property: Word = ""
    value: Any = None
    description: Any = None
    vendor: Any = None

    @model_validator(mode="after")
    def _ours(self) -> Self:
        check = {"onViolation": _check_on_violation, "drift": _check_drift, "deprecatedUntil": _check_date}
        if self.property in check:
            check[self.property](self.value)
        return self


def _check_on_violation(value: Any) -> None:
    if value not in _ON_VIOLATION:
        raise wrong(f"`onViolation` cannot be `{value}`.", hint(str(value), _ON_VIOLATION))


def _check_drift(value: Any) -> None:
    if not isinstance(value, dict):
        raise wrong("`drift` takes keys and values.", "Write `{new: warn, missing: fail, retyped: fail}`.")
    for name, policy in value.items():
        if name not in _DRIFT:
            raise wrong(f"`{name}` is no kind of drift.", hint(str(name), _DRIFT))
        if policy not in _ON_DRIFT:
            raise wrong(f"Drift cannot be `{policy}`.", hint(str(policy), _ON_DRIFT))


def _check_date(value: Any) -> None:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        raise wrong(f"`{value}` is no date.", "Write it as 2027-03-31.") from None


class Relationship(Written):
    """A reference to another table's column, as `table.column`."""

    id: Any = None
    type: Any = None
    from_: Any = Field(default=None, alias="from")
    to: Text | Values = Field(default="", description="`source.column`")
    customProperties: list[CustomProperty] = []


class EnumValue(Written):
    """A value that is allowed."""

    id: Any = None
    value: Text = ""
    label: Any = None
    description: Any = None
    tags: Any = None
    customProperties: Any = None
    authoritativeDefinitions: Any = None


class Arguments(Written):
    """What a metric needs to know."""

    validValues: Values = Field(default=[], description="for invalidValues: the values that are valid")
    pattern: Pattern | None = Field(default=None, description="for invalidValues: what a valid value looks like")
    missingValues: list[Text | None] = Field(default=[], description="for missingValues: what counts as no value")
    properties: Values = Field(default=[], description="for duplicateValues of a table: the columns")


class Quality(Written):
    """A quality rule: a metric of the library, or SQL that returns one number, and what that must be."""

    id: Any = None
    type: Literal["library", "sql", "text", "custom"] = "library"
    name: Text | None = None
    metric: Literal["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"] | None = None
    rule: Literal["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"] | None = Field(
        default=None, description="the older name of `metric`"
    )
    arguments: Arguments | None = None
    query: Word | None = Field(default=None, description="one SELECT over `${table}` that returns one number")
    mustBe: float | None = None
    mustNotBe: float | None = None
    mustBeGreaterThan: float | None = None
    mustBeGreaterOrEqualTo: float | None = None
    mustBeLessThan: float | None = None
    mustBeLessOrEqualTo: float | None = None
    mustBeBetween: Limits | None = None
    mustNotBeBetween: Limits | None = None
    unit: Text | None = Field(default=None, description="rows or percent; rows if absent")
    description: Text | None = None
    severity: Text | None = None
    customProperties: list[CustomProperty] = []
    dimension: Any = None
    businessImpact: Any = None
    method: Any = None
    schedule: Any = None
    scheduler: Any = None
    tags: Any = None
    engine: Any = None
    implementation: Any = None
    authoritativeDefinitions: Any = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.type in ("text", "custom"):
            return self
        if self.type == "library" and self.metric is None and self.rule is None:
            raise wrong("The rule has no `metric`.", "Write `metric: nullValues`, for example, and `mustBe: 0`.")
        if self.type == "sql" and self.query is None:
            raise wrong("The rule has no `query`.", "Write `query: SELECT COUNT(*) FROM ${table} WHERE …`.")
        said = [operator for operator in OPERATORS if getattr(self, operator) is not None]
        if len(said) != 1:
            what = (
                "Nothing says what the measure must be." if not said else f"{said[0]} and {said[1]} exclude each other."
            )
            raise wrong(what, "Write one of mustBe, mustBeLessThan, mustBeBetween and their like.")
        return self


def _known_options(value: Any) -> Any:
    """logicalTypeOptions as the type allows them; told with the type, because the standard has them by type."""
    if not isinstance(value, dict) or not isinstance(value.get("logicalTypeOptions"), dict):
        return value
    allowed = OPTIONS.get(str(value.get("logicalType")))
    if allowed is not None:
        for name in value["logicalTypeOptions"]:
            if name not in allowed:
                what = f"`{name}` is no option of the type {value['logicalType']}."
                raise wrong(what, hint(str(name), allowed) or "It takes none.")
    return value


class Options(Written):
    """logicalTypeOptions: what a value of the type must be."""

    pattern: Pattern | None = Field(default=None, description="a regular expression that is found in the value")
    format: Text | None = Field(default=None, description="email, uuid …; of dates and times such as yyyy-MM-dd")
    minLength: int | None = Field(default=None, ge=0)
    maxLength: int | None = Field(default=None, ge=0)
    minimum: Text | None = None
    maximum: Text | None = None
    exclusiveMinimum: Text | None = None
    exclusiveMaximum: Text | None = None
    multipleOf: float | None = Field(default=None, gt=0)
    minItems: int | None = Field(default=None, ge=0)
    maxItems: int | None = Field(default=None, ge=0)
    uniqueItems: bool | None = None
    minProperties: int | None = Field(default=None, ge=0)
    maxProperties: int | None = Field(default=None, ge=0)
    required: Values | None = None
    timezone: Any = None
    defaultTimezone: Any = None


class Property(Written):
    """A column: what its values are."""

    @model_validator(mode="before")
    @classmethod
    def _options_of_the_type(cls, value: Any) -> Any:
        return _known_options(value)

    id: Any = None
    name: Word = Field(default="", description="the column, as it is called in the data")
    physicalName: Word | None = Field(default=None, description="the column in the data, where `name` is another")
    physicalType: Text | None = None
    logicalType: (
        Literal[
            "string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean", "map", "vector"
        ]
        | None
    ) = Field(default=None, description="what its text can be read as")
    logicalTypeOptions: Options = Options()
    required: bool = Field(default=False, description="whether every row has a value")
    unique: bool = Field(default=False, description="whether no two rows have the same value")
    primaryKey: bool = False
    primaryKeyPosition: int | None = None
    enum: list[EnumValue] = Field(default=[], description="the values that are allowed")
    relationships: list[Relationship] = []
    classification: Text | None = Field(default=None, description="public, internal, confidential, restricted")
    deprecated: bool = Field(default=False, description="whether it will go; `deprecatedUntil` says when")
    quality: list[Quality] = []
    customProperties: list[CustomProperty] = []
    description: Text = ""
    businessName: Any = None
    synonyms: Any = None
    tags: Any = None
    semanticType: Any = None
    partitioned: Any = None
    partitionKeyPosition: Any = None
    encryptedName: Any = None
    transformSourceObjects: Any = None
    transformLogic: Any = None
    transformDescription: Any = None
    examples: Any = None
    criticalDataElement: Any = None
    authoritativeDefinitions: Any = None
    properties: Any = None
    items: Any = None
    map: Any = None


class Table(Written):
    """The table: its columns and what holds for all of it."""

    id: Any = None
    name: Word = ""
    physicalName: Any = None
    physicalType: Any = None
    logicalType: Any = None
    description: Text = ""
    businessName: Any = None
    deprecated: Any = None
    properties: list[Property] = []
    relationships: list[Relationship] = []
    quality: list[Quality] = []
    customProperties: list[CustomProperty] = []
    dataGranularityDescription: Any = None
    synonyms: Any = None
    tags: Any = None
    context: Any = None
    authoritativeDefinitions: Any = None


def _as_objects(value: Any) -> Any:
    """None, where a key is written with nothing below it, as an empty list."""
    return [] if value is None else value


class ContractFile(Written):
    """What a source promises, in the Open Data Contract Standard 3."""

    apiVersion: Annotated[Word, AfterValidator(_standard)] = Field(default="v3.1.0", description="of the standard")
    kind: Literal["DataContract"] = "DataContract"
    id: Word = ""
    name: Text | None = None
    version: Annotated[Word, AfterValidator(_version)] = Field(
        default="1.0.0", description="MAJOR.MINOR.PATCH; a breaking change needs a new MAJOR"
    )
    status: Text = "active"
    schema_: Annotated[list[Table], BeforeValidator(_as_objects)] = Field(
        default=[], alias="schema", description="exactly one table"
    )
    description: Any = None
    customProperties: list[CustomProperty] = Field(default=[], description="source, onViolation, drift")
    servers: Any = None
    tenant: Any = None
    tags: Any = None
    dataProduct: Any = None
    domain: Any = None
    support: Any = None
    price: Any = None
    team: Any = None
    roles: Any = None
    slaDefaultElement: Any = None
    slaProperties: Any = None
    authoritativeDefinitions: Any = None
    contractCreatedTs: Any = None
    context: Any = None
