"""A server that follows the project: whoever renames a source, changes its keys or takes a role need not stop it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from glob import escape
from hashlib import sha256
from pathlib import Path
from threading import Event

from sqlalchemy.exc import DatabaseError

from kinfolk.commands.collect.door import Door
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served
from kinfolk.commands.traces import Traces, traces
from kinfolk.errors import KinfolkError
from kinfolk.model.project import Project

LOOK = 1.0  # seconds between looks

_FILES = ("*.yml", "*.yaml", "sources/*", "policies/*")  # where a word may change what the door does


def written(folder: Path) -> Traces:
    """What the files that describe the project look like from outside."""
    return traces(folder, *_FILES)


def follow_project(served: Served, door: Door, environment: str | None, read: Traces, stop: Event) -> None:
    """Reads the project anew when its files have changed and are still for a moment; `stop` ends it.

    While it cannot be read, all stays as it was; that is told once, and tried again.

    read  what its files looked like before the project was read, so that nothing written since escapes
    """
    folder = served.folder
    before, last = (read, _notices(served.project)), ""
    while not stop.wait(LOOK):
        now = (written(folder), frozenset(_as_they_are(served.project)))
        still, before = now == before, now
        if now == (read, _notices(served.project)) or not still:  # somebody is writing
            continue
        try:
            project = open_project(folder, environment)
            door.reopen(project)
            served.project = project
        except (KinfolkError, DatabaseError, OSError) as error:
            said = f"The project cannot be read, so what it said before holds: {error}"
            if said != last:
                served.told(said)
            last = said
        else:
            read, last = now[0], ""
            served.told(f"The project was read anew, for {events_of(door.sources)}.")


def events_of(sources: tuple[str, ...]) -> str:
    """What a server is for, as it says it."""
    return f"events of {', '.join(sources)}" if sources else "people and programs; no source collects events"


def _notices(project: Project) -> frozenset[tuple[str, str]]:
    """File -> sha256 of each notice that lies in one, as it was read."""
    versions = project.consent.versions if project.consent else ()
    return frozenset((version.file, version.digest) for version in versions if version.file)


def _as_they_are(project: Project) -> Iterator[tuple[str, str]]:
    """The same as it is now; a file that is gone has none."""
    for file, _ in _notices(project):
        try:
            path = project.folder / file
            yield file, _digest(path, traces(path.parent, escape(path.name)))
        except OSError:
            yield file, ""


@lru_cache(maxsize=256)
def _digest(file: Path, _written: Traces) -> str:
    """Read once, until it is written anew: a document may be large, and is looked at each second."""
    return sha256(file.read_bytes()).hexdigest()
