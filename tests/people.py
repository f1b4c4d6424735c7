"""People before a real `kinfolk serve`: the first owner's link, a browser without a window, the commands."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from kinfolk.commands.access.people import Newcomer, People
from tests.serving import KEY, Serving, collecting, environment, serving

PASSWORD = "three plain words"
OWNER = "owner@example.com"


def kinfolk(folder: Path, *asked: str) -> Any:
    """What a command answers, as JSON."""
    command = [sys.executable, "-m", "kinfolk", *asked, "-p", str(folder), "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(), timeout=120)
    return json.loads(found.stdout)


def set_up_link(server: Serving) -> str:
    """The path that the server prints when there is nobody yet."""
    assert server.process.stdout is not None
    too_long = threading.Timer(60, server.process.kill)
    too_long.start()
    try:
        for line in server.process.stdout:
            if found := re.search(r"/setup/\S+", line):
                return found[0]
    finally:
        too_long.cancel()
    raise AssertionError("It never said where to set up.")


@dataclass
class Browser:
    """One browser: cookies, forms with all their hidden fields, and what browsers say of where they come from."""

    url: str
    headers: Mapping[str, str] | None = None
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        said = {"accept": "text/html", "sec-fetch-site": "same-origin", "origin": self.url, **(self.headers or {})}
        self.client = httpx.Client(base_url=self.url, headers=said, timeout=60)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """The page."""
        return self.client.get(path, **options)

    def post(self, path: str, data: Mapping[str, str], **options: Any) -> httpx.Response:
        """The answer to a form with just these fields."""
        return self.client.post(path, data=dict(data), **options)

    def send(self, page: str, action: str, data: Mapping[str, str], **options: Any) -> httpx.Response:
        """The answer to the form of that page, with its hidden fields."""
        return self.post(action, hidden(self.get(page).text) | dict(data), **options)

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        """Signs in, as far as the server lets it."""
        return self.send("/sign-in", "/sign-in", {"email": email, "password": password, **more})

    def enter(self, link: str, **said: str) -> httpx.Response:
        """Uses a link that is good for one visit."""
        return self.send(link, link, {"password": PASSWORD, "again": PASSWORD, **said})

    @property
    def csrf(self) -> str:
        """What forms carry for whoever is signed in."""
        return hidden(self.get("/me").text)["csrf"]

    @property
    def signed_in(self) -> bool:
        """Whether the server knows who asks."""
        return self.get("/me").status_code == 200


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def problem(answer: httpx.Response) -> str:
    """What a form says went wrong."""
    found = re.search(r'role="alert">\s*<p>(.*?)</p>', answer.text, re.S)
    return " ".join(unescape(found[1]).split()) if found else ""


Shop = tuple[Serving, Browser]


def let_in(server: Serving, email: str, *roles: str) -> str:
    """The path of the link by which somebody new, who has these roles, chooses a password."""
    people = People(server.folder)
    people.add(Newcomer(email, None, roles, "a test"))
    return people.invite(email)


def invited(server: Serving, email: str, *roles: str) -> Browser:
    """A browser of somebody new who has these roles, signed in."""
    browser = Browser(server.url)
    browser.enter(let_in(server, email, *roles))
    assert browser.signed_in
    return browser


def first_owner(server: Serving) -> Browser:
    """A browser of the first owner, who has just come by the link that the server printed."""
    browser = Browser(server.url)
    browser.enter(set_up_link(server), email=OWNER)
    return browser


@contextmanager
def with_owner(
    folder: Path, *options: str, headers: Mapping[str, str] | None = None, more: Mapping[str, str] | None = None
) -> Iterator[Shop]:
    """A server of a project that collects events, and the browser of its first owner. more: files, by name"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_KEY", KEY)
        company = collecting(folder)
        for name, text in (more or {}).items():
            company.write(name, text)
        with serving(folder, *options) as server:
            owner = Browser(server.url, headers)
            owner.enter(set_up_link(server), email=OWNER)
            yield server, owner


def token(browser: Browser, *may: str, name: str = "t") -> httpx.Response:
    """The answer of the API to a browser that asks for a token."""
    asked = {"name": name, "may": may}
    return browser.client.post("/api/v1/tokens", json=asked, headers={"x-csrf-token": browser.csrf})


def asking(server: Serving, secret: str, method: str, path: str, **options: Any) -> httpx.Response:
    """The answer to a program with that token."""
    headers = {"authorization": f"Bearer {secret}", **options.pop("headers", {})}
    return server.client.request(method, server.url + path, headers=headers, **options)


def said_to(server: Serving, request: bytes, wait: float = 20) -> bytes:
    """All that the server answers to these bytes, until it hangs up."""
    parts = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait) as line:
        line.sendall(request)
        with suppress(ConnectionResetError):
            while part := line.recv(65_536):
                parts.append(part)
    return b"".join(parts)
