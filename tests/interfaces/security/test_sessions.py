"""Sessions and cookies in the hands of somebody else."""

from __future__ import annotations

import re
import time
from pathlib import Path

from litestar._parsers import parse_cookie_string

from tests.interfaces.security.conftest import asked_here
from tests.people import OWNER, PASSWORD, Browser, Shop, asking, invited, let_in, token, with_owner


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(shop: Shop) -> None:
    link = let_in(shop[0], "planted@example.com")
    for browser in (Browser(shop[0].url), Browser(shop[0].url)):
        browser.client.cookies.set("kinfolk", "planted" * 6, "127.0.0.1")
        if browser.get(link).status_code == 200:
            browser.enter(link)
        else:
            browser.sign_in("planted@example.com")
        assert "planted" * 6 not in [cookie.value for cookie in browser.client.cookies.jar]
        assert Browser(shop[0].url, {"cookie": "kinfolk=" + "planted" * 6}).signed_in is False


def test_who_signs_in_anew_has_a_new_session_and_the_old_one_is_over(shop: Shop) -> None:
    browser = invited(shop[0], "anew@example.com")
    old = dict(browser.client.cookies)
    browser.sign_in("anew@example.com")
    assert browser.signed_in and dict(browser.client.cookies) != old
    assert Browser(shop[0].url, {"cookie": f"kinfolk={old['kinfolk']}"}).signed_in is False


def test_the_cookie_is_for_no_script_and_no_other_page(shop: Shop) -> None:
    said = _cookie(shop, "cookie@example.com")
    assert re.fullmatch(r"kinfolk=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", said)


def test_behind_tls_the_cookie_is_for_tls_and_this_host_alone(public: Shop) -> None:
    said = _cookie(public, "cookie@example.com")
    assert re.fullmatch(r"__Host-kinfolk=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure", said)


def test_cookies_of_others_however_many_and_odd_keep_nobody_waiting(shop: Shop, tmp_path: Path) -> None:
    """They are what takes Python the square of the time to unquote."""
    odd = 'other="' + "\\a" * 30_000 + '"'
    ours = f"kinfolk={shop[1].client.cookies['kinfolk']}"
    for cookie in (f"{odd}; {ours}", f"{ours}; {odd}"):
        began = time.monotonic()
        assert Browser(shop[0].url, {"cookie": cookie}).signed_in
        assert time.monotonic() - began < 2
    remembered = parse_cookie_string.cache_info()
    assert asked_here(tmp_path, "GET", "/sign-in", headers={"cookie": odd}).status_code == 200
    assert parse_cookie_string.cache_info() == remembered


def _cookie(shop: Shop, email: str) -> str:
    link = let_in(shop[0], email)
    return Browser(shop[0].url, shop[1].headers).enter(link).headers["set-cookie"]


def test_what_opens_doors_is_nowhere_on_disk_nor_in_what_the_server_says(tmp_path: Path) -> None:
    with with_owner(tmp_path) as (server, owner):
        secrets = [token(owner, "people.manage").json()["token"], owner.csrf, PASSWORD, *owner.client.cookies.values()]
        owner.post("/me/password", {"csrf": owner.csrf, "now_used": PASSWORD})  # does not work
        asking(server, secrets[0], "POST", "/api/v1/tokens", content=b"[" * 900_000)
        owner.sign_in(OWNER, "wrong\r\nListening on http://evil.example.com")
        said = server.stop()
    places = [said.encode(), *(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())]
    assert not [one for secret in secrets for place in places if (one := secret.encode()) in place]
    assert "evil" not in said
