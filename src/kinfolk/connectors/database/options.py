"""What a person writes about a source that is a table, or a query, of a database."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class DatabaseOptions(BaseModel):
    """Settings every database has: what to read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    table: str | None = Field(None, min_length=1, description="Table or view, with its schema: `shop.customers`.")
    query: str | None = Field(None, min_length=1, description="A SELECT to read instead of a table.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise _wrong("Exactly one of `table` and `query` says what to read.")
        return self


class ServerOptions(DatabaseOptions):
    """Settings of a database that is a server."""

    host: str | None = Field(None, min_length=1, description="Name or address of the server, or folder of its socket.")
    port: int | None = Field(None, ge=1, le=65535, description="Port of the server.")
    database: str | None = Field(None, min_length=1, description="Name of the database.")
    user: str | None = Field(None, min_length=1, description="Who logs in.")
    password: str | None = Field(None, description="A reference such as `${SHOP_PASSWORD}`, never the password.")
    timeout: int = Field(15, ge=1, le=3600, description="Seconds to wait for the server to answer.")


class PostgresOptions(ServerOptions):
    """Settings of connector `postgres`. What is left out is found as `psql` finds it."""

    dsn: str | None = Field(None, min_length=1, description="The whole address: `postgresql://user@host:5432/shop`.")

    @model_validator(mode="after")
    def _dsn_alone(self) -> Self:
        if self.dsn and (self.host or self.port or self.database or self.user):
            raise _wrong("`dsn` is the whole address; `host`, `port`, `database` and `user` are part of it.")
        return self


class MysqlOptions(ServerOptions):
    """Settings of connector `mysql`, for MySQL and MariaDB."""

    database: str = Field(min_length=1, description="Name of the database.")
    tls: bool = Field(False, description="Talk only encrypted, to a server with a valid certificate.")


class FileDatabaseOptions(DatabaseOptions):
    """Settings of connectors `sqlite` and `duckdb`. The file is only ever read."""

    path: str = Field(min_length=1, description="The database file, relative to the project or absolute.")


class AdbcOptions(DatabaseOptions):
    """Settings of connector `adbc`: any database an Arrow driver (ADBC) is installed for."""

    driver: str = Field(
        min_length=1, description="Python package of the driver, such as `adbc_driver_snowflake`, or a driver library."
    )
    dialect: str | None = Field(
        None, description="SQL the database speaks (snowflake, bigquery, …); by default the driver's name says it."
    )
    uri: str | None = Field(None, min_length=1, description="Address, as the driver wants it.")
    options: dict[str, str] = Field({}, description="Further settings of the driver, passed on as they are.")


def _wrong(what: str) -> PydanticCustomError:
    return PydanticCustomError("kinfolk", "{what}", {"what": what, "hint": None})
