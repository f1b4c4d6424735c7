"""What compares pairs of records: this machine, or what the project's engine says."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kinfolk.engine.duckdb import Session
from kinfolk.engine.spark import LEFT_BEHIND, SplinkOnSpark, check_there
from kinfolk.model.project import Project

LOG = "spark.log"


def check_engine(project: Project) -> None:
    """Errors: EngineError where the project's engine is not there, before anything is done."""
    if project.engine == "spark":
        check_there()


@contextmanager
def finding(project: Project, session: Session, *, leaves_no_trace: bool = False) -> Iterator[None]:
    """In the block, steps of the session compare pairs as the project's engine does."""
    if project.engine != "spark":
        yield
        return
    log = None if leaves_no_trace else project.state / LOG
    folder = project.spark.folder or (Path(tempfile.gettempdir()) if leaves_no_trace else project.state)
    if not leaves_no_trace:
        for left in project.state.glob(f"{LEFT_BEHIND}*"):  # by a run that was killed: it holds personal data
            shutil.rmtree(left, ignore_errors=True)
    finder = SplinkOnSpark(folder, log, project.spark.master, project.spark.settings)
    session.finder = finder
    try:
        yield
    finally:
        session.finder = None
        finder.close()
