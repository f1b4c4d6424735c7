"""`kinfolk check`: is the project sound, and are its sources there?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kinfolk.commands.check_preferences import check_preferences
from kinfolk.commands.contract import version_remarks
from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.model.schedule import Due, upcoming
from kinfolk.pipeline.ledger import check_ledger

_NO_SOURCE = "There is no source yet, so nothing can run: describe the first one in a file in sources/."


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
    """A sound project.

    warnings   what is no mistake, and still nobody would want
    next_runs  by its schedule
    remarks    contracts whose version does not say how much in them changed
    """

    name: str
    folder: Path
    sources: tuple[SourceFound, ...]
    keys: tuple[str, ...]
    compared: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    next_runs: tuple[Due, ...] = ()
    remarks: tuple[str, ...] = ()


def check(folder: Path, environment: str | None = None) -> Checked:
    """Reads every project file and looks for every source's data, without running anything.

    Errors  ProjectError lists every mistake; SourceError names a source whose data is not there; ContractError names a
            contract that breaks what was agreed without a new version
    """
    project = open_project(folder, environment)
    check_preferences(project)
    check_ledger(project)
    sources = tuple(
        SourceFound(
            name=source.name,
            connector=source.connector,
            feeds=tuple(mapping.table for mapping in source.mappings),
            parts=0 if project.landing else len(CONNECTORS[source.connector].parts(source, project.base(source))),
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
        next_runs=tuple(upcoming(project.schedule, project.time_zone, datetime.now(UTC), most=3)),
        warnings=() if project.sources else (_NO_SOURCE,),
        compared=tuple(comparison.column for comparison in matching.compare) if matching else (),
        remarks=tuple(version_remarks(project)),
    )
