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
        "dlt": "kinfolk.connectors.dlt.connector:DLT",
        "file": "kinfolk.connectors.file.connector:FILES",
        "http": "kinfolk.connectors.http.connector:HTTP",
        "s3": "kinfolk.connectors.s3.connector:S3",
    }
)

OPTIONS: Mapping[str, type[BaseModel]] = _OnDemand(
    {
        "dlt": "kinfolk.connectors.dlt.options:DltOptions",
        "file": "kinfolk.connectors.file.options:FileOptions",
        "http": "kinfolk.connectors.http.options:HttpOptions",
        "s3": "kinfolk.connectors.s3.options:S3Options",
    }
)
