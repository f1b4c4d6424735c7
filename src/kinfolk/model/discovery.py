"""What an outside system says it holds, before anything is loaded from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Dataset:
    """One thing a source could be made of: a table, a sheet, a folder of files, a resource of an API.

    name     how the system calls it, schema included
    columns  column -> the system's own type, in order; empty where that is not known without reading
    key      columns that identify a row, where the system says so
    rows     rows it holds, where the system says so cheaply (may be an estimate)
    options  what must be written under the connector's key so that a source reads just this
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    rows: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
