"""Any database with an Arrow driver (ADBC); rows come in Arrow batches all the way."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from kinfolk.connectors.database.options import AdbcOptions
from kinfolk.connectors.database.system import Field, Kind, by_name
from kinfolk.expressions.template import column
from kinfolk.model.discovery import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

_DIALECTS = ("snowflake", "bigquery", "databricks", "redshift", "sqlite", "duckdb", "postgres", "mysql", "trino")


@dataclass(frozen=True)
class AdbcDatabase:
    """A connection through any ADBC driver. dialect: the SQL it speaks; statement: options of the driver's own."""

    connection: Any
    dialect: str
    statement: Mapping[str, str] = field(default_factory=dict)

    def version(self) -> str:
        """Product and version, as the driver tells them."""
        info = self.connection.adbc_get_info()
        named = [str(info[key]) for key in ("vendor_name", "vendor_version") if info.get(key)]
        return " ".join(named) or str(info.get("driver_name", "A database"))

    def datasets(self) -> list[Dataset]:
        """Tables and views of every schema, as far as the driver lists them."""
        found = []
        for catalogue in self.connection.adbc_get_objects(depth="all").read_all().to_pylist():
            for schema in catalogue["catalog_db_schemas"] or ():
                for table in schema["db_schema_tables"] or ():
                    name = ".".join(filter(None, (schema["db_schema_name"], table["table_name"])))
                    columns = {c["column_name"]: c["xdbc_type_name"] or "" for c in table["table_columns"] or ()}
                    found.append(Dataset(name, columns, _key(table)))
        return sorted(found, key=lambda dataset: dataset.name)

    def fields(self, query: exp.Query) -> dict[str, Field]:
        """The columns by the Arrow types the driver gives them."""
        schema = self._schema(query)
        return by_name((field.name, Field(str(field.type), kind_of(field.type))) for field in schema)

    def value(self, name: str, field: Field) -> exp.Expression:
        """The column itself."""
        return column(name)

    def bound(self, value: str, field: Field) -> exp.Expression:
        """A number, or the text cast to a moment."""
        if field.kind is Kind.NUMBER:
            return exp.Literal.number(value)
        if field.kind is Kind.TEXT:
            return exp.Literal.string(value)
        kind = "date" if field.type.startswith("date") else "timestamptz" if "tz=" in field.type else "timestamp"
        return exp.cast(exp.Literal.string(value), kind)

    def batches(self, query: exp.Query) -> Iterator[pa.RecordBatch]:
        """The driver's own batches, held one at a time."""
        with self.connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**self.statement)
            cursor.execute(query.sql(dialect=self.dialect))
            yield from cursor.fetch_record_batch()

    def _schema(self, query: exp.Query) -> pa.Schema:
        with self.connection.cursor() as cursor:
            cursor.execute(query.limit(0).sql(dialect=self.dialect))
            schema: pa.Schema = cursor.fetch_record_batch().schema
            return schema


def kind_of(type_: pa.DataType) -> Kind:
    """How values of an Arrow type are ordered."""
    import pyarrow as pa

    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return Kind.NUMBER
    return Kind.MOMENT if pa.types.is_timestamp(type_) or pa.types.is_date(type_) else Kind.TEXT


def _key(table: Mapping[str, Any]) -> tuple[str, ...]:
    constraints = table["table_constraints"] or ()
    keys = [c["constraint_column_names"] for c in constraints if c["constraint_type"] == "PRIMARY KEY"]
    return tuple(keys[0]) if keys else ()


class Adbc:
    """Any database an ADBC driver is installed for."""

    name = "The database"

    def options(self, written: Mapping[str, Any]) -> AdbcOptions:
        """The settings, checked."""
        return AdbcOptions.model_validate(written)

    def place(self, options: AdbcOptions) -> str:
        """The driver's name: its address may hold secrets."""
        return options.driver

    def fingerprint(self, options: AdbcOptions, folder: Path) -> str:
        """A database cannot say cheaply whether it changed, so each time is another."""
        return read_now()

    @contextmanager
    def connect(self, options: AdbcOptions, folder: Path) -> Iterator[AdbcDatabase]:
        """A connection through the driver of that package, else of that library."""
        import adbc_driver_manager.dbapi as dbapi

        settings = {**({"uri": options.uri} if options.uri else {}), **options.options}
        with dbapi.connect(_driver(options.driver), db_kwargs=settings) as connection:
            yield AdbcDatabase(connection, options.dialect or _dialect(options.driver))

    def errors(self) -> tuple[type[Exception], ...]:
        """What ADBC raises."""
        return adbc_errors()


def adbc_errors() -> tuple[type[Exception], ...]:
    """What is raised while asking, and while reading what was asked for. Errors: ImportError without ADBC."""
    import adbc_driver_manager
    import pyarrow as pa

    return (adbc_driver_manager.Error, pa.ArrowException, OSError)


def read_now() -> str:
    """A fingerprint that is never the same twice."""
    return f"read at {datetime.now(UTC).isoformat()}"


def _driver(name: str) -> str:
    if not name.isidentifier():
        return name
    try:
        return str(importlib.import_module(name)._driver_path())
    except (ImportError, AttributeError):
        return name


def _dialect(driver: str) -> str:
    return next((name for name in _DIALECTS if name in driver.lower()), "")


ADBC = Adbc()
