"""Credentials go to their own host only, faults that pass are waited for, and every refusal is a sentence."""

from __future__ import annotations

import gzip
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from kinfolk.connectors import OPTIONS
from kinfolk.errors import SourceError
from kinfolk.model.secret import Secret
from tests.connectors.http.reading import FOLDER, HTTP, ids, landed
from tests.connectors.http.server import Asked, Reply, Service, in_turn
from tests.connectors.reading import source_of

TOKEN = Secret("${TOKEN}", "t0ken/+secret")


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (
            {"basic": {"user": "ana", "password": TOKEN}},
            "authorization",
            "Basic " + b64encode(b"ana:t0ken/+secret").decode(),
        ),
        ({"bearer": {"token": TOKEN}}, "authorization", "Bearer t0ken/+secret"),
        ({"api_key": {"header": "X-Api-Key", "secret": TOKEN}}, "x-api-key", "t0ken/+secret"),
    ],
)
def test_credentials_are_sent_in_headers(api: Service, auth: Any, header: str, value: str) -> None:
    url = api.on("/people", lambda asked: [{"id": "1"}])
    landed(url, auth=auth, headers={"X-Tenant": "acme"})
    assert api.asked[0].headers[header] == value
    assert api.asked[0].headers["x-tenant"] == "acme"


def test_a_key_in_the_query_is_sent_with_each_page_and_never_shown(api: Service) -> None:
    pages = in_turn({"data": [{"id": "1"}], "next": "/people?page=2"}, Reply({"message": "no t0ken%2F%2Bsecret"}, 400))
    url = api.on("/people", pages)
    with pytest.raises(SourceError) as caught:
        landed(url, auth={"api_key": {"query": "key", "secret": TOKEN}}, pages={"next_link": "next"}, records="data")
    assert api.queries("/people") == [{"key": "t0ken/+secret"}, {"page": "2", "key": "t0ken/+secret"}]
    assert str(caught.value).startswith(f'{api.address}/people: It refuses the request (400). It says: "no •••".')


@pytest.mark.parametrize("token", ["let-me-in\n", "señor"])
def test_a_token_that_cannot_be_sent_is_told_and_not_shown(api: Service, token: str) -> None:
    with pytest.raises(SourceError, match="A header holds a character that cannot be sent") as caught:
        landed(api.on("/people", lambda asked: []), auth={"bearer": {"token": Secret("${TOKEN}", token)}})
    assert token.strip() not in str(caught.value)


def test_a_token_is_fetched_once_and_again_when_it_is_refused(api: Service) -> None:
    given: list[str] = []

    def token(asked: Asked) -> Any:
        given.append(f"token-{len(given)}")
        return {"access_token": given[-1], "expires_in": 3600}

    def people(asked: Asked) -> Any:
        if asked.headers["authorization"] != "Bearer token-1":
            return Reply({}, 401)
        return [{"id": asked.query["page"]}] if int(asked.query["page"]) < 3 else []

    oauth2 = {"token_url": api.on("/token", token), "client_id": "me", "client_secret": TOKEN, "scope": "read"}
    url = api.on("/people", people)
    assert ids(landed(url, auth={"oauth2": oauth2}, pages={"number": {}})) == ["1", "2"]
    assert given == ["token-0", "token-1"]
    first = next(asked for asked in api.asked if asked.path == "/token")
    assert first.body == b"grant_type=client_credentials&scope=read"
    assert first.headers["authorization"].startswith("Basic ")


def test_a_token_that_is_not_given_is_told_without_the_secret(api: Service) -> None:
    url = api.on("/token", lambda asked: Reply({"error": "invalid_client", "error_description": "t0ken/+secret"}, 401))
    oauth2 = {"token_url": url, "client_id": "me", "client_secret": TOKEN, "send": "body"}
    with pytest.raises(SourceError, match=r"/token: It gives no token \(401, invalid_client\)") as caught:
        landed(api.on("/people", lambda asked: []), auth={"oauth2": oauth2})
    assert "secret" not in str(caught.value).replace("client_secret", "")
    assert b"client_secret=t0ken" in api.asked[0].body


