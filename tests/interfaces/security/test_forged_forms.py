"""Pages of somebody else that make a browser send something here."""

from __future__ import annotations

import json

import pytest

from tests.people import PASSWORD, Shop, invited, token


def test_a_form_without_what_only_our_page_knows_does_nothing(shop: Shop) -> None:
    here, other = invited(shop[0], "forged@example.com"), invited(shop[0], "other@example.com")
    for csrf in ("", "x" * 64, other.csrf, here.csrf[:-1], here.csrf.upper() + " "):
        assert here.post("/me/sign-out-everywhere", {"csrf": csrf}).status_code == 403
    assert here.post("/me/sign-out-everywhere", {}).status_code == 403
    assert here.signed_in


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "https://evil.example.com"},
        {"origin": "null"},
    ],
    ids=str,
)
def test_a_form_from_elsewhere_does_nothing_even_with_it(shop: Shop, headers: dict[str, str]) -> None:
    email = f"{'-'.join(headers.values()) or 1}@example.com".replace(":", "").replace("/", "")
    browser = invited(shop[0], email)
    said = {"csrf": browser.csrf}
    if "sec-fetch-site" not in headers:
        del browser.client.headers["sec-fetch-site"]  # a browser of some years ago
    assert browser.post("/me/sign-out-everywhere", said, headers=headers).status_code == 403
    assert browser.post("/sign-in", {"email": email, "password": PASSWORD}, headers=headers).status_code == 403
    assert browser.signed_in


def test_the_api_wants_a_header_of_browsers_and_none_of_programs(shop: Shop) -> None:
    body = {"name": "by-browser", "may": ["runs.start"]}
    assert shop[1].client.post("/api/v1/tokens", json=body).status_code == 403
    assert shop[1].client.delete("/api/v1/tokens/none").status_code == 403
    forged = {"content-type": "text/plain"}  # what a page of somebody else can send without asking
    assert shop[1].client.post("/api/v1/tokens", content=json.dumps(body), headers=forged).status_code == 403
    assert token(shop[1], "people.manage", name="by-browser").status_code == 201


def test_a_basic_header_does_not_make_a_session_a_program(shop: Shop) -> None:
    browser = invited(shop[0], "basic@example.com")
    headers = {"authorization": "Basic eDp5"}
    assert browser.post("/me/sign-out-everywhere", {}, headers=headers).status_code == 403


def test_what_changes_something_is_not_done_by_get(shop: Shop) -> None:
    for path in ("/sign-out", "/me/sign-out-everywhere", "/me/password"):
        assert shop[1].get(path).status_code == 405
    assert shop[1].signed_in
