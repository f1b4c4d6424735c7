"""sources/*.yml: where data comes from, and which of its columns feed which canonical columns."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache, partial
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

from kinfolk.model.interval import WORDS, interval
from kinfolk.project.suggest import listed, near
from kinfolk.project.written.base import (
    Country,
    Currency,
    DateOrder,
    DecimalMark,
    Text,
    TimeZone,
    Word,
    Words,
    Written,
    wrong,
)
from kinfolk.project.written.scalar import ScalarSql
from kinfolk.tables import landing
from kinfolk.tables.profiles import CUSTOMERS
from kinfolk.tables.staging import MAPPABLE, PERSON, ROW, UNREAD, canonical

# Canonical columns and connectors may be called like attributes pydantic itself has, so as fields they are prefixed.
_FIELD = "feeds_"
_TAKEN = {table.name.removeprefix("landing.") for table in landing.TABLES}


class Rule(Written):
    """How one canonical column is made: first non-empty of `columns`, `join`ed columns, a constant or SQL."""

    columns: list[Word] = Field(default=[], description="source columns; the first that is not empty")
    join: list[Word] = Field(default=[], description="source columns, joined by the text under `with`")
    with_: Text | None = Field(
        default=None, alias="with", description="the text between joined columns; a space if absent"
    )
    value: Text | None = Field(default=None, description="the same value for every row")
    sql: ScalarSql | None = Field(default=None, description="a DuckDB scalar expression over the source's columns")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in ("columns", "join", "value", "sql") if getattr(self, way) not in (None, [])]
        if not ways:
            raise wrong(
                "No column is named.", "Write a column's name, a list of names, or one of `join`, `value`, `sql`."
            )
        if len(ways) > 1:
            raise wrong(f"{listed(ways)} exclude each other.", "Keep one of them.")
        if self.with_ is not None and not self.join:
            raise wrong("`with` goes with `join` only.")
        return self


def _long_form(value: Any) -> Any:
    """`column` and `[a, b]` as {columns: …}."""
    if value is None or isinstance(value, (dict, BaseModel)):
        return {} if value is None else value
    return {"columns": value if isinstance(value, list) else [value]}


ColumnRule = Annotated[Rule, BeforeValidator(_long_form, json_schema_input_type=str | list[str] | Rule)]


class BelongsTo(Written):
    """Whose rows these are, when a source holds no person itself."""

    column: Word = Field(description="the source column that names the person")
    source: Word | None = Field(default=None, description="the source whose record_id `column` holds")
    key: Word | None = Field(default=None, description="the identity key, such as email, whose value `column` holds")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.source is None) == (self.key is None):
            raise wrong("Exactly one of `source` and `key` says whose rows these are.")
        return self


_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"(\d+) *(" + "|".join(_UNITS) + r")s?")


def _late(value: Any) -> timedelta | int:
    """`2 hours` as a time; a plain number as it is."""
    text = str(getattr(value, "text", value)).strip()
    if text.isdigit():
        return int(text)
    found = _DURATION.fullmatch(text)
    if found is None or len(found[1]) > 6:
        raise wrong("`late` cannot be read.", "Write a time such as `2 hours` or `3 days`, or a plain number.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


Late = Annotated[timedelta | int, PlainValidator(_late, json_schema_input_type=str | int)]


class SourceFile(Written):
    """One file of sources/, without its connector and its mappings, which `source_model` adds."""

    name: Annotated[Word, AfterValidator(lambda name: legal_name(name))] | None = Field(
        default=None, description="name of the source; the file's name if absent"
    )
    description: Text = ""
    owner: Word | None = Field(default=None, description="a domain or a person of owners.yml")
    purpose: Word | None = Field(default=None, description="what the data is collected for")
    lawful_basis: (
        Literal["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"]
        | None
    ) = Field(default=None, description="GDPR, article 6(1)")
    environment: Word | None = Field(default=None, description="one of the environments in kinfolk.yml")
    refresh: Annotated[Word, AfterValidator(lambda text: _often(text))] | None = Field(
        default=None, description="how often new data comes: daily, 1 hour, every 15 minutes …"
    )
    status: Literal["active", "paused", "retired"] = "active"
    record_id: Words = Field(default=[], description="the column, or columns, that identify a record in this source")
    observed_at: Word | None = Field(default=None, description="the column that says when the record was last changed")
    load: Literal["snapshot", "append", "incremental"] = Field(
        default="snapshot",
        description="snapshot: each load is the whole source; append: each load adds; incremental: each load is what "
        "is new by `cursor`",
    )
    cursor: Word | None = Field(
        default=None, description="with `load: incremental`: the column that grows with every change"
    )
    late: Late = Field(
        default=0, description="how far behind the cursor rows may still arrive: `2 hours`, or a number if it is one"
    )
    deleted: Word | None = Field(
        default=None, description="with `load: incremental`: the column that says that a record was deleted"
    )
    country: Country | None = Field(default=None, description="ISO 3166 code for phones and addresses that name none")
    currency: Currency | None = Field(default=None, description="ISO 4217 code for amounts that name none")
    dates: DateOrder | None = Field(default=None, description="order of day, month and year in dates such as 02/03/04")
    time_zone: TimeZone | None = Field(default=None, description="IANA zone of moments that name none")
    decimal: DecimalMark | None = Field(default=None, description="the decimal mark of amounts")
    belongs_to: BelongsTo | None = None

    def part(self, name: str) -> Any:
        """The settings under a connector's or a canonical table's key; None where the file has none."""
        return getattr(self, _FIELD + name)


class Mapped(Written):
    """Canonical columns of one table, and attributes beside them; `_mapped_model` makes one for each table."""

    table: ClassVar[str]
    columns: dict[str, ColumnRule] = {}
    attributes: dict[str, ColumnRule] = {}

    @model_validator(mode="before")
    @classmethod
    def _attributes_apart(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        columns = {name: rule for name, rule in value.items() if name != "attributes"}
        return {"columns": columns, "attributes": value.get("attributes") or {}}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of what people write: canonical columns as keys, so that editors complete them."""
        made = handler.resolve_ref_schema(handler(core))
        rule = made["properties"]["columns"]["additionalProperties"]
        columns = {name: {"description": column.about, **rule} for name, column in canonical(cls.table).items()}
        made["properties"] = {**columns, "attributes": made["properties"]["attributes"]}
        return made


