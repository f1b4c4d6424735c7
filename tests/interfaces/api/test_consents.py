"""The ledger of consents over HTTP, of a real server."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import httpx
import pytest

from tests.serving import Serving, answered, collecting, environment, serving

POLICY = """
versions:
  "2026-01": {since: 2026-01-01, text: We write to you.}
channels: [email, sms]
purposes:
  news: {title: Our letter, use: marketing.communications, basis: consent, channels: [email, sms], expires: 2 years}
  delivery: {use: essential.service, basis: contract}
"""
PEOPLE = [
    {"id": "1", "name": "Ana", "mail": "ana@example.com"},
    {"id": "2/b", "name": "Ana", "mail": "ana@example.com"},
    {"id": "3", "name": "Rui", "mail": "rui@example.com"},
]


@dataclass
class Program:
    """A program that asks the API, with a token."""

    server: Serving
    token: str

    def get(self, path: str = "", **asked: str) -> httpx.Response:
        return self._ask("GET", path, params=asked)

    def post(self, path: str = "", body: Any = None, **options: Any) -> httpx.Response:
        return self._ask("POST", path, json=body, **options)

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return self.server.client.request(
            method, f"{self.server.url}/api/v1/consents{path}", headers=headers, **options
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("shop")
    shop = collecting(folder)
    shop.write("policies/consent.yml", POLICY)
    shop.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    shop.csv("crm", PEOPLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_KEY", environment()["WEB_KEY"])
        shop.run()
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="module")
def reader(served: Serving) -> Program:
    return Program(served, answered(served.folder, "token", "create", "reads", "--may", "consents.read")["token"])


@pytest.fixture(scope="module")
def writer(served: Serving) -> Program:
    may = ("--may", "consents.read", "--may", "consents.write")
    return Program(served, answered(served.folder, "token", "create", "website", *may)["token"])


def allowed(shown: httpx.Response) -> dict[tuple[str, str | None], bool]:
    assert shown.status_code == 200, shown.text
    return {(one["purpose"], one["channel"]): one["allowed"] for one in shown.json()["states"]}


def test_what_somebody_said_is_written_down_for_each_record_and_holds(writer: Program) -> None:
    said = {"who": "email:ana@example.com", "purpose": "news", "decision": "granted", "channel": "email"}

    [entry] = writer.post(body=said | {"collection_method": "web form"}).json()

    assert entry["saying"]["recorded_by"] == "token:website"
    assert entry["saying"]["policy_version"] == "2026-01"
    holds = allowed(writer.get(who="crm:2/b"))
    assert holds == {("news", "email"): True, ("news", "sms"): False, ("delivery", None): True}

    customer = writer.get(who="crm:1").json()["customer_id"]
    rows = writer.post("/withdraw", {"who": customer}).json()

    assert [row["saying"]["subject"]["value"] for row in rows if not row["saying"]["carried"]] == ["1", "2/b"]
    assert not any(holds for (purpose, _), holds in allowed(writer.get(who="crm:1")).items() if purpose == "news")


def test_what_was_known_at_a_moment_is_what_the_command_line_says(served: Serving, writer: Program) -> None:
    said = {"who": "email:rui@example.com", "purpose": "news", "decision": "granted"}
    writer.post(body=said)
    time.sleep(0.01)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    writer.post(body=said | {"decision": "withdrawn"})

    for as_of in ({}, {"as_of": moment}):
        asked = ["--as-of", moment] if as_of else []
        told = answered(served.folder, "consent", "show", "crm:3", *asked)
        found = writer.get(who="crm:3", **as_of).json()
        states = [
            [(one["purpose"], one["channel"], one["state"], one["seq"]) for one in a["states"]] for a in (told, found)
        ]
        assert states[0] == states[1]
    assert allowed(writer.get(who="crm:3", as_of=moment))["news", "sms"]
    assert not allowed(writer.get(who="crm:3"))["news", "sms"]


def test_a_program_that_may_read_may_not_write(reader: Program) -> None:
    refused = reader.post(body={"who": "crm:1", "purpose": "news", "decision": "granted"})

    assert refused.status_code == 403
    assert refused.json()["detail"] == "token:reads may not do this: it takes consents.write."
    assert reader.post("/withdraw", {"who": "crm:1"}).status_code == 403
    assert reader.post("/import").status_code == 403
    assert reader.get(who="crm:1").status_code == 200


@pytest.mark.parametrize("path", ["", "/history", "/receipts/1", "/verify", "/export"])
def test_nobody_reads_without_a_token(served: Serving, path: str) -> None:
    assert Program(served, "kin_made-up").get(path, who="crm:1").status_code == 401
    assert served.client.get(f"{served.url}/api/v1/consents{path}", params={"who": "crm:1"}).status_code == 401


def test_a_receipt_and_the_history_name_the_row(writer: Program) -> None:
    [entry] = writer.post(body={"who": "email:bo@example.com", "purpose": "news", "decision": "denied"}).json()

    receipt = writer.get(f"/receipts/{entry['seq']}").json()
    [told] = writer.get("/history", who="email:bo@example.com").json()

    assert receipt["event"]["event_state"] == "dpv:ConsentRefused"
    assert receipt["proof"]["chain"] == entry["chain"]
    assert (told["seq"], told["choice"], told["recorded_by"]) == (entry["seq"], "denied", "token:website")


def test_what_cannot_be_recorded_is_told_in_a_sentence(writer: Program) -> None:
    said = {"who": "email:bo@example.com", "purpose": "nwes", "decision": "granted"}

    unknown = writer.post(body=said)

    assert unknown.status_code == 400
    assert unknown.json()["detail"] == "There is no purpose nwes."
    assert "news" in unknown.json()["hint"]
    assert writer.get(who="C-999").status_code == 404
    assert writer.get("/receipts/99999").json()["detail"] == "The ledger has no row 99999."
    problem = writer.post(body=said | {"purpose": "news", "chanel": "email"}).json()
    assert "chanel" in json.dumps(problem["problems"])


def test_a_file_is_recorded_once_and_comes_out_as_it_went_in(served: Serving, writer: Program) -> None:
    past = "email,purpose,decision,effective_at,channel\nnew@example.com,news,granted,2026-02-01,email\n"

    first, again = (writer.post("/import", content=past.encode()) for _ in range(2))

    assert first.json() == {"rows": 1, "recorded": 1, "known": 0}
    assert again.json() == {"rows": 1, "recorded": 0, "known": 1}
    exported = writer.get("/export")
    assert exported.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(exported.text)))
    assert rows[-1]["email"] == "new@example.com"
    assert len(rows) == writer.get("/verify").json()["entries"]
    whole = writer.post("/import", content=exported.content).json()
    assert whole == {"rows": len(rows), "recorded": 0, "known": len(rows)}


def test_a_file_with_a_mistake_is_not_recorded_at_all(writer: Program) -> None:
    before = writer.get("/verify").json()["entries"]
    wrong = "email,purpose,decision,effective_at\na@example.com,news,granted,2026-02-01\nb,news,granted,2026-02-01\n"

    refused = writer.post("/import", content=wrong.encode())

    assert refused.status_code == 400
    assert "the file:3: 'b' is no e-mail address." in refused.json()["detail"]
    assert "/" not in refused.json()["detail"]
    assert writer.get("/verify").json()["entries"] == before


def test_a_body_that_is_too_large_is_refused(writer: Program) -> None:
    assert writer.post(body={"who": "x" * (2 << 20), "purpose": "news", "decision": "granted"}).status_code == 413


def test_the_ledger_is_whole(writer: Program) -> None:
    assert writer.get("/verify").json()["problems"] == []
