"""Servers that somebody with bad intentions talks to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.people import Shop, with_owner

OURS = "https://cdm.example.com"


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server, and the browser of its first owner."""
    with with_owner(tmp_path_factory.mktemp("shop")) as found:
        yield found


@pytest.fixture(scope="package")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The same behind a proxy that speaks TLS, which hands on what browsers say."""
    said = {"host": "cdm.example.com", "origin": OURS}
    with with_owner(tmp_path_factory.mktemp("public"), "--url", OURS, headers=said) as found:
        yield found
