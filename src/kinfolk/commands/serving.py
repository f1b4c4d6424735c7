"""What a running server answers for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.model.project import Project
from kinfolk.store.database import open_store


@dataclass
class Served:
    """The project as it is now; a server that notices a change of its files puts the new one in its place.

    store       the control state, open as long as the server is
    public_url  how the world reaches the server, without a slash at its end; None where nobody said
    """

    project: Project
    store: Engine
    public_url: str | None = None

    @property
    def folder(self) -> Path:
        """Where the project's files are."""
        return self.project.folder

    @property
    def environment(self) -> str | None:
        """The environment that is served."""
        return self.project.environment

    @property
    def secure(self) -> bool:
        """Whether the world reaches the server by TLS alone."""
        return (self.public_url or "").startswith("https://")


def served(project: Project, public_url: str | None = None) -> Served:
    """The project, to be answered for."""
    return Served(project, open_store(project.state), public_url.rstrip("/") if public_url else None)
