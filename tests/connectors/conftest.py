"""A folder to put files in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.reading import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty project folder."""
    return Folder(tmp_path)
