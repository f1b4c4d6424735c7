"""A real `kinfolk serve` on this machine, for a project that collects events, and plain clients of it."""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from kinfolk.connectors.collect.reading import lines
from tests.company import Company
from tests.conftest import CHECKOUT

KEY = "key-of-the-web-site"
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

    def wait_until_it_answers(self) -> None:
        for _ in range(2400):
            if self.process.poll() is not None:
                raise AssertionError(f"The server ended: {self.process.communicate()[0]}")
            try:
                if self.client.get(f"{self.url}/health").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("The server does not answer.")

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
def serving(
    folder: Path, *options: str, port: int | None = None, limits: Mapping[str, int] | None = None
) -> Iterator[Serving]:
    """The server from when it listens, until the block ends."""
    with started(folder, port or free_port(), *options, limits=limits) as made:
        made.wait_until_it_answers()
        yield made


# The command, with other limits of the log than people have: files that are full sooner, less that may wait.
_WITH_LIMITS = """
from functools import partial
from kinfolk.commands.collect import door
from kinfolk.interfaces.cli import main
door.Log = partial(door.Log, **{limits})
main()
"""


@contextmanager
def started(
    folder: Path, port: int, *options: str, limits: Mapping[str, int] | None = None, around: Sequence[str] = ()
) -> Iterator[Serving]:
    """The server from when its process begins, until the block ends.

    limits  of the log, where others are wanted
    around  a command that becomes the one behind it
    """
    program = ["-c", _WITH_LIMITS.format(limits=dict(limits))] if limits else ["-m", "kinfolk"]
    asked = [*around, sys.executable, *program, "serve", str(folder), "--port", str(port), *options]
    process = subprocess.Popen(asked, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, env=environment())
    made = Serving(process, port, folder)
    try:
        yield made
    finally:
        made.client.close()
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_until(holds: Callable[[], bool], most: float = 60) -> None:
    """Looks again and again, so many seconds at most."""
    for _ in range(round(most / 0.1)):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"It does not hold after {most} seconds.")


def policy_holds() -> None:
    """Waits until what was written to policies/access.yml holds at every server: a second, and some more to spare."""
    time.sleep(1.3)


def landed(folder: Path, most: float = 60) -> None:
    """Waits until no event is waiting for a run."""
    from kinfolk.commands.collect.status import collect_status

    wait_until(lambda: not any(stream.waiting for stream in collect_status(folder).streams), most)


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


class Sender(threading.Thread):
    """Sends events one after the other, each again until it is acknowledged, until told to stop."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(daemon=True)
        self.url = f"http://127.0.0.1:{port}/v1/batch"
        self.label = name
        self.acknowledged: list[str] = []
        self.refused: list[int] = []
        self.enough = threading.Event()

    def run(self) -> None:
        number = 0
        with httpx.Client(timeout=10) as client:
            while not self.enough.is_set():
                names = [f"{self.label}-{number}-{n}" for n in range(5)]
                batch = [{"type": "track", "event": "Sent", "anonymousId": self.label, "messageId": m} for m in names]
                while not self.enough.is_set():
                    try:
                        answer = client.post(self.url, json={"batch": batch}, auth=(KEY, ""))
                    except httpx.TransportError:
                        time.sleep(0.05)
                        continue
                    if answer.status_code == 200:
                        self.acknowledged += names
                        break
                    self.refused.append(answer.status_code)
                    time.sleep(0.05)
                number += 1


def finished(senders: list[Sender]) -> list[str]:
    """Ends them; the messages that were acknowledged."""
    for sender in senders:
        sender.enough.set()
        sender.join(30)
    return [message for sender in senders for message in sender.acknowledged]


def in_log(folder: Path) -> list[bytes]:
    """The lines of the log."""
    return [line for _, line in lines(folder / ".kinfolk/collect/web", 0, 1 << 62)]
