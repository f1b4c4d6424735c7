"""The logs of a project: which sources programs send to, how far runs have landed them, and logs nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kinfolk.connectors.collect.reading import end_of, lines
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import NotFoundError
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.pipeline.arrivals import active_sources
from kinfolk.tables import landing


def taking_in(project: Project) -> tuple[Source, ...]:
    """Sources that programs send to."""
    return tuple(s for s in active_sources(project) if s.takes_in_events)


def landed_places(state: Path) -> dict[str, int]:
    """Source -> the place in its log of the last event that a published run landed."""
    try:
        with reading(state) as reader:
            return _cursors(reader)
    except NotFoundError:
        return {}


def _cursors(reader: Reader) -> dict[str, int]:
    tree = query(
        "select source, arg_max(cursor, load_id) as reached from loads where cursor is not null group by source",
        loads=table(landing.LOADS.name),
    )
    return {source: int(reached) for source, reached in reader.read(tree).rows if reached.isdigit()}


def waiting(log: Path, landed: int | None) -> Iterator[bytes]:
    """Events behind that place, as they are written."""
    return (line for place, line in lines(log, landed or 0, end_of(log) or 0) if place != landed)


def unread(project: Project) -> list[str]:
    """Names of logs that hold events, and that no source of the project is made of, or only one that does not run."""
    read = {source.name for source in taking_in(project)}
    folders = (path.parent for path in project.collected.glob("*/*.jsonl") if path.stat().st_size)
    return sorted({folder.name for folder in folders} - read)