def _often(text: str) -> str:
    """The text itself, when it says how often."""
    if interval(text) is None:
        like = near(text, WORDS)
        advice = f"Did you mean `{like}`?" if like else "Write `hourly`, `daily`, `1 hour`, `every 15 minutes` …"
        raise wrong(f"`refresh` does not say how often: `{text}`.", advice)
    return text


def legal_name(name: str) -> str:
    """The name itself, when a source may be called so; it becomes part of table names."""
    if not name.replace("_", "").replace("-", "").isalnum() or not name.isascii() or len(name) > 60:
        raise wrong(
            f"A source cannot be called `{name}`.",
            "Use up to 60 letters, digits, `_` and `-`; set `name:` to differ from the file.",
        )
    if name.lower() in _TAKEN:
        raise wrong(f"A source cannot be called `{name}`: a table of that name is ours.", "Choose another `name:`.")
    return name


def _mapped_model(table: str) -> type[Mapped]:
    known = canonical(table)
    ours = (*ROW, *PERSON, UNREAD, *(CUSTOMERS.columns if table == "people" else ()))
    taken = {column.name for column in ours} | set(known) | {"customer_id", "attributes"}

    def column(name: str) -> str:
        if name not in known:
            like = near(name, known)
            advice = f"Did you mean `{like}`?" if like else "A column of the company's own goes under `attributes:`."
            raise wrong(f"`{name}` is no canonical column of {table}.", advice)
        return name

    def attribute(name: str) -> str:
        if not (name.isidentifier() and name.isascii()):
            advice = "Use letters, digits and `_`, not beginning with a digit."
            raise wrong(f"`{name}` cannot be an attribute's name.", advice)
        if name.lower() in taken:
            advice = "Map it beside `attributes:`, or choose another name."
            raise wrong(f"`{name}` is the name of a column of ours, so it cannot be an attribute.", advice)
        return name

    columns: Any = dict[Annotated[str, AfterValidator(column)], ColumnRule]
    attributes: Any = dict[Annotated[str, AfterValidator(attribute)], ColumnRule]
    about: Any = Field(default={}, description="the company's own columns, kept as text")
    model = create_model(
        f"Mapped_{table}",
        __base__=Mapped,
        __doc__=f"Canonical columns of {table}.",
        columns=(columns, {}),
        attributes=(attributes, about),
    )
    model.table = table
    return model


@lru_cache(maxsize=8)
def source_model(connectors: tuple[tuple[str, type[BaseModel]], ...]) -> type[SourceFile]:
    """SourceFile with a field for each connector and for each canonical table."""
    fields: dict[str, Any] = {}
    for name, model in connectors:
        settings: Any = model
        form = partial(_options_form, short_key(model))
        options = Annotated[settings, BeforeValidator(form, json_schema_input_type=str | settings)]
        fields[_FIELD + name] = (options | None, Field(default=None, alias=name, description=f"read through `{name}`"))
    for table in MAPPABLE:
        feeds = Field(default=None, alias=table, description=f"columns that feed {table}")
        fields[_FIELD + table] = (_mapped_model(table) | None, feeds)
    return create_model("Source", __base__=SourceFile, __doc__="One place data comes from.", **fields)


def short_key(model: type[BaseModel]) -> str:
    """The setting that a connector's short form stands for: the first that must be written, such as a path."""
    return next((name for name, field in model.model_fields.items() if field.is_required()), "path")


def _options_form(key: str, value: Any) -> Any:
    """`file: data/x.csv` as {path: data/x.csv}."""
    return {key: value} if isinstance(value, str) else value