def test_another_host_is_not_told_the_credentials(api: Service, elsewhere: Service) -> None:
    there = elsewhere.on("/moved", lambda asked: [{"id": "1"}])
    url = api.on("/people", lambda asked: Reply(b"", 302, {"Location": there + "?a=1"}))
    auth = {"api_key": {"header": "X-Api-Key", "secret": TOKEN}}
    assert ids(landed(url, auth=auth, headers={"X-Tenant": "acme"})) == ["1"]
    told = elsewhere.asked[0].headers
    assert "x-api-key" not in told and "x-tenant" not in told
    assert "x-api-key" in api.asked[0].headers


def test_a_next_page_on_another_host_is_not_told_the_credentials(api: Service, elsewhere: Service) -> None:
    there = elsewhere.on("/people", lambda asked: Reply({}, 401))
    url = api.on("/people", lambda asked: {"data": [{"id": "1"}], "next": there})
    auth = {"bearer": {"token": TOKEN}}
    with pytest.raises(SourceError, match="leads to another host, which refuses to answer without credentials"):
        landed(url, auth=auth, pages={"next_link": "next"})
    assert "authorization" not in elsewhere.asked[0].headers


def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever(api: Service) -> None:
    api.on("/new/", lambda asked: [{"id": asked.headers["authorization"]}])
    url = api.on("/old", lambda asked: Reply(b"", 301, {"Location": "/new/"}))
    assert ids(landed(url, auth={"bearer": {"token": "x"}})) == ["Bearer x"]
    url = api.on("/round", lambda asked: Reply(b"", 302, {"Location": "/round"}))
    with pytest.raises(SourceError, match="redirects more than 5 times"):
        landed(url)


@pytest.mark.parametrize("link", ["file:///etc/passwd", "ftp://example.com/people", "gopher://x"])
def test_nothing_but_the_web_is_asked(api: Service, link: str) -> None:
    url = api.on("/people", lambda asked: {"data": [{"id": "1"}], "next": link})
    with pytest.raises(SourceError, match="no web address"):
        landed(url, pages={"next_link": "next"})
    with pytest.raises(SourceError, match="no web address"):
        landed(api.on("/moved", lambda asked: Reply(b"", 302, {"Location": link})))


@pytest.mark.parametrize("fault", [Reply({}, 500), Reply({}, 503), Reply(b'[{"id": ', promised=1000), Reply({}, 429)])
def test_a_fault_that_passes_is_waited_for(api: Service, fault: Reply) -> None:
    url = api.on("/people", in_turn(fault, [{"id": "1"}]))
    assert ids(landed(url, retries=1)) == ["1"]
    assert len(api.asked) == 2


def test_a_fault_that_stays_is_told(api: Service) -> None:
    url = api.on("/people", lambda asked: Reply({"error": {"message": "database is down"}}, 500))
    with pytest.raises(SourceError, match=r'It fails \(500\). It says: "database is down". It was tried 2 times'):
        landed(url, retries=1)
    with pytest.raises(SourceError, match="broke off before the answer was whole"):
        landed(api.on("/half", lambda asked: Reply(b"[{", promised=1000)))
    with pytest.raises(SourceError, match="It cannot be reached"):
        landed("http://127.0.0.1:9/people")
    with pytest.raises(SourceError, match=r"No answer within 0.2 seconds"):
        landed(api.on("/slow", lambda asked: time.sleep(1)), timeout=0.2)


@pytest.mark.parametrize("wait", ["1", format_datetime(datetime.now(UTC) + timedelta(days=-1), usegmt=True)])
def test_a_server_says_when_it_wants_to_be_asked_again(api: Service, wait: str) -> None:
    url = api.on("/people", in_turn(Reply({}, 429, {"Retry-After": wait}), [{"id": "1"}]))
    began = time.monotonic()
    assert ids(landed(url, retries=1)) == ["1"]
    assert time.monotonic() - began >= (1 if wait == "1" else 0)


def test_a_server_that_wants_hours_is_left_alone(api: Service) -> None:
    url = api.on("/people", lambda asked: Reply({}, 429, {"Retry-After": "7200"}))
    with pytest.raises(SourceError, match=r"asked too often \(429\).*left alone for 7,200 seconds"):
        landed(url, retries=3)
    assert len(api.asked) == 1


