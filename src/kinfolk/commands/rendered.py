"""The project's website (`kinfolk docs build`) as a server shows it: drawn anew when the project has changed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from kinfolk.commands.docs import build_docs
from kinfolk.model.project import Project


@dataclass
class Rendered:
    """The website of the project as it was last asked for. home: where its pages lead back to"""

    home: str
    _of: Project | None = field(init=False, repr=False, default=None)
    _files: dict[str, bytes] = field(init=False, repr=False, default_factory=dict)
    _lock: Lock = field(init=False, repr=False, default_factory=Lock)

    def file(self, project: Project, path: str) -> bytes | None:
        """The file of that path; None where there is none: nothing but what was drawn is to be had."""
        with self._lock:
            if self._of is not project:
                self._files, self._of = _drawn(project, self.home), project
            return self._files.get(path)


def _drawn(project: Project, home: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="kinfolk-site-") as folder:
        site = build_docs(project.folder, Path(folder) / "site", project.environment, home)
        found = (path for path in site.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(site.folder).as_posix(): path.read_bytes() for path in found}
