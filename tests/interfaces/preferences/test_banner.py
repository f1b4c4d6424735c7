"""What the banner of a web site asks and tells, over HTTP; anybody may speak to it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient
from sqlalchemy import event

from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import served as answering
from kinfolk.interfaces.preferences.banner import consent
from tests.company import Company
from tests.serving import KEY, Serving, answered


def choose(server: Serving, **sent: Any) -> httpx.Response:
    body = {"key": KEY, "anonymousId": "a1", "version": "2026-01", "choices": {"analytics": True}} | sent
    return server.client.post(f"{server.url}/consent/choice", json=body)


def ledger(company: Company, *visitors: str) -> list[tuple[str, ...]]:
    entries = answered(company.folder, "consent", "export")
    found = [(one["source"], one["record_id"], one["purpose"], one["decision"]) for one in entries]
    return [one for one in found if one[1] in visitors]


def test_a_site_asks_for_what_rests_on_consent_and_needs_no_address(served: Serving) -> None:
    answer = served.client.get(f"{served.url}/consent/config", params={"key": KEY})

    assert answer.headers["access-control-allow-origin"] == "*"
    asked = answer.json()
    assert [(one["name"], one["gpc"], one["months"]) for one in asked["questions"]] == [
        ("analytics", False, 12),
        ("ads", True, None),
    ]
    assert (asked["company"], asked["version"]) == ("Gruber's Bakery", "2026-01")
    assert served.client.get(f"{served.url}/consent/notice/2026-01").text == asked["text"]
    assert served.client.get(f"{served.url}/consent/config", params={"key": "made-up"}).status_code == 404
    assert served.client.get(f"{served.url}/consent/notice/1999-01").status_code == 404


def test_what_a_visitor_says_is_about_the_visitor_and_written_once(bakery: Company, served: Serving) -> None:
    assert choose(served).json() == {"recorded": 1, "outdated": False}
    assert choose(served).json()["recorded"] == 0
    assert choose(served, userId="u/1", choices={"analytics": False}).json()["recorded"] == 1
    assert choose(served, choices={"analytics": False}).json()["recorded"] == 1

    assert ledger(bakery, "/a1", "u~11/a1") == [
        ("visitors", "/a1", "analytics", "granted"),
        ("visitors", "u~11/a1", "analytics", "denied"),
        ("visitors", "/a1", "analytics", "denied"),
    ]


def test_a_no_to_a_notice_of_before_is_written_down_and_a_yes_beside_it_is_not(
    bakery: Company, served: Serving
) -> None:
    answer = choose(served, anonymousId="a6", version="2025-01", choices={"analytics": False, "ads": True})

    assert (answer.status_code, answer.json()) == (200, {"recorded": 1, "outdated": True})
    assert ledger(bakery, "/a6") == [("visitors", "/a6", "analytics", "denied")]


def test_ids_are_read_as_those_of_events_are(bakery: Company, served: Serving) -> None:
    choose(served, anonymousId=" a5 ", userId="\t")

    assert ledger(bakery, "/a5") == [("visitors", "/a5", "analytics", "granted")]
    assert choose(served, anonymousId="a5", userId="").json()["recorded"] == 0
    assert choose(served, anonymousId=" ").status_code == 400


def test_a_ledger_that_is_full_is_no_mistake_of_the_visitor(bakery: Company) -> None:
    inside = answering(open_project(bakery.folder))
    event.listen(inside.store, "connect", lambda one, _: one.execute("pragma max_page_count = 1"))  # the least it has
    inside.store.dispose()
    app = Litestar([consent()], state=State({"served": inside}))
    body = {"key": KEY, "anonymousId": "a7", "version": "2026-01", "page": "p" * 1900, "choices": {"analytics": False}}

    with TestClient(app) as client:
        answers = [client.post("/consent/choice", json=body | {"anonymousId": f"a7-{n}"}) for n in range(20)]

    full = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in full} == {503}
    assert "cannot be read or written" in full[0].json()["detail"]


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"key": "made-up"}, 404, "The write key is not known here."),
        ({"choices": {"newsletter": True}}, 400, "The banner does not ask for newsletter."),
        ({"choices": {"delivery": False}}, 400, "The banner does not ask for delivery."),
        ({"version": "2020-01"}, 400, "The notice has changed since."),
        ({"anonymousId": None}, 400, "Neither userId nor anonymousId says who chose."),
        ({"anonymousId": "x" * 501}, 400, "An id has 500 characters at most."),
        ({"choices": {"analytics": "yes"}}, 400, "This is not what a banner sends"),
    ],
)
def test_what_no_banner_sends_is_refused(
    bakery: Company, served: Serving, sent: dict[str, Any], status: int, said: str
) -> None:
    before = len(answered(bakery.folder, "consent", "export"))

    answer = choose(served, **{"anonymousId": "a3"} | sent)

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")
    assert said in answer.json()["detail"]
    assert len(answered(bakery.folder, "consent", "export")) == before


def test_a_body_that_is_too_large_is_refused(served: Serving) -> None:
    assert choose(served, page="x" * 9_000).status_code == 413


def test_a_visitor_who_chooses_too_often_is_told_to_come_again(bakery: Company, served: Serving) -> None:
    answers = [choose(served, anonymousId="a4", choices={"analytics": number % 2 == 0}) for number in range(25)]

    late = [answer for answer in answers if answer.status_code == 429]
    assert len(answers) - len(late) in range(20, 24)
    assert late[0].headers["retry-after"] == "10"
    assert choose(served, anonymousId="a2").status_code == 200


def test_the_banner_is_small_and_for_every_site(served: Serving) -> None:
    answer = served.client.get(f"{served.url}/consent/banner.js")

    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(answer.content) < 11_264
