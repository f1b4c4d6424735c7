"""Opens the project a command is about."""

from __future__ import annotations

from pathlib import Path

from kinfolk.connectors import OPTIONS
from kinfolk.model.project import Project
from kinfolk.project import load


def open_project(folder: Path, environment: str | None = None) -> Project:
    """The project in `folder`. Errors: ProjectError lists every mistake in its files."""
    return load(folder, OPTIONS, environment)
