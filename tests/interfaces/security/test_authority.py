"""Whoever asks for more than they may, with tokens and sessions that are real."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.people import OWNER, Browser, Shop, asking, invited, token, with_owner
from tests.serving import VISITORS, WEB, serving


def test_nobody_gives_a_token_more_than_they_have(shop: Shop) -> None:
    custodian = invited(shop[0], "custodian@example.com", "custodian")
    refused = token(custodian, "profiles.read", name="greedy")
    assert refused.status_code == 403
    assert refused.json()["detail"] == "You do not have profiles.read yourself, and so no token of yours can."
    made = token(custodian, "runs.start", name="modest")
    assert (made.status_code, made.json()["may"]) == (201, ["runs.start"])
    [kept] = [one for one in custodian.get("/api/v1/tokens").json() if one["name"] == "modest"]
    assert kept["created_by"] == "custodian@example.com" and made.json()["token"] not in json.dumps(kept)


def test_a_token_does_what_it_was_made_for_and_nothing_else(shop: Shop) -> None:
    narrow = token(shop[1], "consents.read", name="narrow").json()["token"]
    for method, path in (("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens"), ("DELETE", "/api/v1/tokens/narrow")):
        answer = asking(shop[0], narrow, method, path)
        assert answer.status_code == 403
        assert answer.json()["detail"] == "token:narrow may not do this: it takes people.manage."
    assert asking(shop[0], narrow, "GET", "/me", headers={"accept": "text/html"}).status_code == 303  # no person


def test_a_token_that_was_taken_back_is_of_no_use(shop: Shop) -> None:
    wide = token(shop[1], "people.manage", name="wide").json()["token"]
    assert asking(shop[0], wide, "DELETE", "/api/v1/tokens/wide").status_code == 204
    assert asking(shop[0], wide, "GET", "/api/v1/tokens").status_code == 401


def test_nobody_without_a_token_or_a_session_gets_anything(shop: Shop) -> None:
    for method, path in (("GET", "/api/v1/me"), ("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens")):
        answer = httpx.request(method, shop[0].url + path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("secret", ["kin_", "kin_" + "x" * 10_000, "' or 1=1 --", "null", "\u00ff"])
def test_what_is_no_token_is_none(shop: Shop, secret: str) -> None:
    headers = [(b"authorization", b"Bearer " + secret.encode())]
    assert httpx.get(f"{shop[0].url}/api/v1/me", headers=headers).status_code == 401


def test_tokens_and_sessions_are_of_one_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "key-of-the-test")
    tested = {
        "sources/web_test.yml": WEB.replace("WEB_KEY", "TEST_KEY").replace("visitors", "visitors_test"),
        "sources/visitors_test.yml": VISITORS.replace("visitors_of: web", "visitors_of: web_test"),
    }
    files = {
        "kinfolk.yml": "name: Shop\nenvironments: [prod, test]\nenvironment: prod\n",
        **{f"sources/{name}.yml": f"environment: prod{text}" for name, text in (("web", WEB), ("visitors", VISITORS))},
        **{name: f"environment: test{text}" for name, text in tested.items()},
    }
    with with_owner(tmp_path, "--environment", "prod", more=files) as (prod, owner):
        secret = token(owner, "people.manage").json()["token"]
        with serving(tmp_path, "--environment", "test") as test:
            assert asking(test, secret, "GET", "/api/v1/me").status_code == 401
            there = Browser(test.url)
            there.client.cookies.update(owner.client.cookies)
            assert not there.signed_in
            assert there.sign_in(OWNER).status_code == 401
        assert asking(prod, secret, "GET", "/api/v1/me").status_code == owner.get("/me").status_code == 200
