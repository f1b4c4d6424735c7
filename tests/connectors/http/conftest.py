"""A service for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.http.server import Service, service


@pytest.fixture
def api() -> Iterator[Service]:
    """A running service that knows no path yet."""
    with service() as made:
        yield made


@pytest.fixture
def elsewhere() -> Iterator[Service]:
    """Another one, on another port."""
    with service() as made:
        yield made
