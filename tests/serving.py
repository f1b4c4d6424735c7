"""A real `kinfolk serve` on this machine, for a project that collects events, and a plain client of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.company import Company
from tests.conftest import CHECKOUT

KEY = "key-of-the-web-site"
_PATIENCE = 120.0  # seconds that a server has to begin, on a machine that has other things to do
WEB = """
collect: {write_keys: ["${WEB_KEY}"]}
belongs_to: {source: visitors, column: visitor}
events:
  event_id: messageId
  event: {sql: "coalesce(event, name, type)"}
  occurred_at: timestamp
  device_id: anonymousId
  url: {sql: "context ->> '$.page.url'"}
  properties: properties
  attributes: {kind: type}
"""
VISITORS = """
collect: {visitors_of: web}
people:
  customer_number: userId
  device_id: anonymousId
  email: {sql: "traits ->> 'email'"}
  first_name: {sql: "traits ->> 'firstName'"}
  account_id: groupId
"""
IDENTITY = "keys: [customer_number, email, {key: device_id, at_most: 20}]\n"


def collecting(folder: Path) -> Company:
    """A company with a web site that sends events."""
    company = Company(folder)
    company.write("sources/web.yml", WEB)
    company.write("sources/visitors.yml", VISITORS)
    company.identity(IDENTITY)
    return company


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@dataclass
class Serving:
    """The process, and requests to it."""

    process: subprocess.Popen[str]
    port: int
    folder: Path
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20, follow_redirects=False))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, path: str, body: Any, key: str | None = KEY, **options: Any) -> httpx.Response:
        """The body as JSON, unless it is bytes; the key as user of Basic, unless there is none."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        auth = httpx.BasicAuth(key, "") if key else None
        return self.client.post(self.url + path, content=content, auth=auth, **options)

    def track(self, **event: Any) -> httpx.Response:
        return self.post("/v1/track", {"event": "Viewed", "anonymousId": "a1", **event})

    def wait_for(self, words: str) -> None:
        """Waits until the process says that, a minute at most."""
        assert self.process.stdout is not None
        too_long = threading.Timer(60, self.process.kill)
        too_long.start()
        try:
            for line in self.process.stdout:
                if words in line:
                    return
        finally:
            too_long.cancel()
        raise AssertionError(f"It never said: {words}")

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Ends the process; what it said."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=60)
        return said

    def status(self) -> Mapping[str, Any]:
        """What `kinfolk collect status` says, once the counts of the last second are written."""
        time.sleep(1.3)
        return told(self.folder)


def told(folder: Path) -> Mapping[str, Any]:
    """What `kinfolk collect status` says."""
    return dict(answered(folder, "collect", "status"))


def answered(folder: Path, *asked: str) -> Any:
    """What a command says, as JSON."""
    command = [sys.executable, "-m", "kinfolk", *asked, "-p", str(folder), "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(), timeout=60)
    return json.loads(found.stdout)


def environment() -> dict[str, str]:
    """What a process of the project finds around it."""
    return {**os.environ, "WEB_KEY": KEY}


@contextmanager
def serving(folder: Path, *options: str, port: int | None = None) -> Iterator[Serving]:
    """The server from when it listens, until the block ends."""
    port = port or free_port()
    asked = [sys.executable, "-m", "kinfolk", "serve", str(folder), "--port", str(port), *options]
    process = subprocess.Popen(asked, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, env=environment())
    made = Serving(process, port, folder)
    try:
        _wait_for(made)
        yield made
    finally:
        made.client.close()
        if process.poll() is None:
            process.kill()
            process.communicate()


def _wait_for(made: Serving) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if made.process.poll() is not None:
            raise AssertionError(f"The server ended: {made.process.communicate()[0]}")
        try:
            if made.client.get(f"{made.url}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("The server does not answer.")


def landed(folder: Path, most: float = 60) -> None:
    """Waits until no event is waiting for a run."""
    from kinfolk.commands.collect.status import collect_status

    for _ in range(round(most / 0.2)):
        if not any(stream.waiting for stream in collect_status(folder).streams):
            return
        time.sleep(0.2)
    raise AssertionError(f"Events still wait after {most} seconds.")


def clients() -> Path:
    """The folder of the programs for Node; the test is skipped where there is none."""
    folder = Path(os.environ.get("KINFOLK_CLIENTS", CHECKOUT / ".venv" / "clients"))
    if shutil.which("node") is None:
        pytest.skip("There is no Node here.")
    if not (folder / "node_modules").is_dir():
        pytest.skip(f"There are no programs for Node in {folder}; `make clients` brings them.")
    return folder


@contextmanager
def pages_of(folder: Path) -> Iterator[str]:
    """The address of a server of the folder's files."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
