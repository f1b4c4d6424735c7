"""Opens the project a command is about."""

from __future__ import annotations

from pathlib import Path

from kinfolk.connectors import OPTIONS
from kinfolk.model.project import Project
from kinfolk.project import load

Where = Path | Project  # a project's folder; or the project itself, where it is open already, as a server has it


def open_project(where: Where, environment: str | None = None) -> Project:
    """The project in that folder. Errors: ProjectError lists every mistake in its files."""
    return where if isinstance(where, Project) else load(where, OPTIONS, environment)
