"""`kinfolk query`: SQL on the results."""

from __future__ import annotations

from pathlib import Path

from kinfolk.commands.as_of import snapshot_as_of
from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from kinfolk.model.answer import Answer


def query(
    folder: Path, text: str, limit: int | None = None, environment: str | None = None, as_of: str | None = None
) -> Answer:
    """The rows of one SELECT over the published tables, now or as of an earlier state, at most `limit` of them.

    Errors  QueryError, NotFoundError when nothing is published yet
    """
    project = open_project(folder, environment)
    with reading(project.state, snapshot_as_of(project, as_of)) as reader:
        return reader.ask(text, limit)
