"""models/<name>.yml: what a model of the company's own promises, and the tests that hold it to that."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from kinfolk.project.written.base import Text, Word, Words, Written, wrong

Bound = int | float | Text
_KINDS = ("not_null", "unique", "accepted_values", "relationships", "range", "row_count")


class Bounds(Written):
    """The smallest and the greatest allowed; one of them may be left out."""

    min: Bound | None = None
    max: Bound | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise wrong("There is no bound here.", "Write `{min: …}`, `{max: …}` or both.")
        return self


class CountBounds(Written):
    """The fewest and the most rows allowed; one of them may be left out."""

    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise wrong("There is no bound here.", "Write `{min: …}`, `{max: …}` or both.")
        return self


class Reference(Written):
    """Where every value must be found."""

    to: Annotated[Word, Field(pattern=r"^[^.]+\.[^.]+\.[^.]+$")] = Field(description="schema.table.column")


class _Graded(Written):
    severity: Literal["fail", "warn"] = Field(default="fail", description="fail stops the run; warn only counts")

    @property
    def kind(self) -> str:
        """Which test it is."""
        return next(kind for kind in _KINDS if getattr(self, kind, None) not in (None, False))

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        written = [kind for kind in _KINDS if getattr(self, kind, None) not in (None, False)]
        known = [kind for kind in _KINDS if kind in type(self).model_fields]
        if len(written) != 1:
            what = f"Here stand {len(written)} tests in one." if written else "This is no test."
            raise wrong(what, f"Write one of {', '.join(known)}.")
        return self


class ColumnTest(_Graded):
    """Something that holds of a column."""

    not_null: Literal[True] | None = Field(default=None, description="it is never empty")
    unique: Literal[True] | None = Field(default=None, description="no value stands in two rows")
    accepted_values: list[int | float | bool | Text] | None = Field(default=None, description="what may stand there")
    relationships: Annotated[
        Reference | None,
        BeforeValidator(lambda v: {"to": v} if isinstance(v, str) else v, json_schema_input_type=str | Reference),
    ] = Field(default=None, description="every value is found in another table: schema.table.column")
    range: Bounds | None = Field(default=None, description="between two bounds, the bounds included")


class TableTest(_Graded):
    """Something that holds of a whole model."""

    unique: Words | None = Field(default=None, description="no two rows agree in all these columns")
    row_count: CountBounds | None = Field(default=None, description="how many rows there are")


def _short(value: Any) -> Any:
    """`not_null` as {not_null: true}."""
    word = getattr(value, "text", value)
    return {word: True} if isinstance(word, str) else value


OneColumnTest = Annotated[
    ColumnTest, BeforeValidator(_short, json_schema_input_type=Literal["not_null", "unique"] | ColumnTest)
]


class ColumnEntry(Written):
    """One column of the model."""

    about: Text = Field(default="", description="what stands in it")
    tests: list[OneColumnTest] = []


def _column_form(value: Any) -> Any:
    """`amount: what it cost` as {about: what it cost}."""
    if value is None:
        return {}
    return value if isinstance(value, (dict, BaseModel)) else {"about": value}


class ModelFile(Written):
    """The whole of models/<name>.yml."""

    description: Text = ""
    owner: Word | None = Field(default=None, description="a domain or a person of owners.yml")
    grain: Text = Field(default="", description="what one row stands for")
    keys: Words = Field(default=[], description="columns that identify a row; tested: never empty, never twice")
    columns: dict[
        Word, Annotated[ColumnEntry, BeforeValidator(_column_form, json_schema_input_type=str | ColumnEntry | None)]
    ] = Field(default={}, description="column -> what stands in it, or about and tests")
    tests: list[TableTest] = Field(default=[], description="what holds of the whole model")
