"""An environment that reads another's landing: it takes in nothing itself, and is made anew when that has moved on."""

from __future__ import annotations

from kinfolk.engine import lake
from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, rows, table
from kinfolk.engine.step import Publish, Query
from kinfolk.errors import SourceError
from kinfolk.model.project import Project
from kinfolk.pipeline.arrivals import Delivery, active_sources
from kinfolk.pipeline.work import Work
from kinfolk.tables.staging import LANDED


def check_landed(project: Project) -> None:
    """Errors: SourceError when the environment whose landing is to be read has never run."""
    if project.landing and not lake.exists(project.landing):
        raise SourceError(
            f"The environment {project.environment} reads the landing of {project.landing_of}, which has never run.",
            where="kinfolk.yml",
            hint=f"Run it first: `kinfolk run --environment {project.landing_of}`.",
        )


def landed_elsewhere(work: Work) -> tuple[Delivery, ...]:
    """Every active source, with nothing of it to read: all of it has landed already.

    Errors  SourceError names a source that the other environment has never taken in
    """
    project, sources = work.project, active_sources(work.project)
    for source in sources:
        if not work.session.present(f"landing.{source.name}"):
            raise SourceError(
                f"The source {source.name} has never landed in {project.landing_of}, whose landing is read.",
                where=str(source.place),
                hint=f"Run it there first: `kinfolk run --environment {project.landing_of}`.",
            )
    return tuple(Delivery(source, ()) for source in sources)


def moved_on(session: Session) -> bool:
    """Whether the landing that is read is another than the one these tables were made from."""
    return bool(session.borrowed) and _made_from(session) != session.landing_snapshot()


def landed_steps(work: Work) -> tuple[Query, ...]:
    """Steps that write down which landing was read; none where it is this environment's own."""
    if not work.session.borrowed:
        return ()
    made_from = rows(LANDED.types, [(work.project.landing_of, work.session.landing_snapshot())])
    return (Query(LANDED.name, made_from, "The landing that was read", Publish.REPLACE),)


def _made_from(session: Session) -> int | None:
    if not session.present(LANDED.name):
        return None
    found = session.fetch(query("select snapshot from landed", landed=table(LANDED.name)))
    return int(found[0][0]) if found else None
