"""Runs, pairs and quarantined rows over HTTP, of a real server: the very answers of the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.company import Company
from tests.contracts import contract
from tests.serving import Serving, answered, environment, serving, wait_until

ROWS = [
    {"id": "1", "name": "Ana", "mail": "ana@example.com"},
    {"id": "2", "name": "Bea", "mail": "bea@example.com"},
    {"id": "3", "name": "", "mail": "cid@example.com"},
    {"id": "4", "name": "", "mail": "dan@example.com"},
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("shop")
    shop = Company(folder)
    shop.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    contract(shop, "crm", "- {name: id}\n- {name: name, required: true}\n- {name: mail}")
    shop.csv("crm", ROWS)
    shop.identity("keys: [email]\n")
    shop.run()
    with serving(folder) as made:
        yield made


@pytest.fixture(scope="module")
def steward(served: Serving) -> str:
    may = ("profiles.read", "decisions.write", "operations.read", "runs.start")
    asked = [word for permission in may for word in ("--may", permission)]
    token: str = answered(served.folder, "token", "create", "steward", *asked)["token"]
    return token


def ask(served: Serving, token: str, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return served.client.request(method, f"{served.url}/api/v1{path}", headers=headers, **options)


def spoken(served: Serving, *words: str) -> Any:
    """What the command says, as JSON; the folder is its argument, or its option."""
    if words not in (("status",), ("history",)):
        return answered(served.folder, *words)
    command = [sys.executable, "-m", "kinfolk", *words, str(served.folder), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, env=environment(), timeout=60).stdout)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/status", ("status",)),
        ("/history", ("history",)),
        ("/quarantine", ("quarantine", "list")),
        ("/review", ("review", "list")),
        ("/decisions", ("review", "decisions")),
    ],
)
def test_the_api_answers_as_the_command_line_does(
    served: Serving, steward: str, path: str, words: tuple[str, ...]
) -> None:
    def same() -> bool:  # a run that the server itself starts may come in between
        told, said = ask(served, steward, path).json(), spoken(served, *words)
        if path == "/status":  # how long ago things were is another second by then
            told.pop("health"), said.pop("health")
        return bool(told == said)

    wait_until(same, 30)


def test_runs_are_paged_by_their_numbers(served: Serving, steward: str) -> None:
    [first] = ask(served, steward, "/runs", params={"before": 2}).json()
    assert (first["run_id"], first["status"]) == (1, "published") and first["steps"]
    assert ask(served, steward, "/runs/1").json() == first
    assert ask(served, steward, "/runs", params={"before": 1}).json() == []
    assert ask(served, steward, "/runs/99").status_code == 404


def test_a_decision_is_written_down_seen_and_taken_back(served: Serving, steward: str) -> None:
    said = {"first": "crm:1", "second": "crm:2", "verdict": "same", "note": "I asked"}

    [made] = ask(served, steward, "/decisions", "POST", json=said).json()

    assert (made["verdict"], made["decided_by"], made["note"]) == ("same", "token:steward", "I asked")
    assert ask(served, steward, "/decisions").json() == answered(served.folder, "review", "decisions")
    assert ask(served, steward, "/review/pair", params={"first": "crm:1", "second": "crm:2"}).json()["decisions"] == [
        made
    ]
    [back] = ask(served, steward, f"/decisions/{made['decision_no']}/withdraw", "POST", json={}).json()
    assert back["verdict"] == "withdrawn"
    again = ask(served, steward, f"/decisions/{made['decision_no']}/withdraw", "POST", json={})
    assert (again.status_code, again.json()["status"]) == (400, 400)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"first": "crm:1", "second": "crm:2", "verdict": "perhaps"},
        {"first": "crm:1", "second": "crm:2", "verdict": "same", "by": "somebody else"},
        {"first": "crm:1", "second": "crm:1", "verdict": "same"},
    ],
)
def test_what_is_no_answer_is_refused(served: Serving, steward: str, said: dict[str, str]) -> None:
    answer = ask(served, steward, "/decisions", "POST", json=said)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_row_is_corrected_and_landed_again(served: Serving, steward: str) -> None:
    first, second = ask(served, steward, "/quarantine/rows").json()
    after = ask(served, steward, "/quarantine/rows", params={"after": first["record_no"], "limit": 1}).json()
    assert after == [second] and second["rules"] == ["name.required"]
    assert ask(served, steward, f"/quarantine/rows/{first['record_no']}").json() == first

    path = f"/quarantine/rows/{first['record_no']}"
    [fixed] = ask(served, steward, path, "PATCH", json={"values": {"name": "Cid"}}).json()
    assert fixed["changed"] == {"name": "Cid"}
    assert ask(served, steward, path, "PATCH", json={"values": {"nothing": "x"}}).status_code == 404
    assert ask(served, steward, "/quarantine/replay", "POST", params={"source": "none"}).status_code == 404

    answer = ask(served, steward, "/quarantine/replay", "POST")

    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    wait_until(
        lambda: [row["record_no"] for row in ask(served, steward, "/quarantine/rows").json()] == [second["record_no"]]
    )


def test_a_run_is_asked_for(served: Serving, steward: str) -> None:
    last = ask(served, steward, "/runs", params={"limit": 1}).json()[0]["run_id"]
    answer = ask(served, steward, "/runs", "POST")
    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    wait_until(lambda: ask(served, steward, "/runs", params={"limit": 1}).json()[0]["run_id"] > last)
