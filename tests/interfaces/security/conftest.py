"""Servers that somebody with bad intentions talks to."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kinfolk.commands.collect.door import opened
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import served
from kinfolk.interfaces.collect.app import App
from kinfolk.interfaces.server.site import Site
from tests.people import Shop, with_owner
from tests.serving import KEY, collecting

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


def asked_here(folder: Path, method: str, path: str, **options: Any) -> httpx.Response:
    """The answer of a new project's pages within this process, of which more can be seen than of a server."""

    async def answered(site: Site) -> httpx.Response:
        transport = httpx.ASGITransport(app=site)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example.com") as client:
            return await client.request(method, path, **options)

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the framework, of how its next major version will want routes declared
        patch.setenv("WEB_KEY", KEY)
        project = open_project(collecting(folder).folder)
        with opened(project) as door:
            return asyncio.run(answered(Site(served(project), App(door))))
