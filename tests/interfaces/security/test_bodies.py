"""Bodies that are too large, too deep, packed, or none."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from litestar._parsers import parse_url_encoded_form_data

from tests.interfaces.security.conftest import asked_here
from tests.people import PASSWORD, Browser, Shop, asking, invited, token

DEEP = [b"[" * 900_000, b'{"name":' * 100_000, b'{"name":"a","may":' + b"[" * 500_000 + b"]" * 500_000]


@pytest.mark.parametrize("body", DEEP, ids=["lists", "objects", "closed"])
def test_nested_json_is_refused(shop: Shop, body: bytes) -> None:
    secret = shop[0].folder.joinpath("secret")
    if not secret.exists():
        secret.write_text(token(shop[1], "people.manage", name="deep").json()["token"])
    answer = asking(shop[0], secret.read_text(), "POST", "/api/v1/tokens", content=body)
    assert answer.status_code == 400
    assert shop[1].signed_in  # it answers others as before


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (b'{"name": "', "application/json"),
        (b'{"name": "\xff"}', "application/json"),
        (b'{"name": 1e99999}', "application/json"),
        (b'{"name": "a", "may": ["runs.start"], "created_by": "somebody else"}', "application/json"),
        (b"", "application/json"),
        (b"name=a&may=b", "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data"),
        (b"{}", "application/msgpack"),
        (b"{}", "text/xml; charset=" + "a" * 1000),
    ],
)
def test_bodies_that_are_none_are_refused(shop: Shop, body: bytes, type: str) -> None:
    headers = {"x-csrf-token": shop[1].csrf, "content-type": type}
    answer = shop[1].client.post("/api/v1/tokens", content=body, headers=headers)
    assert answer.status_code == 400
    assert set(answer.json()) - {"problems"} == {"title", "status", "detail", "hint", "where"}


@pytest.mark.parametrize("path", ["/api/v1/tokens", "/sign-in", "/setup/none"])
def test_a_body_that_is_too_large_is_refused_with_or_without_its_length(shop: Shop, path: str) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"a" * 65_536

    said = {"content-type": "application/x-www-form-urlencoded", "x-csrf-token": shop[1].csrf}
    for content in (b"".join(parts()), parts()):
        with suppress(httpx.WriteError, httpx.RemoteProtocolError):  # it hung up before all was sent
            cookies = dict(shop[1].client.cookies)
            answer = httpx.post(shop[0].url + path, content=content, headers=said, cookies=cookies)
            assert answer.status_code == 413
    assert shop[1].signed_in


@pytest.mark.parametrize("path", ["/sign-in", "/setup/none", "/invitation/none", "/me/password"])
def test_a_form_is_no_larger_than_anybody_fills_in(shop: Shop, path: str) -> None:
    said = {"csrf": shop[1].csrf, "password": "&" * 3_000}  # three bytes each, as browsers send them
    assert shop[1].post(path, said).status_code == 413


def test_a_form_of_ours_is_no_other_kind_of_body(shop: Shop) -> None:
    here = invited(shop[0], "multipart@example.com")
    parts = {"csrf": (None, here.csrf)}
    assert here.client.post("/me/sign-out-everywhere", files=parts).status_code == 403
    parts = {"email": (None, "multipart@example.com"), "password": (None, PASSWORD)}
    assert Browser(shop[0].url).client.post("/sign-in", files=parts).status_code == 400
    assert here.signed_in


def test_of_a_form_that_was_sent_nothing_stays_in_what_the_framework_remembers(tmp_path: Path) -> None:
    remembered = parse_url_encoded_form_data.cache_info().currsize
    form = {"email": "nobody@example.com", "password": "one that nobody is to keep"}
    answer = asked_here(tmp_path, "POST", "/sign-in", data=form)
    assert answer.status_code == 401
    assert parse_url_encoded_form_data.cache_info().currsize == remembered


def test_a_packed_body_is_not_unpacked(shop: Shop) -> None:
    bomb = gzip.compress(b'{"name": "' + b"a" * 50_000_000 + b'"}')
    headers = {"x-csrf-token": shop[1].csrf, "content-type": "application/json", "content-encoding": "gzip"}
    assert shop[1].client.post("/api/v1/tokens", content=bomb, headers=headers).status_code == 400


@pytest.mark.parametrize("form", ["email=a", "email=a&email=b&password=c", "password=c", "a=b&" * 2_000])
def test_forms_that_are_none_of_ours_are_refused(shop: Shop, form: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert Browser(shop[0].url).client.post("/sign-in", content=form, headers=headers).status_code == 400


def test_odd_letters_in_a_form_are_no_account(shop: Shop) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for form in (b"email=a%00b&password=%00", b"email=%ff%fe&password=%ff", b"email=a&password=\xed\xb0\x80"):
        assert Browser(shop[0].url).client.post("/sign-in", content=form, headers=headers).status_code == 401
