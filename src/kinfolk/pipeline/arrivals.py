"""What has arrived since the last published run: which sources have new files, and which must be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, table
from kinfolk.errors import NothingToLoadError, SourceError, about
from kinfolk.model.locator import Locator, Part, Rejection
from kinfolk.model.project import Project
from kinfolk.model.source import Load, Source
from kinfolk.pipeline.cursor import beginning
from kinfolk.stages.landing import layout, settings
from kinfolk.tables import landing


class Connector(Protocol):
    """What the pipeline asks of an outside system."""

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """What there is to load, each with its fingerprint."""

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """Where the rows of one part are, and rows that had to be rejected."""


# The fingerprint of a part's content, the rule its record ids were made by, and the settings it was read with.
Reading = tuple[str, str, str]


@dataclass(frozen=True)
class Ledger:
    """What was loaded before.

    loaded   source -> load id -> how each part of that load was read
    cursors  source -> the greatest value of its cursor that any load brought
    """

    loaded: Mapping[str, Mapping[int, frozenset[Reading]]]
    next_load_id: int
    next_record_no: int
    cursors: Mapping[str, str] = field(default_factory=dict)

    def reached(self, source: Source) -> str | None:
        """The value the source's cursor has reached; None if all of it is to be read, as after another setting."""
        loads = self.loaded.get(source.name, {})
        how = (layout(source), settings(source))
        same = loads and all(reading[1:] == how for reading in loads[max(loads)])
        return self.cursors.get(source.name) if same else None

    def without_cursors(self) -> Ledger:
        """The same, as if no cursor had been reached: everything is read anew."""
        return replace(self, cursors={})

    def relaid(self, source: Source) -> bool:
        """Whether parts of the source were landed under record ids made by another rule."""
        loads = self.loaded.get(source.name, {})
        return any(made != layout(source) for load in loads.values() for _, made, _ in load)


@dataclass(frozen=True)
class Again:
    """A quarantined row that is sent again. line: in its part; row_hash: of the row as it came; row: as it is now."""

    record_no: int
    part: str
    line: int
    row_hash: int
    row: str


@dataclass(frozen=True)
class Delivery:
    """A source, the parts of it that must be read now (none: it has not changed), and rows out of quarantine."""

    source: Source
    parts: tuple[Part, ...]
    again: tuple[Again, ...] = ()

    @property
    def due(self) -> bool:
        """Whether there is anything to land."""
        return bool(self.parts or self.again)


REPLAY = "quarantine"  # what a load of rows out of quarantine is called in landing.loads, where a file's name stands


def read_ledger(session: Session) -> Ledger:
    """The loads of all published runs."""
    if not session.present(landing.LOADS.name):
        return Ledger({}, 1, 1)
    loads = table(landing.LOADS.name)
    found: dict[str, dict[int, set[Reading]]] = {}
    for source, load_id, *how in session.fetch(
        query(
            "select source, load_id, fingerprint, layout, settings from loads where fingerprint <> $replay",
            loads=loads,
            replay=REPLAY,
        )
    ):
        fingerprint, made, read = how
        found.setdefault(source, {}).setdefault(load_id, set()).add((fingerprint, made, read))
    [(load_id, record_no)] = session.fetch(
        query("select max(load_id) + 1, max(next_record_no) from loads", loads=loads)
    )
    if session.present(landing.ROLLBACKS.name):
        used = query(
            "select max(next_load_id), max(next_record_no) from rollbacks", rollbacks=table(landing.ROLLBACKS.name)
        )
        [(load_floor, record_floor)] = session.fetch(used)
        load_id, record_no = max(load_id, load_floor), max(record_no, record_floor)
    frozen = {s: {i: frozenset(parts) for i, parts in by_load.items()} for s, by_load in found.items()}
    return Ledger(frozen, load_id, record_no, _cursors(session))


def _cursors(session: Session) -> dict[str, str]:
    if "cursor" not in session.columns(landing.LOADS.name):
        return {}  # nothing has been landed since there are cursors
    newest = query(
        "select source, arg_max(cursor, load_id) as reached from loads group by source having reached is not null",
        loads=table(landing.LOADS.name),
    )
    return dict(session.fetch(newest))


def deliveries(project: Project, ledger: Ledger, connectors: Mapping[str, Connector]) -> tuple[Delivery, ...]:
    """Every active source with the parts to read now.

    A snapshot with any part changed is read whole, because only the whole tells what is gone; of a source that
    appends, only parts never seen before are read, and none need be there once some were. Of one with a cursor, all
    parts are read from where the cursor has arrived.

    Errors  SourceError if a source has nothing to load, or is called like one landed before but for upper case
    """
    found = []
    for source in active_sources(project):
        with about(source.name):
            found.append(Delivery(source, _due(source, _offered(source, project, ledger, connectors), ledger)))
    return tuple(found)


def active_sources(project: Project) -> tuple[Source, ...]:
    """Sources that count: not paused or retired, and of the environment whose landing is read."""
    return tuple(source for source in _of_environment(project) if source.status == "active")


def silent_sources(project: Project, session: Session) -> tuple[Source, ...]:
    """Sources of consents that are paused or retired, and of each its consents alone: what they said keeps its force.

    What people say of themselves in a source of people goes with their records.
    """
    return tuple(
        replace(source, mappings=(said,))
        for source in _of_environment(project)
        if source.status != "active" and (said := source.mapping("consents")) and not source.mapping("people")
        if session.present(f"landing.{source.name}")
    )


def _of_environment(project: Project) -> Iterator[Source]:
    environment = project.landing_of or project.environment
    yield from (source for source in project.sources if source.environment in (None, environment))


def _offered(source: Source, project: Project, ledger: Ledger, connectors: Mapping[str, Connector]) -> Iterable[Part]:
    for name in ledger.loaded:
        if name != source.name and name.lower() == source.name.lower():
            raise SourceError(
                f"The source {source.name} was called {name} in earlier runs; to the tables both are one name.",
                where=str(source.place),
                hint=f"Call it {name} again (`name: {name}`), or give it a name that differs in more than case.",
            )
    try:
        return connectors[source.connector].parts(source, project.base(source))
    except NothingToLoadError:
        if source.load is Load.APPEND and source.name in ledger.loaded:
            return ()  # what was taken in before may have been archived since
        raise


def _due(source: Source, parts: Iterable[Part], ledger: Ledger) -> tuple[Part, ...]:
    offered = {part: (part.fingerprint, layout(source), settings(source)) for part in parts}
    loads = ledger.loaded.get(source.name, {})
    if source.cursor:
        reached = ledger.reached(source)
        begin = None if reached is None else beginning(source, reached)
        if reached is not None and set(offered.values()) <= loads[max(loads)]:
            return ()
        return tuple(replace(part, since=begin) for part in offered)
    if source.load is Load.SNAPSHOT:
        return () if loads and loads[max(loads)] == set(offered.values()) else tuple(offered)
    seen = {reading for load in loads.values() for reading in load}
    return tuple(part for part, reading in offered.items() if reading not in seen)
