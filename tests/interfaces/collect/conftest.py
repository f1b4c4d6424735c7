"""What tests of the door find around them."""

from __future__ import annotations

import pytest

from tests.serving import KEY


@pytest.fixture(autouse=True)
def _known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the web site, as in the processes that are started."""
    monkeypatch.setenv("WEB_KEY", KEY)
