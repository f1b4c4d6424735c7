"""What walks through pages need, whoever's they are."""

from __future__ import annotations

import pytest

from tests.serving import clients


@pytest.fixture(scope="session")
def axe() -> str:
    """The program that looks for barriers in pages; the test is skipped where it is not there."""
    file = clients() / "node_modules" / "axe-core" / "axe.min.js"
    return file.read_text(encoding="utf-8")
