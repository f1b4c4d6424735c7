"""`kinfolk check`: is the project sound, and are its sources there?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinfolk.commands.contract import version_remarks
from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS


@dataclass(frozen=True)
class SourceFound:
    """What a source offers now: the tables it feeds, and how many files (or sheets) hold it.

    parts  none where another environment's landing is read instead
    """

    name: str
    connector: str
    feeds: tuple[str, ...]
    parts: int


@dataclass(frozen=True)
class Checked:
    """A sound project. remarks: contracts whose version does not say how much in them changed."""

    name: str
    folder: Path
    sources: tuple[SourceFound, ...]
    keys: tuple[str, ...]
    compared: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def check(folder: Path, environment: str | None = None) -> Checked:
    """Reads every project file and looks for every source's data, without running anything.

    Errors  ProjectError lists every mistake; SourceError names a source whose data is not there; ContractError names a
            contract that breaks what was agreed without a new version
    """
    project = open_project(folder, environment)
    sources = tuple(
        SourceFound(
            name=source.name,
            connector=source.connector,
            feeds=tuple(mapping.table for mapping in source.mappings),
            parts=0 if project.landing else len(CONNECTORS[source.connector].parts(source, project.folder)),
        )
        for source in project.sources
        if source.status == "active"
    )
    matching = project.identity.matching
    return Checked(
        name=project.name,
        folder=project.folder,
        sources=sources,
        keys=tuple(" + ".join(key.columns) for key in project.identity.keys),
        compared=tuple(comparison.column for comparison in matching.compare) if matching else (),
        remarks=tuple(version_remarks(project)),
    )
