"""A door that follows the project: whoever renames a source, or changes its keys, need not stop it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

from kinfolk.commands.collect.door import Door
from kinfolk.commands.open_project import open_project
from kinfolk.errors import KinfolkError

LOOK = 1.0  # seconds between looks

_FILES = ("*.yml", "*.yaml", "sources/*", "policies/*")  # where a word may change what the door does

Traces = frozenset[tuple[str, int, int, int]]


def follow_project(door: Door, environment: str | None, told: Callable[[str], None], stop: Event) -> None:
    """Reads the project anew when its files have changed and are still for a moment; `stop` ends it.

    While it cannot be read, the door stays as it was; that is told once, and tried again.
    """
    folder = door.project.folder
    before = done = traces(folder)
    last = ""
    while not stop.wait(LOOK):
        now = traces(folder)
        still, before = now == before, now
        if now == done or not still:  # somebody is writing
            continue
        try:
            door.reopen(open_project(folder, environment))
        except (KinfolkError, OSError) as error:
            said = f"The project cannot be read, so events go where they went before: {error}"
        else:
            done, said = now, f"The project was read anew: events of {', '.join(door.sources) or 'nothing'} come in."
        if said != last:
            told(said)
        last = said if now != done else ""


def traces(folder: Path) -> Traces:
    """What the project's files look like from outside."""
    found = set[tuple[str, int, int, int]]()
    for path in (path for pattern in _FILES for path in folder.glob(pattern)):
        try:
            seen = path.stat()
        except OSError:
            continue  # it is gone since
        found.add((str(path), seen.st_ino, seen.st_mtime_ns, seen.st_size))
    return frozenset(found)
