"""MySQL and MariaDB: a cursor on the server's side, values in the text the server writes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from kinfolk.connectors.database.adbc import read_now
from kinfolk.connectors.database.options import MysqlOptions
from kinfolk.connectors.database.rows import batches_of
from kinfolk.connectors.database.system import Field, Kind, by_name
from kinfolk.expressions.template import column, fill
from kinfolk.model.discovery import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

_TABLES = """
    select t.table_name, t.table_rows, c.column_name, c.column_type, c.column_key
      from information_schema.tables t
      join information_schema.columns c on c.table_schema = t.table_schema and c.table_name = t.table_name
     where t.table_schema = database()
     order by t.table_name, c.ordinal_position
"""


@dataclass(frozen=True)
class MysqlDatabase:
    """A connection in one transaction that only reads."""

    connection: Any

    def version(self) -> str:
        """The server's version."""
        with self.connection.cursor() as cursor:
            cursor.execute("select version()")
            said = cursor.fetchone()[0]
        return f"{'MariaDB' if 'MariaDB' in said else 'MySQL'} {said.split('-')[0]}"

    def datasets(self) -> list[Dataset]:
        """Tables and views of the database; rows as the server estimates them."""
        found: dict[str, tuple[str | None, dict[str, str], list[str]]] = {}
        with self.connection.cursor() as cursor:
            cursor.execute(_TABLES)
            for table, rows, name, kind, key in cursor.fetchall():
                _, columns, keys = found.setdefault(table, (rows, {}, []))
                columns[name] = kind
                keys += [name] if key == "PRI" else []
        return [
            Dataset(table, columns, tuple(keys), None if rows is None else int(rows))
            for table, (rows, columns, keys) in sorted(found.items())
        ]

    def fields(self, query: exp.Query) -> dict[str, Field]:
        """The columns by the types of MySQL's protocol."""
        from pymysql.constants import FIELD_TYPE

        names = {code: name.lower() for name, code in vars(FIELD_TYPE).items() if isinstance(code, int)}
        with self.connection.cursor() as cursor:
            cursor.execute(query.limit(0).sql(dialect="mysql"))
            described = [(d[0], names.get(d[1], "")) for d in cursor.description]
        return by_name((name, Field(kind, _kind(kind))) for name, kind in described)

    def value(self, name: str, field: Field) -> exp.Expression:
        """The column itself; a FLOAT with all its digits, of which MySQL writes only six; a BIT as the number it is."""
        if field.type == "bit":
            return fill("$c + 0", c=column(name))
        return fill("$c + 0e0", c=column(name)) if field.type == "float" else column(name)

    def bound(self, value: str, field: Field) -> exp.Expression:
        """A number as a number: against text MySQL would compare both as doubles."""
        return exp.Literal.number(value) if field.kind is Kind.NUMBER else exp.Literal.string(value)

    def batches(self, query: exp.Query) -> Iterator[pa.RecordBatch]:
        """The rows as text, never all of them at once."""
        from pymysql.cursors import SSCursor

        cursor = self.connection.cursor(SSCursor)
        try:
            cursor.execute(query.sql(dialect="mysql"))
            yield from batches_of([d[0] for d in cursor.description], cursor.fetchmany, _text)
        finally:
            # To close, the driver would first read all rows that are left, even from a connection that broke.
            if cursor._result is not None:
                cursor._result.unbuffered_active = False
            cursor.close()


_NUMBERS = {"tiny", "short", "long", "longlong", "int24", "decimal", "newdecimal", "float", "double", "year", "char"}
_MOMENTS = {"date", "newdate", "datetime", "timestamp"}


def _kind(name: str) -> Kind:
    return Kind.NUMBER if name in _NUMBERS else Kind.MOMENT if name in _MOMENTS else Kind.TEXT


def _text(cell: Any) -> str | None:
    if not isinstance(cell, bytes):
        return None if cell is None else str(cell)
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell.hex().upper()


class Mysql:
    """MySQL and MariaDB."""

    name = "MySQL"

    def options(self, written: Mapping[str, Any]) -> MysqlOptions:
        """The settings, checked."""
        return MysqlOptions.model_validate({"database": "information_schema", **written})

    def place(self, options: MysqlOptions) -> str:
        """Server and database."""
        return f"{options.host or '127.0.0.1'}:{options.port or 3306}/{options.database}"

    def fingerprint(self, options: MysqlOptions, folder: Path) -> str:
        """A database cannot say cheaply whether it changed, so each time is another."""
        return read_now()

    @contextmanager
    def connect(self, options: MysqlOptions, folder: Path) -> Iterator[MysqlDatabase]:
        """A connection whose one transaction can only read."""
        import pymysql

        with closing(pymysql.connect(**_settings(options))) as connection:
            with connection.cursor() as cursor:
                cursor.execute("set time_zone = '+00:00'")
                cursor.execute("set transaction isolation level repeatable read")
                cursor.execute("start transaction with consistent snapshot, read only")
            yield MysqlDatabase(connection)

    def errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises; a server that goes silent is an OSError."""
        import pymysql

        return (pymysql.Error, OSError)


def _settings(options: MysqlOptions) -> dict[str, Any]:
    """The driver's settings; no converters, so that values stay the text the server writes."""
    from pymysql.converters import encoders

    found: dict[str, Any] = {
        "database": options.database,
        "user": options.user,
        "password": options.password or "",
        "charset": "utf8mb4",
        "conv": encoders,
        "connect_timeout": options.timeout,
        "read_timeout": 3600,
    }
    if options.host and options.host.startswith("/"):
        found["unix_socket"] = options.host
    else:
        found |= {"host": options.host or "127.0.0.1", "port": options.port or 3306}
    return found | ({"ssl": ssl.create_default_context()} if options.tls else {})


MYSQL = Mysql()
