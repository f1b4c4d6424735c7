"""Customers over HTTP, of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.company import Company
from tests.serving import Serving, answered, serving

PEOPLE = [
    {"id": "1", "name": "Ana", "last": "Lopes", "mail": "ana@example.com", "phone": "+351 21 000 0000"},
    {"id": "2", "name": "Ana Maria", "last": "Lopes", "mail": "ana@example.com", "phone": ""},
    {"id": "3", "name": "Rui", "last": "Lopes", "mail": "rui@example.com", "phone": ""},
    {"id": "4", "name": "<script>alert(1)</script>", "last": "O'Neil", "mail": "x@example.com", "phone": ""},
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("shop")
    shop = Company(folder)
    shop.source("crm", "record_id: id\npeople: {first_name: name, last_name: last, email: mail, phone: phone}\n")
    shop.csv("crm", PEOPLE)
    shop.identity("keys: [email]\n")
    shop.run()
    with serving(folder) as made:
        yield made


@pytest.fixture(scope="module")
def reader(served: Serving) -> str:
    token: str = answered(served.folder, "token", "create", "reads", "--may", "profiles.read")["token"]
    return token


def ask(served: Serving, token: str | None, path: str = "", **asked: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return served.client.get(f"{served.url}/api/v1/customers{path}", params=asked, headers=headers)


@pytest.mark.parametrize(
    ("asked", "emails"),
    [
        ("lopes", ["ana@example.com", "rui@example.com"]),
        ("ANA@example.com", ["ana@example.com"]),
        ("+351210000000", ["ana@example.com"]),
        ("c-1", ["ana@example.com"]),
        ("O'Neil", ["x@example.com"]),
        ("' or 1=1 --", []),
        ("nobody@example.com", []),
    ],
)
def test_customers_are_found_by_anything(served: Serving, reader: str, asked: str, emails: list[str]) -> None:
    answer = ask(served, reader, q=asked)

    assert answer.status_code == 200
    assert [one["email"] for one in answer.json()] == emails


def test_a_customer_is_told_as_the_command_line_tells_it(served: Serving, reader: str) -> None:
    told = answered(served.folder, "show", "ana@example.com")

    answer = ask(served, reader, f"/{told['customer_id']}")

    assert answer.json() == told | {"asked_for": told["customer_id"]}
    assert len(answer.json()["records"]) == 2


def test_so_many_are_listed_as_were_asked_for(served: Serving, reader: str) -> None:
    assert len(ask(served, reader, q="lopes", limit=1).json()) == 1
    for wrong in ({"q": "lopes", "limit": 0}, {"q": "lopes", "limit": 101}, {"q": ""}, {}):
        answer = ask(served, reader, **wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_who_there_is_not_is_told_so(served: Serving, reader: str) -> None:
    answer = ask(served, reader, "/C-999")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no customer C-999."


def test_nobody_without_the_permission_reads_customers(served: Serving) -> None:
    other = answered(served.folder, "token", "create", "writes", "--may", "consents.write")["token"]
    for path, asked in (("", {"q": "lopes"}), ("/C-1", {})):
        assert ask(served, None, path, **asked).status_code == 401
        refused = ask(served, other, path, **asked)
        assert refused.status_code == 403
        assert refused.json()["detail"] == "token:writes may not do this: it takes profiles.read."
