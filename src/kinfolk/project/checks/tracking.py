"""Checks of tracking plans."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import Mistake
from kinfolk.model.source import COLLECT
from kinfolk.project import json_schema
from kinfolk.project.files import Files, Parsed
from kinfolk.project.suggest import hint
from kinfolk.project.tracking import OURS, entries, sources_of
from kinfolk.project.written.tracking import TrackingFile


def sources_collect(files: Files) -> Iterator[Mistake]:
    """A plan is for sources that take in events."""
    names = files.source_names()
    collecting = [name for name, s in names.items() if COLLECT in s.written.key_names()]
    for plan in _readable(files):
        place = plan.document.place("source")
        for name in sources_of(plan):
            if name not in names:
                advice = hint(name, collecting) or "Name a source with `source:`, or call the file like one."
                yield Mistake(place, f"There is no source `{name}`.", advice)
            elif names[name].written.readable and not _takes_in_events(files, name):
                yield Mistake(place, f"The source `{name}` takes in no events.", "Name one that has `write_keys`.")


def one_plan(files: Files) -> Iterator[Mistake]:
    """A source has one plan."""
    first: dict[str, Parsed[TrackingFile]] = {}
    for plan in _readable(files):
        for name in sources_of(plan):
            other = first.setdefault(name, plan)
            if other is not plan:
                what = f"The source `{name}` has a plan already, in {other.written.file}."
                yield Mistake(plan.document.place("source"), what, "Write one plan for each source.")


def schemas_sound(files: Files) -> Iterator[Mistake]:
    """What stands in a plan is JSON Schema, refers to its own file, and never to itself."""
    for plan in _readable(files):
        for name in plan.settings.defs:
            yield from json_schema.mistakes(plan.document, ("$defs", name), ())
        for _, path, _ in entries(plan):
            yield from json_schema.mistakes(plan.document, path, OURS)


def owners_of_events_known(files: Files) -> Iterator[Mistake]:
    """An event's owner is a domain or a person of owners.yml, where there is one."""
    if files.owners is None or not files.owners.written.readable:
        return
    known = (*files.owners.written.key_names("domains"), *files.owners.written.key_names("people"))
    for plan in _readable(files):
        for _, path, entry in entries(plan):
            if entry.owner is not None and entry.owner not in known:
                what = f"`{entry.owner}` is neither a domain nor a person in {files.owners.written.file}."
                yield Mistake(plan.document.place(*path, "owner"), what, hint(entry.owner, known))


def _takes_in_events(files: Files, name: str) -> bool:
    source = files.source_names()[name]
    if COLLECT not in files.connectors or COLLECT not in source.written.key_names():
        return False
    collect = source.settings.part(COLLECT)
    return collect is None or collect.visitors_of is None


def _readable(files: Files) -> Iterator[Parsed[TrackingFile]]:
    return (plan for plan in files.tracking if plan.written.readable)
