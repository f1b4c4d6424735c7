"""The API over HTTP, of a real server: who asks, and what they may do."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import Serving, collecting, environment, serving


def kinfolk(folder: Path, *asked: str) -> Any:
    """What a command answers, as JSON."""
    command = [sys.executable, "-m", "kinfolk", *asked, "-p", str(folder), "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(), timeout=60)
    return json.loads(found.stdout)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("shop")
    collecting(folder)
    with serving(folder) as server:
        yield server


def me(served: Serving, token: str | None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return served.client.get(f"{served.url}/api/v1/me", headers=headers)


def test_a_token_says_who_asks_and_what_it_may(served: Serving) -> None:
    token = kinfolk(served.folder, "token", "create", "website", "--may", "consents.read")["token"]

    answer = me(served, token)

    assert answer.json() == {"name": "token:website", "roles": [], "may": ["consents.read"]}


def test_without_a_token_nobody_asks(served: Serving) -> None:
    answer = me(served, None)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Bearer" in answer.json()["detail"]


def test_a_token_that_was_taken_back_is_of_no_use_at_once(served: Serving) -> None:
    token = kinfolk(served.folder, "token", "create", "gone", "--may", "consents.read")["token"]
    assert me(served, token).status_code == 200

    subprocess.run(
        [sys.executable, "-m", "kinfolk", "token", "revoke", "gone", "-p", str(served.folder)],
        check=True,
        env=environment(),
        timeout=60,
    )

    assert me(served, token).status_code == 401


def test_a_token_is_good_for_as_long_as_was_said(served: Serving) -> None:
    token = kinfolk(served.folder, "token", "create", "short", "--may", "consents.read", "--lasts", "1 second")["token"]

    time.sleep(1.1)

    assert me(served, token).status_code == 401


def test_what_a_token_says_is_not_kept(served: Serving) -> None:
    token = kinfolk(served.folder, "token", "create", "kept", "--may", "consents.read")["token"]

    assert not [f for f in served.folder.rglob("*") if f.is_file() and token.encode() in f.read_bytes()]
    assert [one["name"] for one in kinfolk(served.folder, "token", "list") if one["name"] == "kept"] == ["kept"]


def test_answers_say_that_a_browser_lets_nobody_else_use_them(served: Serving) -> None:
    headers = me(served, None).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers
