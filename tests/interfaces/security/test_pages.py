"""Where one is led, what one is shown, and what every answer says to a browser."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, cast

import httpx
import pytest

from kinfolk.errors import EngineError, KinfolkError, ProjectError
from kinfolk.interfaces.console.entering import local
from kinfolk.interfaces.web.headers import PROTECTING
from kinfolk.interfaces.web.problems import told
from tests.people import OWNER, Browser, Shop, let_in, said_to


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example.com",
        "//evil.example.com",
        "///evil.example.com",
        "/\\evil.example.com",
        "\\\\evil.example.com",
        "/\t/evil.example.com",
        "/\n/evil.example.com",
        " //evil.example.com",
        "javascript:alert(1)",
        "http:/evil.example.com",
        "evil.example.com",
        "/%0d%0aSet-Cookie: a=b\r\nX: y",
        "//[",
        "",
    ],
)
def test_nobody_is_led_elsewhere(shop: Shop, next: str) -> None:
    assert local(next) == "/"
    assert Browser(shop[0].url).sign_in(OWNER, next=next).headers["location"] == "/"


def test_where_one_wanted_to_go_is_where_one_goes(shop: Shop) -> None:
    answer = Browser(shop[0].url).sign_in(OWNER, next="/me?look=//there")
    assert answer.headers["location"] == "/me?look=//there"


MARKUP = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{7777*7777}}"


def test_names_and_addresses_are_text_on_every_page(shop: Shop) -> None:
    address = '"><script>alert(1)</script>@example.com'
    browser = Browser(shop[0].url)
    browser.enter(let_in(shop[0], address), name=MARKUP)
    pages = [
        browser.get("/me").text,
        browser.sign_in(MARKUP, MARKUP, next=MARKUP).text,
        browser.get("/sign-in", params={"next": MARKUP}).text,
        browser.get(f"/{MARKUP}").text,
        browser.get(f"/setup/{MARKUP}").text,
    ]
    assert address in unescape(pages[0])
    assert not [page for page in pages if re.search(r"<script>|<img|60481729", page)]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("GET", "/me", 303),
        ("GET", "/nothing", 404),
        ("GET", "/static/kinfolk.css", 200),
        ("GET", "/api/v1/me", 401),
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/sign-in", 405),
        ("TRACE", "/sign-in", 405),
        ("POST", "/sign-in", 400),
        ("GET", "/setup/none", 404),
    ],
)
def test_every_answer_says_that_a_browser_lets_nobody_else_use_it(
    public: Shop, method: str, path: str, status: int
) -> None:
    headers = {"host": "cdm.example.com", "accept": "text/html"}
    answer = httpx.request(method, public[0].url + path, headers=headers)
    assert answer.status_code == status
    for name in PROTECTING.keys() - {"cache-control"}:
        assert answer.headers[name] == PROTECTING[name]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["cache-control"] == ("public, max-age=300" if "static" in path else "no-store")
    assert "access-control-allow-origin" not in answer.headers
    assert not re.search(r"Traceback|site-packages|\.py\b|litestar", answer.text, re.I)


@pytest.mark.parametrize(
    "path",
    [
        "../pages.py",
        "..%2fpages.py",
        "%2e%2e/pages.py",
        "%2e%2e%2fpages.py",
        "..%5cpages.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "kinfolk.css%00.html",
        "kinfolk.css/",
        "",
        "%ff",
    ],
)
def test_no_path_leads_to_another_file(shop: Shop, path: str) -> None:
    answer = said_to(shop[0], f"GET /static/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    if path == "kinfolk.css/":
        assert b"--accent" in answer
    else:
        assert answer.startswith(b"HTTP/1.1 404 ")


def test_head_is_get_without_the_page(shop: Shop) -> None:
    get, head = (httpx.request(method, f"{shop[0].url}/sign-in") for method in ("GET", "HEAD"))
    assert (head.status_code, head.headers["content-length"], head.text) == (200, get.headers["content-length"], "")


def test_options_allow_no_other_page(shop: Shop) -> None:
    asked = {"origin": "https://evil.example.com", "access-control-request-method": "POST"}
    answer = shop[1].client.options("/api/v1/tokens", headers=asked)
    assert answer.status_code == 204
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("error", [EngineError("It cannot be read."), ProjectError([])], ids=["engine", "project"])
def test_no_answer_tells_a_program_where_the_server_keeps_its_files(error: KinfolkError) -> None:
    error.where = "/srv/shop/.kinfolk/control.sqlite"
    answer = told(cast(Any, None), error)
    assert answer.status_code == 503 and "/srv" not in str(answer.content)
