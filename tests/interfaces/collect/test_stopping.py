"""The server is told to stop, is killed, has no disk, has no room: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from kinfolk.commands.collect.door import Outcome, opened
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.open_project import open_project
from kinfolk.connectors.collect.reading import lines
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.cli import serve_commands
from kinfolk.store.write.lease import writer_lease
from tests.serving import KEY, Serving, collecting, environment, free_port, landed, serving


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
    for sender in senders:
        sender.enough.set()
        sender.join(30)
    return [message for sender in senders for message in sender.acknowledged]


def in_log(folder: Path) -> list[bytes]:
    return [line for _, line in lines(folder / ".kinfolk/collect/web", 0, 1 << 62)]


@pytest.mark.slow
def test_killed_under_load_no_acknowledged_event_is_lost_and_none_is_doubled(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    port, chance = free_port(), random.Random(5)
    senders = [Sender(port, f"sender{n}") for n in range(4)]
    for sender in senders:
        sender.start()
    for _ in range(5):
        with serving(tmp_path, port=port) as server:
            time.sleep(1 + chance.random() * 4)
            server.process.kill()
            server.process.wait()
    with serving(tmp_path, port=port) as server:
        time.sleep(0.5)
        acknowledged = finished(senders)
        server.stop()
    company.run(wait_seconds=60)  # a run that the server had begun may still be going on
    found = [message for (message,) in company.ask("select event_id from profiles.events")]
    assert len(acknowledged) > 100
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))
    assert company.ask("select count(*) from profiles.events where customer_id is null") == [(0,)]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]


def test_told_to_stop_it_finishes_what_is_here(tmp_path: Path) -> None:
    collecting(tmp_path)
    with serving(tmp_path) as server:
        senders = [Sender(server.port, f"sender{n}") for n in range(3)]
        for sender in senders:
            sender.start()
        time.sleep(1)
        said = server.stop()
        acknowledged = finished(senders)
    assert server.process.returncode == 0
    assert "Stopped. Every event that was acknowledged is on disk." in said
    assert len(acknowledged) > 20
    assert len(in_log(tmp_path)) >= len(acknowledged)
    assert set(acknowledged) <= {line.split(b'"messageId":"')[1].split(b'"')[0].decode() for line in in_log(tmp_path)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_in_a_run_the_run_ends_and_the_next_takes_its_events(tmp_path: Path, number: int) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        assert server.track(messageId="m1").status_code == 200
        time.sleep(2.3)  # a run begins two seconds after events came
        server.stop(number)
    assert server.process.returncode == 0
    company.run()
    assert company.ask("select event_id from profiles.events") == [("m1",)]


def test_a_request_that_never_ends_holds_nobody_up(tmp_path: Path) -> None:
    collecting(tmp_path)
    with serving(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port)) as unfinished:
        unfinished.sendall(b"POST /v1/track HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.3)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 40
    assert server.process.returncode == 0


def test_one_door_is_enough(tmp_path: Path) -> None:
    collecting(tmp_path)
    with serving(tmp_path):
        asked = [sys.executable, "-m", "kinfolk", "serve", str(tmp_path), "--port", str(free_port())]
        second = subprocess.run(asked, capture_output=True, text=True, env=environment(), timeout=60)
    assert (second.returncode, "Another process already takes in events" in second.stderr) == (5, True)


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    collecting(tmp_path / "one")
    collecting(tmp_path / "two")
    with serving(tmp_path / "one") as server:
        asked = [sys.executable, "-m", "kinfolk", "serve", str(tmp_path / "two"), "--port", str(server.port)]
        second = subprocess.run(asked, capture_output=True, text=True, env=environment(), timeout=60)
    assert second.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{server.port}: " in second.stderr
    assert len(second.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"sources/web.yml": None, "sources/visitors.yml": None}, "No source of the project collects events"),
        ({"kinfolk.yml": "name: Test\nenvironments: {prod: {}, dev: {landing: prod}}\n"}, "no landing of its own"),
    ],
)
def test_where_nothing_is_collected_there_is_nothing_to_serve(
    tmp_path: Path, files: dict[str, str | None], told: str
) -> None:
    company = collecting(tmp_path)
    for name, text in files.items():
        if text is None:
            (tmp_path / name).unlink()
        else:
            company.write(name, text)
    options = []
    if "kinfolk.yml" in files:
        options = ["-e", "dev"]
        for name in ("web", "visitors"):
            path = tmp_path / f"sources/{name}.yml"
            path.write_text(path.read_text() + "environment: prod\n")
    asked = [sys.executable, "-m", "kinfolk", "serve", str(tmp_path), *options]
    found = subprocess.run(asked, capture_output=True, text=True, env=environment(), timeout=60)
    assert (found.returncode, told in found.stderr) == (1, True), found.stderr


def limit_files(server: Serving, size: int) -> None:
    """No file of the server may be larger than that: to it, the disk is full."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def test_on_a_full_disk_events_are_sent_away_and_let_in_again_when_there_is_room(tmp_path: Path) -> None:
    collecting(tmp_path)
    with serving(tmp_path) as server:
        assert server.track(messageId="before").status_code == 200
        limit_files(server, 10)
        answers = [server.track(messageId="during") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [503, 503]
        assert answers[0].headers["retry-after"] == "1"
        limit_files(server, resource.RLIM_INFINITY)
        assert server.track(messageId="during").status_code == 200
        server.stop()
    assert [line.count(b'"during"') for line in in_log(tmp_path)] == [0, 1]


def test_events_wait_while_another_process_runs_the_project(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        with writer_lease(tmp_path / ".kinfolk"):
            server.track(messageId="m1")
            time.sleep(3)
            [stream] = server.status()["streams"]
            assert (stream["received"], stream["waiting"]) == (1, 1)
            assert stream["lag"] >= 3
        landed(tmp_path)
        server.stop()
    assert company.ask("select event_id from profiles.events") == [("m1",)]


def test_a_mistake_in_the_project_keeps_events_waiting_and_is_told(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        company.identity("keys: [nothing]\n")
        assert server.track(messageId="m1").status_code == 200
        server.wait_for("Events wait: The project has 1 mistake")
        server.stop()


@pytest.mark.parametrize("package", ["granian", "msgspec"])
def test_what_is_not_installed_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    ours = [name for name in sys.modules if name.startswith(("kinfolk.interfaces.collect", "kinfolk.commands.collect"))]
    for name in ours:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == package] or [package]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(KinfolkError) as told:
        serve_commands.serve(tmp_path)
    assert (
        str(told.value) == f"The package `{package}` is not installed. Install it with `pip install 'kinfolk[serve]'`."
    )


def test_too_many_events_for_the_disk_are_asked_to_come_again(tmp_path: Path) -> None:
    """Asked in this process, with more in one request than one over HTTP may hold, for a disk is quick."""
    collecting(tmp_path)
    events = [{"userId": "u1", "messageId": str(n), "properties": {"text": "x" * 30_000}} for n in range(1_500)]
    arrival = Arrival(datetime.now(UTC), "track")

    async def answers() -> list[Outcome]:
        with opened(open_project(tmp_path)) as door:
            return [(await door.take(KEY, some, arrival)).outcome for some in (events, events[:9])]

    assert asyncio.run(answers()) == [Outcome.BUSY, Outcome.TAKEN]
    assert len(in_log(tmp_path)) == 9
