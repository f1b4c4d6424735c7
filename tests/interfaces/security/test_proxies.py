"""What a proxy says, and what somebody says who pretends to be one."""

from __future__ import annotations

import httpx
import pytest

from tests.people import OWNER, PASSWORD, Browser, Shop


@pytest.mark.parametrize(
    "host", ["evil.example.com", "cdm.example.com.evil.example.com", "127.0.0.1", "cdm.example.com:8080", ""]
)
def test_pages_are_to_be_had_by_the_name_that_the_world_knows_and_no_other(public: Shop, host: str) -> None:
    for path in ("/sign-in", "/api/v1/me", "/static/kinfolk.css"):
        answer = httpx.get(public[0].url + path, headers={"host": host})
        assert answer.status_code == 421
    assert httpx.get(f"{public[0].url}/health", headers={"host": host}).status_code == 200
    assert public[0].track(messageId=f"from {host}").status_code == 200


@pytest.mark.parametrize("host", ["cdm.example.com", "CDM.example.com", "cdm.example.com:443"])
def test_the_name_is_the_same_however_it_is_written(public: Shop, host: str) -> None:
    assert httpx.get(f"{public[0].url}/sign-in", headers={"host": host}).status_code == 200


FORGED = {
    "x-forwarded-host": "evil.example.com",
    "x-forwarded-proto": "http",
    "x-forwarded-for": "127.0.0.1",
    "forwarded": "for=127.0.0.1;host=evil.example.com;proto=http",
    "x-original-url": "/me",
    "x-rewrite-url": "/me",
    "x-http-method-override": "DELETE",
}


def test_headers_that_a_proxy_might_have_set_change_nothing(public: Shop) -> None:
    plain, forged = (
        httpx.get(f"{public[0].url}/me", headers={"host": "cdm.example.com", "accept": "text/html", **more})
        for more in ({}, FORGED)
    )
    assert (plain.status_code, plain.headers["location"]) == (forged.status_code, forged.headers["location"])
    answer = Browser(public[0].url, {**public[1].headers, **FORGED}).sign_in(OWNER)
    assert "Secure" in answer.headers["set-cookie"] and answer.headers["location"] == "/"


def test_behind_tls_a_form_comes_from_the_name_that_the_world_knows(public: Shop) -> None:
    browser = Browser(public[0].url, public[1].headers)
    del browser.client.headers["sec-fetch-site"]
    said = {"email": OWNER, "password": PASSWORD}
    assert browser.post("/sign-in", said, headers={"origin": "http://cdm.example.com"}).status_code == 403
    assert browser.post("/sign-in", said).status_code == 303
