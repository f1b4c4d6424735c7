"""Looking at a source's data without landing it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, table
from kinfolk.engine.step import Exchange
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.pipeline.arrivals import Connector
from kinfolk.stages.contracts.drafting import Measured, measured, profile_step, values_query
from kinfolk.stages.landing import READER_COLUMNS


def look_at(project: Project, source: Source, connectors: Mapping[str, Connector]) -> list[Measured]:
    """What each column of the source's data is like now; nothing is kept.

    Errors  SourceError when there is nothing to read
    """
    connector = connectors[source.connector]
    with tempfile.TemporaryDirectory(prefix="kinfolk-") as folder, Session.open(Path(folder)) as session:
        for part in connector.parts(source, project.base(source)):
            name = f"incoming.{source.name}"
            session.run(Exchange(name, part.name, source.name, part.name, lambda p=part: connector.open(source, p)))  # type: ignore[misc]
        columns = tuple(c for c in session.columns(f"incoming.{source.name}") if c not in READER_COLUMNS)
        step = profile_step(source.name, columns, source.conventions)
        session.run(step)
        [row] = session.fetch(query("select * from p", p=table(step.writes)))
        return measured(columns, row, lambda c: [v for (v,) in session.fetch(values_query(source.name, c))])
