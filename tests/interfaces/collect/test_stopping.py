"""The server is told to stop, or cannot start: what was acknowledged is there, and a sentence says what is wrong."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kinfolk.errors import KinfolkError
from kinfolk.interfaces.cli import serve_commands
from kinfolk.store.write.lease import writer_lease
from tests.serving import Sender, collecting, environment, finished, free_port, in_log, landed, serving


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


def test_an_environment_that_reads_anothers_landing_takes_nothing_in(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    company.write("kinfolk.yml", "name: Test\nenvironments: {prod: {}, dev: {landing: prod}}\n")
    for name in ("web", "visitors"):
        path = tmp_path / f"sources/{name}.yml"
        path.write_text(path.read_text() + "environment: prod\n")
    asked = [sys.executable, "-m", "kinfolk", "serve", str(tmp_path), "-e", "dev"]
    found = subprocess.run(asked, capture_output=True, text=True, env=environment(), timeout=60)
    assert found.returncode == 1
    assert "no landing of its own" in found.stderr


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
