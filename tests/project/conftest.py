"""An empty project folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A project that has a name and nothing else yet."""
    return Folder(tmp_path).write(kinfolk="name: Test\n")
