"""What compares pairs of records: this machine, or what the project's engine says."""

from __future__ import annotations

import hashlib
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
    folder, log = _places(project, leaves_no_trace)
    if not leaves_no_trace:
        for left in folder.glob(f"{LEFT_BEHIND}*"):  # by a run that was killed: it holds personal data
            shutil.rmtree(left, ignore_errors=True)
    finder = SplinkOnSpark(folder, log, project.spark.master, project.spark.settings)
    session.finder = finder
    try:
        yield
    finally:
        session.finder = None
        finder.close()


def _places(project: Project, leaves_no_trace: bool) -> tuple[Path, Path | None]:
    """Where Spark's files and its log go. Projects that share a folder each have one of their own in it."""
    log = None if leaves_no_trace else project.state / LOG
    if project.spark.folder:
        own = project.spark.folder / hashlib.sha256(str(project.state).encode()).hexdigest()[:12]
        return (own / "plans" if leaves_no_trace else own), log
    return (Path(tempfile.gettempdir()) if leaves_no_trace else project.state), log
