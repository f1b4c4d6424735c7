"""An API read the way a run reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinfolk.connectors import CONNECTORS
from tests.connectors.reading import Landed, land, source_of

HTTP: Any = CONNECTORS["http"]
FOLDER = Path()


def landed(url: Any, since: str | None = None, **options: Any) -> Landed:
    """All rows of the API, with options that fail fast."""
    return land(source_of("http", {"url": url, "retries": 0, "timeout": 5, **options}), FOLDER, since)


def ids(read: Landed) -> list[str]:
    """The column id of what was read."""
    return [row[read.columns.index("id")] for row in read.rows]
