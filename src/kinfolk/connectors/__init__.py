"""One file (or folder) per outside system.

A new system is one module with a class that does what `connector.Connector` says and a pydantic model of the
settings a person writes for it, named in the two tables below. Nothing is imported until it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from kinfolk.connectors.connector import Connector


class _OnDemand(Mapping[str, Any]):
    """Name -> what "module:attribute" leads to, imported when it is looked up."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = self._places[name].partition(":")
        return getattr(import_module(module), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


CONNECTORS: Mapping[str, Connector] = _OnDemand(
    {
        "file": "kinfolk.connectors.file.connector:FILES",
        "sqlite": "kinfolk.connectors.database.registry:SQLITE",
        "duckdb": "kinfolk.connectors.database.registry:DUCKDB",
        "postgres": "kinfolk.connectors.database.registry:POSTGRES",
        "mysql": "kinfolk.connectors.database.registry:MYSQL",
        "adbc": "kinfolk.connectors.database.registry:ADBC",
        "s3": "kinfolk.connectors.s3.connector:S3",
        "http": "kinfolk.connectors.http.connector:HTTP",
        "dlt": "kinfolk.connectors.dlt.connector:DLT",
        "collect": "kinfolk.connectors.collect.connector:COLLECT",
    }
)

OPTIONS: Mapping[str, type[BaseModel]] = _OnDemand(
    {
        "file": "kinfolk.connectors.file.options:FileOptions",
        "sqlite": "kinfolk.connectors.database.options:FileDatabaseOptions",
        "duckdb": "kinfolk.connectors.database.options:FileDatabaseOptions",
        "postgres": "kinfolk.connectors.database.options:PostgresOptions",
        "mysql": "kinfolk.connectors.database.options:MysqlOptions",
        "adbc": "kinfolk.connectors.database.options:AdbcOptions",
        "s3": "kinfolk.connectors.s3.options:S3Options",
        "http": "kinfolk.connectors.http.options:HttpOptions",
        "dlt": "kinfolk.connectors.dlt.options:DltOptions",
        "collect": "kinfolk.connectors.collect.options:CollectOptions",
    }
)
