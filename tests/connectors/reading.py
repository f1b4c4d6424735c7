"""Files as a person would have them, read the way a run reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from kinfolk.connectors import CONNECTORS
from kinfolk.engine.reading import ReadResult, read
from kinfolk.model.locator import Locator, Part
from kinfolk.model.place import Place
from kinfolk.model.source import Source


@dataclass
class Landed:
    """What a source's files became."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    results: list[ReadResult] = field(default_factory=list)

    @property
    def rejections(self) -> list[tuple[int | None, str, str]]:
        return [(r.line, r.reason, r.text) for result in self.results for r in result.rejections]

    @property
    def notes(self) -> str:
        return " ".join(note for result in self.results for note in result.notes)


def source_of(connector: str, options: Mapping[str, Any]) -> Source:
    """A source named shop, read through the connector."""
    return Source("shop", Place("sources/shop.yml"), connector, options, ("id",), ())


def land(source: Source, folder: Path, since: str | None = None) -> Landed:
    """Every part of the source, read into one table; its rows without _part, in order."""
    connector = CONNECTORS[source.connector]
    connection = duckdb.connect()
    connection.execute("create schema landing")
    results = []
    for part in connector.parts(source, folder):
        locator, rejections = connector.open(source, replace(part, since=since))
        assert rejections == []
        results.append(read(connection, locator, "landing.shop", part.name))
    found = connection.execute("select * exclude (_part) from landing.shop order by _part, _row")
    return Landed([d[0] for d in found.description or ()], found.fetchall(), results)


@dataclass
class Folder:
    """A project's folder with files in it."""

    path: Path

    def write(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return file

    def source(self, path: str, **options: Any) -> Source:
        return source_of("file", {"path": path, **options})

    def parts(self, path: str, **options: Any) -> list[Part]:
        return CONNECTORS["file"].parts(self.source(path, **options), self.path)

    def locator(self, path: str, **options: Any) -> Locator:
        [part] = self.parts(path, **options)
        return CONNECTORS["file"].open(self.source(path, **options), part)[0]

    def land(self, path: str, **options: Any) -> Landed:
        """Every part of the source, read into one table; its rows without _part, in order."""
        return land(self.source(path, **options), self.path)
