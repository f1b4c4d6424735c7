"""PostgreSQL through ADBC: binary COPY into Arrow batches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlglot import exp

from kinfolk.connectors.database.adbc import AdbcDatabase, adbc_errors, kind_of, read_now
from kinfolk.connectors.database.options import PostgresOptions
from kinfolk.connectors.database.system import Field, by_name
from kinfolk.expressions.template import column, fill
from kinfolk.model.discovery import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

# Types whose values arrive whole in Arrow. The server writes all others as text: money would come as cents, and a
# timestamp that is infinite as one of long ago.
_TYPED = frozenset(
    ("bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar", "name", "bytea", "time")
)

# Smaller than the driver's own 16 MB: less memory, and a broken load has kept more.
_STATEMENT = {"adbc.postgresql.batch_size_hint_bytes": "4000000"}
_VERSION = "select current_setting('server_version')"
_TABLES = """
    select n.nspname, c.relname,
           array_agg(a.attname::text order by a.attnum),
           array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum),
           max(c.reltuples)::bigint,
           (select array_agg(k.attname::text order by array_position(i.indkey::int2[], k.attnum))
              from pg_index i join pg_attribute k on k.attrelid = i.indrelid and k.attnum = any (i.indkey)
             where i.indrelid = c.oid and i.indisprimary)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
       and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%'
       and has_table_privilege(c.oid, 'select')
     group by n.nspname, c.relname, c.oid
     order by 1, 2
"""


@dataclass(frozen=True)
class PostgresDatabase(AdbcDatabase):
    """A connection in one transaction that only reads, so that all of it sees one state of the data."""

    def version(self) -> str:
        """The server's version."""
        return f"PostgreSQL {self._ask(_VERSION)[0][0]}"

    def datasets(self) -> list[Dataset]:
        """Tables and views this user may read; rows as the server estimates them."""
        return [
            Dataset(
                f"{schema}.{name}",
                dict(zip(columns, types, strict=True)),
                tuple(key or ()),
                rows if rows >= 0 else None,
            )
            for schema, name, columns, types, rows, key in self._ask(_TABLES)
        ]

    def fields(self, query: exp.Query) -> dict[str, Field]:
        """The columns by PostgreSQL's own type names."""
        with self.connection.cursor() as cursor:
            schema = cursor.adbc_execute_schema(query.sql(dialect=self.dialect))
        return by_name((field.name, Field(_type(field), kind_of(_ordered(field)))) for field in schema)

    def value(self, name: str, field: Field) -> exp.Expression:
        """The column itself where Arrow has its type, else its text."""
        if field.type == "timestamptz":
            return fill("cast($c at time zone 'UTC' as text) || '+00:00'", c=column(name))
        return column(name) if field.type in _TYPED else exp.cast(column(name), "text")

    def bound(self, value: str, field: Field) -> exp.Expression:
        """A literal without a type: PostgreSQL gives it the column's."""
        return exp.Literal.string(value)

    def _ask(self, text: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall())


def _type(field: pa.Field[Any]) -> str:
    return (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode() or str(field.type)


def _ordered(field: pa.Field[Any]) -> pa.DataType:
    import pyarrow as pa

    return pa.decimal128(38, 9) if _type(field) == "numeric" else field.type


class Postgres:
    """PostgreSQL, and what speaks its protocol."""

    name = "PostgreSQL"

    def options(self, written: Mapping[str, Any]) -> PostgresOptions:
        """The settings, checked."""
        return PostgresOptions.model_validate(written)

    def place(self, options: PostgresOptions) -> str:
        """Server and database."""
        if options.dsn:
            return re.sub(r"^.*@|^.*://|\?.*$|password\s*=\s*\S+", "", options.dsn)
        return f"{options.host or 'localhost'}:{options.port or 5432}/{options.database or options.user or ''}"

    def fingerprint(self, options: PostgresOptions, folder: Path) -> str:
        """A database cannot say cheaply whether it changed, so each time is another."""
        return read_now()

    @contextmanager
    def connect(self, options: PostgresOptions, folder: Path) -> Iterator[PostgresDatabase]:
        """A connection whose one transaction can only read."""
        import adbc_driver_postgresql.dbapi as dbapi

        with dbapi.connect(_address(options)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
                cursor.execute("set local timezone = 'UTC'")
                cursor.execute("set local datestyle = 'ISO'")
            yield PostgresDatabase(connection, "postgres", _STATEMENT)

    def errors(self) -> tuple[type[Exception], ...]:
        """What ADBC raises."""
        import adbc_driver_postgresql  # noqa: F401  # its absence is an ImportError too

        return adbc_errors()


def _address(options: PostgresOptions) -> str:
    """The connection string for libpq, which gives up on a server that does not answer."""
    waiting = {"connect_timeout": str(options.timeout), "tcp_user_timeout": "60000", "keepalives_idle": "30"}
    settings = {"password": options.password or "", **waiting}
    if options.dsn and "://" in options.dsn:
        more = "&".join(f"{key}={quote(value, safe='')}" for key, value in settings.items() if value)
        return f"{options.dsn}{'&' if '?' in options.dsn else '?'}{more}"
    named = {"host": options.host, "port": options.port, "dbname": options.database, "user": options.user}
    words = [f"{key}={_quoted(str(value))}" for key, value in {**named, **settings}.items() if value]
    return " ".join([options.dsn or "", *words]).strip()


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


POSTGRES = Postgres()
