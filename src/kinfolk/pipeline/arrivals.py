"""What has arrived since the last published run: which sources have new files, and which must be read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, table
from kinfolk.model.locator import Locator, Part, Rejection
from kinfolk.model.project import Project
from kinfolk.model.source import Load, Source
from kinfolk.stages.landing import layout
from kinfolk.tables import landing


class Connector(Protocol):
    """What the pipeline asks of an outside system."""

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """What there is to load, each with its fingerprint."""

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """Where the rows of one part are, and rows that had to be rejected."""


@dataclass(frozen=True)
class Ledger:
    """What was loaded before. loaded: source -> load id -> the (fingerprint, layout) of each part of that load."""

    loaded: Mapping[str, Mapping[int, frozenset[tuple[str, str]]]]
    next_load_id: int
    next_record_no: int


@dataclass(frozen=True)
class Delivery:
    """A source and the parts of it that must be read now (none: it has not changed)."""

    source: Source
    parts: tuple[Part, ...]


def read_ledger(session: Session) -> Ledger:
    """The loads of all published runs."""
    if not session.present(landing.LOADS.name):
        return Ledger({}, 1, 1)
    loads = table(landing.LOADS.name)
    found: dict[str, dict[int, set[tuple[str, str]]]] = {}
    for source, load_id, fingerprint, made in session.fetch(
        query("select source, load_id, fingerprint, layout from loads", loads=loads)
    ):
        found.setdefault(source, {}).setdefault(load_id, set()).add((fingerprint, made))
    [(load_id, record_no)] = session.fetch(
        query("select max(load_id) + 1, max(next_record_no) from loads", loads=loads)
    )
    frozen = {s: {i: frozenset(parts) for i, parts in by_load.items()} for s, by_load in found.items()}
    return Ledger(frozen, load_id, record_no)


def deliveries(project: Project, ledger: Ledger, connectors: Mapping[str, Connector]) -> tuple[Delivery, ...]:
    """Every active source with the parts to read now.

    A snapshot with any part changed is read whole, because only the whole tells what is gone; of a source that
    appends, only parts never seen before are read.
    """
    return tuple(
        Delivery(source, _due(source, connectors[source.connector].parts(source, project.folder), ledger))
        for source in active_sources(project)
    )


def active_sources(project: Project) -> tuple[Source, ...]:
    """Sources that are read: not paused or retired, and of the environment this run is for."""
    return tuple(
        s
        for s in project.sources
        if s.status == "active" and (s.environment is None or s.environment == project.environment)
    )


def _due(source: Source, parts: Iterable[Part], ledger: Ledger) -> tuple[Part, ...]:
    made = layout(source)
    loads = ledger.loaded.get(source.name, {})
    if source.load is Load.SNAPSHOT:
        present = {(part.fingerprint, made) for part in parts}
        return () if loads and loads[max(loads)] == present else tuple(parts)
    seen = {key for load in loads.values() for key in load}
    return tuple(part for part in parts if (part.fingerprint, made) not in seen)
