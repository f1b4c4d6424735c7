"""What a table promises to those who read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Erasure(StrEnum):
    """What erasing a person does to this table."""

    DELETE_ROWS = "delete rows"  # rows of the person's records or customer go
    REBUILD = "rebuild"  # made anew from tables already erased
    KEEP = "keep"  # holds nothing about a person


@dataclass(frozen=True)
class Column:
    """One column. `kind` says how a source's text is standardised into it, where a source feeds it."""

    name: str
    type: str
    about: str
    kind: str | None = None


@dataclass(frozen=True)
class Table:
    """A table's promise.

    grain    what one row stands for
    keys     columns that identify a row
    subject  the column that leads to the person a row is about; None where there is none
    """

    name: str
    grain: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    subject: str | None
    erasure: Erasure

    def column(self, name: str) -> Column:
        """The column of that name (KeyError if there is none)."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def types(self) -> dict[str, str]:
        """Column name -> DuckDB type, in order."""
        return {column.name: column.type for column in self.columns}
