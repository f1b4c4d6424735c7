"""`kinfolk doctor`: looks a project's state over, and mends what can be mended without losing anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.commands.open_project import open_project
from kinfolk.engine import inspection, spill, upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.errors import NotFoundError
from kinfolk.model.finding import Finding
from kinfolk.model.project import Project
from kinfolk.pipeline import checkup
from kinfolk.pipeline.match_upkeep import drop_outdated
from kinfolk.store.database import open_store
from kinfolk.store.processes import alive
from kinfolk.store.write import runs
from kinfolk.store.write.lease import writer_lease


def doctor(folder: Path, mend: bool = False, environment: str | None = None) -> list[Finding]:
    """What is not as it should be, the worst first; with `mend`, what could be mended is, and says so.

    Errors  NotFoundError when the project never ran; BusyError when a run keeps it from mending
    """
    project = open_project(folder, environment)
    if not project.state.exists():
        raise NotFoundError("The project has never run.", where=str(project.state), hint="Run `kinfolk run` first.")
    if not mend:
        return checkup.findings(project)
    with writer_lease(project.state):
        found = checkup.findings(project, alone=True)
        for name in {finding.mend for finding in found if finding.mend}:
            MENDING[name](project, open_store(project.state))
    return [replace(finding, mended=finding.mend is not None) for finding in found]


def _delete_orphans(project: Project, store: Engine) -> None:
    with Session.open(project.state) as session:
        upkeep.delete_orphans(session)


def _delete_spill(project: Project, store: Engine) -> None:
    for folder in spill.left_over(project.state, alive):
        shutil.rmtree(folder)


def _write_down_runs(project: Project, store: Engine) -> None:
    runs.close_dead(store)
    with Session.open(project.state) as session:
        runs.published(store, session.states())


def _give_up_states(project: Project, store: Engine) -> None:
    """Expires the states of which files are gone; the present one never is among them."""
    with Session.open(project.state) as session:
        damaged = [file for file in inspection.known_files(session.connection, session.state) if file.until is not None]
        damaged = [file for file in damaged if inspection.damage(file)]
        lost = [n for n in upkeep.snapshots(session) if any(file.part_of(n) for file in damaged)]
        upkeep.expire(session, lost)
        runs.gone(store, lost, "files of it were lost")


def _delete_indexes(project: Project, store: Engine) -> None:
    with Session.open(project.state) as session:
        drop_outdated(project.state, session.states()[-1])


MENDING: dict[str, Callable[[Project, Engine], None]] = {
    checkup.ORPHANS: _delete_orphans,
    checkup.SPILL: _delete_spill,
    checkup.RUNS: _write_down_runs,
    checkup.STATES: _give_up_states,
    checkup.INDEX: _delete_indexes,
}