def test_requests_keep_the_pace_that_is_written(api: Service) -> None:
    url = api.on("/people", lambda asked: [{"id": asked.query["page"]}] if int(asked.query["page"]) < 5 else [])
    began = time.monotonic()
    landed(url, pages={"number": {}}, requests_per_second=10)
    assert time.monotonic() - began >= 0.4


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (Reply({"error": "bad token"}, 401), r'refuses the credentials \(401\). It says: "bad token"'),
        (Reply({"detail": "ask Ana"}, 403), r'may not read this \(403\). It says: "ask Ana"'),
        (Reply({}, 404), r"nothing at this address \(404\)"),
        (Reply({}, 400), r"refuses the request \(400\)"),
        (Reply(b"<!DOCTYPE html><p>Log in"), "a web page, perhaps one to log in"),
        (Reply(b"<p>Log in", headers={"Content-Type": "text/html; charset=utf-8"}), "a web page"),
        (Reply(b'{"data": [{"id": 1}, {"id"'), "no whole JSON: it breaks off"),
        (Reply(b"id,name\n1,a\n", headers={"Content-Type": "text/plain"}), "no JSON; it says it is text/plain"),
        (Reply(b""), "The answer is empty"),
        (Reply(b"no gzip", headers={"Content-Encoding": "gzip"}), "cannot be decompressed"),
        (Reply(b"[" * 100_000), "no whole JSON"),
    ],
)
def test_an_answer_that_is_no_data_is_told_in_a_sentence(api: Service, reply: Reply, what: str) -> None:
    with pytest.raises(SourceError, match=what) as caught:
        landed(api.on("/people", lambda asked: reply), params={"key": "hidden"})
    assert "hidden" not in str(caught.value)
    assert str(caught.value).startswith(f"{api.address}/people: ")


def test_answers_may_be_compressed(api: Service) -> None:
    packed = Reply(gzip.compress(b'[{"id": "1"}]'), headers={"Content-Encoding": "gzip"})
    assert ids(landed(api.on("/people", lambda asked: packed))) == ["1"]


def test_a_load_that_breaks_on_a_later_page_leaves_nothing(
    api: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    url = api.on("/people", lambda asked: [{"id": "1"}] if asked.query["page"] == "1" else Reply({}, 500))
    with pytest.raises(SourceError, match=r"It fails \(500\)"):
        landed(url, pages={"number": {}})
    assert list(tmp_path.iterdir()) == []


def test_an_address_from_the_environment_is_shown_as_it_is_written(api: Service) -> None:
    address = api.address
    url = Secret("${CRM}/v1/people", f"{address}/v1/people")
    [part] = HTTP.parts(source_of("http", {"url": url}), FOLDER)
    assert part.name == "${CRM}/v1/people"
    with pytest.raises(SourceError) as caught:
        landed(url)
    assert address not in str(caught.value)


def test_a_ping_and_a_look_around_read_one_page(api: Service) -> None:
    url = api.on("/people", lambda asked: {"data": [{"id": 1, "tags": [], "vip": True}, {"id": 2, "mail": "a@b.c"}]})
    options = {"url": url, "pages": {"number": {}}}
    assert HTTP.ping(options, FOLDER) == f"{url} answers with 2 records on its first page."
    [found] = HTTP.discover(options, FOLDER)
    assert dict(found.columns) == {"id": "number", "tags": "list", "vip": "boolean", "mail": "text"}
    assert (found.name, found.options) == (url, options)
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"url": "crm.example.com"}, "begins with https://"),
        ({"url": "file:///etc/passwd"}, "begins with https://"),
        ({"url": "https://ana:pw@example.com"}, "under `auth"),
        ({"url": "https://[x"}, "is no address"),
        ({"url": "https://x.io", "headers": {"authorization": "Bearer x"}}, "under `auth`"),
        ({"url": "https://x.io", "body": {}}, "method: POST"),
        ({"url": "https://x.io", "auth": {}}, "exactly one of `basic`"),
        ({"url": "https://x.io", "auth": {"bearer": {"token": "a"}, "basic": {"user": "b"}}}, "exactly one"),
        ({"url": "https://x.io", "auth": {"api_key": {"secret": "a"}}}, "Exactly one of `header` and `query`"),
        ({"url": "https://x.io", "pages": {"more": "m"}}, "exactly one of `next_link`"),
        ({"url": "https://x.io", "pages": {"cursor": {"param": "c"}}}, "Exactly one of `at` and `of_last`"),
    ],
)
def test_settings_that_do_not_fit_are_refused(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        OPTIONS["http"].model_validate(options)
