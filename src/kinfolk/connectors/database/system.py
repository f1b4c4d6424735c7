"""What one kind of database has to know so that its tables can be read like those of all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlglot import exp

from kinfolk.errors import SourceError
from kinfolk.model.discovery import Dataset

if TYPE_CHECKING:
    import pyarrow as pa
    from pydantic import BaseModel


class Kind(StrEnum):
    """How the values of a column are ordered."""

    NUMBER = "number"
    MOMENT = "moment"
    TEXT = "text"
    ANY = "any"  # each value by its own type


@dataclass(frozen=True)
class Field:
    """A column: the database's own name of its type, and the order of its values."""

    type: str
    kind: Kind = Kind.TEXT


def by_name(fields: Iterable[tuple[str, Field]]) -> dict[str, Field]:
    """Columns by their names. Errors: SourceError when two have the same, for only one of them could be asked for."""
    found: dict[str, Field] = {}
    for name, field in fields:
        if name in found:
            raise SourceError(f"Two columns are named {name!r}.", hint="Give one of them another name in `query`.")
        found[name] = field
    return found


class Database(Protocol):
    """A connection that is open, for reading only."""

    def version(self) -> str:
        """What answers: product and version."""

    def datasets(self) -> list[Dataset]:
        """Every table and view that may be read, sorted by name."""

    def fields(self, query: exp.Query) -> dict[str, Field]:
        """The columns the query would give."""

    def value(self, name: str, field: Field) -> exp.Expression:
        """The column as it has to be asked for so that its value arrives whole."""

    def bound(self, value: str, field: Field) -> exp.Expression:
        """A value of a cursor as a literal that the database compares by the column's own order."""

    def batches(self, query: exp.Query) -> Iterator[pa.RecordBatch]:
        """The rows, as they come."""


class System(Protocol):
    """One kind of database."""

    name: str

    def options(self, written: Mapping[str, Any]) -> BaseModel:
        """The settings, checked."""

    def place(self, options: Any) -> str:
        """Where the database is, for people: no secret is in it."""

    def fingerprint(self, options: Any, folder: Path) -> str:
        """What changes whenever the rows may have."""

    def connect(self, options: Any, folder: Path) -> AbstractContextManager[Database]:
        """An open connection. Errors: whatever the driver raises; `errors` says which those are."""

    def errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises. Errors: ImportError if it is not installed."""
