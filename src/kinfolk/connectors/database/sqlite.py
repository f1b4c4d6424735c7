"""SQLite files. Cells have types of their own there, whatever their column declares, so each becomes text by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from kinfolk.connectors.database.files import database_file, fingerprint_of
from kinfolk.connectors.database.options import FileDatabaseOptions
from kinfolk.connectors.database.rows import batches_of
from kinfolk.connectors.database.system import Field, Kind, by_name
from kinfolk.expressions.template import column
from kinfolk.model.discovery import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

_TABLES = "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'"


@dataclass(frozen=True)
class SqliteDatabase:
    """An open SQLite file."""

    connection: sqlite3.Connection

    def version(self) -> str:
        """The version of the library that reads it."""
        self.connection.execute("select count(*) from sqlite_master").fetchone()  # fails where it is no database
        return f"SQLite {sqlite3.sqlite_version}"

    def datasets(self) -> list[Dataset]:
        """Tables and views with their declared types."""
        return [self._dataset(name) for (name,) in self.connection.execute(_TABLES + " order by name").fetchall()]

    def _dataset(self, name: str) -> Dataset:
        about = self.connection.execute("select name, type, pk from pragma_table_info(?)", (name,)).fetchall()
        key = [column for _, column in sorted((pk, column) for column, _, pk in about if pk)]
        return Dataset(name, {column: kind for column, kind, _ in about}, tuple(key))

    def fields(self, query: exp.Query) -> dict[str, Field]:
        """The columns; text where SQLite would compare them as text."""
        found = self.connection.execute(query.limit(0).sql(dialect="sqlite"))
        names = [description[0] for description in found.description]
        [table] = [t.name for t in query.find_all(exp.Table)] or [""]
        declared = {name.lower(): kind for name, kind in self._dataset(table).columns.items()} if table else {}
        kinds = [declared.get(name.lower(), "") for name in names]
        return by_name((name, Field(kind, _kind(kind))) for name, kind in zip(names, kinds, strict=True))

    def value(self, name: str, field: Field) -> exp.Expression:
        """The column itself."""
        return column(name)

    def bound(self, value: str, field: Field) -> exp.Expression:
        """A number where it is one and the column is not of text; SQLite orders numbers before all text."""
        if field.kind is Kind.TEXT or not _is_number(value):
            return exp.Literal.string(value)
        return exp.Literal.number(value)

    def batches(self, query: exp.Query) -> Iterator[pa.RecordBatch]:
        """The rows as text."""
        found = self.connection.execute(query.sql(dialect="sqlite"))
        yield from batches_of([d[0] for d in found.description], found.fetchmany, _text)


def _kind(declared: str) -> Kind:
    """By SQLite's rules of affinity: CHAR, CLOB or TEXT in a type's name makes its column text."""
    return Kind.TEXT if any(word in declared.upper() for word in ("CHAR", "CLOB", "TEXT")) else Kind.ANY


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


def _text(cell: Any) -> str | None:
    """Numbers with all their digits, bytes as text or else in hexadecimal; None if empty."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        return _decoded(cell)
    if isinstance(cell, float):
        return format(Decimal(int(cell)) if cell.is_integer() else Decimal(repr(cell)), "f")
    return str(cell)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.hex().upper()


class Sqlite:
    """A SQLite database in a file."""

    name = "SQLite"

    def options(self, written: Mapping[str, Any]) -> FileDatabaseOptions:
        """The settings, checked."""
        return FileDatabaseOptions.model_validate(written)

    def place(self, options: FileDatabaseOptions) -> str:
        """The file."""
        return options.path

    def fingerprint(self, options: FileDatabaseOptions, folder: Path) -> str:
        """sha256 of the file and of the log beside it."""
        return fingerprint_of(options.path, folder, ("-wal", "-journal"))

    @contextmanager
    def connect(self, options: FileDatabaseOptions, folder: Path) -> Iterator[SqliteDatabase]:
        """The file, open for reading, seen in one state."""
        file = database_file(options.path, folder)
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=15)) as connection:
            connection.text_factory = _decoded
            connection.execute("begin")
            yield SqliteDatabase(connection)

    def errors(self) -> tuple[type[Exception], ...]:
        """What the library raises."""
        return (sqlite3.Error,)


SQLITE = Sqlite()
