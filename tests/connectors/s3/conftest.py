"""A storage server for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.s3.server import Storage, storage


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    """A running server."""
    with storage() as made:
        yield made


@pytest.fixture
def bucket(server: Storage) -> Storage:
    """The server with its bucket emptied."""
    server.empty()
    return server
