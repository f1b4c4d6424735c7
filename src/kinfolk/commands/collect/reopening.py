"""A server that follows the project: whoever renames a source, changes its keys or takes a role need not stop it."""

from __future__ import annotations

from threading import Event

from sqlalchemy.exc import DatabaseError

from kinfolk.commands.collect.door import Door
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served
from kinfolk.commands.traces import traces
from kinfolk.errors import KinfolkError

LOOK = 1.0  # seconds between looks

_FILES = ("*.yml", "*.yaml", "sources/*", "policies/*")  # where a word may change what the door does


def follow_project(served: Served, door: Door, environment: str | None, stop: Event) -> None:
    """Reads the project anew when its files have changed and are still for a moment; `stop` ends it.

    While it cannot be read, all stays as it was; that is told once, and tried again.
    """
    folder = served.folder
    before = done = traces(folder, *_FILES)
    last = ""
    while not stop.wait(LOOK):
        now = traces(folder, *_FILES)
        still, before = now == before, now
        if now == done or not still:  # somebody is writing
            continue
        try:
            project = open_project(folder, environment)
            door.reopen(project)
            served.project = project
        except (KinfolkError, DatabaseError, OSError) as error:
            said = f"The project cannot be read, so what it said before holds: {error}"
        else:
            done, said = now, f"The project was read anew, for {events_of(door.sources)}."
        if said != last:
            served.told(said)
        last = said if now != done else ""


def events_of(sources: tuple[str, ...]) -> str:
    """What a server is for, as it says it."""
    return f"events of {', '.join(sources)}" if sources else "people and programs; no source collects events"
