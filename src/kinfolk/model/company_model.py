"""The company's own tables: one SELECT or one Python function each, with what they promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kinfolk.model.place import Place


class Language(StrEnum):
    """What a model is written in."""

    SQL = "sql"
    PYTHON = "python"


class Severity(StrEnum):
    """What a failed test does."""

    FAIL = "fail"  # the run stops and nothing is published
    WARN = "warn"  # the run goes on; the failures are counted


@dataclass(frozen=True)
class ModelTest:
    """One thing that must hold of the data.

    name     says which test it is; unique among a model's tests
    table    the table it is about; None for SQL that reads several
    kind     not_null, unique, accepted_values, relationships, range, row_count, or sql
    columns  columns it looks at
    values   accepted_values: what may stand there
    to       relationships: the table and column every value must be found in
    least    range, row_count: the smallest allowed; `most` the greatest; None = no bound
    sql      kind sql: one SELECT that returns the rows that are wrong
    """

    name: str
    table: str | None
    kind: str
    place: Place
    severity: Severity = Severity.FAIL
    columns: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    to: tuple[str, str] | None = None
    least: Any = None
    most: Any = None
    sql: str | None = None


@dataclass(frozen=True)
class ModelColumn:
    """What the company says of one column."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class CompanyModel:
    """One table of the company's own, published as models.<name>.

    text     the file as it stands: a SELECT in DuckDB's dialect, or a Python module with `READS` and `model(inputs)`
    reads    tables it reads, as schema.name
    inputs   Python: name the function gets a table under -> the table
    origins  Python: output column -> columns it is made from, as input.column; empty where nothing was declared
    """

    name: str
    place: Place
    language: Language
    text: str
    reads: tuple[str, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    description: str = ""
    owner: str | None = None
    grain: str = ""
    keys: tuple[str, ...] = ()
    columns: tuple[ModelColumn, ...] = ()
    tests: tuple[ModelTest, ...] = ()

    @property
    def table(self) -> str:
        """The published table."""
        return f"models.{self.name}"
